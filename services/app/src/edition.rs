//! 版. What this machine reads with: one hash over its forms and their empty sheets, one of its model of digits.

use crate::templates::{self, Source};
use anyhow::Result;
use domain::edition::Edition;
use domain::form::Form;

/// Hexadecimal digits that are kept of a hash: enough to tell the forms of an installation apart, short enough to be
/// compared by eye.
const DIGITS: usize = 12;

/// The edition of the forms of `source`: the same on every machine that has the same files. The empty sheets of our
/// own slips are printed from the file, so the file stands for them.
///
/// # Errors
/// When a form or a picture of its empty sheet cannot be read.
pub fn of(source: &Source) -> Result<Edition> {
    let mut forms = templates::forms(source)?;
    forms.sort_by(|a, b| a.id.as_str().cmp(b.id.as_str()));
    let mut hash = blake3::Hasher::new();
    for form in &forms {
        let folder = crate::blanks::Folder::of(source, form.id.as_str());
        let mut part = |name: &str| -> Result<()> {
            let bytes = folder.read(name)?;
            // Lengths keep two neighbouring files from being taken for two others.
            hash.update(form.id.as_str().as_bytes()).update(&[0]).update(&(bytes.len() as u64).to_le_bytes());
            hash.update(&bytes);
            Ok(())
        };
        part("form.toml")?;
        for side in (1..=form.sides).filter(|_| form.is_third_party()) {
            part(&Form::blank_file(side))?;
        }
    }
    let forms = hash.finalize().to_hex()[..DIGITS].to_owned();
    Ok(Edition { number: 0, forms, model: vision::net::fingerprint() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_that_is_changed_makes_another_edition() {
        let dir = tempfile::tempdir().unwrap();
        let added = dir.path().join("templates");
        let source = Source { instead: None, added: Some(added.clone()) };
        let before = of(&source).unwrap();
        assert_eq!(of(&source).unwrap(), before);
        let folder = added.join("influenza-elderly");
        std::fs::create_dir_all(&folder).unwrap();
        let text = crate::blanks::BuiltIn::get("influenza-elderly/form.toml").unwrap().data.into_owned();
        std::fs::write(folder.join("form.toml"), &text).unwrap();
        assert_eq!(of(&source).unwrap(), before, "the same file, from a folder");
        std::fs::write(folder.join("form.toml"), [text.as_slice(), b"\n# moved\n"].concat()).unwrap();
        let after = of(&source).unwrap();
        assert_ne!(after, before);
        assert_eq!(after.model, before.model);
    }
}
