//! The file against a parser that knows the bank's layout only, and names against tables.

use super::*;
use jiff::civil::date;
use proptest::prelude::*;

#[test]
fn names_become_what_banks_write() {
    let table = [
        ("サトウ　ハナコ", "ｻﾄｳ ﾊﾅｺ"),
        ("ガクブチ", "ｶﾞｸﾌﾞﾁ"),
        ("パピプペポ", "ﾊﾟﾋﾟﾌﾟﾍﾟﾎﾟ"),
        ("ｶﾞｸﾌﾞﾁ", "ｶﾞｸﾌﾞﾁ"),
        ("シュッチョウ", "ｼﾕﾂﾁﾖｳ"),
        ("ァィゥェォヮヵヶ", "ｱｲｳｴｵﾜｶｹ"),
        ("コーヒー", "ｺ-ﾋ-"),
        ("ｺｰﾋｰ", "ｺ-ﾋ-"),
        ("ヴァイオリン", "ｳﾞｱｲｵﾘﾝ"),
        ("ゔ", "ｳﾞ"),
        ("いりょうほうじん", "ｲﾘﾖｳﾎｳｼﾞﾝ"),
        ("イ）ミホンカイ", "ｲ)ﾐﾎﾝｶｲ"),
        ("ＡＢＣｄｅ１２", "ABCDE12"),
        ("ホンテン（エイギョウブ）", "ﾎﾝﾃﾝ(ｴｲｷﾞﾖｳﾌﾞ)"),
        ("「ア」.-/", "｢ｱ｣.-/"),
        ("カヲル", "ｶｵﾙ"),
        ("  ア　 イ  ", "ｱ ｲ"),
        ("ン", "ﾝ"),
    ];
    for (written, expected) in table {
        let folded = fold(written).unwrap();
        assert_eq!(folded, expected, "{written}");
        assert_eq!(fold(&folded).unwrap(), folded, "once more changes nothing");
    }
}

#[test]
fn what_can_not_be_written_is_refused_at_its_place() {
    let table = [
        ("佐藤", 1),
        ("ミホン医院", 4),
        ("ミホン・ハナコ", 4),
        ("ア,イ", 2),
        ("ア\tイ", 2),
        ("ヰノウエ", 1),
        ("ヱ", 1),
        ("￥", 1),
        ("゛ア", 1),
        ("ア゛", 2),
        ("カ゜", 2),
        ("é", 1),
        ("㈱ミホン", 1),
        ("ア\u{200B}", 2),
        ("😀", 1),
    ];
    for (written, at) in table {
        assert_eq!(fold(written), Err(Unwritable::Character { at }), "{written}");
    }
    for empty in ["", "  ", "　"] {
        assert_eq!(fold(empty), Err(Unwritable::Empty));
    }
    assert_eq!(fold_within("ガギグ", 5), Err(Unwritable::TooLong { length: 6, room: 5 }));
    assert_eq!(fold_within("ガギグ", 6).unwrap(), "ｶﾞｷﾞｸﾞ");
}

fn account(holder: &str) -> BankAccount {
    BankAccount {
        bank: "0001".into(),
        bank_name: "ﾖﾐﾄﾘ".into(),
        branch: "012".into(),
        branch_name: "ﾎﾝﾃﾝ".into(),
        kind: AccountKind::Ordinary,
        number: "0034567".into(),
        holder: holder.into(),
    }
}

fn payer() -> Payer {
    Payer { code: "0123456789".into(), account: account("ﾖﾐﾄﾘｼ ｶｲｹｲｶﾝﾘｼﾔ") }
}

fn transfer(holder: &str, amount: i64) -> Transfer {
    Transfer { to: account(holder), amount: Yen(amount), customer: "0110113719".into() }
}

#[test]
fn a_file_is_the_banks_byte_for_byte() {
    let bytes = write(&payer(), date(2026, 11, 30), &[transfer("ｲ)ﾐﾎﾝ", 123_456)], LineEnds::CrLf).unwrap();
    let pad = |text: &str, room: usize| format!("{text:<room$}");
    let bank = format!("0001{}012{}", pad("ﾖﾐﾄﾘ", 15), pad("ﾎﾝﾃﾝ", 15));
    let lines = [
        format!("1210{}{}1130{bank}10034567{}", "0123456789", pad("ﾖﾐﾄﾘｼ ｶｲｹｲｶﾝﾘｼﾔ", 40), " ".repeat(17)),
        format!("2{bank}000010034567{}00001234560011011371900000000007{}", pad("ｲ)ﾐﾎﾝ", 30), " ".repeat(8)),
        format!("8000001000000123456{}", " ".repeat(101)),
        format!("9{}", " ".repeat(119)),
    ];
    let expected: Vec<u8> = lines
        .iter()
        .flat_map(|line| line.chars().chain("\r\n".chars()))
        // Half-width kana are one byte: U+FF71 ｱ is B1.
        .map(|c| if c.is_ascii() { c as u8 } else { (c as u32 - 0xFF71 + 0xB1) as u8 })
        .collect();
    assert_eq!(bytes, expected);
    assert_eq!(bytes.len(), 4 * 122);
}

#[test]
fn whatever_can_not_be_written_is_named_before_a_byte_is_made() {
    let refused = |payer: Payer, transfers: &[Transfer]| -> Vec<(Place, String)> {
        let refused = write(&payer, date(2026, 11, 30), transfers, LineEnds::None).unwrap_err();
        refused.into_iter().map(|refused| (refused.place, refused.reason.to_string())).collect()
    };
    let wrong =
        [transfer("見本", 1), transfer("ｲ)ﾐﾎﾝ", 0), transfer("ｲ)ﾐﾎﾝ", 5), transfer("ｱ", 10_000_000_000)];
    let found = refused(payer(), &wrong);
    let places: Vec<Place> = found.iter().map(|(place, _)| *place).collect();
    assert_eq!(places, [Place::Transfer(0), Place::Transfer(1), Place::Transfer(3)]);
    assert!(found[0].1.starts_with("口座名義の1文字目"), "{found:?}");
    let long = transfer(&"ｱ".repeat(31), 1);
    assert!(refused(payer(), &[long])[0].1.contains("半角30文字"));
    let payer_kana = Payer { account: account("よみとり市"), ..payer() };
    assert_eq!(refused(payer_kana, &[transfer("ｱ", 1)])[0].0, Place::Payer);
    let savings =
        Payer { account: BankAccount { kind: AccountKind::Savings, ..account("ﾖﾐﾄﾘ") }, ..payer() };
    assert_eq!(refused(savings, &[transfer("ｱ", 1)])[0].0, Place::Payer);
    let code = Payer { code: "12".into(), ..payer() };
    assert!(refused(code, &[transfer("ｱ", 1)])[0].1.contains("委託者コード"));
    assert_eq!(refused(payer(), &[])[0].0, Place::File);
    // Not folded: it would be written as another name than the one that is kept.
    assert_eq!(refused(payer(), &[transfer("ｶｰ", 1)])[0].0, Place::Transfer(0));
}

/// What a bank sees of one transfer.
#[derive(Debug, PartialEq)]
struct Seen {
    bank: String,
    branch: String,
    kind: char,
    number: String,
    holder: String,
    amount: i64,
    customer: String,
}

/// Reads the file by the bank's table of offsets (domain.md D5), and by nothing of the writer.
fn parse(bytes: &[u8], width: usize) -> (String, Vec<Seen>, i64) {
    assert_eq!(bytes.len() % width, 0);
    let text = |record: &[u8], from: usize, to: usize| -> String {
        record[from..=to]
            .iter()
            .map(|byte| match byte {
                0x20..=0x7E => *byte as char,
                0xA1..=0xDF => char::from_u32(0xFEC0 + u32::from(*byte)).unwrap(),
                other => panic!("byte {other:#x} is no half-width character"),
            })
            .collect()
    };
    let number = |record: &[u8], from: usize, to: usize| -> i64 {
        let digits = text(record, from, to);
        assert!(digits.bytes().all(|digit| digit.is_ascii_digit()), "{digits}");
        digits.parse().unwrap()
    };
    let records: Vec<&[u8]> = bytes.chunks(width).collect();
    let [header, data @ .., trailer, end] = records.as_slice() else { panic!("too few records") };
    assert_eq!((header[0], trailer[0], end[0]), (b'1', b'8', b'9'));
    assert_eq!(text(header, 1, 3), "210");
    let mut sum = 0;
    let mut seen = Vec::new();
    for record in data {
        assert_eq!((record[0], text(record, 38, 41).as_str(), record[111]), (b'2', "0000", b'7'));
        assert_eq!(text(record, 112, 119), " ".repeat(8));
        let amount = number(record, 80, 89);
        sum += amount;
        seen.push(Seen {
            bank: text(record, 1, 4),
            branch: text(record, 20, 22),
            kind: record[42] as char,
            number: text(record, 43, 49),
            holder: text(record, 50, 79).trim_end().to_owned(),
            amount,
            customer: text(record, 91, 100),
        });
    }
    assert_eq!(number(trailer, 1, 6), data.len() as i64);
    assert_eq!(number(trailer, 7, 18), sum);
    for record in &records {
        assert_eq!(&record[120..], if width == 122 { b"\r\n".as_slice() } else { b"" });
    }
    (text(header, 54, 57), seen, sum)
}

fn any_transfer() -> impl Strategy<Value = Transfer> {
    let kana = "[アカガサザタダナハバパマヤラワンァッャュョヴー（）０-９Ａ-Ｚ 　]{0,14}";
    let holder = kana.prop_map(|rest| fold(&format!("ホ{rest}")).unwrap());
    let kind = prop::sample::select(AccountKind::ALL.to_vec());
    (holder, "[0-9]{4}", "[0-9]{3}", kind, "[0-9]{7}", 1..=MOST_AMOUNT, "[0-9]{10}").prop_map(
        |(holder, bank, branch, kind, number, amount, customer)| Transfer {
            to: BankAccount { bank, branch, kind, number, ..account(&holder) },
            amount: Yen(amount),
            customer,
        },
    )
}

proptest! {
    #[test]
    fn any_list_of_transfers_reads_back_with_equal_totals(
        transfers in prop::collection::vec(any_transfer(), 1..40), crlf: bool, day in 1..=28i8,
    ) {
        let ends = if crlf { LineEnds::CrLf } else { LineEnds::None };
        let bytes = write(&payer(), date(2026, 11, day), &transfers, ends).unwrap();
        let (paid_on, seen, sum) = parse(&bytes, if crlf { 122 } else { 120 });
        prop_assert_eq!(paid_on, format!("11{day:02}"));
        prop_assert_eq!(sum, transfers.iter().map(|transfer| transfer.amount.0).sum::<i64>());
        let expected: Vec<Seen> = transfers
            .iter()
            .map(|transfer| Seen {
                bank: transfer.to.bank.clone(),
                branch: transfer.to.branch.clone(),
                kind: match transfer.to.kind {
                    AccountKind::Ordinary => '1',
                    AccountKind::Current => '2',
                    AccountKind::Savings => '4',
                    AccountKind::Other => '9',
                },
                number: transfer.to.number.clone(),
                holder: transfer.to.holder.trim_end().to_owned(),
                amount: transfer.amount.0,
                customer: transfer.customer.clone(),
            })
            .collect();
        prop_assert_eq!(seen, expected);
    }

    #[test]
    fn whatever_is_folded_fits_one_byte_a_character(text in ".{0,12}") {
        if let Ok(folded) = fold(&text) {
            prop_assert!(folded.chars().all(|c| kana::byte(c).is_some()));
            prop_assert_eq!(fold(&folded), Ok(folded));
        }
    }
}
