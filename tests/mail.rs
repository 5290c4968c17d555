//! Slips as they come back: printed by the program, filled in by simulated pens, scanned by simulated scanners.

use crate::harness;
use domain::form::Form;
use domain::reading::Value;
use image::GrayImage;
use simulator::answers::{plausible, truth};
use simulator::{Answers, Hand, Rng, Scanner, Sheet, fill};
use std::collections::BTreeMap;
use std::path::Path;
use vision::decode::{self, Limits};

/// A resident file of `count` made-up people; the born days differ by a day each.
pub fn resident_file(count: usize) -> String {
    let mut text = "resident_id,name,kana,sex,birth_date,postal_code,address,resident_since\n".to_owned();
    let first = jiff::civil::date(1940, 3, 1);
    for index in 0..count {
        let born = first.saturating_add(jiff::Span::new().days(index as i64));
        let sex = if index % 2 == 0 { "F" } else { "M" };
        text.push_str(&format!("{:010},髙橋　花子{index},タカハシ ハナコ,{sex},{born},000-0101,読取市本町1丁目{}番1号,1990-04-01\n", 500 + index, index + 1));
    }
    text
}

/// One printed slip as a sheet of paper.
pub struct Printed {
    /// The paper.
    pub sheet: Sheet,
    /// Its number.
    pub number: String,
    /// Whose it is.
    pub resident: String,
}

/// Prints slips of `form` for the residents of a file through `yomitori issue`.
pub fn issue(data: &Path, form: &Form, residents: &str) -> Vec<Printed> {
    let path = |name: &str| data.join(name).display().to_string();
    std::fs::write(path("r.csv"), residents).unwrap();
    harness::succeed(
        data,
        &[
            "issue",
            "--form",
            form.id.as_str(),
            "--residents",
            &path("r.csv"),
            "--out",
            &path("s.pdf"),
            "--manifest",
            &path("m.jsonl"),
        ],
    );
    let pdf = std::fs::read(path("s.pdf")).unwrap();
    let manifest = std::fs::read_to_string(path("m.jsonl")).unwrap();
    let limits = Limits::default();
    let pages = decode::decode_pages(&pdf, &limits).unwrap();
    let lines = manifest.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    pages
        .into_iter()
        .zip(lines)
        .map(|(page, line)| {
            let page = page.unwrap();
            let picture = GrayImage::from_raw(page.width, page.height, page.pixels).unwrap();
            Printed {
                sheet: Sheet::new(picture, form.paper_mm),
                number: line["management_number"].as_str().unwrap().to_owned(),
                resident: line["resident_id"].as_str().unwrap().to_owned(),
            }
        })
        .collect()
}

/// Fills a sheet in as its form allows and says the truth.
pub fn fill_in(sheet: &mut Sheet, form: &Form, known: Answers, rng: &mut Rng) -> BTreeMap<String, Value> {
    let answers = plausible(form, known, rng);
    fill::fill(sheet, form, 1, &answers, &Hand::draw(rng, None), rng);
    form.fields.iter().filter_map(|field| Some((field.id.to_string(), truth(field, &answers)?))).collect()
}

/// A scan as JPEG bytes.
pub fn jpeg(sheet: &Sheet, scanner: &Scanner, rng: &mut Rng) -> Vec<u8> {
    simulator::file::encode(&[scanner.scan(sheet, rng)], scanner.dpi, simulator::FileFormat::Jpeg)
}
