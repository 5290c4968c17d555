//! 回数・間隔: the last day too early and the first day late enough.

use super::*;

/// A dose the day before it may be given is refused with the day from which it may; on that day it is not.
fn earliest(one: Service, first: &'static str, words: &str) {
    let before: &'static str = Box::leak(day(first).yesterday().unwrap().to_string().into_boxed_str());
    let sentence = format!("{words}: 接種できるのは {first} から。");
    let found = Service { day: before, ..one.clone() }.judged(&Programmes::built_in());
    let hard: Vec<&str> = against(&found).map(|one| one.text.as_str()).collect();
    assert_eq!(hard, [sentence.as_str()], "{} {before}", one.programme);
    let found = Service { day: first, ..one.clone() }.judged(&Programmes::built_in());
    assert_eq!(against(&found).count(), 0, "{} {first}: {:?}", one.programme, found[0].text);
}

#[test]
fn twenty_seven_days_are_four_weeks() {
    let two = service("rotavirus-1", "2026-03-02", "").round(2).had(&[(1, "2026-05-01")]);
    earliest(two, "2026-05-29", "2回目は1回目から27日以上");
}

#[test]
fn every_dose_keeps_its_distance() {
    let baby = "2024-01-15";
    for (programme, round, past, first, words) in [
        (
            "rotavirus-5",
            3,
            &[(1, "2024-03-20"), (2, "2024-04-20")][..],
            "2024-05-18",
            "3回目は2回目から27日以上",
        ),
        ("hepatitis-b", 2, &[(1, "2024-03-20")], "2024-04-17", "2回目は1回目から27日以上"),
        (
            "hepatitis-b",
            3,
            &[(1, "2024-03-20"), (2, "2024-04-20")],
            "2024-08-07",
            "3回目は1回目から139日以上",
        ),
        ("dpt-ipv-hib", 2, &[(1, "2024-04-10")], "2024-05-01", "2回目は1回目から20日以上"),
        (
            "dpt-ipv-hib",
            4,
            &[(1, "2024-04-10"), (2, "2024-05-10"), (3, "2024-08-31")],
            "2025-03-01",
            "追加は3回目から6月以上",
        ),
        ("hib", 2, &[(1, "2024-04-10")], "2024-05-01", "2回目は1回目から20日以上"),
        (
            "hib",
            4,
            &[(1, "2024-04-10"), (2, "2024-05-10"), (3, "2024-06-30")],
            "2025-01-30",
            "追加は3回目から7月以上",
        ),
        ("varicella", 2, &[(1, "2025-02-10")], "2025-03-10", "2回目は1回目から27日以上"),
        (
            "japanese-encephalitis",
            2,
            &[(1, "2027-02-10")],
            "2027-02-17",
            "第1期初回2回目は第1期初回1回目から6日以上",
        ),
        (
            "japanese-encephalitis",
            3,
            &[(1, "2027-02-10"), (2, "2027-08-31")],
            "2028-03-01",
            "第1期追加は第1期初回2回目から6月以上",
        ),
    ] {
        earliest(service(programme, baby, "").round(round).had(past), first, words);
    }
    earliest(
        service("zoster-recombinant", "1961-05-05", "").round(2).had(&[(1, "2026-12-31")]),
        "2027-03-01",
        "2回目は1回目から2月以上",
    );
}

#[test]
fn what_doctors_may_shorten_is_a_notice() {
    let second = |on| service("hib", "2024-01-15", on).round(2).had(&[(1, "2024-04-10")]);
    second("2024-05-01").says(&[
        "…2回目は1回目から27日以上（医師が必要と認めた場合は20日以上）: 接種できるのは 2024-05-08 から。",
    ]);
    second("2024-05-08").says(&[]);
    service("rotavirus-1", "2026-05-10", "2026-08-22").round(1).says(&[]);
    service("rotavirus-1", "2026-05-10", "2026-08-23")
        .round(1)
        .says(&["…1回目は出生6週0日後から出生14週6日後まで"]);
}

#[test]
fn hib_by_the_age_at_the_first_dose() {
    let born = "2024-01-15";
    // From 2 months: three, and one more.
    let early = [(1, "2024-03-20"), (2, "2024-04-20"), (3, "2024-05-20")];
    service("hib", born, "2024-12-20").round(4).had(&early).says(&[]);
    service("hib", born, "2025-01-15").round(3).had(&early[..2]).says(&[]);
    // From 7 months: two, and one more.
    let late = [(1, "2024-08-20"), (2, "2024-09-20")];
    service("hib", born, "2025-04-20").round(3).had(&late).says(&[]);
    service("hib", born, "2025-04-19")
        .round(3)
        .had(&late)
        .says(&["追加は2回目から7月以上: 接種できるのは 2025-04-20 から。"]);
    service("hib", born, "2025-06-20")
        .round(4)
        .had(&[(1, "2024-08-20"), (2, "2024-09-20"), (3, "2025-04-20")])
        .says(&["追加は 2025-04-20 の記録がすでにあります。"]);
    // From 12 months: one.
    service("hib", born, "2025-02-20").round(1).says(&[]);
    service("hib", born, "2025-04-20")
        .round(2)
        .had(&[(1, "2025-02-20")])
        .says(&["「2回目」はありません。この事業は1回です。"]);
    service("hib", born, "2025-04-20")
        .had(&[(1, "2025-02-20")])
        .says(&["この事業は1回ですが、すでに1回の記録があります。"]);
}

#[test]
fn child_pneumococcus_by_the_age_at_the_first_dose() {
    let born = "2024-10-15";
    let three = [(1, "2025-01-20"), (2, "2025-02-20"), (3, "2025-03-20")];
    // The last dose waits for the day before the first birthday.
    service("pneumococcal-child", born, "2025-10-13")
        .round(4)
        .had(&three)
        .says(&["追加は生後12月から: 接種できるのは 2025-10-14 から。"]);
    service("pneumococcal-child", born, "2025-10-14").round(4).had(&three).says(&[]);
    let slow = [(1, "2025-01-20"), (2, "2025-02-20"), (3, "2025-10-01")];
    service("pneumococcal-child", born, "2025-11-30")
        .round(4)
        .had(&slow)
        .says(&["追加は3回目から60日以上: 接種できるのは 2025-12-01 から。"]);
    // The second after twelve months: there is no third of the first series.
    let second_late = [(1, "2025-03-20"), (2, "2025-11-20")];
    service("pneumococcal-child", born, "2025-12-20")
        .round(3)
        .had(&second_late)
        .says(&["追加は2回目から60日以上"]);
    service("pneumococcal-child", born, "2026-01-20").round(4).had(&second_late).says(&[]);
    // From 12 months two with 60 days, from 24 months one.
    service("pneumococcal-child", born, "2026-01-30")
        .round(2)
        .had(&[(1, "2025-12-01")])
        .says(&["2回目は1回目から60日以上"]);
    service("pneumococcal-child", born, "2026-01-31").round(2).had(&[(1, "2025-12-01")]).says(&[]);
    service("pneumococcal-child", born, "2027-03-01")
        .round(2)
        .had(&[(1, "2026-12-01")])
        .says(&["「2回目」はありません"]);
}

#[test]
fn hpv_by_the_age_at_the_first_dose() {
    let girl = "2012-08-20";
    // Before 15: two, five months apart; sooner, and a third is needed.
    service("hpv", girl, "2026-10-31").round(2).had(&[(1, "2026-05-31")]).says(&[]);
    service("hpv", girl, "2026-10-30")
        .round(2)
        .had(&[(1, "2026-05-31")])
        .says(&["…5月未満の場合は3回目が必要"]);
    service("hpv", girl, "2026-06-30").round(2).had(&[(1, "2026-05-31")]).says(&["2回目は1回目から5月以上"]);
    service("hpv", girl, "2026-12-30")
        .round(3)
        .had(&[(1, "2026-05-31"), (2, "2026-10-31")])
        .says(&["「3回目」はありません"]);
    service("hpv", girl, "2026-12-30").round(3).had(&[(1, "2026-05-31"), (2, "2026-07-31")]).says(&[]);
    // The day before the 15th birthday belongs to both.
    service("hpv", girl, "2027-12-19").round(2).had(&[(1, "2027-08-19")]).says(&[]);
    // From 15: three.
    let late = [(1, "2027-08-20"), (2, "2027-09-20")];
    service("hpv", girl, "2027-12-19")
        .round(3)
        .had(&late)
        .says(&["3回目は2回目から3月以上: 接種できるのは 2027-12-20 から。"]);
    service("hpv", girl, "2027-12-20").round(3).had(&late).says(&[]);
    // The two-valent one: five months from the first, two and a half from the second.
    let two_valent = |on| Service {
        vaccine: Some("hpv2"),
        ..service("hpv", girl, on).round(3).had(&[(1, "2025-05-10"), (2, "2025-08-10")])
    };
    two_valent("2025-10-25").says(&["3回目は2回目から2月半以上: 接種できるのは 2025-10-26 から。"]);
    two_valent("2025-10-26").says(&[]);
    let other = Service { vaccine: Some("hpv4"), ..service("hpv", girl, "2026-04-01").round(1) };
    other.says(&["「4価HPVワクチン」は、この事業では使いません（9価HPVワクチン）。"]);
}

#[test]
fn doses_are_counted_ordered_and_given_once() {
    let born = "2024-01-15";
    let dose = |round| service("dpt-ipv-hib", born, "2024-08-01").round(round);
    dose(2)
        .had(&[(1, "2024-04-10"), (2, "2024-05-10")])
        .says(&["2回目は 2024-05-10 の記録がすでにあります。"]);
    dose(5).says(&["「5回目」はありません。この事業は4回です。"]);
    dose(1).had(&[(2, "2024-05-10")]).says(&["1回目より後の回の記録が、先に 2024-05-10 にあります。"]);
    dose(2).says(&["…前の回の記録がないため、2回目の間隔は確かめていません。"]);
    // A slip that comes late is held against the dose that is there already.
    dose(1)
        .had(&[(2, "2024-08-15")])
        .says(&["2回目（2024-08-15 の記録）は1回目から20日以上: この接種からは 2024-08-22 からでした。"]);
    // Without a number the history counts.
    let unnumbered = service("dpt-ipv-hib", born, "2024-08-01");
    unnumbered.clone().had(&[(1, "2024-07-15")]).says(&["2回目は1回目から20日以上"]);
    let mut history = unnumbered;
    history.history = vec![("dpt-ipv-hib", None, "2024-04-10"), ("dpt-ipv-hib", None, "2024-07-20")];
    history.says(&["3回目は2回目から20日以上: 接種できるのは 2024-08-10 から。"]);
    // Put off: nothing was given.
    Service { postponed: true, ..dose(2).had(&[(1, "2024-07-31")]) }.says(&[]);
}

#[test]
fn once_a_season_a_year_two_years_and_in_life() {
    let flu = |on, before| service("influenza-elderly", "1950-05-05", on).round(1).had(&[(1, before)]);
    flu("2026-12-01", "2026-01-31").says(&[]);
    flu("2027-01-31", "2026-10-01").says(&["同じシーズンに、同じ事業の記録がすでにあります（2026-10-01）。"]);
    flu("2026-10-05", "2026-12-01").says(&["同じシーズンに"]);
    service("influenza-elderly", "1950-05-05", "2026-09-30")
        .says(&["実施期間は10月1日から1月31日までです。"]);
    service("influenza-elderly", "1950-05-05", "2027-02-01").says(&["実施期間は"]);
    service("influenza-elderly", "1950-05-05", "2027-01-31").says(&[]);
    let before = |programme, on| service(programme, "1966-05-05", "2026-06-01").other(programme, on);
    before("lung-screening", "2026-04-01")
        .says(&["同じ年度に、同じ事業の記録がすでにあります（2026-04-01）。"]);
    before("lung-screening", "2026-03-31").says(&[]);
    before("breast-screening", "2025-04-01")
        .says(&["2年度に1回の事業ですが、2025-04-01 の記録がすでにあります。"]);
    before("breast-screening", "2025-03-31").says(&[]);
    before("hepatitis-screening", "2001-05-01")
        .says(&["一生に1回の事業ですが、2001-05-01 の記録がすでにあります。"]);
    let stomach = |method, on| Service { method: Some(method), ..before("stomach-screening", on) };
    stomach("xray", "2025-06-01").says(&[]);
    stomach("endoscopy", "2025-06-01").says(&["2年度に1回"]);
    stomach("ct", "2020-06-01").says(&["この検査方法は"]);
    let cervix = |method, on| Service { method: Some(method), ..before("cervical-screening", on) };
    cervix("hpv", "2022-04-01").says(&["…5年度に1回"]);
    cervix("hpv", "2022-03-31").says(&[]);
    // Nobody has made rules for it.
    before("something-else", "2026-04-01").says(&["同じ年度に"]);
    before("national-coupon", "2026-05-01").says(&[]);
    before("national-coupon", "2026-06-01").says(&["同じ日に、同じ事業の記録がすでにあります。"]);
}
