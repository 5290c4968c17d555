//! The bank file: each clinic-month once, the same bytes again, nobody left out without a word.

use super::*;
use domain::clinic::{AccountText, BankAccount};
use domain::zengin::{HOLDER_ROOM, LineEnds, Payer, PaymentOffice, totals};
use jiff::civil::Date;

fn account(number: &str, holder: &str) -> BankAccount {
    let text = AccountText {
        bank: "1",
        bank_name: "ヨミトリ",
        branch: "1",
        branch_name: "ホンテン",
        kind: "普通",
        number,
        holder,
    };
    BankAccount::parse(text, HOLDER_ROOM).unwrap()
}

fn treasury() -> PaymentOffice {
    let payer = Payer { code: "0123456789".into(), account: account("7654321", "ヨミトリシ") };
    PaymentOffice { payer: Some(payer), ends: LineEnds::CrLf, letterhead: vec![] }
}

fn give_account(claims: &Claims, code: &str, number: &str) {
    let known = claims.office.store.read(|rows| rows.clinic(&code.into())).unwrap().unwrap();
    let clinic = Clinic { account: Some(account(number, "イ）ミホン")), ..known };
    claims.office.store.write(|rows| rows.import_clinics(&[clinic], &clerk(), at(1))).unwrap();
}

fn ask(claims: &Claims, clinic: Option<&str>, pay_on: Date) -> Result<BankFile, BankRefused> {
    let clinic = clinic.map(ClinicCode::from);
    let office = treasury();
    let month = "2026-10".parse().unwrap();
    let order =
        BankOrder { month, clinic: clinic.as_ref(), pay_on, office: &office, reason: "10月分の支払" };
    claims.office.store.write(|rows| rows.bank_file(&order, &clerk(), at(300))).unwrap()
}

fn locked(claims: &Claims, clinic: &str, person: &str) {
    claims.slip(clinic, "2026-10", person, &[("visit_date", "2026-10-02")]);
    claims.claim(clinic, "2026-10", &[(1, 4500)]);
    assert_eq!(claims.lock(clinic, "2026-10"), Yen(4500));
}

#[test]
fn a_clinic_month_is_transferred_once_and_the_same_file_comes_again() {
    let (claims, day) = (Claims::open(), date(2026, 11, 30));
    assert_eq!(ask(&claims, None, day), Err(BankRefused::NothingToPay));
    locked(&claims, A, "1");
    let refused = ask(&claims, None, day).unwrap_err();
    assert!(refused.lines()[0].contains("見本医院") && refused.lines()[0].contains("口座"), "{refused:?}");
    give_account(&claims, A, "1234567");

    let file = ask(&claims, None, day).unwrap();
    assert_eq!((file.total, file.transfers.len(), file.again), (Yen(4500), 1, None));
    assert_eq!(totals(&file.bytes, LineEnds::CrLf), Some((1, Yen(4500))));
    // The account changes and another clinic is locked: what was handed out stays what it was.
    give_account(&claims, A, "9999999");
    let again = ask(&claims, None, day).unwrap();
    assert_eq!((again.bytes, again.digest, again.again), (file.bytes, file.digest, Some(file.export)));
    let other_day = BankRefused::PaidBy { export: file.export, pay_on: day };
    assert_eq!(ask(&claims, None, date(2026, 12, 1)), Err(other_day.clone()));
    assert_eq!(ask(&claims, Some(A), day), Err(other_day));

    locked(&claims, B, "2");
    give_account(&claims, B, "2222222");
    let rest = ask(&claims, None, date(2026, 12, 10)).unwrap();
    let paid: Vec<&str> = rest.transfers.iter().map(|one| one.clinic.as_str()).collect();
    assert_eq!((paid, rest.total), (vec![B], Yen(4500)));
    let exports = claims.office.store.read(|rows| rows.exports("2026-10".parse().unwrap())).unwrap();
    let said: Vec<(Option<i64>, i64)> = exports.iter().map(|one| (one.again, one.total.0)).collect();
    assert_eq!(said, [(None, 4500), (Some(file.export), 4500), (None, 4500)]);
    assert!(exports.iter().all(|one| one.reason == "10月分の支払" && one.staff == clerk().staff));
}

#[test]
fn what_a_bank_file_pays_is_not_unlocked() {
    let claims = Claims::open();
    locked(&claims, A, "1");
    give_account(&claims, A, "1234567");
    ask(&claims, Some(A), date(2026, 11, 30)).unwrap();
    let unlock = claims.step(A, "2026-10", ClaimStep::Unlock { words: "請求書の差替え".into() }, "boss");
    assert_eq!(unlock, StepTaken::Refused(StepRefused::Exported));
    let payer = PaymentOffice::default();
    let month = "2026-10".parse().unwrap();
    let order =
        BankOrder { month, clinic: None, pay_on: date(2026, 11, 30), office: &payer, reason: "支払" };
    let refused = claims.office.store.write(|rows| rows.bank_file(&order, &clerk(), at(300))).unwrap();
    assert_eq!(refused, Err(BankRefused::NoPayer));
}
