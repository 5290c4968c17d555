use super::*;
use domain::clinic::Clinic;

fn ids(residents: &[Resident]) -> Vec<&str> {
    residents.iter().map(|resident| resident.id.0.as_str()).collect()
}

#[test]
fn a_full_file_marks_the_missing_as_gone_and_a_difference_file_does_not() {
    let office = Office::open();
    let import = |residents: &[Resident], mode| {
        office.store.write(|rows| rows.import_residents(residents, mode, &clerk(), at(50))).unwrap()
    };
    let one = resident("1", "渡邉 花子", "ワタナベ ハナコ");
    let two = resident("2", "見本 太郎", "ミホン タロウ");
    let done = import(&[one.clone(), two.clone()], ImportMode::Diff);
    assert_eq!(done, Imported { added: 1, unchanged: 1, ..Imported::default() });
    let mut moved = two.clone();
    moved.address = Personal::new("架空市新町9".into());
    assert_eq!(import(&[moved], ImportMode::Diff), Imported { changed: 1, ..Imported::default() });
    assert_eq!(import(&[], ImportMode::Full), Imported::default(), "an empty file says nothing");
    let done = import(&[one], ImportMode::Full);
    assert_eq!(done, Imported { unchanged: 1, departed: 1, ..Imported::default() });
    let gone = office.store.read(|rows| rows.resident(&ResidentId("2".into()))).unwrap().unwrap();
    assert_eq!(gone.resident_until, Some(date(2026, 11, 20)));
    assert_eq!(office.store.read(|rows| rows.resident_count()).unwrap(), 2);
}

#[test]
fn people_are_found_in_any_spelling() {
    let office = Office::open();
    let mut other = resident("2", "髙橋 一郎", "タカハシ イチロウ");
    other.birth_date = Personal::new(date(1950, 1, 31));
    office.store.write(|rows| rows.import_residents(&[other], ImportMode::Diff, &clerk(), at(1))).unwrap();
    let check = |words: &str, born: Option<jiff::civil::Date>, expected: &[&str]| {
        let search =
            ResidentSearch { words: Personal::new(words.into()), birth_date: born.map(Personal::new) };
        let found = office.store.read(|rows| rows.search_residents(&search, 10)).unwrap();
        assert_eq!(ids(&found), expected, "{words}");
    };
    check("渡辺", None, &["1"]);
    check("たかはし", None, &["2"]);
    check("ﾀｶﾊｼ ｲﾁﾛｰ", None, &["2"]);
    check("高橋", Some(date(1950, 1, 31)), &["2"]);
    check("高橋", Some(date(1947, 3, 4)), &[]);
    check("", Some(date(1947, 3, 4)), &["1"]);
    check("2", None, &["2"]);
    check("該当なし", None, &[]);

    let candidates = |dates: &[jiff::civil::Date], name, kana| {
        office.store.read(|rows| rows.candidates(dates, name, kana)).unwrap()
    };
    assert_eq!(ids(&candidates(&[date(1950, 1, 31), date(1960, 1, 1)], None, None)), ["2"]);
    assert_eq!(ids(&candidates(&[], Some("渡邊花子"), None)), ["1"]);
    assert_eq!(candidates(&[date(1950, 1, 31)], None, Some("わたなべはなこ")).len(), 2);
    assert!(candidates(&[], None, None).is_empty());
}

#[test]
fn numbers_are_found_again_and_only_for_known_people() {
    let office = Office::open();
    let number = office.issue();
    let slip = office.store.read(|rows| rows.slip(&number)).unwrap().unwrap();
    assert_eq!(
        (slip.resident, slip.form, slip.issued_on),
        (ResidentId("1".into()), "trial".into(), date(2026, 11, 20))
    );
    let stranger = [ResidentId("404".into())];
    let refused = office.store.write(|rows| rows.issue_slips(&office.form, &stranger, &clerk(), at(1)));
    assert!(matches!(refused, Err(Error::Missing { what: "resident" })));

    let new = NewTicket {
        clinic: "0110113719".into(),
        month: "2026-11".into(),
        programme: "trial".into(),
        declared: 12,
    };
    let tickets =
        office.store.write(|rows| rows.issue_tickets(&office.form, &[new], &clerk(), at(1))).unwrap();
    assert_eq!(office.store.read(|rows| rows.ticket(&tickets[0].number)).unwrap(), Some(tickets[0].clone()));
}

#[test]
fn clinics_are_added_and_renamed() {
    let office = Office::open();
    let clinic = |name: &str| Clinic {
        code: "0110113719".into(),
        name: name.into(),
        address: String::new(),
        phone: String::new(),
        account: None,
        invoice_number: None,
    };
    for name in ["見本医院", "見本クリニック"] {
        office.store.write(|rows| rows.import_clinics(&[clinic(name)], &clerk(), at(1))).unwrap();
    }
    assert_eq!(office.store.read(|rows| rows.clinics()).unwrap(), [clinic("見本クリニック")]);
    assert_eq!(office.store.read(|rows| rows.clinic(&"0000000000".into())).unwrap(), None);
}

#[test]
fn a_clinic_keeps_its_account_until_a_file_names_another() {
    use domain::clinic::{AccountText, BankAccount, Contract, InvoiceNumber};
    let office = Office::open();
    let account = |number: &str| {
        let text = AccountText {
            bank: "1",
            bank_name: "ヨミトリ",
            branch: "2",
            branch_name: "ホンテン",
            kind: "普通",
            number,
            holder: "イ）ミホン",
        };
        BankAccount::parse(text, 30).unwrap()
    };
    let clinic = |account, number: Option<&str>| Clinic {
        code: "0110113719".into(),
        name: "見本医院".into(),
        address: String::new(),
        phone: String::new(),
        account,
        invoice_number: number.map(|number| InvoiceNumber::parse(number).unwrap()),
    };
    let import =
        |clinic: Clinic| office.store.write(|rows| rows.import_clinics(&[clinic], &clerk(), at(1))).unwrap();
    let kept = || office.store.read(|rows| rows.clinic(&"0110113719".into())).unwrap().unwrap();
    let first = clinic(Some(account("1234567")), Some("T7010705000725"));
    import(first.clone());
    import(clinic(None, None));
    assert_eq!(kept(), first);
    import(clinic(Some(account("7654321")), None));
    assert_eq!(kept(), Clinic { account: Some(account("7654321")), ..first });

    let contract =
        |until| Contract { clinic: "0110113719".into(), programme: None, from: date(2026, 4, 1), until };
    for until in [None, Some(date(2026, 10, 31))] {
        office.store.write(|rows| rows.import_contracts(&[contract(until)], &clerk(), at(1))).unwrap();
    }
    let contracts = office.store.read(|rows| rows.contracts(Some(&"0110113719".into()))).unwrap();
    assert_eq!(contracts, [contract(Some(date(2026, 10, 31)))]);
    assert_eq!(office.store.read(|rows| rows.contracts(Some(&"0000000000".into()))).unwrap(), []);
}
