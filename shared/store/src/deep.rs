//! 精密点検. Everything that the rows promise, held against what is there: the file, every reference, every count, every
//! value that this program has to understand. What is wrong is told in words and numbers, never with a value.

use crate::claims::{claim_row, payment, step_row};
use crate::columns::{Columns, all, first};
use crate::pages::page_row;
use crate::records::record;
use crate::{Error, Rows, Store};
use domain::ids::{ImageHash, PageId};
use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
use rusqlite::types::ValueRef;
use rusqlite::{Row, params};

/// Lines of SQLite's own check that are told; one is enough to know.
const LINES: u32 = 10;

/// 不備. Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What, in plain words, with how many.
    pub words: String,
    /// One of them to begin with, such as a page.
    pub example: Option<String>,
}

/// A picture that rows speak of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Its name in the page store.
    pub image: ImageHash,
    /// The first page that shows it.
    pub page: PageId,
    /// Media type.
    pub media: Option<String>,
}

/// Each line: what is wrong with the rows that it finds, and one column of them to name as an example.
const REFERENCES: &[(&str, &str)] = &[
    (
        "pages whose file is another one than their id says",
        "select p.page as it from pages p join scan_files f on f.seq = p.file
         where f.scan is not p.scan or p.page not like p.scan || '-%'",
    ),
    (
        "taken files without a content hash",
        "select seq as it from scan_files where state = 'taken' and scan is null",
    ),
    (
        "events about pages that do not exist",
        "select page as it from events where page is not null and page not in (select page from pages)",
    ),
    (
        "pages without a picture that wait for somebody who could see it",
        "select page as it from pages where image is null and state in ('received', 'read', 'in_review', 'committed')",
    ),
    (
        "pages that wait to be read and were never asked for",
        "select page as it from pages p where state = 'received'
         and not exists (select 1 from outbox o where o.key = p.page || '#' || p.round)",
    ),
    ("pages with a reading that nobody asked for", "select page as it from pages where read_round > round"),
    (
        "records whose verified values are not those of their page",
        "select r.page as it from standing_records r, json_each(r.\"values\") v
         left join field_values f on f.page = r.page and f.field = v.key
         where f.final_value is null or json(f.final_value) is not r.\"values\" -> v.fullkey",
    ),
    (
        "records of another person than their page",
        "select r.page as it from standing_records r join pages p using (page) where p.resident is not r.resident",
    ),
    (
        "reversals of a record of another page or person",
        "select r.id as it from records r join records e on e.id = r.reverses
         where r.page <> e.page or r.resident <> e.resident or e.kind <> 'entry'",
    ),
    (
        "corrections that are about another page than their record",
        "select c.id as it from corrections c join records r on r.id = c.record where r.page <> c.page",
    ),
    (
        "payments of a clinic-month that another one's step locked",
        "select p.id as it from payments p join claim_steps s on s.id = p.cause
         where p.clinic <> s.clinic or p.month <> s.month",
    ),
    (
        "payments about a payment of another clinic",
        "select p.id as it from payments p join payments a on a.id = p.about where a.clinic <> p.clinic",
    ),
    (
        "payments for a slip whose record is of another programme",
        "select p.id as it from payments p join records r on r.id = p.record where p.programme <> r.programme",
    ),
    (
        "bank files whose sum is not that of their transfers",
        "select e.id as it from exports e where e.kind = 'bank' and e.again is null
         and e.total <> (select coalesce(sum(t.amount), 0) from bank_transfers t where t.export = e.id)",
    ),
    (
        "residents whom the search cannot find",
        "select id as it from residents where id not in (select id from resident_words_docsize)",
    ),
];

impl Store {
    /// Looks through everything. `told` hears what is being looked at, and how many of how many steps are done.
    ///
    /// # Errors
    /// The database cannot be read at all. What is wrong in it is in the list.
    pub fn examine(&self, told: &mut dyn FnMut(&str, u64, u64)) -> Result<Vec<Fault>, Error> {
        self.read(|rows| {
            let mut faults = Vec::new();
            for (at, (name, step)) in STEPS.iter().enumerate() {
                told(name, at as u64, STEPS.len() as u64);
                match step(rows) {
                    Ok(found) => faults.extend(found),
                    Err(Error::Database(error))
                        if matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase)) =>
                    {
                        let words = format!("the database file is damaged: {name} cannot be read");
                        faults.push(Fault { words, example: None });
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(faults)
        })
    }
}

type Step = fn(&Rows) -> Result<Vec<Fault>, Error>;

const STEPS: &[(&str, Step)] = &[
    ("the file", |rows| rows.integrity()),
    ("declared references", |rows| rows.foreign_keys()),
    ("counts", |rows| rows.counting()),
    ("references", |rows| rows.references()),
    ("numbers", |rows| rows.numbers()),
    ("values", |rows| rows.values()),
];

impl Rows<'_> {
    /// Pictures that rows speak of, by name, at most `limit` after `after`.
    ///
    /// # Errors
    /// The database failed.
    pub fn pictures(&self, after: Option<&ImageHash>, limit: u32) -> Result<Vec<Picture>, Error> {
        let sql = "select image, min(page) as page, max(media) as media from pages
                   where image > coalesce(?1, '') group by image order by image limit ?2";
        all(self.connection, sql, params![after.map(ImageHash::as_str), limit], |row| {
            Ok(Picture { image: row.id("image")?, page: row.id("page")?, media: row.col("media")? })
        })
    }

    /// How many pictures rows speak of.
    ///
    /// # Errors
    /// The database failed.
    pub fn picture_count(&self) -> Result<u64, Error> {
        let sql = "select count(distinct image) as n from pages where image is not null";
        Ok(first(self.connection, sql, [], |row| row.col::<i64>("n"))?.unwrap_or(0).unsigned_abs())
    }

    /// Whether a page shows this picture.
    ///
    /// # Errors
    /// The database failed.
    pub fn shows(&self, image: &ImageHash) -> Result<bool, Error> {
        let sql = "select 1 from pages where image = ?1 limit 1";
        Ok(first(self.connection, sql, [image.as_str()], |_| Ok(()))?.is_some())
    }

    fn integrity(&self) -> Result<Vec<Fault>, Error> {
        let mut statement = self.connection.prepare(&format!("pragma integrity_check({LINES})"))?;
        let lines: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let wrong = lines.into_iter().filter(|line| line != "ok");
        Ok(wrong
            .map(|line| Fault { words: format!("the database file is damaged: {line}"), example: None })
            .collect())
    }

    fn foreign_keys(&self) -> Result<Vec<Fault>, Error> {
        let sql = "select \"table\" as child, parent, count(*) as n from pragma_foreign_key_check
                   group by 1, 2 order by 1, 2";
        all(self.connection, sql, [], |row| {
            let (child, parent): (String, String) = (row.col("child")?, row.col("parent")?);
            let n: i64 = row.col("n")?;
            Ok(Fault {
                words: format!("{n} rows of {child} name rows of {parent} that are not there"),
                example: None,
            })
        })
    }

    /// What `check` says without `--deep`, and whether paper is counted the same way twice.
    fn counting(&self) -> Result<Vec<Fault>, Error> {
        let words = self.imbalances()?;
        let mut faults: Vec<Fault> = words.into_iter().map(|words| Fault { words, example: None }).collect();
        let of_house = self.counts()?.pages.paper();
        let of_envelopes: u64 =
            self.envelopes()?.iter().map(|envelope| envelope.counts.paper() + envelope.tickets).sum();
        if of_envelopes != of_house {
            let words = format!("{of_house} pages in the house are {of_envelopes} pages in its envelopes");
            faults.push(Fault { words, example: None });
        }
        Ok(faults)
    }

    fn references(&self) -> Result<Vec<Fault>, Error> {
        let mut faults = Vec::new();
        for (words, sql) in REFERENCES {
            let sql = format!("select count(*) as n, cast(min(it) as text) as example from ({sql})");
            let found = first(self.connection, &sql, [], |row| {
                Ok((row.col::<i64>("n")?, row.col::<Option<String>>("example")?))
            })?;
            if let Some((n, example)) = found.filter(|(n, _)| *n > 0) {
                faults.push(Fault { words: format!("{n} {words}"), example });
            }
        }
        Ok(faults)
    }

    /// Numbers that would be given twice: of records, events, claims, payments.
    fn numbers(&self) -> Result<Vec<Fault>, Error> {
        let sql =
            "select s.name, s.seq from sqlite_sequence s join sqlite_schema t on t.name = s.name order by 1";
        let counters =
            all(self.connection, sql, [], |row| Ok((row.col::<String>("name")?, row.col::<i64>("seq")?)))?;
        let mut faults = Vec::new();
        for (table, seq) in counters {
            let last: Option<i64> =
                self.connection
                    .query_row(&format!("select max(rowid) from \"{table}\""), [], |row| row.get(0))?;
            if last.is_some_and(|last| last > seq) {
                let words = format!("numbers of {table} would be given twice");
                faults.push(Fault { words, example: None });
            }
        }
        Ok(faults)
    }

    /// Reads every row that holds more than plain columns, as the program does.
    fn values(&self) -> Result<Vec<Fault>, Error> {
        let tables: [(&str, &str, Understood); 5] = [
            ("pages", "select *, page as it from pages", |row| page_row(row).map(drop)),
            ("records", "select *, id as it, 1 as stands from records", |row| record(row).map(drop)),
            ("claims", "select *, id as it from claims", |row| claim_row(row).map(drop)),
            ("claim_steps", "select *, id as it from claim_steps", |row| step_row(row).map(drop)),
            ("payments", "select *, id as it from payments", |row| payment(row).map(drop)),
        ];
        let mut faults = Vec::new();
        for (table, sql, understood) in tables {
            let mut statement = self.connection.prepare(sql)?;
            let mut rows = statement.query([])?;
            let (mut wrong, mut example) = (0, None);
            while let Some(row) = rows.next()? {
                if understood(row).is_err() {
                    wrong += 1;
                    example = example.or_else(|| name(row));
                }
            }
            if wrong > 0 {
                faults.push(Fault { words: format!("{wrong} rows of {table} are not understood"), example });
            }
        }
        Ok(faults)
    }
}

/// Tells whether a row is understood.
type Understood = fn(&Row) -> Result<(), Error>;

/// What a row is called.
fn name(row: &Row) -> Option<String> {
    match row.get_ref("it").ok()? {
        ValueRef::Integer(id) => Some(id.to_string()),
        value => value.as_str().ok().map(str::to_owned),
    }
}
