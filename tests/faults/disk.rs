//! A disk that is full for a while, and a page store that cannot read every tenth picture.

use super::bureau::Bureau;
use super::post::Mail;
use super::shim::BadMachine;
use std::time::Duration;

#[test]
fn a_full_disk_stops_the_work_and_loses_nothing() {
    let mail = Mail::kept();
    let mut bureau = Bureau::open(mail);
    let disk = BadMachine::under(&mut bureau);
    bureau.hire_all();
    let (first, rest) = mail.names.split_at(6);
    first.iter().for_each(|name| bureau.drop_in(name));
    bureau.settle();
    bureau.note_before();
    rest.iter().take(10).for_each(|name| bureau.drop_in(name));
    bureau.hear(1, &["page taken"], bureau.log(1).len());
    disk.fill();
    // Some files are in hand now, some pages read, some readings on their way; more mail comes all the same.
    rest.iter().skip(10).take(10).for_each(|name| bureau.drop_in(name));
    bureau.hear(0, &["intake has to wait; nothing is lost"], 0);
    std::thread::sleep(Duration::from_secs(6));
    let said = bureau.log(0);
    assert!(said.contains("database is busy or full") || said.contains("No space left"), "{said}");
    assert!(bureau.everybody_works(), "nobody ends because of a full disk");
    disk.free();
    bureau.settle();
    bureau.audit("a full disk", &mail.calm, "");
}

#[test]
fn pictures_that_cannot_be_read_now_are_read_later() {
    let mail = Mail::kept();
    let mut bureau = Bureau::open(mail);
    let disk = BadMachine::under(&mut bureau);
    disk.fail_every_tenth_read();
    bureau.hire_all();
    mail.names.iter().take(30).for_each(|name| bureau.drop_in(name));
    bureau.settle();
    let said = format!("{}{}", bureau.log(1), bureau.log(2));
    assert!(said.contains("no picture of the page") && said.contains("Input/output error"), "{said}");
    let difference = bureau.audit("a page store failing every tenth read", &mail.calm, "");
    assert_eq!(difference.given_up, 0, "a second try helps");
}
