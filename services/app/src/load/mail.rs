//! Pages without end: a scan that reads without a doubt, with another number stamped into it.

use super::city::City;
use crate::config::Config;
use crate::demo::city::{Citizen, Clinic};
use crate::engine::Engine;
use crate::sheets::{self, Side};
use anyhow::{Context, Result, bail};
use domain::form::{Form, NumberRule, PrintSource};
use domain::geometry::RectMm;
use domain::ids::ManagementNumber;
use domain::reading::{Decision, FormReading, PageReading};
use domain::wareki;
use image::GrayImage;
use jiff::civil::Date;
use press::{Fonts, Printer, Slip};
use rand::SeedableRng;
use simulator::banded::Banded;
use simulator::file::{self, FileFormat};
use simulator::{Rng, Scanner, Sheet};

/// Resolution of the scans, dots per inch: what offices set for slips.
const DPI: f64 = 200.0;
/// Pages in a file of the scanner.
pub const PER_FILE: usize = 25;
/// Filled-in slips that are tried until one reads without a doubt.
const TRIES: u64 = 40;
/// White lines that stay above and below the number.
const MARGIN_PX: u32 = 3;

/// A scan whose number can be replaced.
pub struct Base {
    scan: Banded,
    stamp: Stamp,
    /// What a reader sees on it, but for the number.
    pub reading: FormReading,
}

/// How a number is printed.
struct Stamp {
    rule: NumberRule,
    bars: RectMm,
    /// `0` to `9`, cut from print.
    digits: Vec<GrayImage>,
}

/// File `index` of the mail: [`PER_FILE`] pages, the last file perhaps fewer.
///
/// # Errors
/// A number that cannot be drawn; that is a fault of ours.
pub fn file(city: &City, index: usize) -> Result<Vec<u8>> {
    let first = index * PER_FILE;
    let numbers = &city.numbers[first..city.numbers.len().min(first + PER_FILE)];
    let pages: Result<Vec<_>> = numbers
        .iter()
        .zip(first..)
        .map(|(number, at)| city.bases[at % city.bases.len()].page(number))
        .collect();
    Ok(file::tiff_of_g4(&pages?, DPI))
}

/// How many files there are.
pub fn files(city: &City) -> usize {
    city.numbers.len().div_ceil(PER_FILE)
}

impl Base {
    fn page(&self, number: &str) -> Result<file::Strip> {
        let bars = press::dark_parts(self.stamp.rule.symbology, number, &self.stamp.bars);
        let bars = bars.map_err(|why| anyhow::anyhow!("the number cannot be drawn: {why}"))?;
        let packed = self.scan.pack(|band| self.stamp.draw(band, self.scan.top(), number, &bars));
        Ok((self.scan.size(), packed))
    }
}

impl Stamp {
    fn draw(&self, band: &mut GrayImage, top: u32, number: &str, bars: &[RectMm]) {
        let scale = DPI / 25.4;
        let lines = px(self.bars.y) - top..px(self.bars.y + self.bars.h) - top;
        for x in px(self.bars.x)..=px(self.bars.x + self.bars.w) {
            let (left, right) = (f64::from(x) / scale, f64::from(x + 1) / scale);
            let covered = |bar: &RectMm| (right.min(bar.x + bar.w) - left.max(bar.x)).max(0.0);
            let dark = bars.iter().map(covered).sum::<f64>() * scale > 0.5;
            let ink = image::Luma([if dark { 0 } else { 255 }]);
            lines.clone().for_each(|y| band.put_pixel(x, y, ink));
        }
        for (cell, digit) in self.rule.digit_cells.iter().zip(number.bytes()) {
            let picture = &self.digits[usize::from(digit - b'0')];
            image::imageops::replace(band, picture, px(cell.x).into(), (px(cell.y) - top).into());
        }
    }
}

/// Millimetres to pixels of the scan.
fn px(mm: f64) -> u32 {
    (mm * DPI / 25.4).round() as u32
}

/// One scan a citizen, each of which reads without a doubt and as it was written.
///
/// # Errors
/// When no such scan comes about, which would be a fault of printing or reading.
pub fn bases(
    config: &Config,
    form: &Form,
    citizens: &[Citizen],
    clinics: &[Clinic],
    numbers: &[String],
    visit: Date,
) -> Result<Vec<Base>> {
    let printer = Printer::new(Fonts::find()?);
    let mut engine = Engine::start(&config.templates)?;
    let (rule, bars) = number_of(form)?;
    let digits = digits(&printer, form, &rule, &citizens[0], numbers)?;
    let low = rule.digit_cells.iter().map(|cell| cell.y + cell.h).fold(bars.y + bars.h, f64::max);
    let lines = px(bars.y) - MARGIN_PX..px(low) + MARGIN_PX;
    let pairs = citizens.iter().zip(clinics).zip(numbers);
    pairs
        .map(|((citizen, clinic), number)| {
            let (scan, reading) = certain(&mut engine, &printer, form, (citizen, clinic), number, visit)?;
            let stamp = Stamp { rule: rule.clone(), bars, digits: digits.clone() };
            Ok(Base { scan: Banded::new(scan, lines.clone()), stamp, reading })
        })
        .collect()
}

/// The number's rule and the place of its bars.
fn number_of(form: &Form) -> Result<(NumberRule, RectMm)> {
    let (field, rule) = form.number_field().context("the form has no number")?;
    Ok((rule.clone(), *field.boxes.first().context("the number has no place")?))
}

fn slip(citizen: &Citizen, number: &str) -> Slip {
    let [name, kana, postal_code, address] = citizen.printed();
    Slip::numbered(ManagementNumber(number.to_owned()))
        .with(PrintSource::Name, name)
        .with(PrintSource::Kana, kana)
        .with(PrintSource::Address, address)
        .with(PrintSource::PostalCode, postal_code)
        .with(PrintSource::BirthDate, wareki::format(citizen.birth_date))
        .with(PrintSource::Sex, if citizen.sex == 'F' { "女" } else { "男" })
}

/// The pictures of all ten digits as they are printed under the bars.
fn digits(
    printer: &Printer,
    form: &Form,
    rule: &NumberRule,
    citizen: &Citizen,
    numbers: &[String],
) -> Result<Vec<GrayImage>> {
    let mut found: Vec<Option<GrayImage>> = vec![None; 10];
    for number in numbers.iter().step_by((numbers.len() / 20).max(1)) {
        let missing = |digit: u8| found[usize::from(digit - b'0')].is_none();
        if !number.bytes().any(missing) {
            continue;
        }
        let pdf = printer.document(form, [slip(citizen, number)], &mut |_| {})?;
        let sheet = sheets::paper(form, &pdf)?.pop().context("a slip has a page")?;
        let scan = flat_scan(&sheet);
        for (cell, digit) in rule.digit_cells.iter().zip(number.bytes()) {
            let [x, y, w, h] = [cell.x, cell.y, cell.w, cell.h].map(px);
            let cut = image::imageops::crop_imm(&scan, x, y, w, h).to_image();
            found[usize::from(digit - b'0')].get_or_insert(cut);
        }
    }
    let found: Option<Vec<GrayImage>> = found.into_iter().collect();
    found.context("too few slips to have printed every digit; ask for more pages")
}

fn flat_scan(sheet: &Sheet) -> GrayImage {
    Scanner::perfect(DPI).scan(sheet, &mut Rng::seed_from_u64(0))
}

/// A scan of a slip of `citizen` on which every field is read without a doubt and as it was written.
fn certain(
    engine: &mut Engine,
    printer: &Printer,
    form: &Form,
    (citizen, clinic): (&Citizen, &Clinic),
    number: &str,
    visit: Date,
) -> Result<(GrayImage, FormReading)> {
    let pdf = printer.document(form, [slip(citizen, number)], &mut |_| {})?;
    let empty = sheets::paper(form, &pdf)?.pop().context("a slip has a page")?;
    for seed in 0..TRIES {
        let mut rng = Rng::seed_from_u64(seed);
        let mut sheet = empty.clone();
        let known = sheets::known_answers(form, citizen, clinic, visit, &mut rng);
        let side = Side { form, side: 1, number: Some(number), resident: &citizen.resident_id };
        let truth = sheets::fill_in(&mut sheet, &side, known, None, &mut rng);
        let scan = flat_scan(&sheet);
        let bytes = file::encode(std::slice::from_ref(&scan), DPI, FileFormat::TiffG4);
        let mut found = None;
        engine.read_file(&bytes, &mut |_, page| {
            if let PageReading::Read(reading) = page.reading {
                found = Some(*reading);
            }
            Ok(())
        })?;
        let Some(reading) = found else { continue };
        let sure = reading.fields.iter().all(|field| field.decision == Decision::Accept)
            && reading.management_number.as_ref().is_some_and(|number| number.decision == Decision::Accept);
        let as_written = reading
            .fields
            .iter()
            .all(|field| truth.fields.get(&field.id).is_none_or(|value| *value == field.value));
        let agreed =
            |id: &str, word: &str| reading.field(id).is_some_and(|field| field.value.text() == Some(word));
        if sure && as_written && agreed("consent", "agree") && agreed("judgement", "possible") {
            return Ok((scan, reading));
        }
    }
    bail!("of {TRIES} simulated slips none reads without a doubt: look at `yomitori bench --simulate 100`")
}
