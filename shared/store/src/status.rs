//! The counts of the house, and whether they add up.

use crate::columns::{Columns, all, first};
use crate::{Error, Rows};
use domain::envelope::StateCounts;
use domain::page::PageState;
use serde::Serialize;

/// What `yomitori status --json` says of the rows (the queue adds its own).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Pages by state, batch tickets included.
    pub pages: StateCounts,
    /// Arrivals by what became of them.
    pub files: FileCounts,
    /// Entries that stand.
    pub records: u32,
}

/// Arrivals by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FileCounts {
    /// Their pages are rows.
    pub taken: u32,
    /// The very file came before.
    pub duplicate: u32,
    /// Could not be taken in.
    pub failed: u32,
}

/// Each line: what is wrong when the count is not 0, and the count.
const IMBALANCES: &[(&str, &str)] = &[
    (
        "files whose pages are not all here",
        "select count(*) as n from scan_files f
         where f.pages <> (select count(*) from pages p where p.file = f.seq and p.parent is null)",
    ),
    (
        "pages in review that nobody is asked to look at",
        "select count(*) as n from pages where state = 'in_review'
         and page not in (select page from review_items where state = 'open')",
    ),
    (
        "review items whose page is not in review",
        "select count(*) as n from review_items i join pages p using (page)
         where i.state = 'open' and p.state <> 'in_review'",
    ),
    (
        "committed pages without exactly one standing record or claim",
        "select count(*) as n from pages p where p.state = 'committed' and not p.is_ticket
         and 1 <> (select count(*) from standing_records r where r.page = p.page)
                  + (select count(*) from claims c where c.page = p.page)",
    ),
    (
        "standing records whose page is not committed",
        "select count(*) as n from standing_records r join pages p using (page)
         where p.state <> 'committed' or p.is_ticket",
    ),
    (
        "committed batch tickets that open no envelope",
        "select count(*) as n from pages where state = 'committed' and is_ticket and opens is null",
    ),
    (
        "pages outside the envelope of the ticket before them",
        "select count(*) as n from pages p join envelopes e on e.id = p.envelope
         where p.placed = 0 and iif(e.clinic is null, null, e.id)
               is not (select t.opens from pages t
                       where t.folder = p.folder and (t.file, t.place) <= (p.file, p.place)
                         and t.opens is not null
                       order by t.file desc, t.place desc limit 1)",
    ),
    (
        "cut pages whose parts are not all here",
        "select count(*) as n from pages p where p.cut > 0
         and p.cut <> (select count(*) from pages q where q.parent = p.page and (q.counted = 1 or q.cut > 0))",
    ),
    (
        "pages that count together with their parts, or that count for nothing and are not put aside",
        "select count(*) as n from pages where cut > 0 and counted = 1 or counted = 0 and state <> 'discarded'",
    ),
    (
        "slips committed from two pages",
        "select count(*) as n from (select management_number from standing_records
         where management_number is not null group by management_number having count(*) > 1)",
    ),
    (
        "messages about pages that do not exist",
        "select count(*) as n from outbox where json_extract(body, '$.page') not in (select page from pages)",
    ),
];

impl Rows<'_> {
    /// Pages, files and records by state.
    ///
    /// # Errors
    /// The database failed.
    pub fn counts(&self) -> Result<Counts, Error> {
        let mut pages = StateCounts::default();
        let sql = "select state, count(*) as n from pages where counted = 1 group by state";
        for (state, n) in all(self.connection, sql, [], |row| Ok((row.page_state("state")?, row.col("n")?)))?
        {
            let (state, n): (PageState, u32) = (state, n);
            pages.add(state, n.into());
        }
        let files = first(
            self.connection,
            "select count(*) filter (where state = 'taken') as taken,
                    count(*) filter (where state = 'duplicate') as duplicate,
                    count(*) filter (where state = 'failed') as failed from scan_files",
            [],
            |row| {
                let (taken, duplicate) = (row.col("taken")?, row.col("duplicate")?);
                Ok(FileCounts { taken, duplicate, failed: row.col("failed")? })
            },
        )?;
        let sql = "select count(*) as n from standing_records";
        let records = first(self.connection, sql, [], |row| row.col("n"))?;
        Ok(Counts { pages, files: files.unwrap_or_default(), records: records.unwrap_or(0) })
    }

    /// Pages that the machine has still to handle, received or read; counted up to `most`.
    ///
    /// # Errors
    /// The database failed.
    pub fn machine_backlog(&self, most: u32) -> Result<u32, Error> {
        let sql = "select count(*) as n from
                   (select 1 from pages where state in ('received', 'read') and counted = 1 limit ?1)";
        Ok(first(self.connection, sql, [most], |row| row.col("n"))?.unwrap_or(0))
    }

    /// What does not add up, in plain words; empty when the house is in order. At every moment.
    ///
    /// # Errors
    /// The database failed.
    pub fn imbalances(&self) -> Result<Vec<String>, Error> {
        let mut found = Vec::new();
        for (words, sql) in IMBALANCES {
            let n: u32 = first(self.connection, sql, [], |row| row.col("n"))?.unwrap_or(0);
            if n > 0 {
                found.push(format!("{n} {words}"));
            }
        }
        Ok(found)
    }
}
