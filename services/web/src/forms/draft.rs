//! 下書き. A form that is being made, as it lies on disk, and its way to and from a [`Form`].
//!
//! A draft is a folder with `draft.json` and the pictures of the empty sides. The JSON has the keys of a `form.toml`
//! (`title`, `number`, `fields` …), so that what checks one checks the other, and beside them `proposals` that nobody
//! has taken yet and `rules`, the printed lines that boxes snap to.

use anyhow::{Context, Result};
use domain::form::{Form, FormError};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use vision::decode::{Limits, decode};
use vision::ocr::Ocr;
use vision::propose::{self, EmptySheet, Rule};
use vision::{Blank, encode_png, scanned};

/// What stands above a form that went live.
const HEAD: &str = "画面「帳票を作る」で作った帳票です。変えるときも同じ画面を使ってください。";
/// What a draft says of the form as a whole, besides its fields.
const KEYS: [&str; 9] =
    ["title", "number", "programme", "paper_mm", "sides", "copies", "recorded_copy", "calculation", "claim"];
const DRAFT: &str = "draft.json";
const FORM: &str = "form.toml";

/// Where drafts and live forms lie.
pub struct Folders {
    pub drafts: PathBuf,
    pub live: PathBuf,
}

/// The folder of one draft.
pub struct Folder {
    id: String,
    path: PathBuf,
}

impl Folders {
    /// The draft `id`, if there is one.
    pub fn draft(&self, id: &str) -> Option<Folder> {
        let path = Form::is_id(id).then(|| self.drafts.join(id))?;
        path.join(DRAFT).is_file().then(|| Folder { id: id.to_owned(), path })
    }

    /// Every draft with its JSON, by id; one that cannot be read is left out.
    pub fn drafts(&self) -> Vec<(String, Value)> {
        let ids = names(&self.drafts).into_iter();
        ids.filter_map(|id| Some((id.clone(), self.draft(&id)?.read().ok()?))).collect()
    }

    /// Every form of paper of others in this installation as it lies on disk now; one that is not sound is left out.
    pub fn own(&self) -> Vec<Form> {
        names(&self.live).iter().filter_map(|id| self.own_form(id)).collect()
    }

    /// The live form `id` of this installation; our own slips are not made of pictures, so they are none of these.
    pub fn own_form(&self, id: &str) -> Option<Form> {
        let text = std::fs::read_to_string(self.live.join(Form::is_id(id).then_some(id)?).join(FORM)).ok()?;
        Form::parse(id, &text).ok().filter(Form::is_third_party)
    }

    /// Makes a draft of an empty sheet; its boxes are proposals.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(&self, form: &Form, sheet: &EmptySheet, ocr: Option<Ocr>) -> Result<()> {
        let mut doc = doc(form);
        let shell = Form { fields: sheet.fields(ocr), ..form.clone() };
        doc["proposals"] = self::doc(&shell)["fields"].take();
        doc["rules"] = sheet.sides.iter().map(|side| rules(&side.found.level, &side.found.upright)).collect();
        let pictures: Vec<Vec<u8>> = sheet.sides.iter().map(|side| encode_png(&side.page)).collect();
        self.put(form.id.as_str(), &doc, &pictures)
    }

    /// Makes a draft of the live form `id`, to change it. `None`: there is no such form.
    ///
    /// # Errors
    /// When its pictures cannot be read or the draft cannot be written.
    pub fn reopen(&self, id: &str) -> Result<Option<()>> {
        let Some(form) = self.own_form(id) else { return Ok(None) };
        let mut doc = doc(&form);
        let mut pictures = Vec::new();
        let mut all = Vec::new();
        for side in 1..=form.sides {
            let bytes = std::fs::read(self.live.join(id).join(Form::blank_file(side)))?;
            let picture = decode(&bytes, &Limits::default())?;
            let found = propose::propose(&picture, f64::from(picture.width) / form.paper_mm[0]);
            all.push(rules(&found.level, &found.upright));
            pictures.push(bytes);
        }
        doc["rules"] = Value::Array(all);
        self.put(id, &doc, &pictures).map(Some)
    }

    fn put(&self, id: &str, doc: &Value, pictures: &[Vec<u8>]) -> Result<()> {
        let path = self.drafts.join(id);
        std::fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        for (side, bytes) in (1..).zip(pictures) {
            std::fs::write(path.join(Form::blank_file(side)), bytes)?;
        }
        // Last, because a draft is there when this file is.
        Folder { id: id.to_owned(), path }.write(doc)
    }
}

impl Folder {
    /// The draft's JSON.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self) -> Result<Value> {
        let text = std::fs::read_to_string(self.path.join(DRAFT))?;
        serde_json::from_str(&text).context("a draft is damaged")
    }

    /// Replaces the draft's JSON at once.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, doc: &Value) -> Result<()> {
        replace(&self.path.join(DRAFT), serde_json::to_vec(doc)?.as_slice())
    }

    /// The picture of an empty side as it lies there.
    ///
    /// # Errors
    /// When there is none.
    pub fn blank(&self, side: u8) -> Result<Vec<u8>> {
        Ok(std::fs::read(self.path.join(Form::blank_file(side)))?)
    }

    /// The pictures as the reader gets them when the form is in use.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn blanks(&self, form: &Form) -> Result<Vec<Blank>> {
        let side = |side| {
            let picture = decode(&self.blank(side)?, &Limits::default())?;
            let px_per_mm = f64::from(picture.width) / form.paper_mm[0];
            Ok(Blank { picture: scanned::cleaned(picture, px_per_mm), px_per_mm })
        };
        (1..=form.sides).map(side).collect()
    }

    /// Puts the form into use: its pictures, then its file, each at once. The draft is gone afterwards.
    ///
    /// # Errors
    /// When something cannot be written; the form in use is then still the old one, or already the new one.
    pub fn go_live(&self, live: &Path, form: &Form) -> Result<()> {
        let target = live.join(&self.id);
        std::fs::create_dir_all(&target).with_context(|| format!("cannot make {}", target.display()))?;
        for side in 1..=form.sides {
            replace(&target.join(Form::blank_file(side)), &self.blank(side)?)?;
        }
        replace(&target.join(FORM), form.to_toml(HEAD).as_bytes())?;
        self.remove()
    }

    /// Throws the draft away.
    ///
    /// # Errors
    /// When it cannot be deleted.
    pub fn remove(&self) -> Result<()> {
        std::fs::remove_dir_all(&self.path).with_context(|| format!("cannot delete {}", self.path.display()))
    }
}

/// The form that a draft describes, as version `version`.
///
/// # Errors
/// Every mistake, each with the number of the field that it is in (from 0), if it is in one.
pub fn form(id: &str, doc: &Value, version: u32) -> Result<Form, Vec<(Option<usize>, FormError)>> {
    let is_set = doc.get("copies").is_some_and(|copies| copies.as_array().is_some_and(|c| !c.is_empty()));
    // The copies of a set are its sides.
    let keys = KEYS.into_iter().filter(|&key| key != "sides" || !is_set);
    let mut file: Map<String, Value> =
        keys.filter_map(|key| Some((key.to_owned(), doc.get(key)?.clone()))).collect();
    file.insert("version".to_owned(), version.into());
    file.insert("field".to_owned(), doc.get("fields").cloned().unwrap_or_else(|| json!([])));
    let whole = |reason: String| vec![(None, FormError { line: 1, reason })];
    let text = toml::to_string(&without_nulls(Value::Object(file))).map_err(|e| whole(e.to_string()))?;
    Form::parse(id, &text).map_err(|errors| {
        let place = |error: FormError| {
            let before = text.lines().take(error.line).filter(|line| *line == "[[field]]").count();
            (before.checked_sub(1), error)
        };
        errors.into_iter().map(place).collect()
    })
}

/// The JSON of a form: the keys of its file, but boxes one by one instead of combs.
fn doc(form: &Form) -> Value {
    // What the writer writes is TOML, and every TOML table of ours is JSON.
    let mut file: Value = toml::from_str(&form.to_toml("")).unwrap_or_default();
    let mut fields = file["field"].take();
    for (json, field) in fields.as_array_mut().into_iter().flatten().zip(&form.fields) {
        if let Some(json) = json.as_object_mut() {
            json.remove("comb");
            json.insert("boxes".to_owned(), json!(field.boxes));
        }
    }
    let mut doc: Map<String, Value> =
        KEYS.into_iter().filter_map(|key| Some((key.to_owned(), file.get(key)?.clone()))).collect();
    let fields = if fields.is_array() { fields } else { json!([]) };
    let more =
        [("id", json!(form.id)), ("sides", json!(form.sides)), ("fields", fields), ("proposals", json!([]))];
    doc.extend(more.map(|(key, value)| (key.to_owned(), value)));
    Value::Object(doc)
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key, without_nulls(value))).collect())
        }
        Value::Array(list) => list.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

fn rules(level: &[Rule], upright: &[Rule]) -> Value {
    let round = |mm: f64| (mm * 100.0).round() / 100.0;
    let lines = |rules: &[Rule]| -> Vec<[f64; 3]> {
        rules.iter().map(|rule| [rule.at, rule.from, rule.to].map(round)).collect()
    };
    json!({ "level": lines(level), "upright": lines(upright) })
}

/// The names of the folders in `folder`, in order; none when it is not there.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// Writes beside the file, then puts it in its place: whoever reads sees the old or the new one.
fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let part = path.with_extension("part");
    std::fs::write(&part, bytes)
        .and_then(|()| std::fs::rename(&part, path))
        .with_context(|| format!("cannot write {}", path.display()))
}
