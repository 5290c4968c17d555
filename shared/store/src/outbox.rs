//! Messages written together with their rows and published afterwards: a crash between the two loses nothing.

use crate::columns::{Columns, all, first, json, ms, run};
use crate::{Error, Rows, Writer};
use domain::message::ReadPage;
use jiff::Timestamp;
use rusqlite::params;

/// The topic of [`ReadPage`] messages.
const READ_PAGE: &str = "read-page";

/// 送信待ち. A message that is still to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxMessage {
    /// For [`Writer::mark_sent`].
    pub id: i64,
    /// Where it goes, as a word such as `read-page`.
    pub topic: String,
    /// Page and round, `<page>#<round>`.
    pub key: String,
    /// JSON.
    pub body: String,
}

impl Rows<'_> {
    /// Messages not yet published, oldest first, at most `limit`.
    ///
    /// # Errors
    /// The database failed.
    pub fn unsent_outbox(&self, limit: u32) -> Result<Vec<OutboxMessage>, Error> {
        let sql = "select id, topic, key, body from outbox where sent_at is null order by id limit ?1";
        all(self.connection, sql, [limit], |row| {
            Ok(OutboxMessage {
                id: row.col("id")?,
                topic: row.col("topic")?,
                key: row.col("key")?,
                body: row.col("body")?,
            })
        })
    }

    /// How many messages are not yet published.
    ///
    /// # Errors
    /// The database failed.
    pub fn outbox_waiting(&self) -> Result<u32, Error> {
        let sql = "select count(*) as n from outbox where sent_at is null";
        Ok(first(self.connection, sql, [], |row| row.col("n"))?.unwrap_or(0))
    }
}

impl Writer<'_> {
    /// Remembers that these messages were accepted by the queue. Ids already marked stay as they are.
    ///
    /// # Errors
    /// The database failed.
    pub fn mark_sent(&self, ids: &[i64], now: Timestamp) -> Result<(), Error> {
        for id in ids {
            let sql = "update outbox set sent_at = ?2 where id = ?1 and sent_at is null";
            run(self.connection, sql, params![id, ms(now)])?;
        }
        Ok(())
    }

    pub(crate) fn ask_to_read(&self, message: &ReadPage, now: Timestamp) -> Result<(), Error> {
        let key = format!("{}#{}", message.page, message.round);
        run(
            self.connection,
            "insert into outbox (topic, key, body, created_at) values (?1, ?2, ?3, ?4)",
            params![READ_PAGE, key, json("body", message)?, ms(now)],
        )?;
        Ok(())
    }
}
