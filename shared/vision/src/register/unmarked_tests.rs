//! What a clerk would notice of paper that others print: found where it lies, and never seen where it is not.

use super::drawing::{FORM, NUMBER, Scan, corner_error, draw, fill, template};
use super::{Registered, Registrar};
use crate::gray::GrayPage;
use crate::template::Template;
use domain::geometry::RectMm;
use domain::reading::{Registration, RegistrationMethod};
use proptest::prelude::*;

/// Coarse enough to be quick, as fine as a bad scanner.
const QUICK: Scan = Scan {
    dpi: [150.0; 2],
    tag: Some([150.0; 2]),
    turn_deg: 0.0,
    scale: [1.0; 2],
    shear_deg: 0.0,
    shift_mm: [0.0; 2],
    border_mm: 0.0,
    outside: 255,
    tones: [30.0, 235.0],
    noise: 6.0,
    threshold: None,
    seed: 1,
};

/// The usual test slip without our marks.
fn unmarked() -> String {
    FORM.lines().filter(|line| !line.starts_with("marks")).collect::<Vec<_>>().join("\n")
}

fn found(template: &Template, scan: &Scan, paper: &GrayPage) -> (Registration, f64) {
    let (page, truth) = scan.of(paper);
    let templates = std::slice::from_ref(template);
    match Registrar::new(templates).register(&page, templates, None) {
        Registered::Found { template: 0, side: 1, registration } => {
            let error = corner_error(&template.form, &truth, &registration.px_from_mm);
            (registration, error)
        }
        other => panic!("{scan:?}: {other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn paper_without_marks_is_found_to_three_tenths_of_a_millimetre(
        quarter in 0..4u8, skew in -5.0..5.0f64, across in 0.95..1.05f64, stretch in 0.99..1.01f64,
        shear in -0.3..0.3f64, x in -4.0..4.0f64, y in -4.0..4.0f64, border in -3.0..8.0f64, black: bool,
        bilevel: bool, dpi in 150.0..400.0f64, tagged: bool, seed in 0..1000u64,
    ) {
        let template = template(&unmarked());
        let turn_deg = f64::from(quarter) * 90.0 + skew;
        let scan = Scan {
            dpi: [dpi; 2], tag: tagged.then_some([dpi as f32; 2]), turn_deg, scale: [across, across * stretch],
            shear_deg: shear, shift_mm: [x, y], border_mm: border, outside: if black { 20 } else { 255 },
            threshold: bilevel.then_some(128), seed, ..QUICK
        };
        let (registration, error) = found(&template, &scan, &draw(&template.form, 1, Some(NUMBER)));
        prop_assert!(error < 0.3, "{error}");
        prop_assert_eq!(registration.method, RegistrationMethod::Features);
        let turned = (registration.rotation_deg - turn_deg + 540.0).rem_euclid(360.0) - 180.0;
        prop_assert!(turned.abs() < 1.0, "{} for {turn_deg}", registration.rotation_deg);
        prop_assert_eq!(registration.upside_down, registration.rotation_deg.abs() > 90.0);
        prop_assert!(registration.residual_mm < 0.3);
    }
}

#[test]
fn tables_and_text_that_are_not_this_form_are_refused() {
    let known = template(&unmarked());
    let templates = [known.clone()];
    let registrar = Registrar::new(&templates);
    let mut text = GrayPage::white(1776, 2520);
    for i in 0..400 {
        let (column, line) = (f64::from(i % 16), f64::from(i / 16));
        let place = RectMm::new(20.0 + 7.0 * column, 25.0 + 7.0 * line, 1.0 + f64::from(i * 7 % 5), 0.6);
        fill(&mut text, place);
    }
    let moved =
        unmarked().replace("at = [20, 110]", "at = [40, 118]").replace("at = [20, 140]", "at = [60, 150]");
    let moved =
        moved.replace("at = [20, 170]", "at = [70, 176]").replace("from = [15, 100]", "from = [15, 88]");
    for paper in [text, draw(&template(&moved).form, 1, None)] {
        let registered = registrar.register(&QUICK.of(&paper).0, &templates, None);
        assert!(matches!(registered, Registered::Unrecognised { .. }), "{registered:?}");
    }
}
