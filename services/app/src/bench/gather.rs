//! Writes the shipped samples: one folder a case, each a page or file as a bad day brings it, made-up people only.

use super::case::{Case, ExpectedPage};
use super::simulate;
use crate::sheets::{self, Truth};
use anyhow::{Context, Result};
use domain::form::Form;
use domain::geometry::RectMm;
use domain::ticket::BatchTicket;
use image::{GrayImage, Luma};
use press::{Fonts, Printer, Slip};
use rand::{RngExt, SeedableRng};
use simulator::{Condition, FileFormat, Hand, Rng, Scanner, Sheet, file, wear};
use std::path::Path;
use vision::Template;

/// One way a page goes through the scanner.
struct Way {
    name: &'static str,
    note: &'static str,
    format: FileFormat,
    change: fn(&mut Scanner),
}

/// Forms of which a slip takes every way; of the others each takes a few of [`FEW`].
const EVERY_WAY: [&str; 2] = ["influenza-elderly", "lung-screening"];
/// The ways that are shared out among the other forms: files of moderate size, each a different trouble.
const FEW: [&str; 8] =
    ["clean-jpeg", "g4-300", "skewed-3", "streaks", "dark", "upside-down-g4", "pdf", "pale"];

const WAYS: [Way; 18] = [
    Way { name: "clean-jpeg", note: "300 dpi grey JPEG", format: FileFormat::Jpeg, change: |_| {} },
    Way {
        name: "clean-png",
        note: "200 dpi grey PNG",
        format: FileFormat::Png,
        change: |s| (s.dpi, s.noise) = (200.0, 0.0),
    },
    Way {
        name: "g4-200",
        note: "200 dpi, one bit, Group 4",
        format: FileFormat::TiffG4,
        change: |s| (s.dpi, s.threshold) = (200.0, Some(140.0)),
    },
    Way {
        name: "g4-300",
        note: "300 dpi, one bit, Group 4",
        format: FileFormat::TiffG4,
        change: |s| s.threshold = Some(140.0),
    },
    Way {
        name: "g4-400",
        note: "400 dpi, one bit, Group 4",
        format: FileFormat::TiffG4,
        change: |s| (s.dpi, s.threshold) = (400.0, Some(140.0)),
    },
    Way {
        name: "lzw",
        note: "LZW TIFF",
        format: FileFormat::TiffLzw,
        change: |s| (s.dpi, s.noise) = (200.0, 0.0),
    },
    Way { name: "jpeg-in-tiff", note: "JPEG in TIFF", format: FileFormat::TiffJpeg, change: |_| {} },
    Way { name: "pdf", note: "a scanned PDF", format: FileFormat::Pdf, change: |s| s.dpi = 200.0 },
    Way {
        name: "upside-down",
        note: "fed the wrong way round",
        format: FileFormat::Jpeg,
        change: |s| s.upside_down = true,
    },
    Way {
        name: "upside-down-g4",
        note: "fed the wrong way round, one bit",
        format: FileFormat::TiffG4,
        change: |s| (s.upside_down, s.threshold) = (true, Some(140.0)),
    },
    Way {
        name: "skewed-3",
        note: "turned by 3 degrees",
        format: FileFormat::Jpeg,
        change: |s| s.rotation_deg = 3.0,
    },
    Way {
        name: "skewed-minus-5",
        note: "turned by -5 degrees, shifted",
        format: FileFormat::TiffG4,
        change: |s| (s.rotation_deg, s.threshold) = (-5.0, Some(140.0)),
    },
    Way {
        name: "dark",
        note: "grey paper, dark",
        format: FileFormat::Jpeg,
        change: |s| s.levels = [150.0, 20.0],
    },
    Way { name: "pale", note: "pale ink", format: FileFormat::Jpeg, change: |s| s.levels = [255.0, 110.0] },
    Way {
        name: "noisy",
        note: "noise and dust",
        format: FileFormat::Jpeg,
        change: |s| (s.noise, s.dust) = (14.0, 0.0001),
    },
    Way {
        name: "streaks",
        note: "two dirty sensor lines",
        format: FileFormat::TiffG4,
        change: |s| (s.streaks, s.threshold) = (2, Some(140.0)),
    },
    Way {
        name: "torn-corner",
        note: "a corner is torn off",
        format: FileFormat::Jpeg,
        change: |s| s.torn = Some((2, 17.0)),
    },
    Way {
        name: "stretched",
        note: "1.2 % too large, sheared",
        format: FileFormat::Jpeg,
        change: |s| (s.stretch, s.shear) = ([1.012, 1.009], 0.002),
    },
];

/// The ways that the form at `at` in the list takes: every one, or two, or one for each copy of a set.
fn ways_of(form: &Form, at: usize) -> Vec<&'static Way> {
    if EVERY_WAY.contains(&form.id.as_str()) {
        return WAYS.iter().collect();
    }
    let count = usize::from(form.sides).max(2);
    let name = |nth: usize| FEW[(at * 2 + nth) % FEW.len()];
    (0..count).filter_map(|nth| WAYS.iter().find(|way| way.name == name(nth))).collect()
}

/// Writes all cases, or those of the forms named in `wanted`, into `folder`.
///
/// # Errors
/// When a form cannot be printed or a file cannot be written.
pub fn write(templates: &[Template], wanted: &[String], folder: &Path, seed: u64) -> Result<()> {
    let printer = Printer::new(Fonts::find()?);
    let mut rng = Rng::seed_from_u64(seed);
    let mut serial = 40_000_000;
    let is_wanted = |id: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == id);
    let mut slips: Vec<&Template> =
        templates.iter().filter(|t| !t.form.is_ticket() && is_wanted(t.form.id.as_str())).collect();
    slips.dedup_by_key(|template| &template.form.id);
    for (at, template) in slips.into_iter().enumerate() {
        let form = &template.form;
        let ways = ways_of(form, at);
        let sheets = simulate::filled(&printer, template, ways.len() + 2, &mut serial, None, &mut rng)?;
        for (nth, (way, (sheet, truth))) in ways.iter().zip(&sheets).enumerate() {
            // One of the postcards lies on the glass of a larger scanner.
            let glass = (simulate::is_small(form) && nth == 1).then(|| wear::on_glass(sheet, &mut rng));
            let sheet = glass.as_ref().map_or(sheet, |glass| &glass.sheet);
            let mut scanner = Scanner {
                dpi: 300.0,
                upside_down: false,
                threshold: None,
                ..Scanner::draw(Condition::Clean, &mut rng)
            };
            (way.change)(&mut scanner);
            let bytes = file::encode(&[scanner.scan(sheet, &mut rng)], scanner.dpi, way.format);
            let name = format!("{}-{}", form.id, way.name);
            save(folder, &name, &bytes, way.format, way.note, vec![simulate::expected(truth.clone())])?;
        }
        if EVERY_WAY.contains(&form.id.as_str()) {
            two_slips(folder, form, &sheets[ways.len()..], &mut rng)?;
        }
    }
    if !wanted.is_empty() {
        return Ok(());
    }
    ticket(templates, folder, &printer, &mut rng)?;
    nothing(&folder.join("must-read-nothing"), &mut rng)
}

fn two_slips(folder: &Path, form: &Form, sheets: &[(Sheet, Truth)], rng: &mut Rng) -> Result<()> {
    let scanner = Scanner { dpi: 300.0, threshold: Some(140.0), ..Scanner::draw(Condition::Clean, rng) };
    let scans: Vec<GrayImage> = sheets.iter().map(|(sheet, _)| scanner.scan(sheet, rng)).collect();
    let bytes = file::encode(&scans, scanner.dpi, FileFormat::TiffG4);
    let pages = sheets.iter().map(|(_, truth)| simulate::expected(truth.clone())).collect();
    save(
        folder,
        &format!("{}-two-in-one-file", form.id),
        &bytes,
        FileFormat::TiffG4,
        "two slips in one file",
        pages,
    )
}

fn ticket(templates: &[Template], folder: &Path, printer: &Printer, rng: &mut Rng) -> Result<()> {
    let mut forms = templates.iter().map(|template| &template.form);
    let form = forms.find(|form| form.id.as_str() == "batch-ticket").context("there is no batch ticket")?;
    let number = (40_000_000..)
        .find_map(|serial| domain::slip::management_number(form.number, serial))
        .context("serials never end")?;
    let ticket = BatchTicket {
        number: number.0.clone(),
        clinic: "9910000019".into(),
        month: "2026-10".into(),
        programme: "influenza-elderly".into(),
        declared: 37,
    };
    let code = ticket.to_code();
    let pdf = printer.document(
        form,
        [Slip::batch_ticket(ticket, "読取中央病院", "高齢者インフルエンザ")],
        &mut |_| {},
    )?;
    let sheet = sheets::paper(form, &pdf)?.pop().context("the ticket has no page")?;
    let scanner = Scanner { dpi: 300.0, ..Scanner::draw(Condition::Everyday, rng) };
    let bytes = file::encode(&[scanner.scan(&sheet, rng)], scanner.dpi, FileFormat::Jpeg);
    let fields = [("ticket".into(), domain::reading::Value::Text(code))].into();
    let page = ExpectedPage {
        form: Some(form.id.to_string()),
        management_number: Some(number.0),
        fields,
        px_from_mm: None,
    };
    save(folder, "batch-ticket", &bytes, FileFormat::Jpeg, "a batch ticket", vec![page])
}

/// Pages that are no form of ours, however much they look like paper from an office.
fn nothing(folder: &Path, rng: &mut Rng) -> Result<()> {
    let white = || Sheet::new(GrayImage::from_pixel(1654, 2339, Luma([255])), [210.0, 297.0]);
    let square = |sheet: &mut Sheet, rect: RectMm| {
        let px = |mm: f64| (mm * sheet.px_per_mm).round() as u32;
        for y in px(rect.y)..px(rect.bottom()) {
            for x in px(rect.x)..px(rect.right()) {
                sheet.picture.put_pixel(x, y, Luma([0]));
            }
        }
    };
    let hand = Hand::draw(rng, None);
    let mut letter = white();
    for line in 0..16 {
        hand.scribble(&mut letter, RectMm::new(22.0, 30.0 + 14.0 * f64::from(line), 160.0, 10.0), rng);
    }
    let mut squares = white();
    for (x, y) in [(8.0, 8.0), (196.0, 8.0), (196.0, 283.0), (8.0, 283.0)] {
        square(&mut squares, RectMm::new(x, y, 6.0, 6.0));
    }
    let mut boxes = white();
    for row in 0..12 {
        for column in 0..8 {
            square(
                &mut boxes,
                RectMm::new(20.0 + 22.0 * f64::from(column), 20.0 + 21.0 * f64::from(row), 5.0, 5.0),
            );
        }
    }
    let mut black = white();
    square(&mut black, RectMm::new(0.0, 0.0, 209.0, 296.0));
    let pages = [
        ("blank", "an empty sheet", white()),
        ("letter", "a handwritten letter", letter),
        ("four-squares", "four squares where marks could be, and nothing else", squares),
        ("answer-sheet", "rows of filled boxes", boxes),
        ("black", "a sheet scanned with the lid open", black),
    ];
    for (name, note, sheet) in pages {
        let scanner = Scanner {
            dpi: 200.0,
            threshold: rng.random_bool(0.5).then_some(140.0),
            ..Scanner::draw(Condition::Everyday, rng)
        };
        let format = if scanner.threshold.is_some() { FileFormat::TiffG4 } else { FileFormat::Jpeg };
        let bytes = file::encode(&[scanner.scan(&sheet, rng)], scanner.dpi, format);
        save(
            folder,
            name,
            &bytes,
            format,
            note,
            vec![ExpectedPage {
                form: None,
                management_number: None,
                fields: Default::default(),
                px_from_mm: None,
            }],
        )?;
    }
    Ok(())
}

fn save(
    folder: &Path,
    name: &str,
    bytes: &[u8],
    format: FileFormat,
    note: &str,
    pages: Vec<ExpectedPage>,
) -> Result<()> {
    let place = folder.join(name);
    std::fs::create_dir_all(&place).with_context(|| format!("cannot make {}", place.display()))?;
    let file = format!("page.{}", format.extension());
    std::fs::write(place.join(&file), bytes)
        .with_context(|| format!("cannot write into {}", place.display()))?;
    let case = Case {
        file,
        format: format.as_str().to_owned(),
        note: note.to_owned(),
        condition: None,
        clinic: None,
        pages,
    };
    let text = serde_json::to_string_pretty(&case)? + "\n";
    std::fs::write(place.join("expected.json"), text)
        .with_context(|| format!("cannot write into {}", place.display()))
}
