//! The forms in use: built into the program, or from a folder; and the pictures of their empty sheets.

use crate::blanks::{self, BuiltIn, Folder};
use anyhow::{Context, Result, anyhow, bail};
use domain::form::{Form, FormError};
use press::{Fonts, Printer};
use std::path::{Path, PathBuf};
use vision::{Template, scanned};

/// A form file that was looked at: its name and what it says.
pub struct FormFile {
    /// Path, or `built-in <id>`.
    pub name: String,
    /// The form's id: the name of its folder.
    pub id: String,
    /// The form, or every mistake in it.
    pub form: Result<Form, Vec<FormError>>,
    /// Where the pictures that belong to it lie.
    pub folder: Folder,
}

/// Where the forms of an installation are.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// A folder of forms in place of the built-in ones.
    pub instead: Option<PathBuf>,
    /// A folder of forms beside those; it need not be there. A form of the same id is used instead.
    pub added: Option<PathBuf>,
}

impl Source {
    /// The folder that new forms are made in.
    ///
    /// # Errors
    /// When there is none.
    pub fn new_forms(&self) -> Result<PathBuf> {
        self.added
            .clone()
            .or_else(|| self.instead.clone())
            .context("no folder for forms: name one with --templates")
    }
}

/// All form files in use: the built-in ones (or those in their place), then the added ones.
///
/// # Errors
/// When a folder or a file cannot be read, or no form is there.
pub fn files(source: &Source) -> Result<Vec<FormFile>> {
    let mut files = match &source.instead {
        Some(folder) => files_of(folder)?,
        None => BuiltIn::iter().filter_map(|path| built_in(&path)).collect(),
    };
    if let Some(folder) = source.added.as_deref().filter(|folder| folder.is_dir()) {
        let added = files_of(folder)?;
        files.retain(|file| added.iter().all(|added| added.id != file.id));
        files.extend(added);
    }
    if files.is_empty() {
        let place = source.instead.as_ref().map_or("the program".to_owned(), |f| f.display().to_string());
        bail!("no form in {place}: a form is a folder with a form.toml");
    }
    Ok(files)
}

fn files_of(folder: &Path) -> Result<Vec<FormFile>> {
    folders_of(folder)?.iter().map(|path| file(path)).collect()
}

fn built_in(path: &str) -> Option<FormFile> {
    let id = path.strip_suffix("/form.toml")?;
    let text = String::from_utf8(BuiltIn::get(path)?.data.into_owned()).ok()?;
    let (name, folder) = (format!("built-in {id}"), Folder::BuiltIn(id.to_owned()));
    Some(FormFile { name, id: id.to_owned(), form: Form::parse(id, &text), folder })
}

fn folders_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    // A hidden folder is a form that is just being written.
    let is_shown = |path: &PathBuf| !path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
    let mut folders: Vec<_> =
        paths.into_iter().filter(|path| is_shown(path) && path.join("form.toml").is_file()).collect();
    folders.sort();
    Ok(folders)
}

/// One form file; `path` is a `form.toml` or its folder, whose name is the form's id.
///
/// # Errors
/// When it cannot be read.
pub fn file(path: &Path) -> Result<FormFile> {
    let path = if path.is_dir() { path.join("form.toml") } else { path.to_owned() };
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let full = path.canonicalize().unwrap_or_else(|_| path.clone());
    let id = full
        .parent()
        .and_then(Path::file_name)
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let folder = Folder::Disk(path.parent().map(Path::to_owned).unwrap_or_default());
    let form = Form::parse(&id, &text);
    Ok(FormFile { name: path.display().to_string(), id, form, folder })
}

/// The forms in use, every one of them sound, no number twice.
///
/// # Errors
/// The first mistakes found.
pub fn forms(source: &Source) -> Result<Vec<Form>> {
    let mut forms: Vec<Form> = Vec::new();
    for FormFile { name, form, .. } in files(source)? {
        let form = form.map_err(|errors| {
            let lines: Vec<String> = errors.iter().map(|error| format!("{name}, {error}")).collect();
            anyhow!("{}", lines.join("\n"))
        })?;
        if let Some(other) = forms.iter().find(|other| other.number == form.number) {
            bail!("forms {} and {} both have number {}", other.id, form.id, form.number);
        }
        forms.push(form);
    }
    Ok(forms)
}

/// The form with this id.
///
/// # Errors
/// Names the forms there are when it is none of them.
pub fn form(source: &Source, id: &str) -> Result<Form> {
    let mut forms = forms(source)?;
    match forms.iter().position(|form| form.id.as_str() == id) {
        Some(at) => Ok(forms.swap_remove(at)),
        None => {
            let ids: Vec<&str> = forms.iter().map(|form| form.id.as_str()).collect();
            bail!("there is no form {id}; there are: {}", ids.join(", "))
        }
    }
}

/// What the reader needs of the forms, which are those of `source`: each with the pictures of its
/// empty sheets, printed here and now or, for paper that others print, from beside its file. Paper with coloured print
/// comes twice: with that print, and as a scanner shows it that loses it.
///
/// # Errors
/// When the fonts are missing, a form cannot be printed, or a picture is missing or wrong.
pub fn templates(source: &Source, forms: Vec<Form>) -> Result<Vec<Template>> {
    let printer = Printer::new(Fonts::find()?);
    let mut templates = Vec::new();
    for form in forms {
        let place = Folder::of(source, form.id.as_str());
        let unusable = || format!("the form {} cannot be used", form.id);
        let blanks = blanks::blanks(&printer, &place, &form).with_context(unusable)?;
        if !form.is_third_party() {
            templates.push(Template { form, blanks: blanks.into() });
            continue;
        }
        let faded = blanks::without_colour(&place, &form).with_context(unusable)?;
        let form = scanned::settled(form, &blanks);
        templates.push(Template { form: form.clone(), blanks: blanks.into() });
        templates.extend(faded.map(|blanks| Template { form, blanks: blanks.into() }));
    }
    Ok(templates)
}
