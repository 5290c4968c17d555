//! Moving files without losing or overwriting one.

use domain::ids::{ImageHash, ScanId};
use domain::key::Keyring;
use pages::PagesError;
use pages::sealed_file::seal_away;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Bytes of a name that file systems take, less what [`REASON`] and a number need.
const LONGEST_NAME: usize = 255 - REASON.len() - 8;
/// Ending of the note beside a bad file.
const REASON: &str = ".reason.txt";

/// Moves `from` into `folder` (made when missing) as `name`, or `name-2` and so on when that is taken.
pub(crate) fn move_into(folder: &Path, name: &OsStr, from: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let to = folder.join(free_name(folder, name));
    move_file(from, &to)?;
    Ok(to)
}

/// As [`move_into`], sealed: what is in the file lies nowhere in `folder` to be read.
pub(crate) fn seal_into(
    folder: &Path,
    name: &OsStr,
    from: &Path,
    scan: &ScanId,
    keys: &Keyring,
) -> Result<(), PagesError> {
    let hash = ImageHash::from(scan.as_str());
    seal_away(from, folder, &shortened(name), &hash, keys).map(drop)
}

/// As [`move_into`], with a note beside it. The note is there before the file.
pub(crate) fn move_with_reason(folder: &Path, name: &OsStr, from: &Path, note: &str) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let name = free_name(folder, name);
    let mut file = File::create(folder.join(with_reason(&name)))?;
    file.write_all(note.as_bytes())?;
    file.sync_all()?;
    move_file(from, &folder.join(name))
}

/// Renames; across file systems (the inbox may be a share) copies, waits for the disk, then deletes.
pub(crate) fn move_file(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => copy_across(from, to),
        result => result,
    }
}

fn copy_across(from: &Path, to: &Path) -> io::Result<()> {
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    let unfinished = to.with_file_name(format!(".{:.60}.part", name.replace(|c: char| !c.is_ascii(), "_")));
    fs::copy(from, &unfinished)?;
    File::open(&unfinished)?.sync_all()?;
    fs::rename(&unfinished, to)?;
    fs::remove_file(from)
}

/// `name`, shortened when no file system could hold it and its note, numbered when it or its note is there.
fn free_name(folder: &Path, name: &OsStr) -> OsString {
    let name = shortened(name);
    let taken = |name: &OsStr| {
        let present = |path: PathBuf| path.symlink_metadata().is_ok();
        present(folder.join(name)) || present(folder.join(with_reason(name)))
    };
    let path = Path::new(&name);
    let (stem, extension) = (path.file_stem().unwrap_or_default(), path.extension());
    let numbered = (2..).map(|number: u32| {
        let mut numbered = stem.to_owned();
        numbered.push(format!("-{number}"));
        if let Some(extension) = extension {
            numbered.push(".");
            numbered.push(extension);
        }
        numbered
    });
    std::iter::once(name.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(name.clone())
}

fn with_reason(name: &OsStr) -> OsString {
    let mut note = name.to_owned();
    note.push(REASON);
    note
}

/// The front of a very long name, and its extension.
fn shortened(name: &OsStr) -> OsString {
    if name.len() <= LONGEST_NAME {
        return name.to_owned();
    }
    let name = name.to_string_lossy();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let extension = if extension.len() <= 8 { extension } else { "" };
    let mut end = LONGEST_NAME - extension.len() - 1;
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}.{extension}", &name[..end]).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_is_overwritten_and_the_longest_name_still_fits() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("failed");
        let long = format!("{}.tif", "予".repeat(83));
        for (round, name) in
            ["scan.tif", "scan.tif", "scan", "scan", long.as_str(), long.as_str()].iter().enumerate()
        {
            let from = dir.path().join("from");
            fs::write(&from, round.to_string()).unwrap();
            move_with_reason(&target, OsStr::new(name), &from, "理由").unwrap();
            assert!(!from.exists());
        }
        let mut names: Vec<String> = fs::read_dir(&target)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names.len(), 12, "six files, a note beside each: {names:?}");
        for name in names.iter().filter(|name| !name.ends_with(REASON)) {
            assert!(names.contains(&format!("{name}{REASON}")), "{name}");
        }
        assert_eq!(fs::read_to_string(target.join("scan-2.tif")).unwrap(), "1");
        assert_eq!(fs::read_to_string(target.join("scan-2")).unwrap(), "3");
    }

    #[test]
    fn a_file_from_another_file_system_arrives_whole() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("予診票.tif"));
        fs::write(&from, b"page").unwrap();
        copy_across(&from, &to).unwrap();
        assert_eq!(fs::read(&to).unwrap(), b"page");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing else stays");
    }
}
