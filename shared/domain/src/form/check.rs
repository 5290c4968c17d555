//! Whether a form makes sense: every rule here has a line in the file and a sentence for its author.

use super::field::{Field, FieldKind, Symbology, YearStyle};
use super::file::{FormError, line_of};
use super::{Art, Form};
use crate::geometry::RectMm;
use crate::ids::FieldId;
use std::collections::BTreeSet;

/// No field nearer to the paper edge than this: scanners lose it (MediaDrive form standard: 8 mm for
/// marks; 5 mm is where our own corner marks begin).
const EDGE_MM: f64 = 5.0;
/// Two barcode modules of 0.25 mm a digit at least: below that 20 % of NW-7 codes are lost.
const NW7_MM_PER_CHARACTER: f64 = 11.0 * 0.25;

/// Nothing to write in so near to a corner mark: the finder takes a lone black square.
const MARK_ROOM_MM: f64 = 4.0;
/// White needed around the form code, mm: two modules of the largest code that fits 5 mm, and some more.
const CODE_ROOM_MM: f64 = 2.0;

pub(super) fn check(form: &Form, text: &str) -> Vec<FormError> {
    let mut errors = Vec::new();
    let mut say = |key: &str, reason: String| errors.push(FormError { line: find(text, key), reason });
    if !(1..=99).contains(&form.number) {
        say("number", "`number` must be 1 to 99".into());
    }
    if form.version == 0 {
        say("version", "`version` counts from 1".into());
    }
    match &form.copies {
        None if !(1..=2).contains(&form.sides) => say("sides", "`sides` must be 1 or 2".into()),
        Some(copies) if copies.names.len() != usize::from(form.sides) => {
            say("sides", "every one of the `copies` is a side: leave `sides` away".into());
        }
        _ => {}
    }
    if form.paper_mm.iter().any(|mm| !(50.0..=450.0).contains(mm)) {
        say("paper_mm", "`paper_mm` must be between 50 and 450 mm".into());
    }
    if form.fields.is_empty() {
        say("", "the form has no [[field]]".into());
    }
    if let Some(marks) = &form.marks {
        if !(3.0..=10.0).contains(&marks.size_mm) {
            say("size_mm", "corner marks must be 3 to 10 mm".into());
        }
        if marks.code.w < 5.0 || (marks.code.w - marks.code.h).abs() > 0.01 {
            say("code", "the form code must be a square of 5 mm or more".into());
        }
    }
    for art in &form.art {
        if let Art::Text { value, at, .. } = art
            && !on_paper(form, &RectMm::new(at.x, at.y, 0.0, 0.0), 0.0)
        {
            say(value, format!("the text 「{value}」 begins outside the paper"));
        }
    }
    let mut seen = BTreeSet::new();
    for field in &form.fields {
        let key = format!("\"{}\"", field.id);
        if !seen.insert(&field.id) {
            say(&key, format!("{}: two fields have this id", field.id));
        }
        if field.id.as_str().is_empty()
            || !field.id.as_str().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        {
            say(&key, format!("{}: an id is made of a-z, 0-9 and _", field.id));
        }
        for reason in field_mistakes(form, field) {
            say(&key, format!("{}: {reason}", field.id));
        }
    }
    if form.number_field().is_none()
        && let Some(field) = form.fields.iter().find(|field| repeats_number(field))
    {
        say(
            &format!("\"{}\"", field.id),
            format!("{}: no field of the form is the number it repeats", field.id),
        );
    }
    for (key, reason) in overlaps(form).into_iter().chain(miscounted(form)).chain(unclaimed(form)) {
        say(&key, reason);
    }
    errors
}

fn repeats_number(field: &Field) -> bool {
    matches!(&field.kind, FieldKind::Barcode(rule) if rule.repeats_number)
}

/// The line that sets `key`, or in which `"id"` is set; else the line where it first stands, else 1.
fn find(text: &str, key: &str) -> usize {
    let sets = |line: &str| {
        let line = line.trim_start();
        let is_id = key.starts_with('"') && line.starts_with("id ") && line.trim_end().ends_with(key);
        is_id || line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    let anywhere = || text.find(key).map_or(1, |offset| line_of(text, offset));
    text.lines().position(sets).map_or_else(anywhere, |index| index + 1)
}

fn on_paper(form: &Form, rect: &RectMm, edge: f64) -> bool {
    rect.x >= edge
        && rect.y >= edge
        && rect.right() <= form.paper_mm[0] - edge
        && rect.bottom() <= form.paper_mm[1] - edge
}

fn field_mistakes(form: &Form, field: &Field) -> Vec<String> {
    let mut reasons = Vec::new();
    if !(1..=form.sides).contains(&field.side) {
        reasons.push(format!("side {} does not exist", field.side));
    }
    let rects = field.boxes.iter().chain(field.options.iter().map(|option| &option.rect));
    for rect in rects {
        if rect.w <= 0.0 || rect.h <= 0.0 {
            reasons.push("a box has no size".into());
        } else if !on_paper(form, rect, EDGE_MM) {
            reasons.push(format!(
                "a box at [{}, {}] is nearer than {EDGE_MM} mm to the paper edge",
                rect.x, rect.y
            ));
        }
    }
    if field.max_wrong.is_some_and(|share| !(share > 0.0 && share <= 0.01)) {
        reasons.push("`max_wrong` is a share of the accepted values, above 0 and at most 0.01".into());
    }
    let mut values = BTreeSet::new();
    for option in &field.options {
        if !values.insert(&option.value) {
            reasons.push(format!("two options have the value `{}`", option.value));
        }
    }
    reasons.extend(crowded_marks(form, field));
    reasons.extend(kind_mistakes(field));
    reasons
}

/// A field too near to what registers the page.
fn crowded_marks(form: &Form, field: &Field) -> Vec<String> {
    let marks = form.mark_squares().into_iter().flatten().map(|mark| (mark, MARK_ROOM_MM, "a corner mark"));
    let code = form.marks.iter().map(|marks| (marks.code, CODE_ROOM_MM, "the form code"));
    let options = field.options.iter().map(|option| &option.rect);
    let rects: Vec<&RectMm> = field.boxes.iter().chain(options).collect();
    marks
        .chain(code)
        .filter(|(place, room, _)| rects.iter().any(|rect| rect.overlaps(&place.grown(*room))))
        .map(|(_, room, what)| format!("a box is nearer than {room} mm to {what}: move it away"))
        .collect()
}

fn kind_mistakes(field: &Field) -> Vec<String> {
    let boxes = field.boxes.len();
    let mut reasons = Vec::new();
    let mut need = |sound: bool, reason: &str| {
        if !sound {
            reasons.push(reason.to_owned());
        }
    };
    match &field.kind {
        FieldKind::Barcode(rule) => {
            need(boxes == 1, "a barcode needs exactly one box");
            let length = f64::from(rule.length.unwrap_or(0));
            let wide = field.boxes.first().is_none_or(|b| b.w >= (length + 2.0) * NW7_MM_PER_CHARACTER);
            // What others print cannot be made wider.
            let ours = !rule.is_foreign && !rule.repeats_number;
            need(
                rule.symbology != Symbology::Nw7 || wide || !ours,
                "the box is too narrow for bars of 0.25 mm",
            );
            let cells = rule.digit_cells.len();
            need(
                cells == 0 || Some(cells) == rule.length.map(usize::from),
                "`digits` needs one cell a digit of `length`",
            );
            need(
                !rule.is_management_number
                    || rule.check.is_some()
                    || (rule.is_foreign && rule.length.is_some()),
                "a management number needs a `check` digit (a `foreign` one at least its `length`)",
            );
            need(
                !(rule.is_management_number && rule.repeats_number),
                "a code is the management number or repeats it, not both",
            );
        }
        FieldKind::Digits(rule) => {
            need(boxes > 0, "a digits field needs `comb` or `boxes`");
            need(usize::from(rule.decimals) < boxes.max(1), "more `decimals` than boxes");
            need(rule.range.is_none_or(|[low, high]| low <= high), "`range` runs backwards");
            need(rule.check.is_none() || boxes > 1, "a check digit needs two boxes or more");
        }
        FieldKind::Date(rule) => {
            let expected = if rule.year == YearStyle::Civil { 8 } else { 6 };
            need(boxes == expected, "a date needs 6 boxes with an era, 8 with a civil year");
            need(rule.range[0] <= rule.range[1], "`first` is after `last`");
        }
        FieldKind::Choice { .. } => need(field.options.len() > 1, "a choice needs two options or more"),
        FieldKind::Mark => need(boxes == 1, "a mark needs exactly one box"),
        FieldKind::Printed { .. } | FieldKind::Image | FieldKind::Sticker | FieldKind::Stamp => {
            need(boxes == 1, "this kind needs exactly one box");
        }
    }
    reasons
}

/// A calculation with fields that are no whole numbers, or that are not there.
fn miscounted(form: &Form) -> Vec<(String, String)> {
    let is_whole = |id: &FieldId| {
        matches!(form.field(id.as_str()).map(|field| &field.kind),
            Some(FieldKind::Digits(rule)) if rule.decimals == 0)
    };
    let wrong = form.calculations.iter().flat_map(|calculation| {
        let ids = calculation.of.iter().chain([&calculation.gives]);
        let none = calculation.of.is_empty().then(|| {
            let key = format!("\"{}\"", calculation.gives);
            (key, format!("the calculation of {} has nothing to count with", calculation.gives))
        });
        let unknown = ids.filter(|id| !is_whole(id)).map(|id| {
            (format!("\"{id}\""), format!("{id}: a calculation needs `digits` fields without `decimals`"))
        });
        none.into_iter().chain(unknown).collect::<Vec<_>>()
    });
    wrong.collect()
}

/// A claim whose numbers are no fields of the form.
fn unclaimed(form: &Form) -> Vec<(String, String)> {
    form.claim.iter().flat_map(|claim| claim.mistakes(form)).collect()
}

/// Whether some sheet has both fields.
fn shares_side(a: &Field, b: &Field) -> bool {
    a.side == b.side || a.on_every_copy || b.on_every_copy
}

/// Boxes of two fields on one side that lie over each other.
fn overlaps(form: &Form) -> Vec<(String, String)> {
    let places: Vec<(&Field, &RectMm)> = form
        .fields
        .iter()
        .flat_map(|field| {
            field.boxes.iter().chain(field.options.iter().map(|o| &o.rect)).map(move |rect| (field, rect))
        })
        .collect();
    let mut found = Vec::new();
    for (i, (field, rect)) in places.iter().enumerate() {
        for (other, place) in &places[i + 1..] {
            if shares_side(field, other) && field.id != other.id && rect.overlaps(place) {
                let reason = format!(
                    "{} and {} lie over each other at [{}, {}]",
                    field.id, other.id, place.x, place.y
                );
                found.push((format!("\"{}\"", other.id), reason));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::form::Form;

    const GOOD: &str = r#"version = 1
number = 7
title = "試験票"
paper_mm = [210, 297]

[[field]]
id = "temperature"
kind = "digits"
label = "体温"
comb = { at = [20, 40], box = [6, 8], pitch = 6.5, groups = [2, 1], gap = 2 }
decimals = 1
range = [34.0, 42.0]
"#;

    #[test]
    fn a_sound_form_parses() {
        let form = Form::parse("trial", GOOD).unwrap();
        let field = form.field("temperature").unwrap();
        assert_eq!(field.pattern().as_deref(), Some("NN.N"));
        assert_eq!(field.boxes[2].x, 20.0 + 2.0 * 6.5 + 2.0);
    }

    #[test]
    fn a_mistake_is_shown_where_it_is_made_not_where_its_word_stands_first() {
        let text = format!("# This version: \"temperature\"\n{}", GOOD.replace("version = 1", "version = 0"));
        let errors = Form::parse("trial", &text.replace("decimals = 1", "decimals = 3")).unwrap_err();
        let lines: Vec<usize> = errors.iter().map(|error| error.line).collect();
        assert_eq!(lines, [2, 8], "{errors:?}");
    }

    #[test]
    fn fields_keep_away_from_marks_and_form_code() {
        let marks = "[marks]\ninset_mm = [11, 11]\nsize_mm = 6\ncode = [180, 9, 9, 9]\n\n[[field]]";
        let marked = GOOD.replacen("[[field]]", marks, 1);
        assert!(Form::parse("trial", &marked).is_ok());
        for (at, what) in [("at = [17, 10]", "a corner mark"), ("at = [165, 19]", "the form code")] {
            let errors = Form::parse("trial", &marked.replace("at = [20, 40]", at)).unwrap_err();
            assert!(errors.iter().any(|e| e.reason.contains(what)), "{at}: {errors:?}");
        }
    }

    #[test]
    fn a_foreign_number_may_be_narrow_and_without_check_digit_but_ours_may_not() {
        let number = |more: &str| {
            let field = format!(
                "\n[[field]]\nid = \"coupon\"\nkind = \"barcode\"\nlabel = \"番号\"\nsymbology = \"nw7\"\n\
                 length = 18\nmanagement_number = true\nboxes = [[20, 60, 37.2, 5.6]]\n{more}\n"
            );
            Form::parse("trial", &format!("{GOOD}{field}"))
                .map(|form| form.number_field().unwrap().1.is_foreign)
        };
        assert_eq!(number("foreign = true"), Ok(true));
        assert!(number("foreign = true\nrepeats_number = true").is_err());
        let errors = number("").unwrap_err();
        assert!(errors.iter().any(|e| e.reason.contains("too narrow")), "{errors:?}");
        assert!(errors.iter().any(|e| e.reason.contains("check")), "{errors:?}");
        let alone = GOOD
            .replace("kind = \"digits\"", "kind = \"barcode\"\nsymbology = \"qr\"\nrepeats_number = true");
        let alone = alone.split("comb").next().unwrap().to_owned() + "boxes = [[20, 60, 10, 10]]\n";
        let errors = Form::parse("trial", &alone).unwrap_err();
        assert!(errors.iter().any(|e| e.reason.contains("repeats")), "{errors:?}");
    }

    #[test]
    fn what_names_no_side_is_on_every_copy_of_a_set() {
        let set = |text: &str| GOOD.replace("paper_mm", &format!("{text}\npaper_mm"));
        let form = Form::parse(
            "trial",
            &set("copies = [\"医療機関用\", \"受診者用\", \"市用\"]\nrecorded_copy = 3"),
        )
        .unwrap();
        let geometry = form.geometry();
        assert_eq!((geometry.sides, geometry.fields[0].side), (3, 3));
        assert!((1..=3).all(|side| form.fields_on(side).count() == 1));
        let unrecorded = [1, 2, 3].map(|side| form.unrecorded_copy(side));
        assert_eq!(unrecorded, [Some("医療機関用"), Some("受診者用"), None]);
        let own = set("copies = [\"控\", \"市用\"]\nrecorded_copy = 2");
        let own = Form::parse("trial", &own.replace("decimals", "side = 1\ndecimals")).unwrap();
        assert!(own.fields_on(1).count() == 1 && own.fields_on(2).count() == 0);
        for (text, words) in [
            ("copies = [\"控\"]\nrecorded_copy = 1", "2 to 4"),
            ("copies = [\"控\", \"市用\"]", "recorded_copy"),
            ("copies = [\"控\", \"市用\"]\nrecorded_copy = 3", "recorded_copy"),
            ("recorded_copy = 1", "2 to 4"),
            ("sides = 2\ncopies = [\"a\", \"b\", \"c\"]\nrecorded_copy = 1", "leave `sides` away"),
        ] {
            let errors = Form::parse("trial", &set(text)).unwrap_err();
            assert!(errors.iter().any(|e| e.reason.contains(words)), "{text}: {errors:?}");
        }
    }

    #[test]
    fn a_calculation_needs_whole_numbers_that_are_there() {
        let counting = |text: &str| GOOD.replace("paper_mm", &format!("calculation = [{text}]\npaper_mm"));
        for (text, words) in [
            ("{ sum = [\"temperature\"], gives = \"total\" }", "total: a calculation"),
            ("{ sum = [\"temperature\"], gives = \"temperature\" }", "without `decimals`"),
            ("{ gives = \"temperature\" }", "either a `product` or a `sum`"),
            ("{ sum = [], gives = \"temperature\" }", "nothing to count with"),
        ] {
            let errors = Form::parse("trial", &counting(text)).unwrap_err();
            assert!(errors.iter().any(|e| e.reason.contains(words)), "{text}: {errors:?}");
        }
        let whole = counting("{ sum = [\"temperature\"], gives = \"temperature\" }");
        assert!(Form::parse("trial", &whole.replace("decimals = 1", "")).is_ok());
    }

    #[test]
    fn every_mistake_says_its_line_and_reason() {
        let mistakes = [
            ("version = 1", "version = \"one\"", 1, "expected u32"),
            ("number = 7", "number = 0", 2, "1 to 99"),
            ("kind = \"digits\"", "kind = \"digit\"", 8, "digit"),
            ("decimals = 1", "decimals = 3", 7, "decimals"),
            ("decimals = 1", "decimal = 3", 11, "decimal"),
            ("range = [34.0, 42.0]", "range = [42.0, 34.0]", 7, "backwards"),
            ("decimals = 1", "decimals = 1\nmax_wrong = 0.5", 7, "at most 0.01"),
            ("at = [20, 40]", "at = [200, 40]", 7, "paper edge"),
            ("id = \"temperature\"", "id = \"Temp\"", 7, "a-z"),
        ];
        for (from, to, line, words) in mistakes {
            let errors = Form::parse("trial", &GOOD.replace(from, to)).unwrap_err();
            assert!(errors.iter().any(|e| e.line == line && e.reason.contains(words)), "{to}: {errors:?}");
        }
    }
}
