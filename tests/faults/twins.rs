//! Two hubs on one data directory, by mistake.

use super::bureau::Bureau;
use super::post::Mail;

#[test]
fn a_second_hub_is_refused_in_plain_words_and_disturbs_nothing() {
    let mail = Mail::kept();
    let mut bureau = Bureau::open(mail);
    bureau.hire_all();
    let (first, rest) = mail.names.split_at(4);
    first.iter().for_each(|name| bureau.drop_in(name));
    bureau.settle();
    bureau.note_before();
    let twin = bureau.hire("intake");
    assert_eq!(bureau.ended(twin), 1);
    let said = bureau.log(twin);
    assert!(said.contains("another intake works on") && said.contains("stop it first"), "{said}");
    rest.iter().take(6).for_each(|name| bureau.drop_in(name));
    bureau.settle();
    bureau.audit("two hubs", &mail.calm, "");
}
