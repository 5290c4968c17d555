//! Room to write: nothing stands where a pen goes or where the reader looks for marks.

use super::*;
use crate::fit::MM_PER_PT;
use domain::form::{Align, Art, Field, FieldKind, MarkStyle, Symbology};

/// Where a line of text stands.
fn extent(x: f64, base: f64, size_pt: f64, text: &str, align: Align) -> RectMm {
    let em = size_pt * MM_PER_PT;
    let width = Fonts::find().unwrap().line(text).ok().unwrap().width_em * em;
    let left = match align {
        Align::Left => x,
        Align::Center => x - width / 2.0,
        Align::Right => x - width,
    };
    RectMm::new(left, base - 0.88 * em, width, em)
}

/// What one piece of art covers, with its words for messages.
fn covered(art: &Art) -> Vec<(String, RectMm)> {
    let thick = |x: f64, y: f64, w: f64, h: f64, pen: f64| RectMm::new(x, y, w, h).grown(pen / 2.0);
    match art {
        Art::Text { at, size_pt, value, align, .. } => {
            vec![(value.clone(), extent(at.x, at.y, *size_pt, value, *align))]
        }
        Art::Band { rect, value, .. } => vec![(value.clone(), *rect)],
        Art::Line { from, to, width_mm, .. } => {
            vec![("line".into(), thick(from.x, from.y, to.x - from.x, to.y - from.y, *width_mm))]
        }
        Art::Frame { rect: r, width_mm, .. } => [
            thick(r.x, r.y, r.w, 0.0, *width_mm),
            thick(r.x, r.bottom(), r.w, 0.0, *width_mm),
            thick(r.x, r.y, 0.0, r.h, *width_mm),
            thick(r.right(), r.y, 0.0, r.h, *width_mm),
        ]
        .map(|rect| ("frame".into(), rect))
        .into(),
    }
}

/// Everything on the sheet that is not a place to write in.
fn surroundings(form: &Form) -> Vec<(String, RectMm)> {
    let boxed = form.fields.iter().filter(|field| field.style == MarkStyle::Box);
    let words = boxed.flat_map(|field| &field.options).map(|option| {
        let base = option.rect.center().y + 0.38 * 9.0 * MM_PER_PT;
        (option.label.clone(), extent(option.rect.right() + 1.5, base, 9.0, &option.label, Align::Left))
    });
    form.art.iter().flat_map(covered).chain(words).collect()
}

/// Each place of a field with the room that it needs around it.
fn places(field: &Field) -> Vec<RectMm> {
    let boxes = field.boxes.iter();
    // Words beside a box stand 1.5 mm from it, and circles stay within a line's row.
    let options = field.options.iter().map(|option| option.rect.grown(1.4));
    let boxes: Vec<RectMm> = match &field.kind {
        FieldKind::Digits(_) | FieldKind::Date(_) | FieldKind::Mark => boxes.map(|b| b.grown(2.0)).collect(),
        // Bars need a quiet zone of ten narrow ones at their ends only.
        FieldKind::Barcode(rule) if rule.symbology == Symbology::Nw7 => {
            boxes.map(|b| RectMm::new(b.x - 3.5, b.y, b.w + 7.0, b.h)).collect()
        }
        FieldKind::Barcode(_) => boxes.map(|b| b.grown(4.0)).collect(),
        FieldKind::Sticker | FieldKind::Stamp | FieldKind::Image => boxes.map(|b| b.grown(1.5)).collect(),
        FieldKind::Choice { .. } | FieldKind::Printed { .. } => boxes.map(|b| b.grown(0.7)).collect(),
    };
    boxes.into_iter().chain(options).collect()
}

#[test]
fn nothing_is_printed_near_a_place_to_write_or_a_mark() {
    let mut crowded = Vec::new();
    for form in forms() {
        let around = surroundings(&form);
        let mut clear = |place: RectMm, what: &str| {
            let near = around.iter().filter(|(_, rect)| place.overlaps(rect));
            crowded.extend(near.map(|(name, rect)| {
                format!("{}: 「{name}」 {rect:?} is too near to {what} {place:?}", form.id)
            }));
        };
        form.mark_squares().unwrap().iter().for_each(|square| clear(square.grown(4.0), "a corner mark"));
        clear(form.marks.as_ref().unwrap().code.grown(2.0), "the form code");
        for field in &form.fields {
            places(field).into_iter().for_each(|place| clear(place, field.id.as_str()));
        }
    }
    assert!(crowded.is_empty(), "{}", crowded.join("\n"));
}

#[test]
fn scanners_lose_nothing_at_the_edge() {
    for form in forms() {
        let [w, h] = form.paper_mm;
        let safe = |r: &RectMm| r.x >= 8.0 && r.y >= 8.0 && r.right() <= w - 8.0 && r.bottom() <= h - 8.0;
        let fields = form.fields.iter().map(|field| (field.label.clone(), field.area()));
        let marks = form.mark_squares().unwrap().map(|square| ("mark".to_owned(), square));
        for (name, rect) in surroundings(&form).into_iter().chain(fields).chain(marks) {
            assert!(safe(&rect), "{}: 「{name}」 {rect:?} is nearer than 8 mm to the edge", form.id);
        }
    }
}

#[test]
fn circles_around_neighbouring_words_do_not_meet() {
    for form in forms() {
        let is_word =
            |field: &&Field| field.style == MarkStyle::Circle || matches!(field.kind, FieldKind::Date(_));
        let words = form.fields.iter().filter(is_word).flat_map(|field| &field.options);
        let words: Vec<&RectMm> = words.map(|option| &option.rect).collect();
        for (i, word) in words.iter().enumerate() {
            let reach = RectMm::new(word.x - 6.0, word.y - 3.0, word.w + 12.0, word.h + 6.0).grown(-1e-6);
            for other in &words[i + 1..] {
                assert!(!reach.overlaps(other), "{}: {word:?} and {other:?}", form.id);
            }
        }
    }
}
