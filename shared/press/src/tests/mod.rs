//! Every form of the house, printed, rasterised and read back.

mod claims;
mod layout;
mod read_back;
mod refusals;
mod reports;

use crate::{Fonts, Printer, Slip};
use domain::form::{Form, PrintSource};
use domain::geometry::RectMm;
use domain::ids::ManagementNumber;
use domain::ticket::BatchTicket;
use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::Pdf;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};
use std::path::{Path, PathBuf};
use zxingcpp::{BarcodeFormat, ImageFormat, ImageView};

/// Every form in `templates/` that we print.
fn forms() -> Vec<Form> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates");
    let mut folders: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| folder.join("form.toml").exists());
    folders.sort();
    let parse = |folder: &PathBuf| {
        let text = std::fs::read_to_string(folder.join("form.toml")).unwrap();
        let id = folder.file_name().unwrap().to_str().unwrap();
        Form::parse(id, &text).unwrap_or_else(|errors| panic!("{id}: {errors:?}"))
    };
    folders.iter().map(parse).filter(|form| !form.is_third_party()).collect()
}

fn form(id: &str) -> Form {
    forms().into_iter().find(|form| form.id.as_str() == id).unwrap()
}

fn printer() -> Printer {
    Printer::new(Fonts::find().unwrap())
}

/// The first sound management number of `form` from `serial` upwards.
fn number(form: &Form, serial: u32) -> ManagementNumber {
    let (_, rule) = form.number_field().unwrap();
    let width = usize::from(rule.length.unwrap()) - 3;
    let sound = |serial| {
        let body = format!("{:02}{serial:0width$}", form.number);
        rule.check.unwrap().of(&body).map(|check| format!("{body}{check}"))
    };
    ManagementNumber((serial..).find_map(sound).unwrap())
}

/// A made-up slip, or the ticket of a made-up bundle.
fn slip(form: &Form) -> Slip {
    if form.number_field().is_none() {
        return Slip::default();
    }
    if form.is_ticket() {
        return Slip::batch_ticket(ticket(form), "星見内科クリニック", "高齢者インフルエンザ予防接種");
    }
    Slip::numbered(number(form, 1234))
        .with(PrintSource::Name, "𠮷田 花子")
        .with(PrintSource::Kana, "ヨシダ ハナコ")
        .with(PrintSource::PostalCode, "999-0123")
        .with(PrintSource::Address, "星見市中央区東町一丁目23番4号 ひまわり団地12号棟305号室")
        .with(PrintSource::BirthDate, "昭和25年3月4日")
        .with(PrintSource::Sex, "女")
}

fn ticket(form: &Form) -> BatchTicket {
    BatchTicket {
        number: number(form, 1234).0,
        clinic: "0110113719".into(),
        month: "2026-10".into(),
        programme: "influenza-elderly".into(),
        declared: 37,
    }
}

/// A page as a scanner would see it: luma, row by row.
struct Raster {
    pixels: Vec<u8>,
    width: usize,
    height: usize,
    px_per_mm: f64,
}

impl Raster {
    /// Page `page` (from 0) of a PDF.
    fn of(pdf: &[u8], page: usize, dpi: f64) -> Self {
        let pdf = Pdf::new(pdf.to_vec()).unwrap();
        let scale = (dpi / 72.0) as f32;
        let picture = hayro::render(
            &pdf.pages()[page],
            &RenderCache::new(),
            &InterpreterSettings::default(),
            &RenderSettings::default(),
            &PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE },
        );
        Self {
            pixels: picture.data_as_u8_slice().chunks_exact(4).map(|pixel| pixel[1]).collect(),
            width: usize::from(picture.width()),
            height: usize::from(picture.height()),
            px_per_mm: dpi / 25.4,
        }
    }

    /// The empty sheet of `form`.
    fn blank(form: &Form, dpi: f64) -> Self {
        Self::of(&printer().blank(form, 1).unwrap(), 0, dpi)
    }

    /// `form` with `slip` on it.
    fn slip(form: &Form, slip: Slip, dpi: f64) -> Self {
        Self::of(&printer().document(form, [slip], &mut |_| ()).unwrap(), 0, dpi)
    }

    /// What the codes within `place` and `quiet_mm` around it say, as far as they can be read.
    fn codes(&self, format: BarcodeFormat, place: &RectMm, quiet_mm: f64) -> Vec<String> {
        let px = |mm: f64| (mm * self.px_per_mm).round() as i32;
        let r = place.grown(quiet_mm);
        let view = ImageView::from_slice(&self.pixels, self.width, self.height, ImageFormat::Lum)
            .unwrap()
            .cropped(px(r.x), px(r.y), px(r.w), px(r.h));
        let found = zxingcpp::read().formats([format]).from(view).unwrap();
        found.iter().map(|code| code.text()).collect()
    }

    /// Ink within `place`: area in mm² and centre of gravity in mm, exact to a fraction of a pixel,
    /// since a half covered pixel is half grey.
    fn ink(&self, place: &RectMm) -> (f64, f64, f64) {
        let scale = self.px_per_mm;
        let px = |mm: f64| (mm * scale).round() as usize;
        let (mut mass, mut x_mass, mut y_mass) = (0.0, 0.0, 0.0);
        for y in px(place.y)..px(place.bottom()) {
            for x in px(place.x)..px(place.right()) {
                let ink = 1.0 - f64::from(self.pixels[y * self.width + x]) / 255.0;
                mass += ink;
                x_mass += ink * (x as f64 + 0.5);
                y_mass += ink * (y as f64 + 0.5);
            }
        }
        (mass / scale / scale, x_mass / mass / scale, y_mass / mass / scale)
    }
}

#[test]
fn forms_of_the_house_have_their_own_numbers() {
    let forms = forms();
    let numbers: std::collections::BTreeSet<u8> = forms.iter().map(|form| form.number).collect();
    assert_eq!(numbers.len(), forms.len());
    let issued = [
        ("influenza-elderly", 1),
        ("lung-screening", 2),
        ("mr-child", 3),
        ("screening-postcard", 4),
        ("clinic-claim", 5),
        ("screening-three-part", 6),
        ("colorectal-screening", 11),
        ("stomach-screening", 12),
        ("breast-screening", 13),
        ("cervical-screening", 14),
        ("hepatitis-screening", 15),
        ("osteoporosis-screening", 16),
        ("periodontal-screening", 17),
        ("batch-ticket", 99),
    ];
    for (id, number) in issued {
        assert_eq!(form(id).number, number);
    }
}
#[test]
fn a_printer_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + Clone + 'static>(_: &T) {}
    shared(&printer());
}
