//! 見本帳. Every crop of a field on one page, sorted by how sure the reader is, the wrong ones marked: to see with
//! one's own eyes what no figure shows. Static HTML without any script.

use super::value::{NUMBER, PageSeen, Seen};
use anyhow::{Context, Result};
use domain::form::Form;
use domain::geometry::RectMm;
use domain::reading::{Decision, PageReading};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use vision::{GrayPage, Limits};

/// Paper shown around a field, mm: what a reader must not mistake for ink comes from there.
const MARGIN_MM: f64 = 2.0;
/// Resolution of a crop: a ball pen's line is two pixels wide.
const PX_PER_MM: f64 = 6.0;
/// JPEG quality of a crop.
const QUALITY: u8 = 80;

const STYLE: &str = "body{font-family:sans-serif;margin:1.5rem;color:#222}\
main{display:flex;flex-wrap:wrap;gap:.8rem;align-items:flex-start}\
figure{margin:0;padding:.4rem;border:2px solid #ccc;border-radius:4px;max-width:26rem;background:#fff}\
figure img{display:block;max-width:100%;height:auto}\
figcaption{font-size:.8rem;margin-top:.3rem;overflow-wrap:anywhere}\
.review{border-style:dashed}\
.wrong{border-color:#c60}.accepted-wrong{border:4px solid #c00;background:#fee}\
table{border-collapse:collapse}th,td{padding:.3rem .8rem;border-bottom:1px solid #ccc;text-align:right}\
th:first-child,td:first-child{text-align:left}.bad{color:#c00;font-weight:bold}";

/// A gallery being filled, by several threads.
pub struct Gallery {
    folder: PathBuf,
    forms: Vec<Form>,
    count: AtomicUsize,
}

impl Gallery {
    /// A gallery in `folder`, which is made if need be.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new(folder: &Path, forms: &[Form]) -> Result<Self> {
        let crops = folder.join("crops");
        std::fs::create_dir_all(&crops).with_context(|| format!("cannot make {}", crops.display()))?;
        Ok(Self { folder: folder.to_owned(), forms: forms.to_vec(), count: AtomicUsize::new(0) })
    }

    /// Cuts every value out of the pages that were read, and notes in `pages` where its picture is.
    ///
    /// # Errors
    /// When a crop cannot be written.
    pub fn cut(&self, file: &[u8], readings: &[PageReading], pages: &mut [PageSeen]) -> Result<()> {
        let limits = Limits::default();
        let scans = vision::decode_pages(file, &limits).into_iter().flatten();
        for ((scan, reading), page) in scans.zip(readings).zip(pages) {
            if let (Ok(scan), PageReading::Read(_)) = (scan, reading) {
                for value in &mut page.values {
                    value.crop = self.crop(&scan, reading, value)?;
                }
            }
        }
        Ok(())
    }

    fn crop(&self, scan: &GrayPage, reading: &PageReading, value: &Seen) -> Result<Option<String>> {
        let (PageReading::Read(found), Some(rect)) = (reading, self.rect(value)) else { return Ok(None) };
        let cut = vision::snippet(scan, &found.registration, rect, MARGIN_MM, PX_PER_MM);
        let name = format!("crops/{:06}.jpg", self.count.fetch_add(1, Ordering::Relaxed));
        let path = self.folder.join(&name);
        std::fs::write(&path, vision::encode_jpeg(&cut, QUALITY))
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Some(name))
    }

    /// Where a value stands on its form.
    fn rect(&self, value: &Seen) -> Option<RectMm> {
        let form = self.forms.iter().find(|form| form.id.as_str() == value.form)?;
        if value.kind == NUMBER {
            let (field, rule) = form.number_field()?;
            return RectMm::around(&[&field.boxes[..], &rule.digit_cells].concat());
        }
        form.field(&value.field).map(|field| field.area())
    }

    /// Writes one HTML page per field and an index of them.
    ///
    /// # Errors
    /// When a page cannot be written.
    pub fn write(&self, values: &[Seen]) -> Result<()> {
        let mut fields: BTreeMap<(&str, &str), Vec<&Seen>> = BTreeMap::new();
        for value in values.iter().filter(|value| value.crop.is_some()) {
            fields.entry((&value.form, &value.field)).or_default().push(value);
        }
        let mut rows = String::new();
        for ((form, field), mut values) in fields {
            values.sort_by(|a, b| a.confidence.total_cmp(&b.confidence).then_with(|| a.case.cmp(&b.case)));
            let name = format!("{form}--{field}.html");
            let title = format!("{form} {} {field}", self.label(form, field));
            rows += &row(&name, &title, &values);
            let figures: String = values.iter().map(|value| figure(value)).collect();
            let lead = "確からしさの低い順。太い赤枠＝誤って採用、橙＝誤りだが確認へ、破線＝確認へ。";
            let body = format!("<p><a href=\"index.html\">一覧</a>　{lead}</p><main>{figures}</main>");
            self.save(&name, &title, &body)?;
        }
        let head =
            "<tr><th>項目</th><th>種類</th><th>件数</th><th>採用</th><th>誤って採用</th><th>確認へ</th></tr>";
        self.save("index.html", "読取りの見本帳", &format!("<table>{head}{rows}</table>"))
    }

    /// What people call a field.
    fn label(&self, form: &str, field: &str) -> String {
        let form = self.forms.iter().find(|known| known.id.as_str() == form);
        let label = form.and_then(|form| form.field(field)).map(|field| field.label.as_str());
        label.unwrap_or("管理番号").to_owned()
    }

    fn save(&self, name: &str, title: &str, body: &str) -> Result<()> {
        let title = escaped(title);
        let page = format!(
            "<!doctype html><html lang=\"ja\"><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style>\
             <h1>{title}</h1>{body}</html>\n"
        );
        let path = self.folder.join(name);
        std::fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))
    }
}

fn row(name: &str, title: &str, values: &[&Seen]) -> String {
    let accepted = values.iter().filter(|value| is_accepted(value)).count();
    let wrong = values.iter().filter(|value| is_accepted(value) && !value.right).count();
    let class = if wrong > 0 { " class=\"bad\"" } else { "" };
    format!(
        "<tr><td><a href=\"{}\">{}</a></td><td>{}</td><td>{}</td><td>{accepted}</td><td{class}>{wrong}</td><td>{}</td></tr>",
        escaped(name),
        escaped(title),
        escaped(values.first().map_or("", |value| &value.kind)),
        values.len(),
        values.len() - accepted,
    )
}

fn figure(value: &Seen) -> String {
    let accepted = is_accepted(value);
    let class = match (accepted, value.right) {
        (true, true) => "",
        (true, false) => "accepted-wrong",
        (false, true) => "review",
        (false, false) => "review wrong",
    };
    let mut caption = format!("<b>{}</b>", escaped(&value.read));
    if !value.right {
        let _ = write!(caption, "　✗ 正しくは <b>{}</b>", escaped(&value.expected));
    }
    let decision = if accepted { "採用" } else { "確認へ" };
    let _ = write!(caption, "<br>{:.6}　{decision}<br>{}", value.confidence, escaped(&value.case));
    let crop = escaped(value.crop.as_deref().unwrap_or_default());
    format!(
        "<figure class=\"{class}\"><img src=\"{crop}\" alt=\"\" loading=\"lazy\"><figcaption>{caption}</figcaption></figure>\n"
    )
}

fn is_accepted(value: &Seen) -> bool {
    value.decision == Some(Decision::Accept)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_sure_come_first_and_wrong_ones_are_marked() {
        let folder = tempfile::tempdir().unwrap();
        let gallery = Gallery::new(folder.path(), &[]).unwrap();
        let value = |read: &str, confidence, right, decision| Seen {
            form: "trial".into(),
            field: "temperature".into(),
            read: read.into(),
            expected: "36.<5".into(),
            confidence,
            right,
            decision: Some(decision),
            crop: Some("crops/1.jpg".into()),
            ..Seen::default()
        };
        let values = [
            value("sure", 0.9999, true, Decision::Accept),
            value("unsure", 0.4, false, Decision::Review),
            value("mistaken", 0.99, false, Decision::Accept),
        ];
        gallery.write(&values).unwrap();
        let page = std::fs::read_to_string(folder.path().join("trial--temperature.html")).unwrap();
        let at = |text: &str| page.find(text).unwrap();
        assert!(at(">unsure<") < at(">mistaken<") && at(">mistaken<") < at(">sure<"));
        assert_eq!(page.matches("class=\"accepted-wrong\"").count(), 1);
        assert!(page.contains("36.&lt;5") && !page.contains("<script"));
        let index = std::fs::read_to_string(folder.path().join("index.html")).unwrap();
        assert!(index.contains("<td>3</td><td>2</td><td class=\"bad\">1</td><td>1</td>"));
    }
}
