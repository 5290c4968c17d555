//! From one key, or none, to the newest: a copy under the new key is written beside the file, compared, and put in its
//! place by one rename. A crash at any moment leaves the old file or the new one.

use crate::SealError;
use crate::file::{Shape, connect, fitting, in_use, raw, shape};
use domain::key::{Key, Keyring};
use rusqlite::{Connection, OpenFlags, params};
use std::fs;
use std::path::{Path, PathBuf};

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resealed {
    /// There is none.
    Missing,
    /// The newest key seals it already.
    AsItWas,
    /// It was plain.
    FromPlain,
    /// An older key sealed it.
    FromOlder,
}

/// Seals the database at `path` with the newest of `keys`. Nobody may have it open.
///
/// # Errors
/// Somebody has it open, no key opens it, it is damaged, or the disk is full: then it stays as it was.
pub fn reseal(path: &Path, keys: &Keyring) -> Result<Resealed, SealError> {
    if shape(path)? == Shape::New {
        return Ok(Resealed::Missing);
    }
    let alone = in_use(path)?;
    alone.try_lock().map_err(|_| SealError::InUse { path: path.to_owned() })?;
    let old = match shape(path)? {
        Shape::Plain | Shape::New => None,
        Shape::Opaque => {
            let none = || SealError::NoKey { path: path.to_owned(), keys: keys.all().count() };
            Some(fitting(path, keys)?.ok_or_else(none)?)
        }
    };
    let new = keys.current();
    if old.as_ref() == Some(new) {
        return Ok(Resealed::AsItWas);
    }
    let copy = beside(path);
    remove(&copy)?;
    write_copy(path, old.as_ref(), &copy, new)?;
    replace(path, &copy)?;
    Ok(if old.is_none() { Resealed::FromPlain } else { Resealed::FromOlder })
}

/// Where the copy is written: the same folder, so that a rename is enough.
fn beside(path: &Path) -> PathBuf {
    path.with_extension("resealing")
}

fn write_copy(path: &Path, old: Option<&Key>, copy: &Path, new: &Key) -> Result<(), SealError> {
    // CREATE is for the copy: what is attached is opened as the file itself was.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let from = connect(path, flags, old)?;
    // Takes everything out of the log and removes it: a log of the old file must never lie beside the new one.
    let mode: String = from.query_row("pragma journal_mode = delete", [], |row| row.get(0))?;
    if mode != "delete" {
        return Err(SealError::InUse { path: path.to_owned() });
    }
    from.execute("attach database ?1 as copy key ?2", params![copy.to_string_lossy(), raw(new)])?;
    from.query_row("select sqlcipher_export('copy')", [], |_| Ok(()))?;
    let version: i64 = from.query_row("pragma main.user_version", [], |row| row.get(0))?;
    from.pragma_update(Some("copy"), "user_version", version)?;
    from.execute("detach database copy", [])?;
    let to = connect(copy, OpenFlags::SQLITE_OPEN_READ_WRITE, Some(new))?;
    compare(path, &from, &to)
}

/// Refuses a copy that is not sound, or that does not hold as many rows in each table.
fn compare(path: &Path, from: &Connection, to: &Connection) -> Result<(), SealError> {
    let differs = |what: String| SealError::Differs { path: path.to_owned(), what };
    let sound: String = to.query_row("pragma integrity_check(1)", [], |row| row.get(0))?;
    if sound != "ok" {
        return Err(differs("its soundness".into()));
    }
    let names =
        "select group_concat(name) from (select type || ' ' || name as name from sqlite_schema order by 1)";
    let schema =
        |connection: &Connection| connection.query_row(names, [], |row| row.get::<_, Option<String>>(0));
    if schema(from)? != schema(to)? {
        return Err(differs("its tables".into()));
    }
    for table in tables(from)? {
        let count = format!("select count(*) from \"{table}\"");
        let count = |connection: &Connection| connection.query_row(&count, [], |row| row.get::<_, i64>(0));
        if count(from)? != count(to)? {
            return Err(differs(format!("the rows of {table}")));
        }
    }
    Ok(())
}

/// Tables with rows of their own: not those that only look so (full-text search keeps its rows in others).
fn tables(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement =
        connection.prepare("select name from sqlite_schema where type = 'table' and rootpage > 0")?;
    statement.query_map([], |row| row.get(0))?.collect()
}

fn replace(path: &Path, copy: &Path) -> Result<(), SealError> {
    let trouble = |source| SealError::Folder { path: path.to_owned(), source };
    fs::File::open(copy).and_then(|file| file.sync_all()).map_err(trouble)?;
    fs::rename(copy, path).map_err(trouble)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(trouble)
}

/// What a crash left of an earlier copy.
fn remove(copy: &Path) -> Result<(), SealError> {
    for suffix in ["", "-journal", "-wal", "-shm"] {
        let mut name = copy.as_os_str().to_owned();
        name.push(suffix);
        match fs::remove_file(PathBuf::from(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(SealError::Folder { path: copy.to_owned(), source: error });
            }
            _ => {}
        }
    }
    Ok(())
}
