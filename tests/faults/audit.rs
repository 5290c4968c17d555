//! The books of a data directory: where every page stands and what every record says; and whether two agree.

use domain::ids::{PageId, ResidentId};
use domain::page::PageState;
use std::collections::BTreeMap;
use std::path::Path;
use store::{FileState, Store};

/// More residents than any mail here has.
const RESIDENTS: usize = 100;
/// Number of the first resident of [`crate::mail::resident_file`].
const FIRST_RESIDENT: usize = 500;

/// Where pages stand and what was recorded of them.
#[derive(Clone, Debug, Default)]
pub struct Books {
    /// The state of each page that is known.
    pages: BTreeMap<String, PageState>,
    /// What the records of a page say, one text a row of the ledger.
    values: BTreeMap<String, Vec<String>>,
    /// Rows of the ledger as they are, with who and when: rows that are there may never change.
    rows: BTreeMap<i64, String>,
    /// What people keyed, one text a keying.
    keyed: Vec<String>,
    /// Arrivals of a file that had come before.
    doubles: usize,
    /// What the office itself finds wrong.
    pub imbalances: Vec<String>,
}

/// How a bad day's books differ from the calm ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Pages that are missing, or that nobody handles any more.
    pub lost: usize,
    /// Pages or records that are there twice.
    pub doubled: usize,
    /// Values that are not those of the calm day, or of this day before it went bad.
    pub changed: usize,
    /// Pages that the machine gave up and left to a person.
    pub given_up: usize,
}

impl Books {
    /// Reads them.
    pub fn of(data: &Path) -> Self {
        Self::read(&Store::open(&data.join("yomitori.db")).unwrap())
    }

    /// Reads them from an open store.
    pub fn read(store: &Store) -> Self {
        store
            .read(|rows| {
                let mut books = Books { imbalances: rows.imbalances()?, ..Books::default() };
                for file in rows.scan_files(None, 10_000)? {
                    books.doubles += usize::from(file.state == FileState::Duplicate);
                    let Some(scan) = file.scan.filter(|_| file.state == FileState::Taken) else { continue };
                    for number in 1..=file.pages {
                        if let Some(page) = rows.page(&PageId::new(&scan, number))? {
                            books.pages.insert(page.id.to_string(), page.state);
                            for one in rows.keyings(&page.id)? {
                                let value = serde_json::to_string(&one.keyed).unwrap();
                                let who = format!("{} {} {:?}", page.id, one.staff, one.pass);
                                books.keyed.push(format!("{who} {} {value}", one.field));
                            }
                        }
                    }
                }
                for index in 0..RESIDENTS {
                    let resident = ResidentId(format!("{:010}", FIRST_RESIDENT + index));
                    for record in rows.ledger(&resident)? {
                        let values = serde_json::to_string(&record.values).unwrap();
                        let number = record.management_number.as_ref().map(|number| number.0.clone());
                        let said = format!("{} {number:?} {} {values}", resident.0, record.service_date);
                        let row =
                            format!("{said} {} {:?} {}", record.staff, record.committed_at, record.page);
                        books.rows.insert(record.id, row);
                        books.values.entry(record.page.to_string()).or_default().push(said);
                    }
                }
                Ok(books)
            })
            .unwrap()
    }

    /// Pages with a record.
    pub fn records(&self) -> usize {
        self.values.len()
    }

    /// Pages, in whatever state.
    pub fn pages(&self) -> usize {
        self.pages.len()
    }

    /// The books of these pages alone.
    pub fn only(&self, pages: &[String]) -> Self {
        let mut books = self.clone();
        books.pages.retain(|page, _| pages.contains(page));
        books
    }

    /// Against a calm day of the same mail, and against the same office before the day went bad.
    pub fn against(&self, calm: &Books, before: &Books) -> Difference {
        let mut difference = Difference::default();
        for (page, calm_state) in &calm.pages {
            match self.pages.get(page) {
                None | Some(PageState::Received | PageState::Read) => difference.lost += 1,
                Some(PageState::InReview) if *calm_state == PageState::Committed => difference.given_up += 1,
                Some(state) if state != calm_state => difference.changed += 1,
                Some(_) => {}
            }
        }
        difference.doubled += self.doubles.saturating_sub(calm.doubles);
        difference.doubled += self.pages.keys().filter(|page| !calm.pages.contains_key(*page)).count();
        for (page, said) in &self.values {
            difference.doubled += said.len() - 1;
            difference.changed += usize::from(calm.values.get(page).is_some_and(|calm| calm[0] != said[0]));
            difference.changed += usize::from(self.pages.get(page) != Some(&PageState::Committed));
        }
        let altered = |(id, row): &(&i64, &String)| self.rows.get(*id) != Some(*row);
        difference.changed += before.rows.iter().filter(altered).count();
        difference.changed += before.keyed.iter().filter(|keyed| !self.keyed.contains(keyed)).count();
        difference
    }
}
