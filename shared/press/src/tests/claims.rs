//! What a clinic is told and what the office keeps: whole, the same bytes every time, and no more of a person than the
//! number of the slip.

use super::*;
use crate::notice::{Heading, NoticeLine, PaymentNotice, ReturnLetter, SlipNote, TaxSum};
use crate::{Ledger, LedgerRow, ledger_csv, ledger_xlsx};
use domain::clinic::{AccountText, BankAccount, InvoiceNumber};
use domain::yen::Yen;
use jiff::civil::date;

fn heading() -> Heading {
    Heading {
        number: "2026-10-0110113719".into(),
        issued_on: date(2026, 11, 30),
        clinic: "医療法人 星見内科クリニック".into(),
        code: "0110113719".into(),
        from: vec!["読取市長".into(), "（保健福祉部 健康推進課）".into()],
        month: "2026-10".parse().unwrap(),
    }
}

fn slip(at: usize) -> SlipNote {
    SlipNote {
        number: format!("07{at:08}"),
        service_date: date(2026, 10, 3),
        what: "麻しん・風しん（MR）第1期 一般（課税）".into(),
        reason: "返戻　間隔不足".into(),
        words: if at.is_multiple_of(3) {
            "2回目は1回目から27日以上の間隔が必要です。接種できるのは令和8年11月1日からで、予診票の接種年月日と母子健康手帳の記載が一致しているか確認してください。".into()
        } else {
            String::new()
        },
    }
}

fn notice(cuts: usize) -> PaymentNotice {
    let text = AccountText {
        bank: "1",
        bank_name: "ヨミトリ",
        branch: "12",
        branch_name: "ホンテン",
        kind: "普通",
        number: "1234567",
        holder: "イ）ホシミナイカ",
    };
    let line = |what: &str, count, unit: i64| NoticeLine {
        what: what.into(),
        count,
        unit: Some(Yen(unit)),
        amount: Yen(unit * i64::from(count)),
        rate: 10,
    };
    PaymentNotice {
        heading: heading(),
        invoice_number: Some(InvoiceNumber::parse("T7010705000725").unwrap()),
        pay_on: Some(date(2026, 11, 30)),
        account: Some(BankAccount::parse(text, 30).unwrap()),
        lines: vec![
            line("高齢者インフルエンザ　一般（課税）", 120, 3_500),
            line("高齢者インフルエンザ　生活保護", 3, 5_000),
            line("麻しん・風しん（MR）第1期　1回", 14, 11_440),
            line("予診のみ（見合せ）", 2, 3_190),
            NoticeLine {
                what: "過誤調整（令和8年9月分　重複）".into(),
                count: 0,
                unit: None,
                amount: Yen(-3_500),
                rate: 10,
            },
        ],
        taxes: vec![TaxSum { rate: 10, amount: Yen(598_040), tax: Yen(54_367) }],
        cuts: (0..cuts).map(slip).collect(),
        total: Yen(598_040),
    }
}

fn pages(pdf: &[u8]) -> usize {
    Pdf::new(pdf.to_vec()).unwrap().pages().len()
}

#[test]
fn notices_and_letters_of_any_length_are_printed_whole_and_alike() {
    for (cuts, sheets) in [(0, 1), (8, 2), (100, 6)] {
        let notice = notice(cuts);
        let pdf = printer().payment_notice(&notice).unwrap();
        assert_eq!(pages(&pdf), sheets, "{cuts} slips");
        assert_eq!(printer().payment_notice(&notice).unwrap(), pdf, "the same bytes");
        let letter = ReturnLetter { heading: heading(), slips: notice.cuts };
        let pdf = printer().return_letter(&letter).unwrap();
        assert_eq!(printer().return_letter(&letter).unwrap(), pdf, "the same bytes");
    }
}

fn ledger() -> Ledger {
    let row = |payment: i64, amount: i64, words: &str| LedgerRow {
        payment,
        code: "0110113719".into(),
        clinic: "星見内科".into(),
        kind: "票".into(),
        slip: format!("07{payment:08}"),
        record: Some(payment + 5),
        service_date: Some(date(2026, 10, 3)),
        programme: "高齢者インフルエンザ".into(),
        round: None,
        class: "一般（課税）".into(),
        amount: Yen(amount),
        tax: Yen(amount / 11),
        words: words.into(),
    };
    Ledger {
        month: "2026-10".parse().unwrap(),
        rows: vec![row(1, 3_500, ""), row(2, 5_000, "=1+1,\"x\""), row(3, -3_500, "過誤調整")],
    }
}

#[test]
fn the_ledger_has_the_same_sums_in_both_files_and_the_same_bytes_every_time() {
    let ledger = ledger();
    let text = ledger_csv(&ledger);
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines.len(), 5);
    assert_eq!(
        lines[1],
        "1,2026-10,0110113719,星見内科,票,0700000001,6,2026-10-03,高齢者インフルエンザ,,一般（課税）,3500,318,"
    );
    assert!(lines[2].ends_with(",\"'=1+1,\"\"x\"\"\""), "{}", lines[2]);
    assert!(lines[3].contains(",-3500,-318,"));
    assert_eq!(lines[4], "合計,,,,,,,,,,,5000,454,");
    assert!(lines.iter().all(|line| line.starts_with("2,") || line.split(',').count() == 14));

    let book = ledger_xlsx(&ledger).unwrap();
    assert!(book.starts_with(b"PK"));
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(ledger_xlsx(&ledger).unwrap(), book, "also a second later");
}
