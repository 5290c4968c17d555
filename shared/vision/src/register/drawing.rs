//! Slips drawn for tests, and a scanner that turns, stretches and spoils them.

use crate::affine::Affine;
use crate::gray::GrayPage;
use crate::registered::RegisteredPage;
use crate::template::{Blank, Template};
use domain::form::{Align, Art, FieldKind, Form, Symbology};
use domain::geometry::{PointMm, RectMm};
use zxingcpp::BarcodeFormat;

/// Resolution of drawn paper: finer than any scan of it.
const PX_PER_MM: f64 = 12.0;

/// A form with enough print to be known by, on paper of A5 size so that tests are quick.
pub(crate) const FORM: &str = r#"
version = 1
number = 7
title = "試験票"
paper_mm = [148, 210]
marks = { inset_mm = [11, 11], size_mm = 5, code = [117, 8, 9, 9] }

text = [
    { at = [20, 20], size_pt = 16, value = "市がん検診受診票" },
    { at = [20, 60], size_pt = 10, value = "検査の日を書いてください" },
    { at = [20, 110], size_pt = 10, value = "今日の体の具合はいかがですか" },
    { at = [20, 140], size_pt = 10, value = "医師の判定を書いてください" },
    { at = [20, 170], size_pt = 10, value = "備考があれば下の欄に" },
    { at = [80, 190], size_pt = 9, value = "この票は機械で読み取ります" },
]
line = [
    { from = [15, 50], to = [133, 50] },
    { from = [15, 100], to = [133, 100] },
    { from = [15, 130], to = [133, 130] },
    { from = [50, 50], to = [50, 160] },
]
frame = [{ rect = [15, 25, 118, 160], width_mm = 0.4 }]

[[field]]
id = "number"
kind = "barcode"
label = "管理番号"
symbology = "nw7"
length = 11
check = "mod11"
management_number = true
boxes = [[80, 28, 44, 9]]
digits = { at = [80, 38], box = [3.2, 4], pitch = 4, groups = [11] }
prefilled = true

[[field]]
id = "code"
kind = "barcode"
label = "会場"
symbology = "qr"
boxes = [[112, 165, 16, 16]]

[[field]]
id = "temperature"
kind = "digits"
label = "体温"
comb = { at = [60, 115], box = [6, 8], pitch = 6.5, groups = [2, 1], gap = 2 }
decimals = 1
"#;

/// A sound number of [`FORM`]: modulus 11 of 07 00000001 is 3.
pub(crate) const NUMBER: &str = "07000000013";

/// The form of `text` with its blank.
pub(crate) fn template(text: &str) -> Template {
    let form = Form::parse("trial", text).expect("a sound form");
    let blanks = (1..=form.sides)
        .map(|side| Blank { picture: draw(&form, side, None), px_per_mm: PX_PER_MM })
        .collect();
    Template { form, blanks }
}

/// One side of a sheet, upright; with `number` also the bars.
pub(crate) fn draw(form: &Form, side: u8, number: Option<&str>) -> GrayPage {
    let [w, h] = form.paper_mm.map(|mm| (mm * PX_PER_MM) as u32);
    let mut page = GrayPage::white(w, h);
    for square in form.mark_squares().into_iter().flatten() {
        fill(&mut page, square);
    }
    if let Some(marks) = &form.marks {
        code(&mut page, &form.code_text(side), Symbology::DataMatrix, marks.code);
    }
    for art in &form.art {
        print(&mut page, art, side);
    }
    for field in form.fields_on(side) {
        match (&field.kind, number) {
            (FieldKind::Barcode(rule), Some(number)) => {
                code(&mut page, number, rule.symbology, field.boxes[0]);
                rule.digit_cells.iter().for_each(|cell| glyph(&mut page, cell.grown(-0.8), 8));
            }
            (FieldKind::Barcode(_), None) => {}
            _ => field.boxes.iter().for_each(|rect| outline(&mut page, *rect, 0.2)),
        }
    }
    page
}

/// Blackens a rectangle of drawn paper.
pub(crate) fn fill(page: &mut GrayPage, rect: RectMm) {
    paint(page, rect, 0);
}

/// Paints a rectangle of drawn paper.
pub(crate) fn paint(page: &mut GrayPage, rect: RectMm, grey: u8) {
    let range = |from: f64, to: f64, limit: u32| {
        let px = |mm: f64| ((mm * PX_PER_MM).round().max(0.0) as usize).min(limit as usize);
        px(from)..px(to).max(px(from))
    };
    let columns = range(rect.x, rect.right(), page.width);
    for y in range(rect.y, rect.bottom(), page.height) {
        page.pixels[y * page.width as usize..][columns.clone()].fill(grey);
    }
}

/// A code that fills `place`.
pub(crate) fn code(page: &mut GrayPage, text: &str, symbology: Symbology, place: RectMm) {
    let (format, text, options) = match symbology {
        Symbology::Nw7 => (BarcodeFormat::Codabar, format!("A{text}A"), ""),
        Symbology::Code128 => (BarcodeFormat::Code128, text.to_owned(), ""),
        Symbology::Qr => (BarcodeFormat::QRCode, text.to_owned(), "ecLevel=M"),
        Symbology::DataMatrix => (BarcodeFormat::DataMatrix, text.to_owned(), "forceSquare"),
    };
    let barcode = zxingcpp::create(format).options(options).from_str(text).expect("a text for the code");
    let image = barcode.to_image_with(&zxingcpp::write().scale(1).add_quiet_zones(false)).expect("a picture");
    let (columns, rows) = (image.width() as usize, image.height() as usize);
    let pixels = image.data();
    let (w, h) = (place.w / columns as f64, place.h / rows as f64);
    for (i, _) in pixels.iter().enumerate().filter(|(_, v)| **v < 128) {
        let (column, row) = ((i % columns) as f64, (i / columns) as f64);
        fill(page, RectMm::new(place.x + column * w, place.y + row * h, w, h));
    }
}

fn print(page: &mut GrayPage, art: &Art, side: u8) {
    match art {
        Art::Text { side: on, at, size_pt, value, align } if *on == side => {
            let em = size_pt * 0.353;
            let length = em * value.chars().count() as f64;
            let left = at.x
                - match align {
                    Align::Left => 0.0,
                    Align::Center => length / 2.0,
                    Align::Right => length,
                };
            for (i, c) in value.chars().enumerate() {
                let place = RectMm::new(left + i as f64 * em, at.y - em, em, em);
                glyph(page, place.grown(-0.08 * em), c as usize);
            }
        }
        Art::Line { side: on, from, to, width_mm } if *on == side => {
            let half = width_mm / 2.0;
            let (w, h) = (to.x - from.x, to.y - from.y);
            fill(page, RectMm::new(from.x - half, from.y - half, w + width_mm, h + width_mm));
        }
        Art::Frame { side: on, rect, width_mm } if *on == side => outline(page, *rect, *width_mm),
        _ => {}
    }
}

fn outline(page: &mut GrayPage, rect: RectMm, width: f64) {
    fill(page, RectMm::new(rect.x, rect.y, rect.w, width));
    fill(page, RectMm::new(rect.x, rect.bottom() - width, rect.w, width));
    fill(page, RectMm::new(rect.x, rect.y, width, rect.h));
    fill(page, RectMm::new(rect.right() - width, rect.y, width, rect.h));
}

/// Strokes that look like a character from afar, the same for the same `seed`.
fn glyph(page: &mut GrayPage, place: RectMm, seed: usize) {
    let (w, h) = (place.w, place.h);
    for bar in 0..7 {
        if seed.wrapping_mul(2_654_435_761) >> (bar + 3) & 1 == 1 {
            let at = f64::from(bar) / 7.0;
            fill(page, RectMm::new(place.x, place.y + at * h, w, 0.09 * h));
        }
        if seed.wrapping_mul(40_503) >> (bar + 2) & 1 == 1 {
            let at = f64::from(bar) / 7.0;
            fill(page, RectMm::new(place.x + at * w, place.y, 0.09 * w, h));
        }
    }
}

/// How a sheet is scanned.
#[derive(Clone, Debug)]
pub(crate) struct Scan {
    pub dpi: [f64; 2],
    /// What the file says of it.
    pub tag: Option<[f32; 2]>,
    /// Clockwise, about the middle of the paper.
    pub turn_deg: f64,
    /// Along the paper's width and height.
    pub scale: [f64; 2],
    pub shear_deg: f64,
    pub shift_mm: [f64; 2],
    /// White or black around the paper, mm.
    pub border_mm: f64,
    pub outside: u8,
    /// Grey of ink and of paper.
    pub tones: [f64; 2],
    /// Standard deviation, grey levels.
    pub noise: f64,
    /// Blacker than this becomes black, the rest white.
    pub threshold: Option<u8>,
    pub seed: u64,
}

/// Coarse enough to be quick, as fine as a bad scanner.
pub(crate) const QUICK: Scan = Scan {
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

impl Default for Scan {
    fn default() -> Self {
        Self { dpi: [200.0; 2], tag: Some([200.0; 2]), ..QUICK }
    }
}

impl Scan {
    /// The scan of drawn paper, and the true map from paper mm to its pixels.
    pub fn of(&self, paper: &GrayPage) -> (GrayPage, Affine) {
        let size = [paper.width, paper.height].map(|px| f64::from(px) / PX_PER_MM);
        let (sin, cos) = self.turn_deg.to_radians().sin_cos();
        let lying = sin.abs() > 0.7;
        let bed = if lying { [size[1], size[0]] } else { size }.map(|mm| mm + 2.0 * self.border_mm);
        let density = self.dpi.map(|dpi| dpi / 25.4);
        let lean = self.shear_deg.to_radians().tan();
        let (ax, ay) = (self.scale[0], self.scale[1]);
        // mm of paper, from its middle -> mm of bed, from its middle.
        let [a, b, d, e] = [cos * ax, (cos * lean - sin) * ay, sin * ax, (sin * lean + cos) * ay];
        let [mx, my] = [size[0] / 2.0, size[1] / 2.0];
        let [tx, ty] = [bed[0] / 2.0 + self.shift_mm[0], bed[1] / 2.0 + self.shift_mm[1]];
        let [px, py] = density;
        let map = Affine([
            a * px,
            b * px,
            (tx - a * mx - b * my) * px,
            d * py,
            e * py,
            (ty - d * mx - e * my) * py,
        ]);
        let mut page = GrayPage::white((bed[0] * px) as u32, (bed[1] * py) as u32);
        self.expose(paper, &map, &mut page);
        page.dpi = self.tag;
        page.bilevel = self.threshold.is_some();
        (page, map)
    }

    fn expose(&self, paper: &GrayPage, map: &Affine, page: &mut GrayPage) {
        let drawn = RegisteredPage { page: paper, px_from_mm: Affine::scale(PX_PER_MM) };
        let back = map.inverse().expect("a map of scanning");
        let size = [paper.width, paper.height].map(|px| f64::from(px) / PX_PER_MM);
        let mut random = self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let width = page.width as usize;
        for (i, out) in page.pixels.iter_mut().enumerate() {
            let (x, y) = ((i % width) as f64, (i / width) as f64);
            let mut sum = 0.0;
            for (dx, dy) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
                let at = PointMm::from(back.apply(PointMm::new(x + dx, y + dy)));
                let on_paper = (0.0..size[0]).contains(&at.x) && (0.0..size[1]).contains(&at.y);
                let ink = drawn.bilinear(at) / 255.0;
                let [dark, light] = self.tones;
                sum += if on_paper { dark + ink * (light - dark) } else { f64::from(self.outside) };
            }
            // Twelve even numbers add up to a bell of variance one.
            let bell: f64 =
                if self.noise > 0.0 { (0..12).map(|_| even(&mut random)).sum::<f64>() - 6.0 } else { 0.0 };
            let grey = (sum / 4.0 + bell * self.noise).clamp(0.0, 255.0) as u8;
            *out = self.threshold.map_or(grey, |limit| if grey < limit { 0 } else { 255 });
        }
    }
}

/// The next of a row of numbers in 0..1 (xorshift).
pub(crate) fn even(state: &mut u64) -> f64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 11) as f64 / (1u64 << 53) as f64
}

/// Greatest distance between two maps at the corners of the paper, mm.
pub(crate) fn corner_error(form: &Form, truth: &Affine, found: &[f64; 6]) -> f64 {
    let back = truth.inverse().expect("a map of scanning");
    let [w, h] = form.paper_mm;
    let corners = [[0.0, 0.0], [w, 0.0], [w, h], [0.0, h]].map(PointMm::from);
    let off = corners.map(|corner| {
        let [x, y] = back.apply(PointMm::from(Affine(*found).apply(corner)));
        (x - corner.x).hypot(y - corner.y)
    });
    off.into_iter().fold(0.0, f64::max)
}
