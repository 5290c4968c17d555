//! Columns and nouns: how moments, days, states and JSON stand in a row.

use crate::Error;
use domain::page::PageState;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use rusqlite::Row;
use rusqlite::types::FromSql;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Japan has one offset and no summer time, so local days need no time zone data.
const JAPAN: Offset = Offset::constant(9);

/// A moment as it stands in a row: milliseconds since 1970 UTC.
pub(crate) fn ms(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// The local day of a moment.
pub(crate) fn day(at: Timestamp) -> Date {
    JAPAN.to_datetime(at).date()
}

/// JSON for a column. Our nouns always have one.
pub(crate) fn json<T: Serialize>(column: &'static str, value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|_| Error::Damaged { column })
}

/// Typed access to the columns of a row by name.
pub(crate) trait Columns {
    /// A plain column.
    fn col<T: FromSql>(&self, column: &'static str) -> Result<T, Error>;

    /// A column of text that stands for a noun.
    fn word<T>(&self, column: &'static str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, Error> {
        let text: String = self.col(column)?;
        parse(&text).ok_or(Error::Damaged { column })
    }

    /// [`Columns::word`] of a column that may be null.
    fn word_or_none<T>(
        &self,
        column: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let text: Option<String> = self.col(column)?;
        text.map(|text| parse(&text).ok_or(Error::Damaged { column })).transpose()
    }

    /// A column of text that becomes an identifier.
    fn id<T: From<String>>(&self, column: &'static str) -> Result<T, Error> {
        Ok(T::from(self.col::<String>(column)?))
    }

    /// [`Columns::id`] of a column that may be null.
    fn id_or_none<T: From<String>>(&self, column: &'static str) -> Result<Option<T>, Error> {
        Ok(self.col::<Option<String>>(column)?.map(T::from))
    }

    /// A moment.
    fn moment(&self, column: &'static str) -> Result<Timestamp, Error> {
        Timestamp::from_millisecond(self.col(column)?).map_err(|_| Error::Damaged { column })
    }

    /// A moment that may be null.
    fn moment_or_none(&self, column: &'static str) -> Result<Option<Timestamp>, Error> {
        let at: Option<i64> = self.col(column)?;
        at.map(|at| Timestamp::from_millisecond(at).map_err(|_| Error::Damaged { column })).transpose()
    }

    /// A calendar day.
    fn date(&self, column: &'static str) -> Result<Date, Error> {
        self.word(column, |text| text.parse().ok())
    }

    /// A JSON column.
    fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, Error> {
        self.word(column, |text| serde_json::from_str(text).ok())
    }

    /// A JSON column that may be null.
    fn json_or_none<T: DeserializeOwned>(&self, column: &'static str) -> Result<Option<T>, Error> {
        self.word_or_none(column, |text| serde_json::from_str(text).ok())
    }

    /// A page state.
    fn page_state(&self, column: &'static str) -> Result<PageState, Error> {
        self.word(column, PageState::parse)
    }
}

impl Columns for Row<'_> {
    fn col<T: FromSql>(&self, column: &'static str) -> Result<T, Error> {
        // rusqlite's own text may quote the value.
        self.get(column).map_err(|error| match error {
            rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..) => Error::Damaged { column },
            other => Error::Database(other),
        })
    }
}

/// Every row of a query, made into nouns.
pub(crate) fn all<T>(
    connection: &rusqlite::Connection,
    sql: &str,
    params: impl rusqlite::Params,
    noun: impl Fn(&Row) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut nouns = Vec::new();
    while let Some(row) = rows.next()? {
        nouns.push(noun(row)?);
    }
    Ok(nouns)
}

/// The first row of a query, made into a noun.
pub(crate) fn first<T>(
    connection: &rusqlite::Connection,
    sql: &str,
    params: impl rusqlite::Params,
    noun: impl Fn(&Row) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    rows.next()?.map(noun).transpose()
}

/// Runs a statement that changes rows; how many it changed.
pub(crate) fn run(
    connection: &rusqlite::Connection,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<usize, Error> {
    Ok(connection.prepare_cached(sql)?.execute(params)?)
}
