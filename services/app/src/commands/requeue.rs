//! `yomitori requeue`: pages that wait too long for their reading are asked for anew.

use crate::cli::RequeueArgs;
use crate::commands::import::actor;
use crate::config::Config;
use crate::{hub, print_line};
use anyhow::{Result, ensure};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::{Error, Store};

/// Pages in one transaction: short enough that nobody else waits for it.
const AT_ONCE: u32 = 200;

/// Runs it.
pub fn run(config: &Config, args: &RequeueArgs) -> Result<()> {
    ensure!(
        config.data_dir.join("yomitori.db").is_file(),
        "there is no data in {}; name another directory with --data-dir",
        config.data_dir.display()
    );
    let store = hub::open_store(config)?;
    let now = Timestamp::now();
    let before = now - SignedDuration::from_mins(i64::from(args.older_than));
    let (waiting, since) = store.read(|rows| rows.waiting_count(before))?;
    let asked = if args.dry_run { 0 } else { requeue(&store, before, now)? };
    if args.json {
        return print_line(&json!({ "waiting": waiting, "since": since, "requeued": asked }).to_string());
    }
    match since {
        None => print_line(&format!("no page has waited longer than {} minutes", args.older_than)),
        Some(since) => print_line(&format!(
            "{waiting} pages wait since {since} or later; {asked} are asked for anew. Intake sends them; late answers \
             to the earlier requests count for nothing"
        )),
    }
}

/// Asks anew for everything that was sent before `before` and is not read; how many pages.
///
/// # Errors
/// The database failed; what was asked for until then stays asked for.
pub fn requeue(store: &Store, before: Timestamp, now: Timestamp) -> Result<u64, Error> {
    let mut all = 0;
    loop {
        let asked = store.write(|rows| {
            let waiting = rows.waiting_pages(before, AT_ONCE)?;
            let pages: Vec<_> = waiting.into_iter().map(|waiting| waiting.page).collect();
            rows.requeue(&pages, &actor(), now)
        })?;
        if asked == 0 {
            return Ok(all);
        }
        all += u64::from(asked);
    }
}
