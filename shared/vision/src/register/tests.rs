//! What a clerk would notice: pages found where they lie, and pages that must not be believed.

use super::drawing::{FORM, NUMBER, QUICK, Scan, corner_error, draw, fill, paint, template};
use super::{Registered, Registrar, register};
use crate::gray::GrayPage;
use crate::template::Template;
use domain::geometry::RectMm;
use domain::ids::FormId;
use domain::reading::Registration;
use proptest::prelude::*;

fn sheet(template: &Template) -> GrayPage {
    draw(&template.form, 1, Some(NUMBER))
}

/// The registration of a page that must be found, and its greatest error at the corners of the paper, mm.
fn found(template: &Template, scan: &Scan, paper: &GrayPage) -> (Registration, f64) {
    let (page, truth) = scan.of(paper);
    match register(&page, std::slice::from_ref(template), None) {
        Registered::Found { template: 0, side: 1, registration } => {
            let error = corner_error(&template.form, &truth, &registration.px_from_mm);
            (registration, error)
        }
        other => panic!("{scan:?}: {other:?}"),
    }
}

fn unreadable(registered: Registered, words: &str) {
    match registered {
        Registered::Unreadable { reason } if reason.contains(words) => {}
        other => panic!("not unreadable for {words}: {other:?}"),
    }
}

fn unrecognised(registered: Registered, words: &str) {
    match registered {
        Registered::Unrecognised { reason } if reason.contains(words) => {}
        other => panic!("not unrecognised for {words}: {other:?}"),
    }
}

/// The corner of a sheet of [`FORM`], counted clockwise from the top left.
fn corner(i: usize, size: f64) -> RectMm {
    let x = if i == 1 || i == 2 { 148.0 - size } else { 0.0 };
    let y = if i >= 2 { 210.0 - size } else { 0.0 };
    RectMm::new(x, y, size, size)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_page_a_scanner_can_make_is_found_to_fifteen_hundredths_of_a_millimetre(
        quarter in 0..4u8, skew in -10.0..10.0f64, across in 0.97..1.03f64, down in 0.97..1.03f64,
        shear in -1.0..1.0f64, x in -4.0..4.0f64, y in -4.0..4.0f64, bilevel: bool, seed in 0..1000u64,
    ) {
        let template = template(FORM);
        let turn_deg = f64::from(quarter) * 90.0 + skew;
        let scan = Scan {
            turn_deg, scale: [across, down], shear_deg: shear, shift_mm: [x, y], border_mm: 18.0,
            threshold: bilevel.then_some(128), seed, ..QUICK
        };
        let (registration, error) = found(&template, &scan, &sheet(&template));
        prop_assert!(error < 0.15, "{error}");
        let turned = (registration.rotation_deg - turn_deg + 540.0).rem_euclid(360.0) - 180.0;
        prop_assert!(turned.abs() < 1.5, "{} for {turn_deg}", registration.rotation_deg);
        prop_assert_eq!(registration.upside_down, registration.rotation_deg.abs() > 90.0);
        prop_assert!((registration.scale - (across * down).sqrt()).abs() < 0.01);
        prop_assert_eq!(registration.inliers, 4);
    }
}

#[test]
fn bad_scans_are_found_all_the_same() {
    let template = template(FORM);
    let paper = sheet(&template);
    let scans = [
        Scan { tag: None, ..QUICK },
        Scan { tag: Some([72.0; 2]), ..QUICK },
        Scan { tones: [150.0, 240.0], ..QUICK },
        Scan { tones: [10.0, 120.0], border_mm: 5.0, ..QUICK },
        Scan { noise: 40.0, ..QUICK },
        Scan { outside: 0, border_mm: 12.0, turn_deg: 5.0, ..QUICK },
        Scan { threshold: Some(200), noise: 12.0, ..QUICK },
        Scan { threshold: Some(70), ..QUICK },
        Scan { dpi: [204.0, 98.0], tag: Some([204.0, 98.0]), threshold: Some(128), ..QUICK },
        Scan { dpi: [204.0, 98.0], tag: None, threshold: Some(128), ..QUICK },
        Scan { dpi: [204.0, 196.0], tag: None, threshold: Some(128), ..QUICK },
        // The edge of the picture runs through all four marks, or through two of them.
        Scan { border_mm: -9.5, ..QUICK },
        Scan { turn_deg: 5.0, ..QUICK },
        // A slip on the glass of a larger scanner.
        Scan { border_mm: 70.0, ..QUICK },
    ];
    for scan in scans {
        let (registration, error) = found(&template, &scan, &paper);
        assert!(error < 0.25, "{error} {scan:?}");
        assert!(registration.residual_mm < 0.2);
    }
}

#[test]
fn three_marks_are_enough_and_two_are_not() {
    let template = template(FORM);
    for i in 0..4 {
        let mut torn = sheet(&template);
        paint(&mut torn, corner(i, 16.0), 255);
        let (registration, error) = found(&template, &Scan { turn_deg: 2.0, border_mm: 4.0, ..QUICK }, &torn);
        assert!(registration.inliers == 3 && error < 0.15, "{i} {error}");
        paint(&mut torn, corner((i + 1) % 4, 16.0), 255);
        let (page, _) = QUICK.of(&torn);
        let registered = register(&page, std::slice::from_ref(&template), None);
        // Both upper corners take the form code with them: then nothing says that the page is ours.
        assert!(!matches!(registered, Registered::Found { .. }), "{i} {registered:?}");
        if i != 0 && i != 1 {
            unreadable(registered, "四隅のマーク");
        }
    }
}

#[test]
fn a_mark_on_a_fold_is_left_out() {
    let template = template(FORM);
    let mut folded = sheet(&template);
    paint(&mut folded, corner(2, 16.0), 255);
    fill(&mut folded, RectMm::new(135.5, 198.0, 5.0, 5.0));
    let (registration, error) = found(&template, &QUICK, &folded);
    assert!(registration.inliers == 3 && error < 0.15, "{error}");
}

#[test]
fn dirt_on_the_marks_and_beside_them_moves_nothing() {
    let template = template(FORM);
    let mut dirty = sheet(&template);
    fill(&mut dirty, RectMm::new(11.5, 0.0, 0.3, 210.0));
    fill(&mut dirty, RectMm::new(18.0, 6.0, 9.0, 0.7));
    for y in [65.0, 145.0] {
        fill(&mut dirty, RectMm::new(6.0, y, 5.5, 5.5));
    }
    let (registration, error) = found(&template, &QUICK, &dirty);
    assert!(registration.inliers == 4 && error < 0.15, "{error}");
}

#[test]
fn without_its_form_code_a_page_needs_its_number_or_a_person() {
    let template = template(FORM);
    let templates = [template.clone()];
    let blot = |paper: &mut GrayPage, x: f64, y: f64| fill(paper, RectMm::new(x, y, 6.0, 11.0));
    let mut paper = sheet(&template);
    blot(&mut paper, 116.0, 7.0);
    assert!(found(&template, &Scan { turn_deg: 181.0, ..QUICK }, &paper).1 < 0.15);
    blot(&mut paper, 90.0, 27.0);
    let (page, _) = QUICK.of(&paper);
    unreadable(register(&page, &templates, None), "帳票を指定");
    let told = register(&page, &templates, Some(&template.form.id));
    assert!(matches!(told, Registered::Found { template: 0, .. }), "{told:?}");
}

#[test]
fn which_copy_of_a_set_a_sheet_is_only_its_form_code_says() {
    let set = FORM.replace("paper_mm", "copies = [\"控\", \"市用\"]\nrecorded_copy = 2\npaper_mm");
    let template = template(&set);
    let templates = [template.clone()];
    for side in [1, 2] {
        let mut paper = draw(&template.form, side, Some(NUMBER));
        let found = register(&QUICK.of(&paper).0, &templates, None);
        assert!(matches!(found, Registered::Found { side: read, .. } if read == side), "{side} {found:?}");
        fill(&mut paper, RectMm::new(116.0, 7.0, 6.0, 11.0));
        unreadable(register(&QUICK.of(&paper).0, &templates, None), "帳票を指定");
    }
}

#[test]
fn forms_that_are_not_registered_say_which() {
    let known = template(FORM);
    let templates = [known.clone()];
    let scan = |text: &str| {
        let other = template(text);
        QUICK.of(&draw(&other.form, 1, None)).0
    };
    let number = scan(&FORM.replace("number = 7", "number = 8"));
    unrecognised(register(&number, &templates, None), "帳票番号 8");
    unreadable(register(&number, &templates, Some(&known.form.id)), "帳票番号 8");
    let version = scan(&FORM.replace("version = 1", "version = 4"));
    unreadable(register(&version, &templates, None), "帳票番号 7 の第 4 版");
    let stranger = FormId::from("stranger");
    unreadable(register(&version, &templates, Some(&stranger)), "指定された帳票は登録されていません");
}

#[test]
fn marks_and_code_on_other_print_are_not_believed() {
    let known = template(FORM);
    let mut copied = GrayPage::white(1776, 2520);
    for square in known.form.mark_squares().unwrap() {
        fill(&mut copied, square);
    }
    for line in 0..40 {
        fill(&mut copied, RectMm::new(20.0, 30.0 + 4.0 * f64::from(line), 90.0, 0.9));
    }
    let templates = [known.clone()];
    unrecognised(register(&QUICK.of(&copied).0, &templates, None), "登録された帳票ではありません");
    let code = known.form.marks.as_ref().unwrap().code;
    super::drawing::code(&mut copied, "YF07.1.1", domain::form::Symbology::DataMatrix, code);
    unreadable(register(&QUICK.of(&copied).0, &templates, None), "帳票の印刷がありません");
}

#[test]
fn pages_that_are_none_of_ours_are_not_read() {
    let templates = [template(FORM)];
    let registrar = Registrar::new(&templates);
    let none = |paper: &GrayPage, words: &str| {
        for threshold in [None, Some(128)] {
            let scan = Scan { threshold, turn_deg: 1.0, ..QUICK };
            unrecognised(registrar.register(&scan.of(paper).0, &templates, None), words);
        }
    };
    let white = GrayPage::white(1776, 2520);
    none(&white, "白紙");
    // A page of print with squares all over it.
    let mut squares = white.clone();
    for i in 0..60 {
        let (x, y) = (f64::from(i % 6), f64::from(i / 6));
        fill(&mut squares, RectMm::new(15.0 + 22.0 * x, 15.0 + 19.0 * y, 5.0, 5.0));
    }
    none(&squares, "登録された帳票ではありません");
    unrecognised(register(&GrayPage::white(20, 30), &templates, None), "小さすぎ");
    unrecognised(register(&GrayPage::white(0, 0), &templates, None), "小さすぎ");
}

#[test]
fn a_scan_too_coarse_for_its_fields_says_so() {
    let template = template(FORM);
    let scan = Scan { dpi: [84.0; 2], tag: None, noise: 0.0, ..QUICK };
    unreadable(register(&scan.of(&sheet(&template)).0, std::slice::from_ref(&template), None), "dpi");
}
