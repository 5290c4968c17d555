//! Every form of the house, printed, rasterised and read back.

use crate::fit::MM_PER_PT;
use crate::{Fonts, PressError, Printer, Slip};
use domain::form::{Align, Art, FieldKind, Form, MarkStyle, PrintSource};
use domain::geometry::RectMm;
use domain::ids::ManagementNumber;
use domain::ticket::BatchTicket;
use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::Pdf;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};
use std::path::Path;
use zxingcpp::{BarcodeFormat, ImageFormat, ImageView};

/// A page as a scanner would see it: luma, row by row.
struct Raster {
    pixels: Vec<u8>,
    width: usize,
    height: usize,
    px_per_mm: f64,
}

fn forms() -> Vec<Form> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates");
    let mut folders: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let parse = |folder: &std::path::PathBuf| {
        let text = std::fs::read_to_string(folder.join("form.toml")).unwrap();
        let id = folder.file_name().unwrap().to_str().unwrap();
        Form::parse(id, &text).unwrap_or_else(|errors| panic!("{id}: {errors:?}"))
    };
    folders.iter().map(parse).collect()
}

fn form(id: &str) -> Form {
    forms().into_iter().find(|form| form.id.as_str() == id).unwrap()
}

fn printer() -> Printer {
    Printer::new(Fonts::find().unwrap())
}

/// A sound management number of `form`.
fn number(form: &Form) -> String {
    let (_, rule) = form.number_field().unwrap();
    let body =
        |serial: u32| format!("{:02}{serial:0w$}", form.number, w = usize::from(rule.length.unwrap()) - 3);
    (1234..)
        .find_map(|serial| rule.check.unwrap().of(&body(serial)).map(|c| format!("{}{c}", body(serial))))
        .unwrap()
}

fn slip(form: &Form) -> Slip {
    if form.fields.iter().any(|field| field.id.as_str() == "ticket") {
        return Slip::batch_ticket(ticket(form), "星見内科クリニック", "高齢者インフルエンザ予防接種");
    }
    Slip::numbered(ManagementNumber(number(form)))
        .with(PrintSource::Name, "𠮷田 花子")
        .with(PrintSource::Kana, "ヨシダ ハナコ")
        .with(PrintSource::PostalCode, "999-0123")
        .with(PrintSource::Address, "星見市中央区東町一丁目23番4号 ひまわり団地12号棟305号室")
        .with(PrintSource::BirthDate, "昭和25年3月4日")
        .with(PrintSource::Sex, "女")
}

fn ticket(form: &Form) -> BatchTicket {
    BatchTicket {
        number: number(form),
        clinic: "0110113719".into(),
        month: "2026-10".into(),
        programme: "influenza-elderly".into(),
        declared: 37,
    }
}

fn rasterise(pdf: Vec<u8>, dpi: f64) -> Raster {
    let pdf = Pdf::new(pdf).unwrap();
    let scale = (dpi / 72.0) as f32;
    let settings = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
    let page = hayro::render(
        &pdf.pages()[0],
        &RenderCache::new(),
        &InterpreterSettings::default(),
        &RenderSettings::default(),
        &settings,
    );
    let pixels = page.data_as_u8_slice().chunks_exact(4).map(|p| p[1]).collect();
    let (width, height) = (usize::from(page.width()), usize::from(page.height()));
    Raster { pixels, width, height, px_per_mm: dpi / 25.4 }
}

impl Raster {
    /// What one code within `place`, with its quiet zone, says.
    fn code(&self, format: BarcodeFormat, place: &RectMm, quiet_mm: f64) -> Vec<String> {
        let px = |mm: f64| (mm * self.px_per_mm).round() as i32;
        let r = place.grown(quiet_mm);
        let view = ImageView::from_slice(&self.pixels, self.width, self.height, ImageFormat::Lum)
            .unwrap()
            .cropped(px(r.x), px(r.y), px(r.w), px(r.h));
        let found = zxingcpp::read().formats([format]).from(view).unwrap();
        found.iter().map(|code| code.text()).collect()
    }

    /// Ink within `place` as (area in mm², centre of gravity in mm): exact to a fraction of a pixel,
    /// since a half covered pixel is half grey.
    fn ink(&self, place: &RectMm) -> (f64, f64, f64) {
        let px = |mm: f64| (mm * self.px_per_mm).round() as usize;
        let (mut mass, mut x_mass, mut y_mass) = (0.0, 0.0, 0.0);
        for y in px(place.y)..px(place.bottom()) {
            for x in px(place.x)..px(place.right()) {
                let ink = 1.0 - f64::from(self.pixels[y * self.width + x]) / 255.0;
                mass += ink;
                x_mass += ink * (x as f64 + 0.5);
                y_mass += ink * (y as f64 + 0.5);
            }
        }
        let px = self.px_per_mm;
        (mass / px / px, x_mass / mass / px, y_mass / mass / px)
    }
}

#[test]
fn scratch() {
    for form in forms() {
        let p = printer();
        std::fs::write(
            format!("/tmp/press/{}.pdf", form.id),
            p.document(&form, [slip(&form)], &mut |_| ()).unwrap(),
        )
        .unwrap();
        std::fs::write(format!("/tmp/press/{}-blank.pdf", form.id), p.blank(&form, 1).unwrap()).unwrap();
    }
}
