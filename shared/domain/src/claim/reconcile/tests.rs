//! Each fault, as a clerk would notice it.

use super::*;
use crate::claim::price::Tax;
use crate::claim::slip::{OtherService, SlipFacts, SlipFields, judge};
use crate::claim::{ClaimSource, SlipKey};
use crate::form::Form;
use crate::month::Month;
use crate::reading::Value;
use crate::rules::Values;
use crate::sample;
use jiff::civil::date;

fn of() -> ClinicMonth {
    ClinicMonth { clinic: "A".into(), month: "2026-10".parse().unwrap() }
}

/// A sound slip of programme `trial` that costs 4,500 yen.
pub(crate) fn slip(number: i64) -> ClaimSlip {
    ClaimSlip {
        key: SlipKey(format!("n{number}")),
        record: number,
        page: format!("page-{number}").as_str().into(),
        resident: ResidentId(format!("r{number}")),
        programme: "trial".into(),
        round: None,
        class: ClaimClass::General,
        age: 70,
        service_date: date(2026, 10, 5),
        clinic: Some("A".into()),
        lot: None,
        fields: SlipFields { service_date: Some("visit_date".into()), ..SlipFields::default() },
        findings: Vec::new(),
        paid: None,
        superseded: false,
        resubmitted: false,
    }
}

pub(crate) fn line(class: Option<ClaimClass>, count: u32, unit: i64) -> ClaimLine {
    ClaimLine {
        programme: Some("trial".into()),
        round: None,
        class,
        count,
        unit_price: Yen(unit),
        amount: Yen(unit).times(count).unwrap(),
    }
}

pub(crate) fn claim(lines: Vec<ClaimLine>) -> Claim {
    Claim {
        of: of(),
        received_on: date(2026, 11, 10),
        source: ClaimSource::Keyed,
        lines,
        total_count: None,
        total_amount: None,
    }
}

fn price(class: ClaimClass, unit: i64, visit_fee: i64) -> Price {
    Price {
        clinic: None,
        programme: Some("trial".into()),
        round: None,
        class,
        age_from: None,
        age_until: None,
        from: date(2026, 4, 1),
        until: None,
        unit: Yen(unit),
        tax: Tax::Included,
        tax_rate: 10,
        self_pay: Yen::ZERO,
        visit_fee: Yen(visit_fee),
    }
}

pub(crate) fn prices() -> PriceList {
    let mut postponed = price(ClaimClass::Postponed, 3000, 0);
    postponed.programme = None;
    PriceList::new(vec![
        price(ClaimClass::General, 4500, 0),
        price(ClaimClass::Welfare, 6000, 0),
        postponed,
        Price { programme: Some("visit".into()), ..price(ClaimClass::General, 4000, 1000) },
    ])
}

pub(crate) fn report(claim: Option<&Claim>, slips: Vec<ClaimSlip>) -> ClaimReport {
    let (of, prices, paid_visits) = (of(), prices(), HashSet::new());
    reconcile(Material { of: &of, claim, slips, prices: &prices, contracts: None, paid_visits: &paid_visits })
}

fn of_lines(report: &ClaimReport) -> Vec<Vec<ClaimFault>> {
    let faults = |line: &LineReport| line.findings.iter().map(|finding| finding.fault).collect();
    report.lines.iter().map(faults).collect()
}

fn of_slips(report: &ClaimReport) -> Vec<Vec<ClaimFault>> {
    let faults = |slip: &SlipReport| slip.findings.iter().map(|finding| finding.fault).collect();
    report.slips.iter().map(faults).collect()
}

const GENERAL: Option<ClaimClass> = Some(ClaimClass::General);
const WELFARE: Option<ClaimClass> = Some(ClaimClass::Welfare);
const POSTPONED: Option<ClaimClass> = Some(ClaimClass::Postponed);

#[test]
fn a_claim_that_is_right_has_no_finding_and_comes_to_what_it_says() {
    let postponed = ClaimSlip { class: ClaimClass::Postponed, ..slip(4) };
    let all = ClaimLine { programme: None, ..line(POSTPONED, 1, 3000) };
    let claim = Claim {
        total_count: Some(4),
        total_amount: Some(Yen(16_500)),
        ..claim(vec![line(None, 3, 4500), all])
    };
    let report = report(Some(&claim), vec![slip(1), slip(2), slip(3), postponed]);
    assert_eq!(report.findings().count(), 0);
    assert_eq!(report.lines.iter().map(|line| line.reckoned).sum::<Yen>(), Yen(16_500));
    assert_eq!(
        report.slips.iter().map(|slip| slip.line).collect::<Vec<_>>(),
        [Some(0), Some(0), Some(0), Some(1)]
    );
}

#[test]
fn counts_are_held_against_slips() {
    let slips = || vec![slip(1), slip(2)];
    let check = |lines: Vec<ClaimLine>, slips: Vec<ClaimSlip>, lines_say: &[&[ClaimFault]]| {
        let report = report(Some(&claim(lines)), slips);
        assert_eq!(of_lines(&report), lines_say, "{report:?}");
    };
    use ClaimFault::*;
    check(vec![line(GENERAL, 3, 4500)], slips(), &[&[MissingSlip]]);
    check(vec![line(GENERAL, 1, 4500)], slips(), &[&[ExtraSlip]]);
    // Two were claimed as welfare, one was.
    let one = vec![slip(1), slip(2), ClaimSlip { class: ClaimClass::Welfare, ..slip(3) }];
    check(vec![line(GENERAL, 1, 4500), line(WELFARE, 2, 6000)], one, &[&[WrongClass], &[WrongClass]]);
    // One that was looked at only, claimed as vaccinated.
    let looked_at = vec![slip(1), ClaimSlip { class: ClaimClass::Postponed, ..slip(2) }];
    let all = ClaimLine { programme: None, ..line(POSTPONED, 0, 3000) };
    check(vec![line(None, 2, 4500), all], looked_at, &[&[WrongClass], &[WrongClass]]);
    let report = report(Some(&claim(vec![line(GENERAL, 3, 4500)])), slips());
    assert_eq!(report.lines[0].findings[0].text, "請求3件に対し、票は2枚です。1枚不足しています。");
}

#[test]
fn a_slip_without_a_line_of_its_class_takes_one_that_lacks_slips_and_says_so() {
    let welfare = ClaimSlip { class: ClaimClass::Welfare, ..slip(2) };
    let other = ClaimSlip { programme: "other".into(), ..slip(3) };
    let report = report(Some(&claim(vec![line(GENERAL, 2, 4500)])), vec![slip(1), welfare, other]);
    assert_eq!(of_lines(&report)[0], [ClaimFault::WrongPrice]);
    assert_eq!(of_slips(&report)[..2], [vec![], vec![ClaimFault::WrongClass]]);
    assert!(of_slips(&report)[2].contains(&ClaimFault::ExtraSlip));
    assert!(of_slips(&report)[2].contains(&ClaimFault::NoPrice));
}

#[test]
fn prices_and_sums_are_reckoned_again_and_never_corrected() {
    let wrong = ClaimLine { amount: Yen(9001), ..line(GENERAL, 2, 4500) };
    let claim = Claim { total_count: Some(3), total_amount: Some(Yen(9000)), ..claim(vec![wrong.clone()]) };
    let report = report(Some(&claim), vec![slip(1), slip(2)]);
    assert_eq!(of_lines(&report), [[ClaimFault::Arithmetic]]);
    assert_eq!(report.lines[0].findings[0].text, "2件×4,500円は9,000円ですが、9,001円と書かれています。");
    assert_eq!(report.totals.findings.len(), 2, "count and amount");
    assert_eq!((&report.lines[0].line, report.lines[0].reckoned), (&wrong, Yen(9000)));
    let dear = self::report(Some(&self::claim(vec![line(GENERAL, 2, 4600)])), vec![slip(1), slip(2)]);
    assert_eq!(of_lines(&dear), [[ClaimFault::WrongPrice]]);
    assert_eq!(dear.lines[0].findings[0].text, "請求の単価は4,600円ですが、契約の単価は4,500円が2枚です。");
}

#[test]
fn the_line_with_the_slips_own_price_is_taken_where_ages_have_their_own() {
    let old = Price { age_from: Some(75), unit: Yen(8000), ..price(ClaimClass::General, 8000, 0) };
    let list = PriceList::new(vec![price(ClaimClass::General, 4500, 0), old]);
    let slips = vec![ClaimSlip { age: 80, ..slip(1) }, slip(2), ClaimSlip { age: 75, ..slip(3) }];
    let claim = claim(vec![line(GENERAL, 1, 4500), line(GENERAL, 2, 8000)]);
    let (of, visits) = (of(), HashSet::new());
    let report = reconcile(Material {
        of: &of,
        claim: Some(&claim),
        slips,
        prices: &list,
        contracts: None,
        paid_visits: &visits,
    });
    assert_eq!(report.findings().count(), 0);
    assert_eq!(report.slips.iter().map(|slip| slip.line).collect::<Vec<_>>(), [Some(1), Some(0), Some(1)]);
}

#[test]
fn the_fee_of_a_visit_is_due_once_for_two_slips_of_a_day() {
    let visit =
        |number| ClaimSlip { programme: "visit".into(), resident: ResidentId("same".into()), ..slip(number) };
    let line = ClaimLine { programme: Some("visit".into()), ..line(GENERAL, 2, 5000) };
    let claim = claim(vec![line]);
    let report = report(Some(&claim), vec![visit(1), visit(2)]);
    assert_eq!(of_slips(&report), [vec![], vec![ClaimFault::VisitFee]]);
    assert_eq!((of_lines(&report), report.lines[0].reckoned), (vec![vec![]], Yen(9000)));
    // The same visit's fee was paid in another month.
    let (of, prices) = (of(), prices());
    let paid_visits = HashSet::from([(ResidentId("same".into()), date(2026, 10, 5))]);
    let report = reconcile(Material {
        of: &of,
        claim: Some(&claim),
        slips: vec![visit(1), visit(2)],
        prices: &prices,
        contracts: None,
        paid_visits: &paid_visits,
    });
    assert_eq!(of_slips(&report), [[ClaimFault::VisitFee], [ClaimFault::VisitFee]]);
    assert_eq!(report.lines[0].reckoned, Yen(8000));
}

#[test]
fn dates_clinic_and_contract_are_held_against_the_claim() {
    let contract = Contract {
        clinic: "A".into(),
        programme: Some("trial".into()),
        from: date(2026, 10, 1),
        until: Some(date(2026, 10, 31)),
    };
    let check = |change: &dyn Fn(&mut ClaimSlip), expected: &[ClaimFault]| {
        let mut slip = slip(1);
        change(&mut slip);
        let (of, prices, visits) = (of(), prices(), HashSet::new());
        let claim = claim(vec![line(GENERAL, 1, 4500)]);
        let report = reconcile(Material {
            of: &of,
            claim: Some(&claim),
            slips: vec![slip],
            prices: &prices,
            contracts: Some(std::slice::from_ref(&contract)),
            paid_visits: &visits,
        });
        assert_eq!(of_slips(&report), [expected]);
        assert!(report.slips[0].findings.iter().all(|finding| finding.text.ends_with('。')));
    };
    use ClaimFault::*;
    check(&|_| {}, &[]);
    check(&|slip| slip.service_date = date(2026, 10, 31), &[]);
    check(&|slip| slip.service_date = date(2026, 11, 1), &[DateAfterClaim, NoContract]);
    check(&|slip| slip.service_date = date(2026, 11, 11), &[DateAfterClaim, NoContract]);
    check(&|slip| slip.service_date = date(2026, 9, 30), &[DateOutsideMonth, NoContract]);
    check(&|slip| slip.clinic = Some("B".into()), &[WrongClinic]);
    check(&|slip| slip.clinic = None, &[]);
    check(&|slip| slip.class = ClaimClass::FreeByAge, &[WrongClass, NoPrice]);
}

fn judged(changes: &[(&str, &str)], others: &[OtherService]) -> ClaimSlip {
    let good = [
        ("birth_date", "1947-03-04"),
        ("temperature", "36.5"),
        ("consent", "agree"),
        ("judgement", "possible"),
        ("visit_date", "2026-10-05"),
        ("lot", "AB123"),
    ];
    let value = |text: &str| if text.is_empty() { Value::Blank } else { Value::Text(text.into()) };
    let values: Values = good.iter().chain(changes).map(|(id, text)| ((*id).into(), value(text))).collect();
    let form: Form = sample::form();
    let day = values[&"visit_date".into()].text().unwrap().parse().unwrap();
    let facts = SlipFacts {
        record: 100,
        page: &"page-100".into(),
        number: None,
        form: Some(&form),
        resident: &sample::resident(),
        programme: &"trial".into(),
        service_date: day,
        values: &values,
        issued_on: Some(date(2026, 9, 1)),
        scanned_on: date(2026, 11, 5),
        earlier: &[],
        programmes: &sample::programmes(),
        lots: &[],
        kept: &[],
        others,
        paid: None,
        superseded: false,
        resubmitted: false,
    };
    judge(&facts, &of())
}

#[test]
fn what_the_paper_says_becomes_a_fault_of_its_kind_with_its_field() {
    use ClaimFault::*;
    for (changes, expected, field) in [
        (&[("lot", "")][..], LotMissing, "lot"),
        (&[("judgement", "")], JudgementMissing, "judgement"),
        (&[("consent", "")], ConsentMissing, "consent"),
        (&[("consent", "refuse")], ConsentMissing, "consent"),
        (&[("temperature", "37.5")], Fever, "temperature"),
        (&[("temperature", "")], Incomplete, "temperature"),
        (&[("judgement", "postponed")], PostponedWithLot, "lot"),
        (&[("visit_date", "2026-08-31")], DateBeforeIssue, "visit_date"),
        (&[("visit_date", "2026-11-06")], DateAfterClaim, "visit_date"),
    ] {
        let slip = judged(changes, &[]);
        let found: Vec<_> =
            slip.findings.iter().map(|finding| (finding.fault, finding.field.clone())).collect();
        assert_eq!(found, [(expected, Some(field.into()))], "{changes:?}");
    }
    assert_eq!(judged(&[], &[]).findings, []);
    assert_eq!(judged(&[("judgement", "postponed"), ("lot", "")], &[]).class, ClaimClass::Postponed);
}

#[test]
fn of_two_same_services_the_later_one_is_wrong() {
    let other = |record, day: Date, claim: Option<(&str, &str)>| OtherService {
        record,
        page: Some("other-1".into()),
        programme: "trial".into(),
        round: None,
        service_date: day,
        postponed: false,
        claim: claim.map(|(clinic, month)| ClinicMonth {
            clinic: clinic.into(),
            month: month.parse::<Month>().unwrap(),
        }),
    };
    let check = |other: OtherService, expected: Option<ClaimFault>| {
        let slip = judged(&[], std::slice::from_ref(&other));
        let found = slip.findings.first().map(|finding| finding.fault);
        assert_eq!((found, slip.findings.len()), (expected, usize::from(expected.is_some())), "{other:?}");
        if let Some(finding) = slip.findings.first() {
            assert_eq!(finding.other, other.page);
        }
    };
    use ClaimFault::*;
    let (before, same, after) = (date(2026, 10, 1), date(2026, 10, 5), date(2026, 10, 20));
    check(other(1, before, Some(("A", "2026-10"))), Some(DuplicateInClaim));
    check(other(1, same, Some(("A", "2026-10"))), Some(DuplicateInClaim));
    check(other(200, same, Some(("A", "2026-10"))), None);
    check(other(200, after, Some(("A", "2026-10"))), None);
    check(other(200, before, Some(("B", "2026-10"))), Some(DuplicateInHistory));
    check(other(200, after, Some(("A", "2026-09"))), Some(DuplicateOverMonths));
    check(other(1, before, Some(("A", "2026-11"))), None);
    check(other(0, after, None), Some(DuplicateInHistory));
    check(other(1, date(2026, 3, 31), None), None);
    check(OtherService { postponed: true, ..other(1, before, None) }, None);
    check(OtherService { programme: "other".into(), ..other(1, before, None) }, None);
}

#[test]
fn a_year_is_full_on_the_day_before_the_birthday() {
    for (birth, day, age) in [
        (date(1961, 10, 5), date(2026, 10, 3), 64),
        (date(1961, 10, 5), date(2026, 10, 4), 65),
        (date(1960, 2, 29), date(2026, 2, 27), 65),
        (date(1960, 2, 29), date(2026, 2, 28), 66),
        (date(1960, 2, 29), date(2028, 2, 28), 68),
        (date(1960, 2, 29), date(2028, 2, 27), 67),
        (date(1960, 3, 1), date(2026, 2, 28), 66),
        (date(1960, 1, 1), date(2026, 12, 31), 67),
        (date(2026, 10, 5), date(2026, 10, 5), 0),
        (date(2027, 1, 1), date(2026, 10, 5), 0),
    ] {
        assert_eq!(crate::calendar::age(birth, day), age, "{birth} {day}");
    }
}
