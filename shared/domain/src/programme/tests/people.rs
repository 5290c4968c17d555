//! 対象者: the first and the last day of every age.

use super::*;
use crate::rules::RuleCode;

/// The first and the last day on which somebody may come, and what is said on the days beside them.
fn window(programme: &'static str, birth: &'static str, round: u8, first: &str, last: &str) {
    let on = |day: Date| {
        let text: &'static str = Box::leak(day.to_string().into_boxed_str());
        let one = Service { round: (round > 0).then_some(round), ..service(programme, birth, text) };
        let found = one.judged(&Programmes::built_in());
        found.into_iter().filter(|one| one.rule == RuleCode::Age && !one.notice).map(|one| one.text).next()
    };
    let (first, last) = (day(first), day(last));
    let early = on(first.yesterday().unwrap()).expect("too early");
    assert!(early.contains(&format!("できるのは {first} から。")), "{programme}: {early}");
    assert_eq!((on(first), on(last)), (None, None), "{programme} {birth}");
    let late = on(last.tomorrow().unwrap()).expect("too late");
    assert!(late.contains("まででした。") || late.contains("から。"), "{programme}: {late}");
}

#[test]
fn every_age_begins_on_the_day_before_and_ends_with_it() {
    for (programme, birth, round, first, last) in [
        ("rotavirus-1", "2026-05-10", 2, "2026-06-21", "2026-10-25"),
        ("rotavirus-5", "2026-05-10", 2, "2026-06-21", "2026-12-20"),
        ("hib", "2024-05-10", 0, "2024-07-09", "2029-05-09"),
        ("pneumococcal-child", "2024-12-31", 0, "2025-02-28", "2029-12-30"),
        ("dpt-ipv-hib", "2024-05-10", 1, "2024-07-09", "2031-11-09"),
        ("dpt-ipv", "2024-05-10", 1, "2024-07-09", "2031-11-09"),
        ("ipv", "2024-05-10", 1, "2024-07-09", "2031-11-09"),
        ("dt", "2014-02-28", 0, "2025-02-27", "2027-02-27"),
        ("mr-child", "2024-02-29", 1, "2025-02-28", "2026-02-28"),
        ("mr-child", "2024-03-01", 1, "2025-02-28", "2026-02-28"),
        ("varicella", "2024-11-05", 1, "2025-11-04", "2027-11-04"),
        ("japanese-encephalitis", "2020-08-31", 1, "2021-02-28", "2028-02-29"),
        ("japanese-encephalitis", "2015-08-31", 4, "2024-08-30", "2028-08-30"),
    ] {
        window(programme, birth, round, first, last);
    }
}

#[test]
fn from_birth_through_the_day_before_the_first_birthday() {
    for programme in ["hepatitis-b", "bcg"] {
        service(programme, "2026-02-10", "2026-02-10").says(&[]);
        service(programme, "2026-02-10", "2027-02-09").says(&[]);
        service(programme, "2026-02-10", "2027-02-10")
            .says(&["対象は1歳に至るまでです: 接種できるのは 2027-02-09 まででした。"]);
    }
}

#[test]
fn the_second_measles_dose_is_of_the_year_before_school() {
    let second = |birth, on| service("mr-child", birth, on).round(2);
    // Born 2 April 2020 to 1 April 2021: school in April 2027.
    for birth in ["2020-04-02", "2020-10-31", "2021-04-01"] {
        second(birth, "2026-04-01").says(&[]);
        second(birth, "2027-03-31").says(&[]);
        second(birth, "2026-03-31")
            .says(&["小学校就学前の1年間（4月1日から3月31日まで）です: 接種できるのは 2026-04-01 から。"]);
        second(birth, "2027-04-01").says(&["接種できるのは 2027-03-31 まででした。"]);
    }
    // A day older or younger, and it is another year.
    second("2020-04-01", "2026-04-01").says(&["2026-03-31 まででした。"]);
    second("2021-04-02", "2027-03-31").says(&["2027-04-01 から。"]);
    // The first dose is not asked for: many had it elsewhere.
    second("2020-10-31", "2026-05-01").had(&[(1, "2021-11-20")]).says(&[]);
}

#[test]
fn girls_from_twelve_to_sixteen_by_fiscal_year() {
    let first = |birth, on| service("hpv", birth, on).round(1);
    first("2014-04-02", "2026-04-01").says(&[]);
    first("2014-04-02", "2026-03-31").says(&["女子です: 接種できるのは 2026-04-01 から。"]);
    first("2015-04-01", "2026-04-01").says(&[]);
    first("2015-04-02", "2027-03-31").says(&["2027-04-01 から。"]);
    first("2010-04-02", "2027-03-31").says(&[]);
    first("2010-04-01", "2026-04-01").says(&["2026-03-31 まででした。"]);
    Service { sex: Sex::M, ..first("2014-04-02", "2026-05-01") }.says(&["対象は12歳となる年度"]);
    Service { sex: Sex::X, ..first("2014-04-02", "2026-05-01") }.says(&[]);
}

#[test]
fn catching_up_ended_and_asked_for_a_first_dose_in_its_days() {
    let dose = |on| service("hpv-catch-up", "2000-05-05", on);
    dose("2025-12-01").round(2).had(&[(1, "2024-10-01")]).says(&[]);
    dose("2025-12-01")
        .round(2)
        .had(&[(1, "2022-03-31")])
        .says(&["初回を 2022-04-01 から 2025-03-31 まで に受けた人"]);
    dose("2025-04-01").round(1).says(&["初回を"]);
    dose("2025-03-31").round(1).says(&[]);
    dose("2026-04-01").round(3).says(&["終わっている事業です（2026-03-31 まで）"]);
    dose("2022-03-31").round(1).says(&["行われていない事業です（2022-04-01 から）"]);
}

#[test]
fn the_old_by_their_own_rules() {
    // Influenza: 65 from the day before the birthday; from 60 only with a disability.
    let flu = |birth| service("influenza-elderly", birth, "2026-11-04");
    flu("1961-11-05").says(&[]);
    flu("1961-11-06").says(&["免疫の機能の障害（身体障害者手帳1級程度）のある人だけが対象です"]);
    flu("1966-11-05").says(&["障害（身体障害者手帳1級程度）のある人だけ"]);
    flu("1966-11-06").says(&["対象は65歳以上、または60歳以上65歳未満で、心臓"]);
    // Pneumococcus: exactly 65, and once in life.
    let pneumo = |birth| service("pneumococcal-elderly", birth, "2026-11-04");
    pneumo("1961-11-05").says(&[]);
    pneumo("1960-11-05").says(&[]);
    pneumo("1960-11-04").says(&["対象は65歳（66歳の誕生日の前日まで）、または"]);
    pneumo("1961-01-05").had(&[(1, "2015-06-01")]).says(&["一生に1回の事業ですが、2015-06-01 の記録"]);
    // Shingles: who turns 65, 70, … within the fiscal year.
    let zoster = |birth| service("zoster-live", birth, "2026-05-01");
    for birth in ["1961-04-02", "1962-04-01", "1956-04-02", "1927-04-01"] {
        zoster(birth).says(&[]);
    }
    zoster("1961-04-01").says(&["対象は年度内に65・70・75・80・85・90・95・100歳になる人、または"]);
    zoster("1962-04-02").says(&["免疫の機能の障害のある人だけが対象です"]);
    // 101 and older in fiscal 2025 only.
    service("zoster-live", "1924-05-05", "2026-03-31").says(&[]);
    service("zoster-live", "1924-05-05", "2026-04-01").says(&["対象は年度内に"]);
    service("zoster-live", "1960-04-02", "2030-04-01").says(&["対象は年度内に65歳になる人"]);
    service("zoster-recombinant", "1961-04-02", "2026-05-01")
        .other("zoster-live", "2026-04-01")
        .says(&["「帯状疱疹（生ワクチン）」を 2026-04-01 に受けた人は対象外です。"]);
}

#[test]
fn the_special_group_of_japanese_encephalitis() {
    let missing = |birth, on| service("japanese-encephalitis", birth, on).round(3).had(&[(2, "2010-05-01")]);
    missing("2007-04-01", "2027-03-31").says(&[]);
    missing("2007-04-01", "2027-04-01").says(&["対象は生後6月から生後90月に至るまで、または"]);
    missing("2007-04-02", "2026-04-01").says(&["対象は"]);
}

#[test]
fn what_the_paper_can_not_tell_is_said() {
    service("rsv-maternal", "1995-05-05", "2026-05-01").says(&["…妊娠28週0日から36週6日までか"]);
    let man = Service { sex: Sex::M, ..service("rsv-maternal", "1995-05-05", "2026-05-01") };
    man.says(&["対象は妊娠28週0日から36週6日までの妊婦です。", "…妊娠28週0日"]);
    service("rsv-maternal", "1995-05-05", "2026-03-31").says(&["行われていない事業です（2026-04-01 から）"]);
}

#[test]
fn screenings_count_the_age_at_the_end_of_the_fiscal_year() {
    let woman = |programme, birth| service(programme, birth, "2026-04-01");
    for (programme, youngest, method) in [
        ("stomach-screening", "1987-04-01", Some("xray")),
        ("stomach-screening", "1977-04-01", Some("endoscopy")),
        ("lung-screening", "1987-04-01", None),
        ("colorectal-screening", "1987-04-01", None),
        ("breast-screening", "1987-04-01", None),
        ("cervical-screening", "2007-04-01", Some("cytology")),
        ("cervical-screening", "1997-04-01", Some("hpv")),
        ("osteoporosis-screening", "1987-04-01", None),
        ("periodontal-screening", "2007-04-01", None),
        ("hepatitis-screening", "1987-04-01", None),
    ] {
        Service { method, ..woman(programme, youngest) }.says(&[]);
        let younger: &'static str = Box::leak(day(youngest).tomorrow().unwrap().to_string().into_boxed_str());
        let notice = matches!(programme, "periodontal-screening" | "hepatitis-screening");
        Service { method, ..woman(programme, younger) }.says(&[if notice {
            "…対象は"
        } else {
            "対象は"
        }]);
    }
    let man = |programme| Service { sex: Sex::M, ..woman(programme, "1981-05-05") };
    man("breast-screening").says(&["対象は40歳以上で、女性です。"]);
    man("cervical-screening").says(&["で、女性です。"]);
    man("osteoporosis-screening").says(&["女性です。"]);
    man("lung-screening").says(&[]);
    woman("osteoporosis-screening", "1985-05-05").says(&["対象は40・45・50・55・60・65・70歳で、女性です。"]);
}
