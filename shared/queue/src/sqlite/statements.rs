//! The table and its statements. Times are milliseconds since 1970.

use crate::contract::WORN_OUT;
use crate::{Delivery, Depth, QueueError, Receipt, Topic};
use domain::key::Keyring;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Result, Row, Transaction, params};
use rusqlite_migration::{M, Migrations};
use sealed::File;
use std::path::Path;
use std::time::Duration;

/// How long a statement waits for another process's transaction. Those last milliseconds.
const BUSY: Duration = Duration::from_secs(5);

/// `due`: 0 at once, else not before; while `leased`, the end of the lease. `fence` grows when a loan begins and
/// when it ends, so that a receipt fits only while its own loan is the newest.
/// The index keeps the order of publishing, whatever the wall clock does.
const SCHEMA: &str = "
    create table message (
        id       integer primary key autoincrement,
        topic    text    not null,
        key      text    not null,
        body     blob    not null,
        attempts integer not null default 0,
        leased   integer not null default 0,
        due      integer not null default 0,
        fence    integer not null default 0,
        died_of  text
    ) strict;
    create index message_waiting on message (topic, id) where died_of is null;
    create index message_dead    on message (topic, id) where died_of is not null;
";

/// `stamped`: when `due` was set. A clock that stands before that has been set back, and `due` says nothing any more:
/// without this, a page in the hands of a reader that died would wait as long as the clock was set back.
const SCHEMA_2: &str = "alter table message add column stamped integer not null default 0;";

/// Whether a message is due at `?2`. Clocks of one machine differ by less than the second that is allowed for.
const DUE: &str = "(due <= ?2 or stamped > ?2 + 1000)";

/// Opens the file for several processes at once.
pub(super) fn connect(
    path: &Path,
    keys: Option<&Keyring>,
) -> std::result::Result<(File, Connection), QueueError> {
    let (file, opening) = File::open(path, keys)?;
    let mut connection = file.connect(OpenFlags::default())?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "wal").map_err(|error| file.explain(error))?;
    Migrations::new(vec![M::up(SCHEMA), M::up(SCHEMA_2)]).to_latest(&mut connection)?;
    drop(opening);
    Ok((file, connection))
}

pub(super) fn insert(tx: &Transaction, topic: Topic, key: &str, body: &[u8]) -> Result<()> {
    tx.prepare_cached("insert into message (topic, key, body) values (?1, ?2, ?3)")?.execute(params![
        topic.as_str(),
        key,
        body
    ])?;
    Ok(())
}

/// Lends the oldest message that is due; buries those on the way whose last lease expired.
pub(super) fn claim(
    tx: &Transaction,
    topic: Topic,
    now: i64,
    until: i64,
    allowed: u32,
) -> Result<Option<Delivery>> {
    let mut next = tx.prepare_cached(&format!(
        "select id, fence, attempts from message
         where topic = ?1 and died_of is null and {DUE} order by id limit 1"
    ))?;
    loop {
        let found = next
            .query_row(params![topic.as_str(), now], |row| {
                Ok((Receipt { id: row.get(0)?, fence: row.get(1)? }, row.get::<_, u32>(2)?))
            })
            .optional()?;
        match found {
            None => return Ok(None),
            Some((receipt, attempts)) if attempts >= allowed => {
                bury(tx, receipt, WORN_OUT)?;
            }
            Some((receipt, _)) => return lend(tx, topic, receipt.id, (now, until), 1, allowed).map(Some),
        }
    }
}

/// Lends the oldest dead message that nobody holds.
pub(super) fn claim_dead(
    tx: &Transaction,
    topic: Topic,
    now: i64,
    until: i64,
    allowed: u32,
) -> Result<Option<Delivery>> {
    let id: Option<i64> = tx
        .prepare_cached(&format!(
            "select id from message
             where topic = ?1 and died_of is not null and {DUE} order by id limit 1"
        ))?
        .query_row(params![topic.as_str(), now], |row| row.get(0))
        .optional()?;
    id.map(|id| lend(tx, topic, id, (now, until), 0, allowed)).transpose()
}

/// Lends message `id` from now until a time.
fn lend(
    tx: &Transaction,
    topic: Topic,
    id: i64,
    (now, until): (i64, i64),
    attempt: u32,
    allowed: u32,
) -> Result<Delivery> {
    let delivery = |row: &Row| {
        Ok(Delivery {
            topic,
            key: row.get(0)?,
            body: row.get(1)?,
            attempt: row.get(2)?,
            attempts_allowed: allowed,
            died_of: row.get(3)?,
            receipt: Receipt { id, fence: row.get(4)? },
        })
    };
    tx.prepare_cached(
        "update message set leased = 1, due = ?2, stamped = ?4, fence = fence + 1, attempts = attempts + ?3
         where id = ?1 returning key, body, attempts, died_of, fence",
    )?
    .query_row(params![id, until, attempt, now], delivery)
}

/// The newest loan now (`now`) ends at `until`; false when `receipt` is not the newest.
pub(super) fn extend(tx: &Transaction, receipt: Receipt, now: i64, until: i64) -> Result<bool> {
    tx.prepare_cached("update message set due = ?3, stamped = ?4 where id = ?1 and fence = ?2")?
        .execute(params![receipt.id, receipt.fence, until, now])
        .map(|rows| rows == 1)
}

/// Deletes the message; false when `receipt` is not the newest.
pub(super) fn remove(tx: &Transaction, receipt: Receipt) -> Result<bool> {
    tx.prepare_cached("delete from message where id = ?1 and fence = ?2")?
        .execute(params![receipt.id, receipt.fence])
        .map(|rows| rows == 1)
}

/// Ends the loan; nobody gets the message before `due`, and `uncounted` attempts were none. False when `receipt`
/// is not the newest.
pub(super) fn put_back(
    tx: &Transaction,
    receipt: Receipt,
    (now, due): (i64, i64),
    uncounted: u32,
) -> Result<bool> {
    tx.prepare_cached(
        "update message set leased = 0, due = ?3, stamped = ?5, fence = fence + 1, attempts = attempts - ?4
         where id = ?1 and fence = ?2",
    )?
    .execute(params![receipt.id, receipt.fence, due, uncounted, now])
    .map(|rows| rows == 1)
}

/// Ends the loan; the message is dead. False when `receipt` is not the newest.
pub(super) fn bury(tx: &Transaction, receipt: Receipt, reason: &str) -> Result<bool> {
    tx.prepare_cached(
        "update message set leased = 0, due = 0, stamped = 0, fence = fence + 1, died_of = ?3
         where id = ?1 and fence = ?2",
    )?
    .execute(params![receipt.id, receipt.fence, reason])
    .map(|rows| rows == 1)
}

pub(super) fn depth(tx: &Transaction, topic: Topic, now: i64) -> Result<Depth> {
    tx.prepare_cached(&format!(
        "select count(*) filter (where died_of is null and {DUE}),
                count(*) filter (where died_of is null and not {DUE} and leased = 1),
                count(*) filter (where died_of is null and not {DUE} and leased = 0),
                count(*) filter (where died_of is not null)
         from message where topic = ?1"
    ))?
    .query_row(params![topic.as_str(), now], |row| {
        let count = |column| row.get(column).map(i64::unsigned_abs);
        Ok(Depth { ready: count(0)?, leased: count(1)?, delayed: count(2)?, dead: count(3)? })
    })
}
