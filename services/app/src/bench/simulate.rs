//! Simulated mail for the bench: printed, filled in, scanned and encoded page by page.

use super::case::{Case, ExpectedPage};
use crate::cli::BenchArgs;
use crate::demo::city;
use crate::sheets::{self, Side, Truth};
use anyhow::{Context, Result, bail};
use domain::form::{FieldKind, Form, PrintSource};
use domain::ids::ManagementNumber;
use domain::month::Month;
use domain::reading::Value;
use domain::roles::Role;
use domain::slip::management_number;
use domain::ticket::BatchTicket;
use image::GrayImage;
use image::imageops::FilterType;
use jiff::civil::{Date, date};
use press::{Fonts, Printer, Slip};
use rand::{RngExt, SeedableRng};
use simulator::{Condition, FileFormat, Handwriting, Rng, Scanner, Sheet, coupon, file, wear};
use std::io::Read;
use std::path::Path;
use vision::{Blank, Template};

/// Slips printed at a time: a few hundred megabytes as paper.
const BATCH: u32 = 16;
/// Resolution of paper that others print, pixels per mm: that of our own, 300 dpi.
const PAPER_PX_PER_MM: f64 = 300.0 / 25.4;
/// First of the ninety days on which these slips are filled in.
const SEASON: Date = date(2026, 10, 1);

/// Paper up to this size, mm, may be scanned on the glass of an A4 scanner: a postcard is 100 x 148.
const SMALL_MM: f64 = 150.0;

/// One side of paper before a pen comes to it.
struct Paper {
    sheet: Sheet,
    /// From 1.
    side: u8,
    number: Option<String>,
    /// What the code of a batch ticket says.
    ticket: Option<String>,
}

/// Takes one simulated page: name, truth, bytes of its file.
pub type Taker<'a> = dyn FnMut(&str, &Case, &[u8]) -> Result<()> + 'a;

/// Hands `count` pages to `each`: name, truth, bytes of the file.
///
/// # Errors
/// Those of `each`, or of reading the handwriting.
pub fn each(templates: &[Template], count: u32, args: &BenchArgs, each: &mut Taker) -> Result<()> {
    let wanted = |form: &Form| args.form.is_empty() || args.form.iter().any(|id| form.id.as_str() == id);
    let mut slips: Vec<&Template> = templates.iter().filter(|t| wanted(&t.form)).collect();
    slips.dedup_by_key(|template| &template.form.id);
    if let Some(id) = args.form.iter().find(|id| slips.iter().all(|t| t.form.id.as_str() != id.as_str())) {
        let ids: Vec<&str> = templates.iter().map(|t| t.form.id.as_str()).collect();
        bail!("there is no form {id}; there are: {}", ids.join(", "));
    }
    if count == 0 || slips.is_empty() {
        return Ok(());
    }
    let handwriting = args.handwriting.as_deref().map(handwriting).transpose()?;
    let printer = Printer::new(Fonts::find()?);
    let mut rng = Rng::seed_from_u64(args.seed);
    let mut serial = rng.random_range(1_000_000..90_000_000);
    for batch in 0..count.div_ceil(BATCH) {
        let template = slips[batch as usize % slips.len()];
        let size = BATCH.min(count - batch * BATCH) as usize;
        for (at, (sheet, truth)) in
            filled(&printer, template, size, &mut serial, handwriting.as_ref(), &mut rng)?
                .into_iter()
                .enumerate()
        {
            let index = batch as usize * BATCH as usize + at;
            let condition =
                [Condition::Clean, Condition::Everyday, Condition::Everyday, Condition::Rough][index % 4];
            let scanner = Scanner::draw(condition, &mut rng);
            let small = is_small(&template.form) && rng.random_bool(0.5);
            let glass = small.then(|| wear::on_glass(&sheet, &mut rng));
            let place = match &glass {
                Some(glass) => glass.px_from_mm(&scanner),
                None => scanner.px_from_mm(template.form.paper_mm),
            };
            let sheet = glass.map_or(sheet, |glass| glass.sheet);
            let format = FileFormat::ALL[index / 4 % FileFormat::ALL.len()];
            let bytes = file::encode(&[scanner.scan(&sheet, &mut rng)], scanner.dpi, format);
            let bilevel = scanner.threshold.is_some() || format == FileFormat::TiffG4;
            let note =
                format!("{condition:?} {:.0} dpi{}", scanner.dpi, if bilevel { ", 1 bit" } else { "" });
            let case = Case {
                file: String::new(),
                format: format.as_str().to_owned(),
                note,
                condition: Some(format!("{condition:?}").to_lowercase()),
                clinic: None,
                pages: vec![ExpectedPage { px_from_mm: Some(place), ..expected(truth) }],
            };
            each(&format!("simulated {index} ({})", case.note), &case, &bytes)?;
        }
    }
    Ok(())
}

/// Printed and filled-in sheets of one form with their truths.
///
/// # Errors
/// When the form cannot be printed.
pub fn filled(
    printer: &Printer,
    template: &Template,
    count: usize,
    serial: &mut u32,
    handwriting: Option<&Handwriting>,
    rng: &mut Rng,
) -> Result<Vec<(Sheet, Truth)>> {
    let form = &template.form;
    let citizens = if takes_children(form) {
        city::children(Month::of(SEASON), count, rng)
    } else {
        city::citizens(count, rng)
    };
    let clinics = city::clinics(4, rng);
    let sheets = if form.is_third_party() {
        printed_by_others(form, &template.blanks, count, rng)?
    } else {
        printed(printer, form, count, serial)?
    };
    let mut filled = Vec::with_capacity(count);
    for (paper, citizen) in sheets.into_iter().zip(&citizens) {
        let visit = SEASON.saturating_add(jiff::Span::new().days(rng.random_range(0..90)));
        let known =
            sheets::known_answers(form, citizen, &clinics[rng.random_range(0..clinics.len())], visit, rng);
        let Paper { mut sheet, side, number, ticket } = paper;
        let printed = Side { form, side, number: number.as_deref(), resident: "" };
        let mut truth = sheets::fill_in(&mut sheet, &printed, known, handwriting, rng);
        if let (Some(field), Some(code)) = (form.role(Role::Ticket), ticket) {
            truth.fields.insert(field.id.clone(), Value::Text(code));
        }
        filled.push((sheet, truth));
    }
    Ok(filled)
}

/// Whether the paper may be scanned on the glass of a larger scanner.
pub fn is_small(form: &Form) -> bool {
    form.paper_mm.iter().all(|mm| *mm <= SMALL_MM)
}

/// Sheets of ours with new numbers; of a set of copies, each slip shows another one.
fn printed(printer: &Printer, form: &Form, count: usize, serial: &mut u32) -> Result<Vec<Paper>> {
    let slips: Vec<Slip> = (0..count).map(|_| slip(form, next_number(form, serial))).collect();
    let pdf = printer.document(form, slips.iter().cloned(), &mut |_| {})?;
    let sides = usize::from(form.sides);
    let pages = sheets::paper(form, &pdf)?.into_iter().enumerate();
    let shown = pages.filter(|(page, _)| page % sides == page / sides % sides);
    let paper = |((page, sheet), slip): ((usize, Sheet), Slip)| Paper {
        sheet,
        side: (page % sides) as u8 + 1,
        number: slip.management_number.map(|number| number.0),
        ticket: slip.ticket.map(|ticket| ticket.to_code()),
    };
    Ok(shown.zip(slips).map(paper).collect())
}

/// The next sound number; `None` for a form that has none.
fn next_number(form: &Form, serial: &mut u32) -> Option<ManagementNumber> {
    form.number_field()?;
    loop {
        *serial += 1;
        if let Some(number) = management_number(form.number, *serial) {
            return Some(number);
        }
    }
}

/// What is printed on one sheet.
fn slip(form: &Form, number: Option<ManagementNumber>) -> Slip {
    let Some(number) = number else {
        return Slip::default();
    };
    if form.is_ticket() {
        let ticket = BatchTicket {
            number: number.0,
            clinic: "9910000019".into(),
            month: "2026-10".into(),
            programme: "influenza-elderly".into(),
            declared: 37,
        };
        return Slip::batch_ticket(ticket, "読取中央病院", "高齢者インフルエンザ");
    }
    Slip::numbered(number)
        .with(PrintSource::Name, "読取　花子")
        .with(PrintSource::Kana, "ヨミトリ　ハナコ")
        .with(PrintSource::Address, "読取市本町1丁目2番3号")
        .with(PrintSource::PostalCode, "000-0101")
        .with(PrintSource::BirthDate, "昭和25年3月4日")
        .with(PrintSource::Sex, "女")
}

/// Whether the form asks for a birth date of the last years only.
fn takes_children(form: &Form) -> bool {
    let birth = form.role(Role::BirthDate).map(|field| &field.kind);
    matches!(birth, Some(FieldKind::Date(rule)) if rule.range[0].year() >= 2010)
}

/// Paper that others print, by the picture of its empty first side, with a number on it.
fn printed_by_others(form: &Form, blanks: &[Blank], count: usize, rng: &mut Rng) -> Result<Vec<Paper>> {
    let picture = &blanks.first().with_context(|| format!("{} has no empty sheet", form.id))?.picture;
    let picture = GrayImage::from_raw(picture.width, picture.height, picture.pixels.clone())
        .with_context(|| format!("the empty sheet of {} has holes", form.id))?;
    let [width, height] = form.paper_mm.map(|mm| (mm * PAPER_PX_PER_MM).round() as u32);
    let paper = image::imageops::resize(&picture, width, height, FilterType::CatmullRom);
    let length = form.number_field().and_then(|(_, rule)| rule.length);
    let sheet = |_| {
        let mut sheet = Sheet::new(paper.clone(), form.paper_mm);
        let number = coupon::number(length.unwrap_or(10), rng);
        coupon::stick(&mut sheet, form, 1, &number, rng);
        Paper { sheet, side: 1, number: Some(number), ticket: None }
    };
    Ok((0..count).map(sheet).collect())
}

/// The truth of one side as a bench expects it.
pub fn expected(truth: Truth) -> ExpectedPage {
    ExpectedPage {
        form: Some(truth.form),
        management_number: truth.management_number,
        fields: truth.fields,
        px_from_mm: None,
    }
}

/// Real handwritten digits: `PREFIX-images.idx3.gz` and `PREFIX-labels.idx1.gz`, as MNIST has them.
fn handwriting(prefix: &Path) -> Result<Handwriting> {
    let unpack = |ending: &str| {
        let path = format!("{}-{ending}.gz", prefix.display());
        let file = std::fs::File::open(&path).with_context(|| format!("cannot read {path}"))?;
        let mut bytes = Vec::new();
        flate2::read::GzDecoder::new(file)
            .read_to_end(&mut bytes)
            .with_context(|| format!("{path} is broken"))?;
        anyhow::Ok(bytes)
    };
    Handwriting::from_idx(&unpack("images.idx3")?, &unpack("labels.idx1")?, |_| true)
        .with_context(|| format!("{} are no pictures of all ten digits", prefix.display()))
}
