//! `kill -9` of each role at random moments, and of all of them at once.

use super::bureau::Bureau;
use super::post::{LONG, Mail};
use crate::command_line::rand_seed;
use rand::RngExt;
use std::time::{Duration, Instant};

/// Kills of a run that says nothing else.
const KILLS: usize = 100;
/// Draws moments and victims, unless `SEED` says another.
const SEED: u64 = 20_261_121;
/// Slips that are committed before the first kill: verified values, which nothing may touch.
const CALM_SLIPS: usize = 8;

/// How often somebody is killed, and what draws the victims.
pub struct Plan {
    kills: usize,
    seed: u64,
}

impl Plan {
    /// `kills`, unless the environment says another number under `name`.
    pub fn asked(name: &str, kills: usize) -> Self {
        let asked = |name: &str| std::env::var(name).ok()?.trim().parse::<u64>().ok();
        Self { kills: asked(name).map_or(kills, |kills| kills as usize), seed: asked("SEED").unwrap_or(SEED) }
    }
}

#[test]
fn every_role_is_killed_at_random_moments_and_no_page_is_lost() {
    let mail = Mail::kept();
    let mut bureau = Bureau::open(mail);
    bad_day(&mut bureau, mail, &Plan::asked("KILLS", KILLS), "kill -9");
}

/// Kills and kills again while the mail comes in, then looks at the books.
pub fn bad_day(bureau: &mut Bureau, mail: &Mail, plan: &Plan, scenario: &str) {
    let Plan { kills, seed } = *plan;
    eprintln!("{scenario}: kills {kills}, seed {seed}");
    bureau.hire_all();
    let (calm, bad) = mail.names.split_at(CALM_SLIPS);
    calm.iter().for_each(|name| bureau.drop_in(name));
    bureau.settle();
    assert!(bureau.key_by_hand() > 0, "somebody has verified something");
    bureau.note_before();
    let (mut rng, mut left) = (rand_seed(seed), bad.iter());
    for kill in 0..kills {
        // The mail comes bit by bit, so that there is work at every moment.
        let due = (kill + 1) * bad.len() / kills;
        let already = bad.len() - left.len();
        left.by_ref().take(due - already).for_each(|name| bureau.drop_in(name));
        let victim = rng.random_range(0..bureau.members.len());
        // Three in four die at work, the rest also while they start.
        if rng.random_bool(0.75) {
            bureau.wait_for_work(victim);
        }
        std::thread::sleep(Duration::from_millis(rng.random_range(0..120)));
        bureau.kill(victim);
        if kill % 25 == 24 {
            // A power cut: everybody at once.
            (0..bureau.members.len()).filter(|at| *at != victim).for_each(|at| bureau.kill(at));
            (0..bureau.members.len()).for_each(|at| bureau.start(at));
        } else {
            bureau.start(victim);
        }
    }
    let began = Instant::now();
    bureau.settle();
    let recovery = began.elapsed().as_secs_f64();
    bureau.audit(scenario, &mail.calm, &format!("; seed {seed}, all handled {recovery:.1} s after the last"));
}

#[test]
fn a_page_that_kills_its_reader_each_time_goes_to_a_person() {
    let mail = Mail::kept();
    let mut bureau = Bureau::open(mail);
    bureau.hire("intake");
    let reader = bureau.hire("reader");
    bureau.hire("matcher");
    bureau.drop_in(LONG);
    let page = bureau.last_page();
    let mut recoveries = Vec::new();
    let mut killed = Instant::now();
    for attempt in 1..=4 {
        let seen = bureau.log(reader).len();
        if attempt == 1 {
            bureau.hear(reader, &["page taken", &page], 0);
        } else {
            bureau.start(reader);
            bureau.hear(reader, &["page taken", &page], seen);
            recoveries.push(killed.elapsed().as_secs_f64());
        }
        bureau.kill(reader);
        killed = Instant::now();
    }
    // Its neighbours are not stopped by it.
    bureau.start(reader);
    mail.names.iter().take(6).for_each(|name| bureau.drop_in(name));
    bureau.settle();
    let store = bureau.store();
    let item = store.read(|rows| rows.review_item(&page.as_str().into())).unwrap().expect("a person gets it");
    let told = serde_json::to_string(&item.reasons).unwrap();
    assert!(item.open && told.contains("決められた回数まで処理を試みましたが、終わりませんでした"), "{told}");
    recoveries.sort_by(f64::total_cmp);
    let middle = recoveries[recoveries.len() / 2];
    bureau.audit(
        "a page that kills its reader",
        &mail.calm,
        &format!("; after a kill the page is in hand again in {middle:.1} s (lease 1.5 s)"),
    );
}
