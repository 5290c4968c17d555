//! A reader that stands still so long that its page is given to another.

use super::bureau::Bureau;
use super::post::{LONG, Mail};

#[test]
fn a_reader_that_slept_through_its_lease_counts_for_nothing() {
    let mail = Mail::kept();
    let mut bureau = Bureau::open(mail);
    bureau.hire("intake");
    bureau.hire("matcher");
    let slow = bureau.hire("reader");
    bureau.drop_in(LONG);
    let page = bureau.last_page();
    bureau.hear(slow, &["page taken", &page], 0);
    bureau.signal(slow, "-STOP");
    let quick = bureau.hire("reader");
    bureau.hear(quick, &["page handled", &page], 0);
    bureau.settle();
    bureau.note_before();
    // It wakes with the page still in hand, and its reading comes a second time.
    bureau.signal(slow, "-CONT");
    bureau.hear(slow, &["the lease", "ended"], 0);
    mail.names.iter().take(4).for_each(|name| bureau.drop_in(name));
    bureau.settle();
    bureau.audit("a reader that loses its lease", &mail.calm, "");
}
