//! A clock that jumps while everybody works: forward a day, back an hour.

use super::bureau::Bureau;
use super::post::{LONG, Mail};
use super::shim::BadMachine;

const DAY: i64 = 24 * 60 * 60;
const HOUR: i64 = 60 * 60;

#[test]
fn a_clock_that_jumps_forward_a_day_and_back_an_hour_stops_nothing() {
    let mail = Mail::kept();
    let mut bureau = Bureau::open(mail);
    let machine = BadMachine::under(&mut bureau);
    machine.set_clock(0);
    bureau.hire_all();
    let (first, rest) = mail.names.split_at(6);
    first.iter().for_each(|name| bureau.drop_in(name));
    bureau.settle();
    bureau.note_before();
    let mut rest = rest.chunks(8);
    for offset in [DAY, -HOUR, DAY, 0] {
        let group = rest.next().expect("there is mail enough");
        group.iter().for_each(|name| bureau.drop_in(name));
        bureau.holder(&bureau.last_page());
        machine.set_clock(offset);
    }
    // A page in the hands of a reader that dies, and then the clock goes back: its lease may not last an hour longer.
    bureau.drop_in(LONG);
    let holder = bureau.holder(&bureau.last_page());
    machine.set_clock(-HOUR);
    bureau.kill(holder);
    bureau.settle();
    let said: String = (1..=2).map(|reader| bureau.log(reader)).collect();
    let days: std::collections::BTreeSet<&str> =
        said.split("\"timestamp\":\"").skip(1).map(|line| &line[..10]).collect();
    assert!(days.len() >= 2, "the roles saw the clock jump: {days:?}");
    bureau.audit("a clock that jumps", &mail.calm, "");
}
