//! The ledger: finding a person, and everything that stands about one.

use domain::fold::{fold_kana, fold_name};
use domain::ids::{ManagementNumber, PageId, ResidentId};
use domain::page::PageState;
use domain::personal::Personal;
use domain::resident::{Resident, Sex};
use domain::rules::Values;
use jiff::civil::Date;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row};

/// What a person is looked for by; everything given must agree.
#[derive(Clone, Debug, Default)]
pub struct PersonQuery {
    /// Name or reading, or the beginning of one.
    pub name: Option<Personal<String>>,
    /// Birth date.
    pub birth_date: Option<Personal<Date>>,
    /// 宛名番号 or the management number of a slip.
    pub number: Option<Personal<String>>,
}

/// A person with the row that screens know them by.
#[derive(Clone, Debug)]
pub struct PersonRow {
    /// Row in the register; says nothing about the person.
    pub row: i64,
    /// The person.
    pub resident: Resident,
}

/// One committed record.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordRow {
    /// Its id.
    pub id: i64,
    /// Whether it only takes back another.
    pub is_reversal: bool,
    /// Whether it was taken back.
    pub reversed: bool,
    /// The page it was read from.
    pub page: PageId,
    /// Programme id.
    pub programme: String,
    /// Form id.
    pub form: String,
    /// Day of the vaccination or examination, ISO.
    pub service_date: String,
    /// Its values by field.
    pub values: Values,
    /// Sentences of the findings that a person accepted.
    pub findings: Vec<String>,
    /// Why it was corrected or reversed.
    pub reason: Option<String>,
    /// When, ms since 1970 UTC.
    pub committed_at: i64,
    /// Who.
    pub staff: String,
    /// From where.
    pub terminal: String,
}

/// One slip that was printed for a person.
#[derive(Clone, Debug)]
pub struct SlipRow {
    /// Its number.
    pub number: ManagementNumber,
    /// Form id.
    pub form: String,
    /// When, ms since 1970 UTC.
    pub issued_at: i64,
    /// The page on which it came back, and where that stands.
    pub page: Option<(PageId, PageState)>,
}

const PERSON: &str = "r.rowid, r.resident_id, r.name, r.kana, r.sex, r.birth_date, r.postal_code, r.address,
    r.resident_since, r.resident_until, r.household_id, r.tax_exempt, r.protected";

/// The persons that `query` describes, by reading; nobody for an empty query.
pub(crate) fn find(rows: &Connection, query: &PersonQuery, limit: u32) -> rusqlite::Result<Vec<PersonRow>> {
    if query.name.is_none() && query.birth_date.is_none() && query.number.is_none() {
        return Ok(Vec::new());
    }
    let name = query.name.as_ref().map(|name| beginning(&fold_name(name.reveal())));
    let kana = query.name.as_ref().map(|name| beginning(&fold_kana(name.reveal())));
    let birth_date = query.birth_date.as_ref().map(|date| date.reveal().to_string());
    let number = query.number.as_ref().map(Personal::reveal);
    let mut query = rows.prepare_cached(&format!(
        "select {PERSON} from residents r
         where (?1 is null or r.name_folded like ?1 escape '\\' or r.kana_folded like ?2 escape '\\')
           and (?3 is null or r.birth_date = ?3)
           and (?4 is null or r.resident_id = ?4
                or r.resident_id = (select s.resident from slips s where s.number = ?4))
         order by r.kana_folded, r.birth_date, r.rowid
         limit ?5"
    ))?;
    query.query_map((name, kana, birth_date, number, limit), person)?.collect()
}

/// A `like` pattern for texts that begin with `folded`.
fn beginning(folded: &str) -> String {
    format!("{}%", folded.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

/// The person of a row.
pub(crate) fn person_of_row(rows: &Connection, row: i64) -> rusqlite::Result<Option<PersonRow>> {
    let mut query = rows.prepare_cached(&format!("select {PERSON} from residents r where r.rowid = ?1"))?;
    query.query_row([row], person).optional()
}

/// The person with this id.
pub(crate) fn person_of_id(rows: &Connection, id: &ResidentId) -> rusqlite::Result<Option<PersonRow>> {
    let mut query = rows.prepare_cached(&format!("select {PERSON} from residents r where r.resident_id = ?1"))?;
    query.query_row([&id.0], person).optional()
}

/// Every record of a person, newest first, also those taken back.
pub(crate) fn records(rows: &Connection, person: &ResidentId) -> rusqlite::Result<Vec<RecordRow>> {
    let mut query = rows.prepare_cached(
        "select r.id, r.kind = 'reversal', exists (select 1 from records x where x.reverses = r.id), r.page,
                r.programme, r.form, r.service_date, r.\"values\", r.findings, r.reason, r.committed_at,
                r.staff, r.terminal
         from records r where r.resident = ?1 order by r.id desc",
    )?;
    let found = query.query_map([&person.0], |row| {
        let findings: Vec<domain::rules::Finding> = from_json(row, 8)?;
        Ok(RecordRow {
            id: row.get(0)?,
            is_reversal: row.get(1)?,
            reversed: row.get(2)?,
            page: PageId(row.get(3)?),
            programme: row.get(4)?,
            form: row.get(5)?,
            service_date: row.get(6)?,
            values: from_json(row, 7)?,
            findings: findings.into_iter().map(|finding| finding.text).collect(),
            reason: row.get(9)?,
            committed_at: row.get(10)?,
            staff: row.get(11)?,
            terminal: row.get(12)?,
        })
    })?;
    found.collect()
}

/// Every slip printed for a person, newest first, with the page on which it came back.
pub(crate) fn slips(rows: &Connection, person: &ResidentId) -> rusqlite::Result<Vec<SlipRow>> {
    let mut query = rows.prepare_cached(
        "select s.number, s.form, s.issued_at, p.page, p.state
         from slips s
         left join pages p on p.page = (
             select q.page from pages q where q.management_number = s.number
             order by q.state = 'committed' desc, q.updated_at desc limit 1)
         where s.resident = ?1 order by s.issued_at desc, s.number desc",
    )?;
    let found = query.query_map([&person.0], |row| {
        let page: Option<String> = row.get(3)?;
        let state: Option<String> = row.get(4)?;
        Ok(SlipRow {
            number: ManagementNumber(row.get(0)?),
            form: row.get(1)?,
            issued_at: row.get(2)?,
            page: page.map(PageId).zip(state.as_deref().map(super::inbox::state_of)),
        })
    })?;
    found.collect()
}

fn person(row: &Row) -> rusqlite::Result<PersonRow> {
    let date = |at: usize| -> rusqlite::Result<Date> { parsed(at, &row.get::<_, String>(at)?) };
    let sex: String = row.get(4)?;
    let resident = Resident {
        id: ResidentId(row.get(1)?),
        name: Personal::new(row.get(2)?),
        kana: Personal::new(row.get(3)?),
        sex: Sex::parse(&sex).unwrap_or(Sex::X),
        birth_date: Personal::new(date(5)?),
        postal_code: Personal::new(row.get(6)?),
        address: Personal::new(row.get(7)?),
        resident_since: date(8)?,
        resident_until: row.get::<_, Option<String>>(9)?.map(|text| parsed(9, &text)).transpose()?,
        household: row.get::<_, Option<String>>(10)?.map(Personal::new),
        tax_exempt: row.get(11)?,
        protected: row.get(12)?,
    };
    Ok(PersonRow { row: row.get(0)?, resident })
}

/// A day as stored; the cause leaves out the text, which may be a birth date.
fn parsed(at: usize, text: &str) -> rusqlite::Result<Date> {
    text.parse().map_err(|_| {
        rusqlite::Error::FromSqlConversionFailure(at, Type::Text, "a stored day is no ISO date".into())
    })
}

fn from_json<T: serde::de::DeserializeOwned>(row: &Row, at: usize) -> rusqlite::Result<T> {
    let text: String = row.get(at)?;
    serde_json::from_str(&text)
        .map_err(|_| rusqlite::Error::FromSqlConversionFailure(at, Type::Text, "stored JSON is broken".into()))
}
