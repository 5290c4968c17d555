//! Sessions: which browser speaks for which account, since when, and how it ended.

use crate::columns::{Columns, all, first, ms, run};
use crate::{Error, Rows, Writer};
use domain::ids::StaffId;
use jiff::Timestamp;
use rusqlite::{Row, named_params, params};

/// One log-in of one browser.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// For screens and addresses: says nothing about the token.
    pub id: i64,
    /// Whose it is.
    pub account: StaffId,
    /// Whether the second factor was shown, too.
    pub proven: bool,
    /// When the person logged in.
    pub began_at: Timestamp,
    /// When the person last worked.
    pub active_at: Timestamp,
    /// Whether it was covered.
    pub locked: bool,
    /// Whether its length was reported.
    pub told_long: bool,
    /// The terminal's address.
    pub terminal: String,
    /// What the browser calls itself.
    pub browser: String,
}

/// A session that begins.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Hash of the token that the browser holds.
    pub token: String,
    /// Whose it is.
    pub account: StaffId,
    /// Whether nothing more has to be shown.
    pub proven: bool,
    /// The terminal's address.
    pub terminal: String,
    /// What the browser calls itself.
    pub browser: String,
}

impl Rows<'_> {
    /// The session with this hash that has not ended.
    ///
    /// # Errors
    /// The database failed.
    pub fn session(&self, token: &str) -> Result<Option<Session>, Error> {
        let sql = "select * from sessions where token = ?1 and ended_at is null";
        first(self.connection, sql, [token], session)
    }

    /// Sessions that began after `since` and were not ended, of one account or of all; the newest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn sessions(&self, account: Option<&StaffId>, since: Timestamp) -> Result<Vec<Session>, Error> {
        let sql = "select * from sessions where ended_at is null and began_at >= ?1
                   and (?2 is null or account = ?2) order by began_at desc limit 1000";
        all(self.connection, sql, params![ms(since), account.map(StaffId::as_str)], session)
    }
}

impl Writer<'_> {
    /// Begins a session; its id.
    ///
    /// # Errors
    /// The database failed.
    pub fn begin_session(&self, new: &NewSession, now: Timestamp) -> Result<i64, Error> {
        run(
            self.connection,
            "insert into sessions (token, account, proven, began_at, active_at, terminal, browser)
             values (:token, :account, :proven, :now, :now, :terminal, :browser)",
            named_params! {
                ":token": new.token, ":account": new.account.as_str(), ":proven": new.proven, ":now": ms(now),
                ":terminal": new.terminal, ":browser": new.browser,
            },
        )?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Gives a session a new token, and with it the time of now: after the second factor, and when it is uncovered.
    /// `false` when it has ended meanwhile.
    ///
    /// # Errors
    /// The database failed.
    pub fn renew_session(&self, id: i64, token: &str, now: Timestamp) -> Result<bool, Error> {
        let sql = "update sessions set token = ?2, proven = 1, active_at = ?3, locked_at = null, tries = 0
                   where id = ?1 and ended_at is null";
        Ok(run(self.connection, sql, params![id, token, ms(now)])? == 1)
    }

    /// Marks work in a session.
    ///
    /// # Errors
    /// The database failed.
    pub fn touch_session(&self, id: i64, now: Timestamp) -> Result<(), Error> {
        let sql = "update sessions set active_at = max(active_at, ?2)
                   where id = ?1 and ended_at is null and locked_at is null";
        run(self.connection, sql, params![id, ms(now)])?;
        Ok(())
    }

    /// Covers a session.
    ///
    /// # Errors
    /// The database failed.
    pub fn lock_session(&self, id: i64, now: Timestamp) -> Result<(), Error> {
        let sql =
            "update sessions set locked_at = coalesce(locked_at, ?2) where id = ?1 and ended_at is null";
        run(self.connection, sql, params![id, ms(now)])?;
        Ok(())
    }

    /// Counts a wrong password or code in a session; how many there were.
    ///
    /// # Errors
    /// The database failed.
    pub fn count_try(&self, id: i64) -> Result<u32, Error> {
        run(self.connection, "update sessions set tries = tries + 1 where id = ?1", [id])?;
        let tries =
            first(self.connection, "select tries from sessions where id = ?1", [id], |row| row.col("tries"))?;
        Ok(tries.unwrap_or(0))
    }

    /// Marks that the length of a session was reported; `false` when it was before.
    ///
    /// # Errors
    /// The database failed.
    pub fn tell_long_session(&self, id: i64) -> Result<bool, Error> {
        let sql = "update sessions set told_long = 1 where id = ?1 and told_long = 0";
        Ok(run(self.connection, sql, [id])? == 1)
    }

    /// Ends a session; `false` when it had ended. `why` is a word of the table.
    ///
    /// # Errors
    /// The database failed.
    pub fn end_session(&self, id: i64, why: &str, now: Timestamp) -> Result<bool, Error> {
        let sql = "update sessions set ended_at = ?2, ended_why = ?3 where id = ?1 and ended_at is null";
        Ok(run(self.connection, sql, params![id, ms(now), why])? == 1)
    }

    /// Ends every session of an account but `keep`; how many.
    ///
    /// # Errors
    /// The database failed.
    pub fn end_sessions(
        &self,
        account: &StaffId,
        keep: Option<i64>,
        why: &str,
        now: Timestamp,
    ) -> Result<usize, Error> {
        let sql = "update sessions set ended_at = ?3, ended_why = ?4
                   where account = ?1 and ended_at is null and id is not ?2";
        run(self.connection, sql, params![account.as_str(), keep, ms(now), why])
    }
}

fn session(row: &Row) -> Result<Session, Error> {
    Ok(Session {
        id: row.col("id")?,
        account: row.id("account")?,
        proven: row.col("proven")?,
        began_at: row.moment("began_at")?,
        active_at: row.moment("active_at")?,
        locked: row.col::<Option<i64>>("locked_at")?.is_some(),
        told_long: row.col("told_long")?,
        terminal: row.col("terminal")?,
        browser: row.col("browser")?,
    })
}
