//! Owns: simulated hands, pens and scanners: an empty printed sheet -> a filled sheet -> a scan -> a file, with the truth beside it.
//! Never: reads a scan back, knows a person, or names another room than domain; what it draws is drawn from a seed.
//! Start reading at: [`answers`] (what is to be written), [`fill`] (ink on paper), [`scanner`] (paper to pixels), [`file`] (pixels to bytes).

pub mod answers;
pub mod banded;
pub mod canvas;
pub mod coupon;
pub mod file;
pub mod fill;
pub mod glyph;
pub mod hand;
pub mod label;
pub mod marks;
pub mod scanner;
pub mod wear;

pub use answers::{Answer, Answers};
pub use canvas::Sheet;
pub use file::FileFormat;
pub use hand::{Hand, Handwriting, Pen};
pub use scanner::{Condition, Scanner};

/// The generator that everything here draws from: the same seed gives the same sheet on every machine.
pub type Rng = rand_chacha::ChaCha8Rng;

#[cfg(test)]
mod tests {
    use super::*;
    use domain::form::Form;
    use image::GrayImage;
    use rand::SeedableRng;

    const FORM: &str = r#"version = 1
number = 7
title = "試験票"
paper_mm = [100, 100]
[[field]]
id = "day"
kind = "date"
label = "日付"
required = true
comb = { at = [20, 20], box = [6, 8], pitch = 6.5, groups = [2, 2, 2], gap = 2 }
first = "2026-04-01"
last = "2027-03-31"
options = [ { value = "reiwa", label = "令和", box = [8, 20, 10, 6] } ]
style = "circle"
[[field]]
id = "temperature"
kind = "digits"
label = "体温"
required = true
decimals = 1
range = [34.0, 42.0]
comb = { at = [20, 40], box = [6, 8], pitch = 6.5, groups = [2, 1], gap = 2 }
"#;

    fn filled(seed: u64) -> (Answers, GrayImage) {
        let form = Form::parse("trial", FORM).unwrap();
        let mut rng = Rng::seed_from_u64(seed);
        let answers = answers::plausible(&form, Answers::new(), &mut rng);
        let mut sheet = Sheet::new(GrayImage::from_pixel(1000, 1000, image::Luma([255])), form.paper_mm);
        let hand = Hand::draw(&mut rng, None);
        fill::fill(&mut sheet, &form, 1, &answers, &hand, &mut rng);
        let scanner = Scanner { dpi: 200.0, ..Scanner::draw(Condition::Everyday, &mut rng) };
        (answers, scanner.scan(&sheet, &mut rng))
    }

    #[test]
    fn the_same_seed_gives_the_same_scan_and_another_seed_another() {
        assert_eq!(filled(1), filled(1));
        assert_ne!(filled(1).1, filled(2).1);
    }

    #[test]
    fn answers_keep_to_the_rules_of_the_form() {
        for seed in 0..50 {
            let (answers, _) = filled(seed);
            let Some(Answer::Digits(text)) = answers.get(&"temperature".into()) else { panic!("required") };
            assert!(text.len() == 4 && (34.0..=42.0).contains(&text.parse::<f64>().unwrap()), "{text}");
            let Some(Answer::Date(day)) = answers.get(&"day".into()) else { panic!("required") };
            assert!(day.to_string().as_str() >= "2026-04-01" && day.to_string().as_str() <= "2027-03-31");
        }
    }

    #[test]
    fn ink_lies_in_the_boxes_that_were_written() {
        let (_, scan) = filled(3);
        let dark = |pixels: &mut dyn Iterator<Item = u8>| pixels.filter(|&p| p < 128).count();
        let all = dark(&mut scan.as_raw().iter().copied());
        let (w, h) = scan.dimensions();
        let below = dark(&mut scan.rows().skip(h as usize * 6 / 10).flat_map(|row| row.map(|p| p.0[0])));
        assert!(all > 300 && below * 20 < all, "{all} dark pixels of {w}x{h}, {below} below the fields");
    }
}
