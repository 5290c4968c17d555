//! The picture of an empty sheet with the places of its fields, as a PDF: how paper that others print is looked at.

use domain::form::{FieldKind, Form};
use domain::geometry::RectMm;
use std::fmt::Write;
use vision::{Blank, encode_jpeg};

/// Points in a millimetre.
const PT: f64 = 72.0 / 25.4;
/// Fine enough that no line of a form vanishes.
const JPEG_QUALITY: u8 = 80;

/// One PDF page a side: the picture, and over it boxes in red, words to circle in green, printed codes in blue.
pub fn pdf(form: &Form, blanks: &[Blank]) -> Vec<u8> {
    let kids: Vec<String> = (0..blanks.len()).map(|i| format!("{} 0 R", 3 + 3 * i)).collect();
    let mut objects = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), kids.len()).into_bytes(),
    ];
    let [w, h] = form.paper_mm.map(|mm| mm * PT);
    for (side, blank) in (1..).zip(blanks) {
        let at = objects.len() + 1;
        let page = format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {w:.2} {h:.2}] /Contents {} 0 R \
             /Resources << /XObject << /Blank {} 0 R >> >> >>",
            at + 1,
            at + 2
        );
        objects.push(page.into_bytes());
        objects.push(stream("", drawing(form, side).as_bytes()));
        let picture = &blank.picture;
        let kind = format!(
            "/Type /XObject /Subtype /Image /Width {} /Height {} /ColorSpace /DeviceGray /BitsPerComponent 8 \
             /Filter /DCTDecode ",
            picture.width, picture.height
        );
        objects.push(stream(&kind, &encode_jpeg(picture, JPEG_QUALITY)));
    }
    file(&objects)
}

fn drawing(form: &Form, side: u8) -> String {
    let [w, h] = form.paper_mm;
    let mut text = format!("q {:.2} 0 0 {:.2} 0 0 cm /Blank Do Q\n0.7 w\n", w * PT, h * PT);
    let mut outline = |color: &str, rect: &RectMm| {
        let [x, y] = [rect.x * PT, (h - rect.bottom()) * PT];
        let _ = writeln!(text, "{color} RG {x:.2} {y:.2} {:.2} {:.2} re S", rect.w * PT, rect.h * PT);
    };
    for field in form.fields_on(side) {
        let color = if matches!(field.kind, FieldKind::Barcode(_)) { "0 0 1" } else { "1 0 0" };
        field.boxes.iter().for_each(|rect| outline(color, rect));
        field.options.iter().for_each(|option| outline("0 0.6 0", &option.rect));
    }
    text
}

fn stream(entries: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!("<< {entries}/Length {} >>\nstream\n", bytes.len());
    [head.as_bytes(), bytes, b"\nendstream"].concat()
}

/// Numbered objects from 1, the table of where they lie, and the trailer.
fn file(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut file = b"%PDF-1.4\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, object) in (1..).zip(objects) {
        let _ = writeln!(table, "{:010} 00000 n ", file.len());
        file.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
        file.extend_from_slice(object);
        file.extend_from_slice(b"\nendobj\n");
    }
    let start = file.len();
    let trailer =
        format!("{table}trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1);
    file.extend_from_slice(trailer.as_bytes());
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use vision::GrayPage;
    use vision::decode::{self, Limits};

    #[test]
    fn a_preview_is_a_pdf_of_the_picture_with_its_boxes() {
        let text = "version = 1\nnumber = 7\ntitle = \"よその票\"\npaper_mm = [105, 148]\n[[field]]\nid = \"name\"\n\
                    kind = \"image\"\nlabel = \"氏名\"\nboxes = [[20, 40, 50, 10]]\n";
        let form = Form::parse("other", text).unwrap();
        let blank = Blank { picture: GrayPage::white(827, 1166), px_per_mm: 7.876 };
        let pdf = pdf(&form, &[blank]);
        let page = decode::decode_pages(&pdf, &Limits::default()).unwrap().next().unwrap().unwrap();
        let scale = f64::from(page.width) / 105.0;
        let darkest = |x: f64, y: f64| {
            let near = (-2..=2).flat_map(|dy| (-2..=2).map(move |dx| (dx, dy)));
            let at = |(dx, dy)| page.at((x * scale) as i64 + dx, (y * scale) as i64 + dy);
            near.map(at).min().unwrap()
        };
        assert!(darkest(20.0, 45.0) < 160 && darkest(45.0, 50.0) < 160);
        assert!(darkest(45.0, 45.0) > 240 && darkest(10.0, 45.0) > 240);
    }
}
