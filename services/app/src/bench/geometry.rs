//! However a slip lies on the glass, it says the same.

use super::simulate;
use crate::templates;
use domain::reading::{Decision, FormReading, PageReading};
use image::GrayImage;
use press::{Fonts, Printer};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use rand::SeedableRng;
use simulator::{Rng, Scanner};
use std::cell::RefCell;
use vision::fields::{Params, Tools};
use vision::{GrayPage, PageReader};

/// One pass through the scanner: quarter turns, skew, resolution, stretch, shift and shear.
fn any_pass() -> impl Strategy<Value = (u8, Scanner)> {
    let stretch = [0.985..1.015f64, 0.985..1.015f64];
    let shift = [-3.0..3.0f64, -3.0..3.0f64];
    (0..4u8, -6.0..6.0f64, 200.0..400.0f64, stretch, shift, -0.004..0.004f64).prop_map(
        |(quarters, rotation_deg, dpi, stretch, shift_mm, shear)| {
            let scanner =
                Scanner { rotation_deg, stretch, shift_mm, shear, blur: 0.5, ..Scanner::perfect(dpi) };
            (quarters, scanner)
        },
    )
}

fn page(picture: &GrayImage, quarters: u8, dpi: f64) -> GrayPage {
    let turned = match quarters {
        0 => picture.clone(),
        1 => image::imageops::rotate90(picture),
        2 => image::imageops::rotate180(picture),
        _ => image::imageops::rotate270(picture),
    };
    let (width, height) = turned.dimensions();
    let dpi = Some([dpi as f32; 2]);
    GrayPage { width, height, pixels: turned.into_raw(), dpi, bilevel: false }
}

fn read(reader: &mut PageReader, page: &GrayPage) -> FormReading {
    match reader.read(page, None).0 {
        PageReading::Read(reading) => *reading,
        other => panic!("not read: {other:?}"),
    }
}

#[test]
fn a_slip_says_the_same_however_it_lies() {
    let form = templates::form(&templates::Source::default(), "influenza-elderly").unwrap();
    let printer = Printer::new(Fonts::find().unwrap());
    let mut rng = Rng::seed_from_u64(20_261_001);
    let mut serial = 40_000_000;
    let template = templates::templates(&templates::Source::default(), vec![form]).unwrap();
    let (sheet, truth) =
        simulate::filled(&printer, &template[0], 1, &mut serial, None, &mut rng).unwrap().pop().unwrap();
    let reader = RefCell::new(PageReader::new(template, Tools::new(Params::default(), None)));
    let scan = |quarters: u8, scanner: &Scanner| {
        let picture = scanner.scan(&sheet, &mut Rng::seed_from_u64(1));
        read(&mut reader.borrow_mut(), &page(&picture, quarters, scanner.dpi))
    };
    // The same passes in every run: a failure is one that can be looked at.
    let config = ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let outcome = runner.run(&any_pass(), |(quarters, scanner)| {
        let reading = scan(quarters, &scanner);
        let number = reading.management_number.as_ref().and_then(|number| number.value.as_ref());
        prop_assert_eq!(number.map(|number| number.reveal().as_str()), truth.management_number.as_deref());
        let mut accepted = 0;
        for field in reading.fields.iter().filter(|field| field.decision == Decision::Accept) {
            let expected = truth.fields.get(&field.id);
            prop_assert!(expected.is_none_or(|value| *value == field.value), "{} is wrong", field.id);
            accepted += usize::from(expected.is_some());
        }
        prop_assert!(accepted * 10 >= truth.fields.len() * 7, "{accepted} of {}", truth.fields.len());
        Ok(())
    });
    outcome.unwrap();
}
