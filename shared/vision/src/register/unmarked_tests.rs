//! What a clerk would notice of paper that others print: found where it lies, and never seen where it is not.

use super::drawing::{FORM, NUMBER, QUICK, Scan, corner_error, draw, fill, template};
use super::{Registered, Registrar};
use crate::gray::GrayPage;
use crate::template::Template;
use domain::geometry::RectMm;
use domain::ids::FormId;
use domain::reading::{Registration, RegistrationMethod};
use proptest::prelude::*;
use std::sync::OnceLock;

/// The usual test slip without our marks.
fn unmarked() -> String {
    FORM.lines().filter(|line| !line.starts_with("marks")).collect::<Vec<_>>().join("\n")
}

fn known() -> (Template, Registrar) {
    let template = template(&unmarked());
    let registrar = Registrar::new(std::slice::from_ref(&template));
    (template, registrar)
}

static KNOWN: OnceLock<(Template, Registrar)> = OnceLock::new();

fn found(known: &(Template, Registrar), scan: &Scan, paper: &GrayPage) -> (Registration, f64) {
    let (template, registrar) = known;
    let (page, truth) = scan.of(paper);
    match registrar.register(&page, std::slice::from_ref(template), None) {
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
        let known = KNOWN.get_or_init(known);
        let turn_deg = f64::from(quarter) * 90.0 + skew;
        let scan = Scan {
            dpi: [dpi; 2], tag: tagged.then_some([dpi as f32; 2]), turn_deg, scale: [across, across * stretch],
            shear_deg: shear, shift_mm: [x, y], border_mm: border, outside: if black { 20 } else { 255 },
            threshold: bilevel.then_some(128), seed, ..QUICK
        };
        let (registration, error) = found(known, &scan, &draw(&known.0.form, 1, Some(NUMBER)));
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
    let (template_of_it, registrar) = KNOWN.get_or_init(known);
    let templates = std::slice::from_ref(template_of_it);
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
        let registered = registrar.register(&QUICK.of(&paper).0, templates, None);
        assert!(matches!(registered, Registered::Unrecognised { .. }), "{registered:?}");
    }
}

/// The usual slip with a title of its own, in large letters: drawn ones have their strokes close together.
fn sister(id: &str, title: &str) -> Template {
    let mut template =
        template(&unmarked().replace("16, value = \"市がん検診受診票", &format!("22, value = \"{title}")));
    template.form.id = FormId::from(id);
    template
}

#[test]
fn forms_that_differ_in_a_printed_number_are_told_apart_there_or_not_at_all() {
    let templates = [sister("one", "検診受診票第１号"), sister("eight", "検診受診票第８号")];
    let registrar = Registrar::new(&templates);
    for (at, template) in templates.iter().enumerate() {
        let mut paper = draw(&template.form, 1, Some(NUMBER));
        for scan in [
            Scan { turn_deg: 1.5, border_mm: 2.0, ..QUICK },
            Scan { turn_deg: 180.0, threshold: Some(128), dpi: [200.0; 2], ..QUICK },
        ] {
            let registered = registrar.register(&scan.of(&paper).0, &templates, None);
            assert!(
                matches!(registered, Registered::Found { template, .. } if template == at),
                "{at}: {registered:?}"
            );
        }
        // A blot over the number: nobody can say which, unless a person does.
        fill(&mut paper, RectMm::new(64.0, 10.5, 14.0, 12.0));
        let page = QUICK.of(&paper).0;
        match registrar.register(&page, &templates, None) {
            Registered::Unreadable { reason } => assert!(reason.contains("よく似た帳票"), "{reason}"),
            other => panic!("{other:?}"),
        }
    }
    let twice = [sister("one", "検診受診票第１号"), sister("again", "検診受診票第１号")];
    let page = QUICK.of(&draw(&twice[0].form, 1, None)).0;
    let registered = super::register(&page, &twice, None);
    assert!(matches!(registered, Registered::Unreadable { .. }), "{registered:?}");
}

#[test]
fn a_person_who_names_a_form_is_believed_only_where_its_print_is() {
    let (template, registrar) = KNOWN.get_or_init(known);
    let templates = std::slice::from_ref(template);
    let page = QUICK.of(&draw(&template.form, 1, None)).0;
    let named = registrar.register(&page, templates, Some(&template.form.id));
    assert!(matches!(named, Registered::Found { .. }), "{named:?}");
    let mut other = GrayPage::white(1776, 2520);
    (0..30).for_each(|i| fill(&mut other, RectMm::new(20.0, 20.0 + 6.0 * f64::from(i), 60.0, 1.0)));
    match registrar.register(&QUICK.of(&other).0, templates, Some(&template.form.id)) {
        Registered::Unreadable { reason } => assert!(reason.contains("指定された帳票の印刷"), "{reason}"),
        other => panic!("{other:?}"),
    }
}

/// The usual slip as a scanner shows it that loses the colour of its lines and frames.
fn faded() -> Template {
    let text = unmarked();
    let (head, rest) = text.split_once("line = [").unwrap();
    let (_, fields) = rest.split_once("[[field]]").unwrap();
    template(&format!("{head}\n[[field]]{fields}"))
}

#[test]
fn print_that_a_scanner_loses_is_neither_missed_nor_awaited() {
    let templates = [template(&unmarked()), faded()];
    let registrar = Registrar::new(&templates);
    let [whole, faded] = [0, 1].map(|at| draw(&templates[at].form, 1, Some(NUMBER)));
    // In grey, the coloured print is there in part: it is still print, and hides what is beneath it.
    let mut half = whole.clone();
    for (grey, &stays) in half.pixels.iter_mut().zip(&faded.pixels) {
        *grey = if *grey < 128 && stays > 128 { 140 } else { *grey };
    }
    for (paper, expected) in [(&whole, 0), (&half, 0), (&faded, 1)] {
        for scan in [Scan { turn_deg: 1.0, border_mm: 2.0, ..QUICK }, Scan { threshold: Some(110), ..QUICK }]
        {
            // A threshold takes half-grey print away altogether.
            let expected = if scan.threshold.is_some() && std::ptr::eq(paper, &half) { 1 } else { expected };
            let registered = registrar.register(&scan.of(paper).0, &templates, None);
            assert!(
                matches!(registered, Registered::Found { template, .. } if template == expected),
                "{expected}: {registered:?}"
            );
        }
    }
}

#[test]
fn front_and_back_of_one_paper_are_told_apart() {
    let back = r#"text = [
    { side = 2, at = [25, 30], size_pt = 14, value = "接種を受けられない方" },
    { side = 2, at = [25, 70], size_pt = 10, value = "熱のある方、重い病気にかかっている方" },
    { side = 2, at = [30, 95], size_pt = 11, value = "同じ薬で強い反応を起こしたことがある方" },
    { side = 2, at = [40, 125], size_pt = 10, value = "受けたあとは静かに過ごしてください" },
    { side = 2, at = [25, 155], size_pt = 12, value = "困ったときの連絡先" },
    { side = 2, at = [70, 185], size_pt = 9, value = "保健福祉部健康推進課" },"#;
    let text = unmarked().replacen("text = [", back, 1).replacen("version = 1", "version = 1\nsides = 2", 1);
    let sheet = template(&text);
    let registrar = Registrar::new(std::slice::from_ref(&sheet));
    for side in [1, 2] {
        for turn_deg in [0.0, 181.0] {
            let page = Scan { turn_deg, ..QUICK }.of(&draw(&sheet.form, side, None)).0;
            match registrar.register(&page, std::slice::from_ref(&sheet), None) {
                Registered::Found { side: found, .. } => assert_eq!(found, side, "{turn_deg}"),
                other => panic!("side {side} at {turn_deg}: {other:?}"),
            }
        }
    }
}
