//! Proving the log: archived parts and table as one chain, from the first line that is left to the head.

use super::archive::each_line;
use super::linked_line;
use crate::{Error, Rows, Store};
use domain::access::{Anchor, Broken, Walk};
use jiff::Timestamp;
use std::path::Path;

/// What a proof found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The place before the first line that is left; everything older has been kept its time.
    pub start: Anchor,
    /// The last line that follows.
    pub reached: Anchor,
    /// How many of the lines lie in the archive.
    pub archived: i64,
    /// Where the log says that it ends.
    pub head: Anchor,
    /// The first thing that is wrong.
    pub broken: Option<Broken>,
}

impl Store {
    /// Walks along the whole log. Archived parts whose last line is older than `kept_since` may be gone; `noted` are
    /// places that were written down outside.
    ///
    /// # Errors
    /// A file cannot be read, or the database failed. What does not follow is in the proof.
    pub fn prove_access(
        &self,
        folder: &Path,
        noted: &[Anchor],
        kept_since: Timestamp,
    ) -> Result<Proof, Error> {
        self.read(|rows| rows.prove(folder, noted, kept_since))
    }
}

impl Rows<'_> {
    fn prove(&self, folder: &Path, noted: &[Anchor], kept_since: Timestamp) -> Result<Proof, Error> {
        let head = self.access_head()?;
        let mut walk = Walk::from(Anchor::START, noted);
        let (mut start, mut broken) = (Anchor::START, None);
        for part in self.archived_parts()? {
            if walk.at() != part.before {
                broken = Some(Broken::Archive { seq: walk.at().seq + 1 });
                break;
            }
            let found = each_line(folder, &part, |line| {
                let step = match line {
                    Some((line, link)) => walk.step(&line, link),
                    None => Err(Broken::Changed { seq: walk.at().seq + 1 }),
                };
                broken = step.err();
                broken.is_none()
            })?;
            if broken.is_some() {
                break;
            }
            if found && walk.at() != part.last {
                broken = Some(Broken::CutOff { seq: walk.at().seq + 1, head: part.last.seq });
                break;
            }
            if !found {
                // Only the oldest parts run out of their time.
                if part.last_at >= kept_since || walk.at() != start {
                    broken = Some(Broken::Archive { seq: part.before.seq + 1 });
                    break;
                }
                start = part.last;
                walk = Walk::from(start, noted);
            }
        }
        let archived = walk.at().seq - start.seq;
        if broken.is_none() {
            broken = self.walk_on(&mut walk)?.or_else(|| walk.end(head).err());
        }
        Ok(Proof { start, reached: walk.at(), archived, head, broken })
    }

    /// The lines on the table.
    fn walk_on(&self, walk: &mut Walk) -> Result<Option<Broken>, Error> {
        let mut statement = self.connection.prepare_cached("select * from access_log order by seq")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let step = match linked_line(row) {
                Ok((line, link)) => walk.step(&line, link),
                Err(Error::Damaged { .. }) => Err(Broken::Changed { seq: walk.at().seq + 1 }),
                Err(other) => return Err(other),
            };
            if let Err(broken) = step {
                return Ok(Some(broken));
            }
        }
        Ok(None)
    }
}
