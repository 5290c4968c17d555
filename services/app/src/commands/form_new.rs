//! `yomitori form new`: a form of paper that others print, from its empty sheet.

use crate::cli::NewFormArgs;
use crate::config::Config;
use crate::{engine, templates};
use anyhow::{Context, Result, anyhow, ensure};
use domain::form::{Field, FieldKind, Form};
use domain::geometry::RectMm;
use std::collections::BTreeMap;
use std::path::Path;
use vision::decode::Limits;
use vision::encode_png;
use vision::propose::EmptySheet;

/// What stands at the head of the new file.
const HEAD: &str =
    "白紙の画像から作った帳票です（yomitori form new）。枠の位置は見つけたままです。次にすること：
1. 要らない [[field]] を消す。足りない枠を足す。長さはmm、左上から [x, y, 幅, 高さ]。
2. id と label を付ける（例：id = \"visit_date\"、label = \"接種年月日\"）。
3. kind を決める：digits（数字）, date（日付。first, last と、元号なら options）, mark（1つの□）,
   choice（いくつかの□）, image（手書き）, stamp（署名・印）, sticker（ラベル）, printed（印字）, barcode。
4. 必ず書く項目に required = true、間違いが困る項目に critical = true。範囲は range = [最小, 最大]。
5. yomitori form check と yomitori form preview で確かめ、スキャンした票を yomitori read で読んでみる。";
/// An empty sheet is a page or two: more bytes are something else.
const MOST_BYTES: u64 = 100 << 20;
/// Where a first field is put when no box was found, mm: somewhere on every paper.
const NOTHING_FOUND: RectMm = RectMm::new(10.0, 10.0, 30.0, 10.0);

/// Runs it.
pub fn run(config: &Config, args: &NewFormArgs) -> Result<()> {
    let folder = config.templates.new_forms()?;
    let target = folder.join(&args.id);
    ensure!(
        Form::is_id(&args.id),
        "{:?} is no form id: use a-z, 0-9 and -, beginning with a letter, at most 60 characters",
        args.id
    );
    ensure!(!target.exists(), "{} is there already: choose another id, or delete it first", target.display());
    let number = number(config, &folder, args)?;
    let size =
        std::fs::metadata(&args.from).with_context(|| format!("cannot read {}", args.from.display()))?;
    ensure!(
        size.len() <= MOST_BYTES,
        "{} has more than {} MB: give only the empty sheet, scanned at 300 dpi",
        args.from.display(),
        MOST_BYTES >> 20
    );
    let bytes = std::fs::read(&args.from).with_context(|| format!("cannot read {}", args.from.display()))?;
    let sheet = EmptySheet::open(&bytes, args.dpi, &Limits::default())
        .with_context(|| format!("{} gives no empty sheet", args.from.display()))?;
    let form = form(&sheet, args, number);
    let text = form.to_toml(HEAD);
    Form::parse(&args.id, &text).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        anyhow!("the form that was made is not sound: {}", lines.join("; "))
    })?;
    write(&folder, &args.id, &sheet, &text)?;
    say(&sheet, &form, &target)
}

fn number(config: &Config, folder: &Path, args: &NewFormArgs) -> Result<u8> {
    // A folder given by --templates may be new.
    let is_empty = config.templates.added.is_none() && !folder.is_dir();
    let known = if is_empty { Vec::new() } else { templates::files(&config.templates).unwrap_or_default() };
    let taken: BTreeMap<u8, String> =
        known.into_iter().filter_map(|file| Some((file.form.ok()?.number, file.id))).collect();
    match args.number {
        Some(number) => match taken.get(&number) {
            Some(id) => Err(anyhow!("number {number} is that of {id}: leave --number out to get a free one")),
            None => Ok(number),
        },
        None => Form::free_number(|number| taken.contains_key(&number))
            .context("all 99 form numbers are taken: delete a form that is no longer used"),
    }
}

fn form(sheet: &EmptySheet, args: &NewFormArgs, number: u8) -> Form {
    // Without tesseract the labels are numbers.
    let mut fields = sheet.fields(engine::spawn_ocr().ok());
    if fields.is_empty() {
        fields.push(Field::image("field_1".into(), "項目1", NOTHING_FOUND));
    }
    Form {
        id: args.id.as_str().into(),
        version: 1,
        number,
        title: args.title.clone().unwrap_or_else(|| args.id.clone()),
        programme: None,
        paper_mm: sheet.paper_mm,
        sides: sheet.sides.len() as u8,
        copies: None,
        marks: None,
        fields,
        calculations: Vec::new(),
        claim: None,
        art: Vec::new(),
    }
}

/// Writes beside the target first, so that no half form is ever there. Hidden folders hold no forms.
fn write(folder: &Path, id: &str, sheet: &EmptySheet, text: &str) -> Result<()> {
    let part = folder.join(format!(".{id}.part-{}", std::process::id()));
    let target = folder.join(id);
    let write_all = || -> Result<()> {
        std::fs::create_dir_all(&part).with_context(|| format!("cannot make {}", part.display()))?;
        for (number, side) in (1..).zip(&sheet.sides) {
            std::fs::write(part.join(Form::blank_file(number)), encode_png(&side.page))
                .context("cannot write the picture of the empty sheet")?;
        }
        std::fs::write(part.join("form.toml"), text).context("cannot write form.toml")?;
        std::fs::rename(&part, &target).with_context(|| format!("cannot make {}", target.display()))
    };
    write_all().inspect_err(|_| {
        // The failure is told; what is left of the attempt is in nobody's way.
        let _ = std::fs::remove_dir_all(&part);
    })
}

fn say(sheet: &EmptySheet, form: &Form, target: &Path) -> Result<()> {
    let [w, h] = sheet.paper_mm;
    let name = sheet.paper_name.unwrap_or("unusual paper");
    let assumed = if sheet.size_is_known { "" } else { " (assumed from its shape; if wrong, say --dpi)" };
    crate::print_line(&format!("made {}: form number {}", target.display(), form.number))?;
    crate::print_line(&format!("paper: {name}, {w} x {h} mm{assumed}, {} side(s)", form.sides))?;
    for (number, side) in (1..).zip(&sheet.sides).filter(|(_, side)| side.turned_deg != 0.0) {
        let side_turned = side.turned_deg;
        crate::print_line(&format!(
            "side {number} lay askew by {side_turned:.2} degrees and was laid straight"
        ))?;
    }
    let count = |of: fn(&FieldKind) -> bool| form.fields.iter().filter(|field| of(&field.kind)).count();
    let combs = count(|kind| matches!(kind, FieldKind::Digits(_) | FieldKind::Date(_)));
    let marks = count(|kind| matches!(kind, FieldKind::Mark | FieldKind::Choice { .. }));
    let found = sheet.sides.iter().map(|side| side.found.proposals.len()).sum::<usize>();
    if found == 0 {
        crate::print_line("found no box: one field stands in for those that you add")?;
    } else {
        let frames = form.fields.len() - combs - marks;
        crate::print_line(&format!("found {combs} combs, {marks} marks and choices, {frames} frames"))?;
    }
    crate::print_line(&format!(
        "next: name the fields in {}, then `yomitori form check` and `yomitori form preview {} --out F.pdf`",
        target.join("form.toml").display(),
        form.id
    ))
}
