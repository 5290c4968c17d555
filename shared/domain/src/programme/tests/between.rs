//! Between vaccines, and what was in the syringe.

use super::*;

/// Programme and day before, programme, birth and day now, and the first day that the finding names.
type Pair = (&'static str, &'static str, &'static str, &'static str, &'static str, Option<&'static str>);

#[test]
fn live_to_live_waits_since_october_2020_and_everything_waited_before() {
    let table: [Pair; 10] = [
        // The rule of the later day holds.
        ("bcg", "2026-03-02", "mr-child", "2025-02-20", "2026-03-29", Some("2026-03-30")),
        ("bcg", "2026-03-02", "mr-child", "2025-02-20", "2026-03-30", None),
        ("mr-child", "2026-03-02", "hib", "2025-02-20", "2026-03-03", None),
        ("hib", "2026-03-02", "mr-child", "2025-02-20", "2026-03-03", None),
        ("rotavirus-1", "2026-03-02", "bcg", "2025-12-20", "2026-03-03", None),
        ("bcg", "2020-09-20", "hib", "2020-02-20", "2020-09-30", Some("2020-10-18")),
        ("bcg", "2020-09-20", "hib", "2020-02-20", "2020-10-01", None),
        ("bcg", "2020-09-20", "varicella", "2019-09-10", "2020-10-17", Some("2020-10-18")),
        ("hib", "2020-09-20", "bcg", "2020-02-20", "2020-09-26", Some("2020-09-27")),
        ("hib", "2020-09-20", "bcg", "2020-02-20", "2020-09-27", None),
    ];
    for (before, on, next, birth, day, earliest) in table {
        let later = Service { round: Some(1), ..service(next, birth, day) };
        let found = later.other(before, on).judged(&Programmes::built_in());
        let interval: Vec<&Finding> = against(&found).filter(|one| one.text.contains("以上: ")).collect();
        match earliest {
            None => assert!(interval.is_empty(), "{before} {next} {day}: {}", interval[0].text),
            Some(first) => {
                let words = format!("接種できるのは {first} から。");
                assert!(interval.len() == 1 && interval[0].text.ends_with(&words), "{before} {next} {day}");
                assert!(interval[0].text.contains(on) && interval[0].source.contains("2020年"));
            }
        }
    }
    // On one day the doctor judges; a slip that comes late is held against what came after it.
    service("mr-child", "2025-02-20", "2026-03-02").round(1).other("varicella", "2026-03-02").says(&[]);
    service("mr-child", "2025-02-20", "2026-03-02").round(1).other("varicella", "2026-03-20").says(&[
        "水痘（注射生ワクチン、2026-03-20 の記録）は、この接種から27日以上: 2026-03-30 からでした。",
    ]);
    let put_off = service("mr-child", "2025-02-20", "2026-03-10").round(1).other("varicella", "2026-03-02");
    Service { postponed: true, ..put_off }.says(&[]);
}

#[test]
fn the_vaccine_of_the_day_in_the_right_amount() {
    let given =
        |vaccine, on| Service { vaccine: Some(vaccine), ..service("pneumococcal-elderly", "1960-11-05", on) };
    given("ppsv23", "2026-03-31").says(&[]);
    given("ppsv23", "2026-04-01")
        .says(&["「23価肺炎球菌莢膜ポリサッカライドワクチン」は、この事業では使いません"]);
    given("pcv20", "2026-04-01").says(&[]);
    let high = |birth, on| Service {
        vaccine: Some("influenza-high-dose"),
        ..service("influenza-elderly", birth, on)
    };
    high("1951-10-02", "2026-10-01").says(&[]);
    high("1951-10-03", "2026-10-01").says(&["対象は75歳以上です: 接種できるのは 2026-10-02 から。"]);
    high("1940-10-02", "2026-01-30").says(&["は、この事業では使いません"]);
    let volume = |programme, birth, ml| Service {
        volume: Some(ml),
        ..service(programme, birth, "2026-11-04").round(1)
    };
    volume("rotavirus-1", "2026-09-01", 1.5).says(&[]);
    volume("rotavirus-1", "2026-09-01", 1.0).says(&["接種量が1mLです。この事業では1.5mLです。"]);
    // Volumes that are usual, and not law.
    volume("influenza-elderly", "1950-05-05", 0.5).says(&[]);
    volume("influenza-elderly", "1950-05-05", 0.7).says(&[]);
    volume("influenza-elderly", "1955-05-05", 0.7).says(&["…接種量が0.7mLです。この事業では0.5mLです。"]);
    volume("japanese-encephalitis", "2024-05-05", 0.25).says(&[]);
    volume("japanese-encephalitis", "2023-05-05", 0.25).says(&["…この事業では0.5mLです。"]);
}

#[test]
fn lots_expire_and_belong_to_a_vaccine() {
    let lot = |vaccine: &str, expiry: &str| Lot {
        vaccine: Some(vaccine.to_owned()),
        lot: "AB123".to_owned(),
        expiry: day(expiry),
    };
    let given = |lots: Vec<Lot>| Service {
        lot: Some("ab123"),
        lots,
        ..service("influenza-elderly", "1950-05-05", "2026-11-04")
    };
    given(vec![]).says(&[]);
    given(vec![lot("influenza", "2026-11-04")]).says(&[]);
    given(vec![lot("influenza", "2026-11-03")]).says(&["ワクチンの有効期限（2026-11-03）が過ぎています。"]);
    // Two makers with one number: the one that is good may be meant.
    given(vec![lot("influenza", "2026-11-03"), lot("influenza", "2027-05-31")]).says(&[]);
    given(vec![lot("ppsv23", "2027-05-31")])
        .says(&["「23価肺炎球菌莢膜ポリサッカライドワクチン」は、この事業では使いません"]);
    given(vec![lot("ppsv23", "2027-05-31"), lot("influenza", "2027-05-31")]).says(&[]);
    let impossible = Service { lot: Some("不明"), ..given(vec![]) };
    impossible.says(&["ロット番号の形が正しくありません。"]);
    // A label that the machine saw without reading its number says so, not that somebody wrote nonsense.
    let unread = Service { lot: Some("present"), ..given(vec![]) };
    unread.says(&["ロット番号が読み取られていません。ラベルの画像を見て入力してください。"]);
}
