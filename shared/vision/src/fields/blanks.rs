//! 空欄. Whether nothing is there, or the scan lost what is: what the page's other ink says of its empty fields.
//!
//! A one-bit scan drops a pencil or a red seal wholly and without a trace; so does a very pale pen in grey. But ink
//! of the same hand lies beside the empty field: where that is whole and as wide as a pen's, nothing was lost.

use super::calibration as c;
use super::finding::Finding;
use domain::form::{Field, FieldKind};

/// 筆跡の強さ. How the ink of one field came through the scanner, over all parts that were looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct PenTrace {
    /// Inked, mm².
    pub area: f64,
    /// Length of the border between ink and paper, mm.
    pub border: f64,
}

impl PenTrace {
    /// Mean width of the strokes, mm; speckled and broken ones are narrow, since every hole has a border.
    fn width(self) -> f64 {
        2.0 * self.area / self.border.max(1e-9)
    }

    /// Whether the pen came through as it was, so that no stroke of it can have vanished.
    fn is_whole(self) -> bool {
        self.area >= c::PEN_LEAST_MM2 && self.width() >= c::PEN_WHOLE_MM
    }
}

/// One field as it was found.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    pub field: &'a Field,
    pub finding: Finding,
    pub pen: PenTrace,
}

impl Found<'_> {
    /// Whether a pen writes here, on the page that is read; seals and labels tell nothing of pens.
    fn is_penned(&self) -> bool {
        let penned = matches!(
            self.field.kind,
            FieldKind::Digits(_)
                | FieldKind::Date(_)
                | FieldKind::Mark
                | FieldKind::Choice { .. }
                | FieldKind::Image
        );
        penned && !self.field.prefilled
    }

    /// Whether it proves that a pen was seen here.
    fn is_evidence(&self, bilevel: bool) -> bool {
        !self.finding.says_nothing() && (!bilevel || self.pen.is_whole())
    }

    fn is_required_blank(&self) -> bool {
        self.field.required && !self.field.prefilled && self.finding.says_nothing()
    }
}

/// Doubts empty fields whose ink the scan may have lost; `found` in the order of the form.
pub(crate) fn doubt(found: &mut [Found], bilevel: bool) {
    if bilevel {
        lost_in_bilevel(found);
    }
    beside_required_blanks(found, bilevel);
}

/// On a scan of one bit a pixel what says nothing is believed as far as the pens beside it came through whole.
fn lost_in_bilevel(found: &mut [Found]) {
    let pens: Vec<Option<bool>> = found
        .iter()
        .map(|f| (f.is_penned() && !f.finding.says_nothing()).then(|| f.pen.is_whole()))
        .collect();
    for at in 0..found.len() {
        let beside =
            [pens[..at].iter().rev().find_map(|pen| *pen), pens[at + 1..].iter().find_map(|pen| *pen)];
        let whole = beside.contains(&Some(true)) && !beside.contains(&Some(false));
        let Found { field, finding, pen } = &mut found[at];
        let says_nothing = finding.says_nothing();
        finding.wrong += match &field.kind {
            FieldKind::Printed { .. } | FieldKind::Sticker | FieldKind::Barcode(_) => 0.0,
            FieldKind::Stamp if says_nothing => c::SEAL_LOST_IN_BILEVEL,
            // A broken pen may also have lost the lines that strike an answer out, and the answer that replaced it;
            // the pen that made the marks that are seen may have made others.
            FieldKind::Choice { .. } if !says_nothing => c::LOST_BY_WIDTH.at(pen.width()),
            _ if says_nothing && whole => c::LOST_BESIDE_WHOLE,
            _ if says_nothing => c::LOST_BESIDE_BROKEN,
            _ => 0.0,
        };
    }
}

/// Where a required field is empty, its pen may have been too faint for the scanner: then no other empty field of
/// that stretch of the form is believed either. A stretch ends where two fields in a row were surely written.
fn beside_required_blanks(found: &mut [Found], bilevel: bool) {
    let mut begin = 0;
    let mut in_a_row = 0;
    for at in 0..found.len() {
        if found[at].is_evidence(bilevel) && found[at].is_penned() {
            in_a_row += 1;
        } else if found[at].is_penned() || found[at].is_required_blank() {
            in_a_row = 0;
        }
        if in_a_row >= c::WRITTEN_IN_A_ROW {
            doubt_stretch(&mut found[begin..=at]);
            begin = at + 1;
        }
    }
    doubt_stretch(&mut found[begin..]);
}

fn doubt_stretch(stretch: &mut [Found]) {
    if !stretch.iter().any(Found::is_required_blank) {
        return;
    }
    for Found { finding, .. } in stretch.iter_mut().filter(|found| found.finding.says_nothing()) {
        finding.wrong = finding.wrong.max(c::EMPTY_BESIDE_REQUIRED_BLANK);
        if finding.doubt.is_none() {
            finding.doubt = Some(REASON.to_owned());
        }
    }
}

const REASON: &str =
    "この欄か近くの必須の欄が空欄です。薄くて写っていない記入がないか、画像で確かめてください。";

#[cfg(test)]
mod tests {
    use super::*;
    use domain::form::Form;
    use domain::reading::Value;

    const FIELDS: usize = 8;
    const WHOLE: PenTrace = PenTrace { area: 4.0, border: 16.0 };
    const BROKEN: PenTrace = PenTrace { area: 1.0, border: 16.0 };

    /// Eight required boxes but the last two; per field: the pen that marked it, or nothing.
    fn doubted(pens: [Option<PenTrace>; FIELDS], bilevel: bool) -> Vec<usize> {
        let mut text = "version = 1\nnumber = 7\ntitle = \"試験票\"\npaper_mm = [100, 100]\n".to_owned();
        for i in 0..FIELDS {
            text += &format!(
                "[[field]]\nid = \"f{i}\"\nkind = \"mark\"\nlabel = \"印\"\nrequired = {}\nboxes = [[20, {}, 4, 4]]\n",
                i < 6,
                10 + 8 * i
            );
        }
        let form = Form::parse("trial", &text).unwrap();
        let fields = form.fields.iter().zip(pens);
        let mut found: Vec<Found> = fields
            .map(|(field, pen)| {
                let value = Value::Text(if pen.is_some() { "on" } else { "off" }.to_owned());
                Found { field, finding: Finding::new(value, 1e-5), pen: pen.unwrap_or_default() }
            })
            .collect();
        doubt(&mut found, bilevel);
        (0..FIELDS).filter(|&i| found[i].finding.doubt.is_some() || found[i].finding.wrong > 1e-4).collect()
    }

    #[test]
    fn a_required_field_left_empty_casts_doubt_on_its_own_stretch_only() {
        let w = Some(WHOLE);
        assert!(doubted([w, w, w, w, w, w, None, None], false).is_empty());
        assert_eq!(doubted([w, w, None, w, w, w, None, None], false), [2]);
        assert_eq!(doubted([w, w, w, w, w, None, None, None], false), [5, 6, 7]);
        // One written field alone may be another's pen.
        assert_eq!(doubted([w, w, w, w, None, w, None, None], false), [4, 6, 7]);
    }

    #[test]
    fn a_one_bit_scan_is_believed_beside_whole_strokes_and_not_beside_broken_ones() {
        let (w, b) = (Some(WHOLE), Some(BROKEN));
        assert!(doubted([w, w, w, w, w, w, None, w], true).is_empty());
        assert_eq!(doubted([w, w, w, w, w, b, None, None], true), [6, 7]);
        assert_eq!(doubted([b, b, None, b, b, b, None, None], true), [2, 6, 7]);
    }
}
