//! The mail of a made-up city: envelopes of slips, filled in, scanned, dropped into the inbox; with the mishaps of a real day.

use super::city::{Citizen, Clinic};
use crate::sheets::{self, Side, Truth};
use anyhow::{Context, Result};
use domain::form::Form;
use domain::ids::ManagementNumber;
use domain::ticket::BatchTicket;
use image::GrayImage;
use jiff::civil::Date;
use press::{Printer, Slip};
use rand::{RngExt, SeedableRng};
use simulator::{Condition, FileFormat, Rng, Scanner, Sheet, file};
use std::path::{Path, PathBuf};

/// One clinic's envelope, before it is printed.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// Which form its slips are.
    pub form: Form,
    /// Who sends it.
    pub clinic: Clinic,
    /// The ticket on top.
    pub ticket: BatchTicket,
    /// Its slips: number, person, and what is printed of them.
    pub slips: Vec<(ManagementNumber, Citizen, Slip)>,
    /// What happens to it on the way.
    pub mishap: Option<Mishap>,
}

/// 手違い. What goes wrong on a real day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// One slip is scanned twice.
    SlipTwice,
    /// A blank sheet lies between the slips.
    BlankSheet,
    /// A page of another paper lies between the slips.
    ForeignPaper,
    /// The whole file is copied into the inbox a second time.
    FileTwice,
    /// The scanner broke off in the middle of a file.
    BrokenFile,
    /// A visitor wrote somebody else's birth date.
    WrongBirthDate,
}

impl Mishap {
    /// One of each.
    pub const ALL: [Mishap; 6] = [
        Mishap::SlipTwice,
        Mishap::BlankSheet,
        Mishap::ForeignPaper,
        Mishap::FileTwice,
        Mishap::BrokenFile,
        Mishap::WrongBirthDate,
    ];
}

/// What was dropped for one envelope.
#[derive(Debug, Default)]
pub struct Dropped {
    /// Pages that must turn up, ticket included.
    pub pages: u64,
    /// Files that cannot be opened.
    pub broken_files: u64,
    /// Files that are there already.
    pub duplicate_files: u64,
    /// Files that were dropped, good and bad.
    pub files: u64,
    /// What the slips truly say.
    pub truths: Vec<Truth>,
}

impl Dropped {
    /// Adds what was dropped for another envelope.
    pub fn add(&mut self, other: Dropped) {
        self.pages += other.pages;
        self.broken_files += other.broken_files;
        self.duplicate_files += other.duplicate_files;
        self.files += other.files;
        self.truths.extend(other.truths);
    }
}

/// Prints, fills in and scans `envelope` and drops its files into `inbox`.
///
/// # Errors
/// When a file cannot be written, or a form cannot be printed.
pub fn post(
    envelope: &Envelope,
    index: usize,
    ticket_form: &Form,
    printer: &Printer,
    inbox: &Path,
    seed: u64,
) -> Result<Dropped> {
    let mut rng = Rng::seed_from_u64(seed.wrapping_mul(1_000_003).wrapping_add(index as u64));
    let mut dropped = Dropped::default();
    let format = FileFormat::ALL[index % FileFormat::ALL.len()];
    let mut scans = vec![scan(&ticket_sheet(envelope, ticket_form, printer)?, 1, format, &mut rng)];
    for (at, sheet) in filled_slips(envelope, printer, &mut dropped, &mut rng)?.iter().enumerate() {
        scans.push(scan(sheet, at + 2, format, &mut rng));
    }
    stray_pages(envelope, format, &mut scans, &mut rng);
    dropped.pages = scans.len() as u64;
    write(envelope, index, format, scans, inbox, &mut dropped, &mut rng)?;
    Ok(dropped)
}

/// A scan at 300 dpi or so; every page of a file has the same resolution.
struct Scan {
    picture: GrayImage,
    dpi: f64,
}

/// A mailroom's scanner keeps its settings: only what it writes as G4 has one bit a pixel.
fn scan(sheet: &Sheet, at: usize, format: FileFormat, rng: &mut Rng) -> Scan {
    let condition = match at % 10 {
        3 => Condition::Rough,
        1 | 5 | 7 => Condition::Clean,
        _ => Condition::Everyday,
    };
    let mut scanner = Scanner { dpi: 300.0, ..Scanner::draw(condition, rng) };
    scanner.threshold = scanner.threshold.filter(|_| format == FileFormat::TiffG4);
    Scan { picture: scanner.scan(sheet, rng), dpi: scanner.dpi }
}

fn ticket_sheet(envelope: &Envelope, form: &Form, printer: &Printer) -> Result<Sheet> {
    let slip = Slip::batch_ticket(envelope.ticket.clone(), &envelope.clinic.name, &envelope.form.title);
    let pdf = printer.document(form, [slip], &mut |_| {})?;
    sheets::paper(form, &pdf)?.pop().context("the ticket has no page")
}

fn filled_slips(
    envelope: &Envelope,
    printer: &Printer,
    dropped: &mut Dropped,
    rng: &mut Rng,
) -> Result<Vec<Sheet>> {
    let slips = envelope.slips.iter().map(|(_, _, slip)| slip.clone());
    let pdf = printer.document(&envelope.form, slips, &mut |_| {})?;
    let mut sheets = sheets::paper(&envelope.form, &pdf)?;
    for (at, (sheet, (number, citizen, _))) in sheets.iter_mut().zip(&envelope.slips).enumerate() {
        let mut person = citizen.clone();
        if at == 1 && envelope.mishap == Some(Mishap::WrongBirthDate) {
            person.birth_date = person.birth_date.saturating_sub(jiff::Span::new().years(1).days(40));
        }
        let known = {
            let visit = visit_day(&envelope.ticket, rng);
            sheets::known_answers(&envelope.form, &person, &envelope.clinic, visit, rng)
        };
        let printed =
            Side { form: &envelope.form, side: 1, number: Some(&number.0), resident: &citizen.resident_id };
        dropped.truths.push(sheets::fill_in(sheet, &printed, known, None, rng));
    }
    Ok(sheets)
}

/// A working day of the month that the ticket names.
fn visit_day(ticket: &BatchTicket, rng: &mut Rng) -> Date {
    let first: Date = format!("{}-01", ticket.month).parse().expect("tickets carry a checked month");
    first.saturating_add(jiff::Span::new().days(rng.random_range(0..28)))
}

fn stray_pages(envelope: &Envelope, format: FileFormat, scans: &mut Vec<Scan>, rng: &mut Rng) {
    let (width, height, dpi) = (scans[1].picture.width(), scans[1].picture.height(), scans[1].dpi);
    let paper = |rng: &mut Rng| {
        Sheet::new(
            GrayImage::from_fn(width, height, |_, _| image::Luma([250 + rng.random_range(0..5)])),
            [210.0, 297.0],
        )
    };
    match envelope.mishap {
        Some(Mishap::SlipTwice) => {
            let again = scans[2].picture.clone();
            // A second pass through the scanner: the same sheet, another picture.
            let second = Scanner { dpi, threshold: None, ..Scanner::draw(Condition::Everyday, rng) }
                .scan(&Sheet::new(again, [210.0, 297.0]), rng);
            scans.push(Scan { picture: second, dpi });
        }
        Some(Mishap::BlankSheet) => {
            let sheet = paper(rng);
            scans.insert(2, scan(&sheet, 2, format, rng));
        }
        Some(Mishap::ForeignPaper) => {
            let mut sheet = paper(rng);
            let hand = simulator::Hand::draw(rng, None);
            for line in 0..18 {
                let area = domain::geometry::RectMm::new(20.0, 30.0 + 13.0 * f64::from(line), 165.0, 10.0);
                hand.scribble(&mut sheet, area, rng);
            }
            scans.insert(2, scan(&sheet, 2, format, rng));
        }
        _ => {}
    }
}

/// Writes the scans as one file, or as one file a page where the format holds only one.
fn write(
    envelope: &Envelope,
    index: usize,
    format: FileFormat,
    scans: Vec<Scan>,
    inbox: &Path,
    dropped: &mut Dropped,
    rng: &mut Rng,
) -> Result<()> {
    let dpi = scans[0].dpi;
    let pictures: Vec<GrayImage> = scans.into_iter().map(|scan| scan.picture).collect();
    // A scanner that writes one file a page gets a folder of its own, as offices set them up.
    let stem = format!("scan{:04}", index + 1);
    if format.holds_many() {
        let bytes = file::encode(&pictures, dpi, format);
        drop_file(dropped, inbox, &format!("{stem}.{}", format.extension()), &bytes)?;
        if envelope.mishap == Some(Mishap::FileTwice) {
            drop_file(dropped, inbox, &format!("{stem}-copy.{}", format.extension()), &bytes)?;
            dropped.duplicate_files += 1;
        }
    } else {
        for (at, picture) in pictures.iter().enumerate() {
            let bytes = file::encode(std::slice::from_ref(picture), dpi, format);
            drop_file(dropped, inbox, &format!("{stem}-{:03}.{}", at + 1, format.extension()), &bytes)?;
            if at == 1 && envelope.mishap == Some(Mishap::FileTwice) {
                drop_file(
                    dropped,
                    inbox,
                    &format!("{stem}-{:03}-copy.{}", at + 1, format.extension()),
                    &bytes,
                )?;
                dropped.duplicate_files += 1;
            }
        }
    }
    if envelope.mishap == Some(Mishap::BrokenFile) {
        let bytes = file::encode(&pictures[1..2], dpi, FileFormat::Jpeg);
        drop_file(
            dropped,
            inbox,
            &format!("{stem}-zz-broken.jpg"),
            &bytes[..200 + rng.random_range(0..100)],
        )?;
        dropped.broken_files += 1;
    }
    Ok(())
}

/// Writes beside, then renames: the inbox never sees half a file of ours.
fn drop_file(dropped: &mut Dropped, inbox: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let half: PathBuf = inbox.join(format!("{name}.part"));
    std::fs::write(&half, bytes).with_context(|| format!("cannot write {}", half.display()))?;
    std::fs::rename(&half, inbox.join(name))
        .with_context(|| format!("cannot write {name} into the inbox"))?;
    dropped.files += 1;
    Ok(())
}
