//! Small drawn sheets for the tests of the field readers.

use super::{Params, Tools, read_fields};
use crate::{Affine, Blank, GrayPage, RegisteredPage, Template};
use domain::form::Form;
use domain::reading::FieldReading;

/// Pixels per mm of drawn scans: 300 dpi.
pub const SCALE: f64 = 300.0 / 25.4;

/// A sheet of 100 x 60 mm that is drawn on.
#[derive(Clone)]
pub struct Drawing {
    pub page: GrayPage,
}

impl Drawing {
    pub fn white() -> Self {
        Self { page: GrayPage::white((100.0 * SCALE) as u32, (60.0 * SCALE) as u32) }
    }

    /// A line through `points` (mm), `width` mm wide, of grey level `grey`.
    pub fn line(&mut self, points: &[(f64, f64)], width: f64, grey: u8) -> &mut Self {
        for pair in points.windows(2) {
            let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
            let steps = ((x1 - x0).hypot(y1 - y0) * SCALE * 2.0).ceil().max(1.0) as usize;
            for step in 0..=steps {
                let t = step as f64 / steps as f64;
                self.dot((x0 + t * (x1 - x0), y0 + t * (y1 - y0)), width, grey);
            }
        }
        self
    }

    /// A round dot, `width` mm across.
    pub fn dot(&mut self, (x, y): (f64, f64), width: f64, grey: u8) -> &mut Self {
        let (cx, cy, r) = (x * SCALE, y * SCALE, width * SCALE / 2.0);
        for py in (cy - r).floor() as i64..=(cy + r).ceil() as i64 {
            for px in (cx - r).floor() as i64..=(cx + r).ceil() as i64 {
                let inside = (px as f64 + 0.5 - cx).hypot(py as f64 + 0.5 - cy) <= r;
                let on_page = (0..i64::from(self.page.width)).contains(&px)
                    && (0..i64::from(self.page.height)).contains(&py);
                if inside && on_page {
                    let at = py as usize * self.page.width as usize + px as usize;
                    self.page.pixels[at] = self.page.pixels[at].min(grey);
                }
            }
        }
        self
    }

    /// An outline as printed, 0.25 mm.
    pub fn frame(&mut self, [x, y, w, h]: [f64; 4]) -> &mut Self {
        self.line(&[(x, y), (x + w, y), (x + w, y + h), (x, y + h), (x, y)], 0.25, 20)
    }

    /// Something like two printed characters in the middle of a rectangle of 10 x 6 mm.
    pub fn word(&mut self, [x, y]: [f64; 2]) -> &mut Self {
        for left in [x + 1.6, x + 5.2] {
            for row in 0..4 {
                let y = y + 1.4 + f64::from(row);
                self.line(&[(left, y), (left + 3.0, y)], 0.3, 20);
            }
            self.line(&[(left + 1.5, y + 1.2), (left + 1.5, y + 4.7)], 0.3, 20);
        }
        self
    }

    /// An arc of an ellipse around `center`, from `from` to `to` turns.
    pub fn arc(&mut self, (x, y): (f64, f64), (rx, ry): (f64, f64), [from, to]: [f64; 2]) -> &mut Self {
        let points: Vec<_> = (0..=90)
            .map(|i| std::f64::consts::TAU * (from + (to - from) * f64::from(i) / 90.0))
            .map(|a| (x + rx * a.cos(), y + ry * a.sin()))
            .collect();
        self.line(&points, 0.45, 50)
    }

    /// A pen line of 0.45 mm.
    pub fn pen(&mut self, points: &[(f64, f64)]) -> &mut Self {
        self.line(points, 0.45, 50)
    }
}

/// A form of 100 x 60 mm with these fields.
pub fn form(fields: &str) -> Form {
    let head = "version = 1\nnumber = 7\ntitle = \"試験票\"\npaper_mm = [100, 60]\n";
    Form::parse("trial", &format!("{head}{fields}")).expect("the test's form is sound")
}

/// Reads the only field of `form` on `page`, whose paper lies as `px_from_mm` says.
pub fn read_at(form: &Form, blank: &Drawing, page: &Drawing, px_from_mm: Affine) -> FieldReading {
    let blank = Blank { picture: blank.page.clone(), px_per_mm: SCALE };
    let template = Template { form: form.clone(), blanks: [blank].into() };
    let registered = RegisteredPage { page: &page.page, px_from_mm };
    let mut readings = read_fields(&registered, &template, 1, &mut Tools::new(Params::default(), None));
    assert_eq!(readings.len(), 1);
    readings.remove(0)
}

/// Reads the only field of `form` on a page that lies perfectly.
pub fn read(form: &Form, blank: &Drawing, page: &Drawing) -> FieldReading {
    read_at(form, blank, page, Affine::scale(SCALE))
}
