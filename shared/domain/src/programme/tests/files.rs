//! The file of rules itself.

use super::*;

#[test]
fn the_built_in_file_is_sound_and_names_every_form_s_programme() {
    let programmes =
        Programmes::parse(Programmes::built_in_text()).unwrap_or_else(|faults| panic!("{faults:#?}"));
    for id in [
        "influenza-elderly",
        "mr-child",
        "national-coupon",
        "screening-application",
        "stomach-screening",
        "lung-screening",
        "colorectal-screening",
        "breast-screening",
        "cervical-screening",
        "hepatitis-screening",
        "osteoporosis-screening",
        "periodontal-screening",
    ] {
        assert!(programmes.get(&id.into()).is_some(), "{id}");
    }
    for programme in programmes.all() {
        for version in &programme.versions {
            let named = version.vaccines.iter().chain(version.courses.iter().flat_map(|one| &one.vaccines));
            named.for_each(|id| assert!(programmes.knows_vaccine(id), "{id}"));
            version.unless_had.iter().for_each(|id| assert!(programmes.get(id).is_some(), "{id}"));
            let lines = version.lines(&programmes);
            assert!(lines.iter().all(|line| !line.text.is_empty()));
            assert!(
                !lines.is_empty()
                    || ["national-coupon", "screening-application"].contains(&programme.id.as_str())
            );
        }
    }
    assert_eq!(programmes.name(&"mr-child".into()), "麻しん風しん（MR）");
    assert_eq!(programmes.name(&"unheard-of".into()), "unheard-of");
    assert_eq!(programmes.round_name(&"mr-child".into(), 2), "第2期");
    assert_eq!(programmes.round_name(&"hepatitis-b".into(), 3), "3回目");
}

const CITY: &str = r#"
[[programme]]
id = "lung-screening"
name = "肺がん検診（市独自）"
kind = "screening"
[[programme.version]]
source = "市の要綱"
reference = "04-20"
who = [{ age = "35y..", sex = "M" }]
"#;

#[test]
fn a_city_replaces_programmes_and_keeps_the_others() {
    let programmes = Programmes::built_in().with(Programmes::parse(CITY).unwrap());
    assert_eq!(programmes.name(&"lung-screening".into()), "肺がん検診（市独自）");
    assert!(programmes.get(&"mr-child".into()).is_some() && !programmes.between().is_empty());
    // Its base date is 20 April of the fiscal year.
    let on = |birth, day| Service { sex: Sex::M, ..service("lung-screening", birth, day) };
    let judged = |one: Service| one.judged(&programmes);
    assert!(judged(on("1991-04-21", "2027-03-31")).is_empty());
    let found = judged(on("1991-04-22", "2027-03-31"));
    assert_eq!((found[0].rule, found[0].source.as_str()), (crate::rules::RuleCode::Age, "市の要綱"));
}

#[test]
fn mistakes_are_named_with_their_line() {
    let check = |from: &str, to: &str, line: usize, words: &str| {
        let text = CITY.replace(from, to);
        assert_ne!(text, CITY);
        let faults = Programmes::parse(&text).expect_err(words);
        assert!(
            faults.iter().any(|fault| fault.line == line && fault.reason.contains(words)),
            "{words}: {faults:?}"
        );
    };
    check("35y..", "35..", 9, "no age");
    check("04-20", "04-31", 8, "no day of the year");
    check("\"screening\"", "\"vaccination\"", 2, "injected_live");
    check("source = \"市の要綱\"", "source = \" \"", 6, "where the rule stands");
    check("reference", "referense", 8, "unknown field");
    check("sex = \"M\" }]", "sex = \"M\" }]\nlimit = { within = \"season\" }", 6, "needs `season`");
    check("sex = \"M\" }]", "sex = \"M\" }]\ndoses = [{}, { gaps = [{}] }]", 6, "at_least");
    check("sex = \"M\" }]", "sex = \"M\" }]\ndoses = [{}, { rounds = [1] }]", 6, "rounds of its own");
    check(
        "source = \"市の要綱\"",
        "source = \"市の要綱\"\nuntil = \"2026-03-31\"\n[[programme.version]]\nsource = \"x\"\nfrom = \"2026-03-31\"",
        9,
        "do not overlap",
    );
    let twice = format!("{CITY}{CITY}");
    assert!(Programmes::parse(&twice).unwrap_err()[0].reason.contains("already"));
}
