//! Sealed files: scans that were taken, put away where nothing plain shall lie.

use crate::PagesError;
use crate::error::failed;
use crate::folder::sync_folder;
use crate::seal::{self, Head, SealFault};
use domain::ids::ImageHash;
use domain::key::{Key, Keyring};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Ending of the name of a sealed file: `scan.tif.sealed`.
pub const SEALED: &str = "sealed";

/// What the head of a sealed file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedFile {
    /// [`Key::id`] of the key that it was sealed with.
    pub key: String,
    /// BLAKE3 of what is sealed, proven only when it is opened.
    pub hash: ImageHash,
}

/// The head of the file at `path`; `None` when it is not sealed.
///
/// # Errors
/// It cannot be read, breaks off in the head, or was sealed by a newer version.
pub fn sealed_file(path: &Path) -> Result<Option<SealedFile>, PagesError> {
    let head = File::open(path).map_err(SealFault::Io).and_then(|mut file| Head::read(&mut file));
    match head {
        Ok(head) => Ok(Some(SealedFile { key: head.key(), hash: head.hash() })),
        Err(SealFault::NotSealed) => Ok(None),
        Err(fault) => Err(fault.of_file("read", path)),
    }
}

/// Seals the file `from` as `to`, which is there whole or not at all, and never replaces a file. `from` stays.
///
/// # Errors
/// `hash` is not the BLAKE3 of `from`, `to` is there already, or the disk refuses.
pub fn seal_file(from: &Path, to: &Path, hash: &ImageHash, key: &Key) -> Result<(), PagesError> {
    let source = File::open(from).map_err(failed("read", from))?;
    write_new(to, |sink| seal::seal_into(&mut BufReader::new(source), hash, key, sink))
        .map_err(|fault| fault.of_file("seal", to))
}

/// Seals the file `from` into `folder` as `NAME.sealed` (`name` with a number when another scan has it) and then removes
/// it. What an interruption left is taken up: a whole copy that is there already is enough.
///
/// # Errors
/// `hash` is not the BLAKE3 of `from`, or the disk refuses: then `from` stays.
pub fn seal_away(
    from: &Path,
    folder: &Path,
    name: &OsStr,
    hash: &ImageHash,
    keys: &Keyring,
) -> Result<PathBuf, PagesError> {
    std::fs::create_dir_all(folder).map_err(failed("make the folder", folder))?;
    let mut number = 1;
    let to = loop {
        let to = folder.join(sealed_name(name, number));
        match to.symlink_metadata() {
            Err(_) => {
                seal_file(from, &to, hash, keys.current())?;
                break to;
            }
            Ok(_) if prove_file(&to, keys).is_ok_and(|there| there == *hash) => break to,
            Ok(_) => number += 1,
        }
    };
    std::fs::remove_file(from).map_err(failed("remove", from))?;
    Ok(to)
}

/// `x.tif.sealed`, `x-2.tif.sealed` and so on.
fn sealed_name(name: &OsStr, number: u32) -> OsString {
    let path = Path::new(name);
    let mut sealed = if number == 1 {
        name.to_owned()
    } else {
        let mut numbered = path.file_stem().unwrap_or_default().to_owned();
        numbered.push(format!("-{number}"));
        if let Some(extension) = path.extension() {
            numbered.push(".");
            numbered.push(extension);
        }
        numbered
    };
    sealed.push(".");
    sealed.push(SEALED);
    sealed
}

/// Opens all of the sealed file at `path` and keeps nothing of it: the hash of what is in it.
///
/// # Errors
/// As [`unseal_file`].
pub fn prove_file(path: &Path, keys: &Keyring) -> Result<ImageHash, PagesError> {
    let source = File::open(path).map_err(failed("read", path))?;
    seal::open_into(&mut BufReader::new(source), Some(keys), &mut io::sink())
        .map_err(|fault| fault.of_file("open", path))
}

/// BLAKE3 of a plain file, however large.
///
/// # Errors
/// It cannot be read.
pub fn hash_of_file(path: &Path) -> Result<ImageHash, PagesError> {
    let mut hasher = blake3::Hasher::new();
    let copied = File::open(path).and_then(|mut file| io::copy(&mut file, &mut hasher));
    copied.map_err(failed("read", path))?;
    Ok(ImageHash(hasher.finalize().to_hex().to_string()))
}

/// Opens the sealed file `from` as `to`, with the same promises. Only this account may read `to`.
///
/// # Errors
/// `from` is not sealed, is damaged, its key is not in `keys`, `to` is there already, or the disk refuses.
pub fn unseal_file(from: &Path, to: &Path, keys: Option<&Keyring>) -> Result<ImageHash, PagesError> {
    let source = File::open(from).map_err(failed("read", from))?;
    let mut hash = None;
    let written = write_new(to, |sink| {
        hash = Some(seal::open_into(&mut BufReader::new(source), keys, sink)?);
        Ok(())
    });
    match (written, hash) {
        (Ok(()), Some(hash)) => Ok(hash),
        // Reading is the fault of `from`, writing that of `to`.
        (Err(fault @ SealFault::Io(_)), _) => Err(fault.of_file("write", to)),
        (Err(fault), _) => Err(fault.of_file("open", from)),
        (Ok(()), None) => Err(PagesError::DamagedFile { path: from.to_owned() }),
    }
}

/// Seals the sealed file `path` anew with the current key of `keys`, unless it is so already: says whether it was done.
/// A crash leaves the file as it was or as it shall be.
///
/// # Errors
/// As [`unseal_file`].
pub fn reseal_file(path: &Path, keys: &Keyring) -> Result<bool, PagesError> {
    let head = sealed_file(path)?.ok_or_else(|| SealFault::NotSealed.of_file("open", path))?;
    if head.key == keys.current().id() {
        return Ok(false);
    }
    let mut source = BufReader::new(File::open(path).map_err(failed("read", path))?);
    let file = written(path, |sink| seal::reseal_into(&mut source, keys, sink))
        .map_err(|fault| fault.of_file("open", path))?;
    file.persist(path).map_err(|error| failed("write", path)(error.error))?;
    sync_folder(folder_of(path)).map_err(failed("write", path))?;
    Ok(true)
}

/// What `write` gives under the name `to`, whole and on disk, or nothing.
fn write_new(
    to: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> Result<(), SealFault>,
) -> Result<(), SealFault> {
    written(to, write)?.persist_noclobber(to).map_err(|error| error.error)?;
    Ok(sync_folder(folder_of(to))?)
}

/// A file beside `to`, on disk, without its name yet.
fn written(
    to: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> Result<(), SealFault>,
) -> Result<NamedTempFile, SealFault> {
    let file = tempfile::Builder::new().prefix(".sealing-").suffix(".part").tempfile_in(folder_of(to))?;
    let mut sink = BufWriter::new(file.as_file());
    write(&mut sink)?;
    sink.flush()?;
    drop(sink);
    file.as_file().sync_all()?;
    Ok(file)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash_of;
    use crate::tests::ring;
    use std::fs;

    #[test]
    fn a_scan_is_sealed_resealed_and_opened_and_no_file_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let plain: Vec<u8> = (0..3_000_000_u32).map(|at| (at % 253) as u8).collect();
        fs::write(path("x.tif"), &plain).unwrap();
        let (old, both) = (ring(&[1]), ring(&[2, 1]));
        seal_file(&path("x.tif"), &path("x.tif.sealed"), &hash_of(&plain), old.current()).unwrap();
        let head = sealed_file(&path("x.tif.sealed")).unwrap().unwrap();
        assert_eq!((head.key, head.hash), (old.current().id(), hash_of(&plain)));
        assert_eq!(sealed_file(&path("x.tif")).unwrap(), None);

        assert!(!reseal_file(&path("x.tif.sealed"), &old).unwrap(), "it is as it should be");
        assert!(reseal_file(&path("x.tif.sealed"), &both).unwrap());
        assert!(!reseal_file(&path("x.tif.sealed"), &both).unwrap());
        let error = unseal_file(&path("x.tif.sealed"), &path("out.tif"), Some(&old)).unwrap_err();
        assert!(error.to_string().contains(&both.current().id()), "{error}");
        unseal_file(&path("x.tif.sealed"), &path("out.tif"), Some(&both)).unwrap();
        assert_eq!(fs::read(path("out.tif")).unwrap(), plain);

        let again = unseal_file(&path("x.tif.sealed"), &path("x.tif"), Some(&both)).unwrap_err();
        assert!(again.to_string().contains("x.tif"), "{again}");
        let none = unseal_file(&path("x.tif"), &path("y.tif"), Some(&both)).unwrap_err();
        assert!(matches!(none, PagesError::NotSealed { .. }), "{none}");
        let count = fs::read_dir(dir.path()).unwrap().count();
        assert_eq!(count, 3, "what failed leaves nothing behind");
    }

    #[test]
    fn a_scan_that_is_put_away_is_sealed_once_and_replaces_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let (from, folder) = (dir.path().join("from"), dir.path().join("scans/day"));
        let keys = ring(&[1]);
        let away = |plain: &[u8]| {
            fs::write(&from, plain).unwrap();
            let to = seal_away(&from, &folder, "x.tif".as_ref(), &hash_of(plain), &keys).unwrap();
            assert!(!from.exists() && prove_file(&to, &keys).unwrap() == hash_of(plain));
            to.file_name().unwrap().to_string_lossy().into_owned()
        };
        assert_eq!(away(b"one"), "x.tif.sealed");
        assert_eq!(away(b"two"), "x-2.tif.sealed");
        // Interrupted after sealing: the file is still there, and its copy too.
        assert_eq!(away(b"two"), "x-2.tif.sealed");
        // A damaged copy is no reason to let the file go.
        fs::write(folder.join("x-2.tif.sealed"), b"YOMISEAL").unwrap();
        assert_eq!(away(b"two"), "x-3.tif.sealed");
        fs::write(&from, b"four").unwrap();
        assert!(seal_away(&from, &folder, "x.tif".as_ref(), &hash_of(b"4"), &keys).is_err() && from.exists());
    }

    #[test]
    fn a_damaged_scan_gives_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let plain = vec![7; 2_500_000];
        fs::write(path("x.tif"), &plain).unwrap();
        let keys = ring(&[1]);
        seal_file(&path("x.tif"), &path("s"), &hash_of(&plain), keys.current()).unwrap();
        let mut sealed = fs::read(path("s")).unwrap();
        sealed.truncate(2_200_000);
        fs::write(path("s"), &sealed).unwrap();
        let error = unseal_file(&path("s"), &path("out"), Some(&keys)).unwrap_err();
        assert!(matches!(error, PagesError::DamagedFile { .. }) && !path("out").exists());
        let other = seal_file(&path("x.tif"), &path("t"), &hash_of(b"other"), keys.current());
        assert!(other.is_err() && !path("t").exists(), "a file that changed meanwhile is not sealed");
    }
}
