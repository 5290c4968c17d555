//! Parts of the access log in files: JSON lines with the chain's anchors in front. The table forgets a part only after
//! its file is safe; the chain goes on from its last link, so that files and table are proven as one.

use super::{link, linked_line};
use crate::columns::{Columns, all, first, ms, run};
use crate::{Error, Rows, Store};
use domain::access::{AccessLine, Anchor, Link};
use jiff::Timestamp;
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

/// An archived part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivedPart {
    /// The place before its first line.
    pub before: Anchor,
    /// Its last line.
    pub last: Anchor,
    /// When its last line was written.
    pub last_at: Timestamp,
    /// Its file in the archive folder.
    pub file: String,
}

/// The first line of a file: where its part begins and ends.
#[derive(Serialize, Deserialize)]
struct Head {
    access_log: u32,
    before: Anchor,
    last: Anchor,
}

/// A line of a file.
#[derive(Serialize, Deserialize)]
struct Linked {
    #[serde(flatten)]
    line: AccessLine,
    link: Link,
}

/// The shape of the files; a new one gets a new number.
const SHAPE: u32 = 1;

impl Store {
    /// Writes every line older than `before` into a file of `folder` and takes them off the table; `None` when no line
    /// is so old. When it breaks off, the lines are still on the table and the next call writes the file anew.
    ///
    /// # Errors
    /// The file cannot be written, or the database failed.
    pub fn archive_access(
        &self,
        folder: &Path,
        before: Timestamp,
        now: Timestamp,
    ) -> Result<Option<ArchivedPart>, Error> {
        let Some(part) = self.read(|rows| {
            let Some(part) = rows.old_lines(before)? else { return Ok(None) };
            rows.write_part(folder, &part)?;
            Ok(Some(part))
        })?
        else {
            return Ok(None);
        };
        self.write(|rows| {
            run(
                rows.connection,
                "insert into access_archives (first_seq, last_seq, before_link, last_link, last_at, file, archived_at)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    part.before.seq + 1,
                    part.last.seq,
                    part.before.link.bytes(),
                    part.last.link.bytes(),
                    ms(part.last_at),
                    part.file,
                    ms(now)
                ],
            )?;
            run(rows.connection, "delete from access_log where seq <= ?1", [part.last.seq])
        })?;
        Ok(Some(part))
    }
}

impl Rows<'_> {
    /// Every archived part, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn archived_parts(&self) -> Result<Vec<ArchivedPart>, Error> {
        all(self.connection, "select * from access_archives order by first_seq", [], part)
    }

    /// The lines before `before`, from the first one without a gap.
    fn old_lines(&self, before: Timestamp) -> Result<Option<ArchivedPart>, Error> {
        let sql = "select seq, at, link from access_log
                   where seq < coalesce((select min(seq) from access_log where at >= ?1), 9223372036854775807)
                   order by seq desc limit 1";
        let last = first(self.connection, sql, [ms(before)], |row| {
            Ok((Anchor { seq: row.col("seq")?, link: link(row, "link")? }, row.moment("at")?))
        })?;
        let Some((last, last_at)) = last else { return Ok(None) };
        let before = self.archived_parts()?.last().map_or(Anchor::START, |part| part.last);
        let file = format!("access-{:012}.jsonl", before.seq + 1);
        Ok(Some(ArchivedPart { before, last, last_at, file }))
    }

    fn write_part(&self, folder: &Path, part: &ArchivedPart) -> Result<(), Error> {
        let path = folder.join(&part.file);
        let trouble = |source| Error::Archive { path: path.clone(), source };
        make_folder(folder).map_err(trouble)?;
        let unfinished = path.with_extension("part");
        let mut file = BufWriter::new(private(&unfinished).map_err(trouble)?);
        let head = Head { access_log: SHAPE, before: part.before, last: part.last };
        write_line(&mut file, &head).map_err(trouble)?;
        let mut statement =
            self.connection.prepare_cached("select * from access_log where seq <= ?1 order by seq")?;
        let mut rows = statement.query([part.last.seq])?;
        while let Some(row) = rows.next()? {
            let (line, link) = linked_line(row)?;
            write_line(&mut file, &Linked { line, link }).map_err(trouble)?;
        }
        let file = file.into_inner().map_err(|error| trouble(error.into_error()))?;
        file.sync_all().map_err(trouble)?;
        std::fs::rename(&unfinished, &path).map_err(trouble)?;
        // The name must survive a power cut, too: after it the rows go.
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(trouble)
    }
}

/// Walks through the lines of an archived part. `take` gets `None` for a line that cannot be understood, and says
/// whether to go on. `Ok(false)` when there is no such file.
///
/// # Errors
/// The file cannot be read.
pub(super) fn each_line(
    folder: &Path,
    part: &ArchivedPart,
    mut take: impl FnMut(Option<(AccessLine, Link)>) -> bool,
) -> Result<bool, Error> {
    let path: PathBuf = folder.join(&part.file);
    let trouble = |source| Error::Archive { path: path.clone(), source };
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(trouble(error)),
    };
    let mut lines = BufReader::new(file).lines();
    let head = lines.next().transpose().map_err(trouble)?.unwrap_or_default();
    let known = serde_json::from_str::<Head>(&head)
        .is_ok_and(|head| head.access_log == SHAPE && head.before == part.before && head.last == part.last);
    if !known {
        take(None);
        return Ok(true);
    }
    for line in lines {
        let linked = serde_json::from_str::<Linked>(&line.map_err(trouble)?).ok();
        if !take(linked.map(|linked| (linked.line, linked.link))) {
            break;
        }
    }
    Ok(true)
}

fn write_line(file: &mut impl Write, line: &impl Serialize) -> std::io::Result<()> {
    serde_json::to_writer(&mut *file, line)?;
    file.write_all(b"\n")
}

/// Only the account that runs the program may look into the archive.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

fn private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn part(row: &Row) -> Result<ArchivedPart, Error> {
    Ok(ArchivedPart {
        before: Anchor { seq: row.col::<i64>("first_seq")? - 1, link: link(row, "before_link")? },
        last: Anchor { seq: row.col("last_seq")?, link: link(row, "last_link")? },
        last_at: row.moment("last_at")?,
        file: row.col("file")?,
    })
}
