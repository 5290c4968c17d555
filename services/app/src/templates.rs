//! The forms in use: built into the program, or from a folder; and the pictures of their empty sheets.

use crate::blanks::{self, BuiltIn, Folder};
use anyhow::{Context, Result, anyhow, bail};
use domain::form::{Form, FormError};
use press::{Fonts, Printer};
use std::path::{Path, PathBuf};
use vision::Template;

/// A form file that was looked at: its name and what it says.
pub struct FormFile {
    /// Path, or `built-in <id>`.
    pub name: String,
    /// The form, or every mistake in it.
    pub form: Result<Form, Vec<FormError>>,
    /// Where the pictures that belong to it lie.
    pub folder: Folder,
}

/// All form files of `folder`, or the built-in ones, by id.
///
/// # Errors
/// When the folder or a file cannot be read, or no form is there.
pub fn files(folder: Option<&Path>) -> Result<Vec<FormFile>> {
    let files = match folder {
        Some(folder) => folders_of(folder)?.iter().map(|path| file(path)).collect::<Result<Vec<_>>>()?,
        None => BuiltIn::iter().filter_map(|path| built_in(&path)).collect(),
    };
    if files.is_empty() {
        let place = folder.map_or("the program".to_owned(), |folder| folder.display().to_string());
        bail!("no form in {place}: a form is a folder with a form.toml");
    }
    Ok(files)
}

fn built_in(path: &str) -> Option<FormFile> {
    let id = path.strip_suffix("/form.toml")?;
    let text = String::from_utf8(BuiltIn::get(path)?.data.into_owned()).ok()?;
    let (name, folder) = (format!("built-in {id}"), Folder::BuiltIn(id.to_owned()));
    Some(FormFile { name, form: Form::parse(id, &text), folder })
}

fn folders_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    let mut folders: Vec<_> = paths.into_iter().filter(|path| path.join("form.toml").is_file()).collect();
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
    Ok(FormFile { name: path.display().to_string(), form: Form::parse(&id, &text), folder })
}

/// The forms in use, every one of them sound, no number twice.
///
/// # Errors
/// The first mistakes found.
pub fn forms(folder: Option<&Path>) -> Result<Vec<Form>> {
    let mut forms: Vec<Form> = Vec::new();
    for FormFile { name, form, .. } in files(folder)? {
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
pub fn form(folder: Option<&Path>, id: &str) -> Result<Form> {
    let mut forms = forms(folder)?;
    match forms.iter().position(|form| form.id.as_str() == id) {
        Some(at) => Ok(forms.swap_remove(at)),
        None => {
            let ids: Vec<&str> = forms.iter().map(|form| form.id.as_str()).collect();
            bail!("there is no form {id}; there are: {}", ids.join(", "))
        }
    }
}

/// What the reader needs of the forms, which are those of `folder` or built-in ones: each with the pictures of its
/// empty sheets, printed here and now or, for paper that others print, from beside its file.
///
/// # Errors
/// When the fonts are missing, a form cannot be printed, or a picture is missing or wrong.
pub fn templates(folder: Option<&Path>, forms: Vec<Form>) -> Result<Vec<Template>> {
    let printer = Printer::new(Fonts::find()?);
    let template = |form: Form| {
        let place = Folder::of(folder, form.id.as_str());
        let blanks = blanks::blanks(&printer, &place, &form)
            .with_context(|| format!("the form {} cannot be used", form.id))?;
        Ok(Template { form, blanks })
    };
    forms.into_iter().map(template).collect()
}
