//! What is printed can be read, and lies where the form says.

use super::*;
use domain::form::{FieldKind, MarkStyle, Symbology};

fn barcode_format(symbology: Symbology) -> BarcodeFormat {
    match symbology {
        Symbology::Nw7 => BarcodeFormat::Codabar,
        Symbology::Code128 => BarcodeFormat::Code128,
        Symbology::Qr => BarcodeFormat::QRCode,
        Symbology::DataMatrix => BarcodeFormat::DataMatrix,
    }
}

#[test]
fn every_code_of_every_form_reads_back_from_a_300_dpi_page() {
    for form in forms() {
        let slip = slip(&form);
        let page = Raster::slip(&form, slip.clone(), 300.0);
        let code = form.marks.as_ref().unwrap().code;
        assert_eq!(page.codes(BarcodeFormat::DataMatrix, &code, 2.0), [form.code_text(1)], "{}", form.id);
        for field in &form.fields {
            let FieldKind::Barcode(rule) = &field.kind else { continue };
            let said = page.codes(barcode_format(rule.symbology), &field.boxes[0], 4.0);
            let expected = if rule.is_management_number {
                format!("A{}A", slip.management_number.clone().unwrap().0)
            } else {
                slip.ticket.clone().unwrap().to_code()
            };
            assert_eq!(said, [expected], "{} {}", form.id, field.id);
        }
    }
}

#[test]
fn corner_marks_lie_where_the_form_says() {
    for form in forms() {
        let page = Raster::blank(&form, 300.0);
        for square in form.mark_squares().unwrap() {
            let (area, x, y) = page.ink(&square.grown(3.5));
            let center = square.center();
            assert!((x - center.x).abs() < 0.02 && (y - center.y).abs() < 0.02, "{}: {x} {y}", form.id);
            assert!((area - square.w * square.h).abs() < 0.1, "{}: {area} mm² of ink at a mark", form.id);
        }
    }
}

#[test]
fn every_printed_box_lies_within_a_twentieth_of_a_millimetre() {
    for form in forms() {
        let page = Raster::blank(&form, 600.0);
        let worst = drawn_boxes(&form).map(|rect| off_by(&page, rect)).fold(0.0, f64::max);
        assert!(worst < 0.05, "{}: {worst:.3} mm", form.id);
    }
}

/// The boxes that are drawn with an outline.
fn drawn_boxes(form: &Form) -> impl Iterator<Item = &RectMm> {
    form.fields.iter().flat_map(|field| {
        let bare = matches!(field.kind, FieldKind::Barcode(_) | FieldKind::Printed { .. });
        let boxed = matches!(field.kind, FieldKind::Choice { .. }) && field.style == MarkStyle::Box;
        let boxes = field.boxes.iter().filter(move |_| !bare);
        boxes.chain(field.options.iter().filter(move |_| boxed).map(|option| &option.rect))
    })
}

/// How far the worst edge of a printed box lies from its place, mm; infinite when an edge is missing.
fn off_by(page: &Raster, rect: &RectMm) -> f64 {
    // A slit over the middle half of each edge, narrow enough to see no other box of the comb.
    const SLIT: f64 = 0.24;
    let (x, y, w, h) = (rect.x + rect.w / 4.0, rect.y + rect.h / 4.0, rect.w / 2.0, rect.h / 2.0);
    let upright = |edge: f64| (RectMm::new(edge - SLIT, y, 2.0 * SLIT, h), edge, true);
    let level = |edge: f64| (RectMm::new(x, edge - SLIT, w, 2.0 * SLIT), edge, false);
    let edges = [upright(rect.x), upright(rect.right()), level(rect.y), level(rect.bottom())];
    let distance = |(slit, edge, upright): (RectMm, f64, bool)| {
        let (area, x, y) = page.ink(&slit);
        let expected = 0.25 * if upright { slit.h } else { slit.w };
        let is_whole = (area - expected).abs() < 0.2 * expected;
        if is_whole { ((if upright { x } else { y }) - edge).abs() } else { f64::INFINITY }
    };
    edges.into_iter().map(distance).fold(0.0, f64::max)
}

#[test]
fn the_empty_sheet_has_neither_number_nor_person() {
    for form in forms() {
        let blank = Raster::blank(&form, 150.0);
        let slip = Raster::slip(&form, slip(&form), 150.0);
        let code = form.marks.as_ref().unwrap().code;
        assert_eq!(blank.codes(BarcodeFormat::DataMatrix, &code, 2.0), [form.code_text(1)]);
        for field in form.fields.iter().filter(|field| field.prefilled) {
            let area = field.area();
            assert_eq!(blank.ink(&area).0, 0.0, "{} {}", form.id, field.id);
            assert!(slip.ink(&area).0 > 1.0, "{} {} is not printed", form.id, field.id);
        }
    }
}

#[test]
fn a_document_has_a_page_for_every_slip_in_order() {
    let form = form("influenza-elderly");
    let numbers = [1, 200, 30_000].map(|serial| number(&form, serial));
    let slips = numbers.clone().map(|n| Slip { management_number: Some(n), ..slip(&form) });
    let mut heard = Vec::new();
    let pdf = printer().document(&form, slips, &mut |done| heard.push(done)).unwrap();
    assert_eq!(heard, [1, 2, 3]);
    let place = form.number_field().unwrap().0.boxes[0];
    let pages = Pdf::new(pdf.clone()).unwrap().pages().len();
    let read = |page| Raster::of(&pdf, page, 300.0).codes(BarcodeFormat::Codabar, &place, 4.0).concat();
    assert_eq!((0..pages).map(read).collect::<Vec<_>>(), numbers.map(|n| format!("A{}A", n.0)));
}
