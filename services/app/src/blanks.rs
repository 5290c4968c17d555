//! 白紙. The pictures of empty sheets: printed here and now for our own slips, files beside `form.toml` for paper
//! that others print.

use crate::templates::Source;
use anyhow::{Context, Result, anyhow, ensure};
use domain::form::Form;
use press::Printer;
use rust_embed::RustEmbed;
use std::path::PathBuf;
use vision::decode::{self, Limits};
use vision::{Blank, GrayPage, scanned};

/// The forms that are part of the program.
#[derive(RustEmbed)]
#[folder = "../../templates"]
pub struct BuiltIn;

/// How far a picture's width over height may be from that of `paper_mm`: 1 % of A4 is 2 mm, what cutting by hand costs.
const ASPECT_OFF: f64 = 0.01;
/// Coarsest picture of an empty sheet, dots per inch: below, thin lines are gone and boxes cannot be found again.
const MIN_DPI: f64 = 140.0;

/// Grey of print with all its colours, and what is left of it without them, when it is lost.
const COLOURED: u8 = 170;
const LOST: u8 = 225;
/// Share of a picture that is such print at least: less is a stamp's edge or a camera's fringe.
const LEAST_COLOUR: f64 = 0.0005;

/// Where the files of one form lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Folder {
    /// In the program, under this id.
    BuiltIn(String),
    /// On disk.
    Disk(PathBuf),
}

impl Folder {
    /// The folder of the form `id` among those of `source`.
    pub fn of(source: &Source, id: &str) -> Self {
        let added = source.added.iter().map(|folder| folder.join(id)).find(|f| f.join("form.toml").is_file());
        let instead = || source.instead.as_ref().map(|folder| folder.join(id));
        added.or_else(instead).map_or_else(|| Self::BuiltIn(id.to_owned()), Self::Disk)
    }

    /// One of its files.
    ///
    /// # Errors
    /// When there is none that can be read.
    pub fn read(&self, name: &str) -> Result<Vec<u8>> {
        match self {
            Self::BuiltIn(id) => BuiltIn::get(&format!("{id}/{name}"))
                .map(|file| file.data.into_owned())
                .with_context(|| format!("the program has no {id}/{name}")),
            Self::Disk(folder) => {
                let path = folder.join(name);
                std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
            }
        }
    }
}

/// The empty sheets of a form, one a side: of paper that others print, the pictures in `folder`.
///
/// # Errors
/// What is wrong with the pictures and what to do, or that the form cannot be printed.
pub fn blanks(printer: &Printer, folder: &Folder, form: &Form) -> Result<Vec<Blank>> {
    (1..=form.sides)
        .map(
            |side| {
                if form.is_third_party() { picture(folder, form, side) } else { print(printer, form, side) }
            },
        )
        .collect()
}

/// The pictures of the empty sheets of paper that others print; of our own slips there are none.
///
/// # Errors
/// What is wrong with a picture and what to do.
pub fn pictures(folder: &Folder, form: &Form) -> Result<Vec<Blank>> {
    let sides = if form.is_third_party() { form.sides } else { 0 };
    (1..=sides).map(|side| picture(folder, form, side)).collect()
}

fn picture(folder: &Folder, form: &Form, side: u8) -> Result<Blank> {
    let name = Form::blank_file(side);
    let bytes = folder.read(&name).with_context(|| {
        format!(
            "a form without [marks] is paper that others print: put a scan of its empty side {side} beside form.toml as {name}"
        )
    })?;
    let picture = decode::decode(&bytes, &Limits::default())
        .map_err(|error| anyhow!("{name} is no picture that can be opened ({error}): save it as a PNG"))?;
    let Blank { picture, px_per_mm } = fitting(&name, picture, form.paper_mm)?;
    Ok(Blank { picture: scanned::cleaned(picture, px_per_mm), px_per_mm })
}

/// The empty sheets of paper that others print as a scanner shows them that loses coloured print (drop-out); `None`
/// when nothing on them is coloured.
///
/// # Errors
/// What is wrong with a picture and what to do.
pub fn without_colour(folder: &Folder, form: &Form) -> Result<Option<Vec<Blank>>> {
    let (mut blanks, mut coloured) = (Vec::new(), false);
    for (side, blank) in (1..).zip(pictures(folder, form)?) {
        let picture = image::load_from_memory(&folder.read(&Form::blank_file(side))?).ok();
        let picture = picture.filter(|picture| picture.color().has_color()).map(|picture| picture.to_rgb8());
        let Some(rgb) = picture.filter(|rgb| rgb.dimensions() == (blank.picture.width, blank.picture.height))
        else {
            blanks.push(blank);
            continue;
        };
        // What is bright in any channel can be lost in that channel; black and grey are dark in all.
        let pixels = rgb.pixels().map(|pixel| pixel.0.into_iter().max().unwrap_or(255)).collect();
        let stays = scanned::cleaned(GrayPage { pixels, ..blank.picture.clone() }, blank.px_per_mm);
        let lost = |(whole, stays): &(&u8, &u8)| **whole < COLOURED && **stays > LOST;
        let count = blank.picture.pixels.iter().zip(&stays.pixels).filter(lost).count();
        coloured |= count as f64 > LEAST_COLOUR * stays.pixels.len() as f64;
        blanks.push(Blank { picture: stays, px_per_mm: blank.px_per_mm });
    }
    Ok(coloured.then_some(blanks))
}

/// The picture as a blank of paper of that size, if it can be one.
fn fitting(name: &str, picture: GrayPage, [w, h]: [f64; 2]) -> Result<Blank> {
    let (width, height) = (f64::from(picture.width), f64::from(picture.height));
    let off = (width / height) / (w / h) - 1.0;
    ensure!(
        off.abs() <= ASPECT_OFF,
        "{name} is {width} x {height} pixels, but `paper_mm` says {w} x {h} (its shape is {:.1} % off): cut the \
         picture to the edges of the paper, or correct `paper_mm`",
        100.0 * off.abs()
    );
    let px_per_mm = ((width / w) * (height / h)).sqrt();
    let dpi = px_per_mm * 25.4;
    ensure!(dpi >= MIN_DPI, "{name} has {dpi:.0} dots per inch: scan the empty sheet with 200 to 300");
    Ok(Blank { picture, px_per_mm })
}

/// Printed from the description, so that picture and description can never disagree.
fn print(printer: &Printer, form: &Form, side: u8) -> Result<Blank> {
    let pdf = printer.blank(form, side)?;
    let picture = decode::decode_pages(&pdf, &Limits::default())?
        .next()
        .ok_or_else(|| anyhow!("the empty sheet of {} has no page", form.id))??;
    let px_per_mm = f64::from(picture.width) / form.paper_mm[0];
    Ok(Blank { picture, px_per_mm })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const FORM: &str = r#"version = 1
number = 7
title = "よその票"
paper_mm = [105, 148]
sides = 2
[[field]]
id = "temperature"
kind = "digits"
label = "体温"
comb = { at = [20, 40], box = [6, 8], pitch = 6.5, groups = [2, 1], gap = 2 }
"#;

    fn put(folder: &Path, name: &str, size: [u32; 2]) {
        let page = GrayPage::white(size[0], size[1]);
        std::fs::write(folder.join(name), vision::encode_png(&page)).unwrap();
    }

    #[test]
    fn paper_of_others_needs_a_picture_of_each_side_that_has_its_shape() {
        let folder = tempfile::tempdir().unwrap();
        let form = Form::parse("other", FORM).unwrap();
        let place = Folder::Disk(folder.path().to_owned());
        let wrong = |words: &str| {
            let error = format!("{:#}", pictures(&place, &form).unwrap_err());
            assert!(error.contains(words), "{error}");
        };
        wrong("put a scan of its empty side 1 beside form.toml as blank.png");
        put(folder.path(), "blank.png", [827, 1166]);
        wrong("blank-2.png");
        put(folder.path(), "blank-2.png", [827, 1200]);
        wrong("2.9 % off");
        put(folder.path(), "blank-2.png", [413, 583]);
        wrong("100 dots per inch");
        std::fs::write(folder.path().join("blank-2.png"), b"no picture").unwrap();
        wrong("no picture that can be opened");
        put(folder.path(), "blank-2.png", [827, 1160]);
        let blanks = pictures(&place, &form).unwrap();
        assert_eq!(blanks.len(), 2);
        assert!((blanks[0].px_per_mm - 7.876).abs() < 0.01, "{}", blanks[0].px_per_mm);
    }
}
