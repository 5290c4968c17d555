//! Claims on a real file: what is found, decided, confirmed by two, paid once, taken back and carried on.

mod banking;
mod paying;
mod properties;
mod resubmitting;

use super::*;
use domain::claim::price::{Price, Tax};
use domain::claim::settlement::{ClaimState, Standing};
use domain::claim::*;
use domain::clinic::Clinic;
use domain::ids::ClinicCode;
use domain::month::Month;
use domain::programme::Programmes;
use domain::yen::Yen;

const SLIP: &str = r#"
version = 1
number = 7
title = "試験票"
programme = "trial"
paper_mm = [210, 297]

[[field]]
id = "visit_date"
kind = "date"
label = "実施日"
comb = { at = [20, 40], box = [6, 8], pitch = 6.5, groups = [4, 2, 2], gap = 4 }
first = "2025-04-01"
last = "2028-03-31"
required = true

[[field]]
id = "dose_number"
kind = "digits"
label = "回数"
comb = { at = [20, 60], box = [6, 8], pitch = 6.5, groups = [1] }

[[field]]
id = "clinic_code"
kind = "digits"
label = "医療機関コード"
comb = { at = [20, 70], box = [6, 8], pitch = 6.5, groups = [10] }

[[field]]
id = "judgement"
kind = "choice"
label = "医師の判断"
options = [{ value = "possible", label = "可能", box = [20, 90, 10, 6] }, { value = "postponed", label = "見合わせ", box = [40, 90, 10, 6] }]
"#;

const A: &str = "0110113719";
const B: &str = "0110113727";

/// An office with two clinics, ten residents and one price.
struct Claims {
    office: Office,
    forms: Vec<Form>,
    /// Seconds: commits and steps come one after the other.
    clock: std::cell::Cell<i64>,
    programmes: Programmes,
}

impl Claims {
    fn open() -> Self {
        let mut office = Office::open();
        office.form = Form::parse("trial", SLIP).unwrap();
        let people: Vec<Resident> =
            (1..=10).map(|n: u32| resident(&n.to_string(), "渡邉 花子", "ワタナベ ハナコ")).collect();
        let clinic = |code: &str| Clinic {
            code: code.into(),
            name: format!("見本医院{code}"),
            address: String::new(),
            phone: String::new(),
            account: None,
            invoice_number: None,
        };
        office
            .store
            .write(|rows| {
                rows.import_residents(&people, ImportMode::Diff, &clerk(), at(0))?;
                rows.import_clinics(&[clinic(A), clinic(B)], &clerk(), at(0))?;
                rows.import_prices(&[price(4500)], &clerk(), at(0))
            })
            .unwrap();
        let forms = vec![office.form.clone()];
        Self { office, forms, programmes: Programmes::built_in(), clock: std::cell::Cell::new(100) }
    }

    fn tick(&self) -> Timestamp {
        self.clock.set(self.clock.get() + 1);
        at(self.clock.get())
    }

    /// A page in the envelope of a clinic and month.
    fn page(&self, clinic: &str, month: &str) -> PageId {
        let count = self.office.store.read(|rows| rows.counts()).unwrap().pages.paper();
        let folder = format!("{clinic}-{month}");
        let page = self.office.take(&format!("scan{count}"), &folder, 1).remove(0);
        self.office
            .store
            .write(|rows| {
                let sql = "update envelopes set clinic = ?1, month = ?2
                           where id = (select envelope from pages where page = ?3)";
                crate::columns::run(rows.connection, sql, [clinic, month, page.as_str()])?;
                crate::columns::run(
                    rows.connection,
                    "update pages set placed = 1 where page = ?1",
                    [page.as_str()],
                )
            })
            .unwrap();
        page
    }

    /// Commits a slip of resident `person` under its own number: its page and number.
    fn slip(&self, clinic: &str, month: &str, person: &str, values: &[(&str, &str)]) -> (PageId, SlipKey) {
        let people = [ResidentId(person.into())];
        let issued = self
            .office
            .store
            .write(|rows| rows.issue_slips(&self.office.form, &people, &clerk(), at(-90_000_000)))
            .unwrap();
        let number = issued.into_iter().next().unwrap().0;
        let page = self.page(clinic, month);
        let done = self.commit(&page, &number, person, values);
        assert!(matches!(done, Committed::Done(_)), "{done:?}");
        (page, SlipKey(number.0))
    }

    fn commit(
        &self,
        page: &PageId,
        number: &ManagementNumber,
        person: &str,
        values: &[(&str, &str)],
    ) -> Committed {
        self.office.to_review(page, number);
        let values: Values =
            values.iter().map(|(id, text)| ((*id).into(), Value::Text((*text).into()))).collect();
        let slip = commit(SlipDraft {
            form: &self.office.form,
            number: Some(number.clone()),
            resident: &resident(person, "渡邉 花子", "ワタナベ ハナコ"),
            values,
            history: &[],
            programmes: &self.programmes,
            lots: &[],
            issued_on: None,
            scanned_on: date(2026, 11, 20),
            accepted: &[],
        })
        .unwrap();
        self.office.store.write(|rows| rows.commit(page, &slip, &clerk(), self.tick())).unwrap()
    }

    fn claim(&self, clinic: &str, month: &str, lines: &[(u32, i64)]) {
        let lines: Vec<ClaimLine> = lines
            .iter()
            .map(|(count, unit)| ClaimLine {
                programme: Some("trial".into()),
                round: None,
                class: Some(ClaimClass::General),
                count: *count,
                unit_price: Yen(*unit),
                amount: Yen(*unit).times(*count).unwrap(),
            })
            .collect();
        let claim = Claim {
            of: of(clinic, month),
            received_on: date(2026, 12, 31),
            source: ClaimSource::Keyed,
            lines,
            total_count: None,
            total_amount: None,
        };
        let entered = self.office.store.write(|rows| rows.enter_claim(&claim, &clerk(), at(10))).unwrap();
        assert!(matches!(entered, ClaimEntered::Done(_)), "{entered:?}");
    }

    fn file(&self, clinic: &str, month: &str) -> ClaimFile {
        let rulebook = Rulebook::new(&self.forms, &self.programmes);
        self.office.store.read(|rows| rows.claim_file(&of(clinic, month), &rulebook)).unwrap()
    }

    fn step(&self, clinic: &str, month: &str, step: ClaimStep, staff: &str) -> StepTaken {
        let rulebook = Rulebook::new(&self.forms, &self.programmes);
        let actor = Actor::new(staff, "desk-3");
        self.office
            .store
            .write(|rows| rows.take_step(&of(clinic, month), step, &rulebook, &actor, self.tick()))
            .unwrap()
    }

    fn decide(&self, clinic: &str, month: &str, slip: &SlipKey, decision: SlipDecision) -> StepTaken {
        let step = ClaimStep::Decide { slip: slip.clone(), decision, seen: None };
        self.step(clinic, month, step, "a")
    }

    fn confirm(&self, clinic: &str, month: &str, staff: &str) -> StepTaken {
        let digest = self.file(clinic, month).digest;
        self.step(clinic, month, ClaimStep::Confirm { digest }, staff)
    }

    /// Two people confirm; what is paid then.
    fn lock(&self, clinic: &str, month: &str) -> Yen {
        assert_eq!(self.confirm(clinic, month, "a"), StepTaken::Done { locked: false });
        assert_eq!(self.confirm(clinic, month, "b"), StepTaken::Done { locked: true });
        self.file(clinic, month).paid()
    }
}

fn of(clinic: &str, month: &str) -> ClinicMonth {
    ClinicMonth { clinic: ClinicCode::from(clinic), month: month.parse().unwrap() }
}

fn price(unit: i64) -> Price {
    Price {
        clinic: None,
        programme: Some("trial".into()),
        round: None,
        class: ClaimClass::General,
        age_from: None,
        age_until: None,
        from: date(2025, 4, 1),
        until: None,
        unit: Yen(unit),
        tax: Tax::Included,
        tax_rate: 10,
        self_pay: Yen::ZERO,
        visit_fee: Yen::ZERO,
    }
}

fn returned() -> SlipDecision {
    SlipDecision::Return { reason: ClaimReason::Incomplete, words: String::new() }
}

fn faults(file: &ClaimFile, key: &SlipKey) -> Vec<ClaimFault> {
    file.report.slip(key).unwrap().findings.iter().map(|finding| finding.fault).collect()
}

#[test]
fn slips_belong_to_the_clinic_of_their_envelope_or_to_the_code_on_them() {
    let claims = Claims::open();
    let (_, enveloped) = claims.slip(A, "2026-10", "1", &[("visit_date", "2026-10-02")]);
    let (loose, under_none) =
        claims.slip(A, "2026-10", "2", &[("visit_date", "2026-10-03"), ("clinic_code", B)]);
    assert_eq!(faults(&claims.file(A, "2026-10"), &under_none), [ClaimFault::WrongClinic]);
    claims
        .office
        .store
        .write(|rows| {
            let sql = "insert into envelopes (id, folder, day, opened_at) values ('none:x:2026-11-20', 'x', '2026-11-20', 0)";
            crate::columns::run(rows.connection, sql, [])?;
            let sql = "update pages set envelope = 'none:x:2026-11-20' where page = ?1";
            crate::columns::run(rows.connection, sql, [loose.as_str()])
        })
        .unwrap();
    let keys = |clinic| {
        let file = claims.file(clinic, "2026-10");
        file.report.slips.into_iter().map(|slip| slip.slip.key).collect::<Vec<_>>()
    };
    assert_eq!((keys(A), keys(B)), (vec![enveloped], vec![under_none]));
    assert!(claims.file(B, "2026-11").report.slips.is_empty());
}

#[test]
fn the_same_service_is_found_in_the_claim_in_another_month_and_in_the_history() {
    let claims = Claims::open();
    let day = |day| [("visit_date", day), ("dose_number", "1")];
    let (_, first) = claims.slip(A, "2026-10", "1", &day("2026-10-02"));
    let (_, again) = claims.slip(A, "2026-10", "1", &day("2026-10-09"));
    let (_, later) = claims.slip(A, "2026-11", "1", &day("2026-09-30"));
    let (_, other) = claims.slip(B, "2026-10", "1", &day("2026-10-05"));
    let (_, second) = claims.slip(A, "2026-12", "2", &day("2026-11-19"));
    claims
        .office
        .store
        .write(|rows| {
            let sql = "insert into past_services (resident, programme, round, service_date, imported)
                       values ('2', 'trial', 1, '2026-05-01', 1)";
            crate::columns::run(rows.connection, sql, [])
        })
        .unwrap();
    let october = claims.file(A, "2026-10");
    assert!(!faults(&october, &first).contains(&ClaimFault::DuplicateInClaim));
    assert_eq!(faults(&october, &again), [ClaimFault::DuplicateInClaim]);
    assert!(faults(&claims.file(A, "2026-11"), &later).contains(&ClaimFault::DuplicateOverMonths));
    assert_eq!(faults(&claims.file(B, "2026-10"), &other), [ClaimFault::DuplicateInHistory]);
    assert!(faults(&claims.file(A, "2026-12"), &second).contains(&ClaimFault::DuplicateInHistory));
}

#[test]
fn nothing_is_confirmed_while_something_is_open() {
    let claims = Claims::open();
    let (_, slip) = claims.slip(A, "2026-10", "1", &[("visit_date", "2026-10-02"), ("clinic_code", B)]);
    assert_eq!(claims.confirm(A, "2026-10", "a"), StepTaken::Refused(StepRefused::NoClaim));
    claims.claim(A, "2026-10", &[(2, 4500)]);
    let waiting = claims.page(A, "2026-10");
    let open = StepRefused::PagesOpen { pages: 1 };
    assert_eq!(claims.confirm(A, "2026-10", "a"), StepTaken::Refused(open));
    assert_eq!(claims.file(A, "2026-10").summary().state, ClaimState::PagesOpen);
    claims
        .office
        .store
        .write(|rows| rows.set_state(&waiting, domain::page::PageState::Discarded, at(20)))
        .unwrap();
    assert_eq!(claims.confirm(A, "2026-10", "a"), StepTaken::Refused(StepRefused::Undecided { slips: 1 }));
    let hold = SlipDecision::Hold { words: "医院に照会".into() };
    assert_eq!(claims.decide(A, "2026-10", &slip, hold), StepTaken::Done { locked: false });
    assert_eq!(claims.confirm(A, "2026-10", "a"), StepTaken::Refused(StepRefused::Held { slips: 1 }));
    let silent = SlipDecision::Accept { words: " ".into() };
    assert_eq!(claims.decide(A, "2026-10", &slip, silent), StepTaken::Refused(StepRefused::NoWords));
    let accept = SlipDecision::Accept { words: "分院のコード".into() };
    assert_eq!(claims.decide(A, "2026-10", &slip, accept), StepTaken::Done { locked: false });
    assert_eq!(claims.confirm(A, "2026-10", "a"), StepTaken::Refused(StepRefused::Unsettled { lines: 1 }));
    let settle = ClaimStep::SettleLine { line: Some(0), words: "1枚分は減額".into(), seen: None };
    assert_eq!(claims.step(A, "2026-10", settle, "a"), StepTaken::Done { locked: false });
    assert_eq!(claims.file(A, "2026-10").summary().state, ClaimState::Ready);
    assert_eq!(claims.confirm(A, "2026-10", "a"), StepTaken::Done { locked: false });
    assert_eq!(claims.confirm(A, "2026-10", "a"), StepTaken::Refused(StepRefused::SamePerson));
    assert_eq!(claims.confirm(A, "2026-10", "b"), StepTaken::Done { locked: true });
    assert_eq!(claims.file(A, "2026-10").paid(), Yen(4500));
}

#[test]
fn a_decision_to_pay_and_a_confirmation_lapse_when_something_else_is_found() {
    let claims = Claims::open();
    let (_, slip) = claims.slip(A, "2026-10", "1", &[("visit_date", "2026-10-02"), ("clinic_code", B)]);
    claims.claim(A, "2026-10", &[(1, 4500)]);
    claims.decide(A, "2026-10", &slip, SlipDecision::Accept { words: "分院".into() });
    assert_eq!(claims.confirm(A, "2026-10", "a"), StepTaken::Done { locked: false });
    let standing = |file: &ClaimFile| file.settlement.standing(file.report.slip(&slip).unwrap());
    assert_eq!(standing(&claims.file(A, "2026-10")), Standing::Accepted);
    claims.office.store.write(|rows| rows.import_prices(&[price(4600)], &clerk(), at(50))).unwrap();
    let file = claims.file(A, "2026-10");
    assert_eq!(standing(&file), Standing::ToDecide);
    assert!(file.summary().confirmed.is_empty());
    assert_eq!(file.report.lines[0].findings[0].fault, ClaimFault::WrongPrice);
}

#[test]
fn a_month_at_a_glance_is_reckoned_again_only_where_something_changed() {
    let claims = Claims::open();
    claims.slip(A, "2026-10", "1", &[("visit_date", "2026-10-02")]);
    claims.slip(B, "2026-10", "2", &[("visit_date", "2026-10-02")]);
    let month: Month = "2026-10".parse().unwrap();
    let rulebook = Rulebook::new(&claims.forms, &claims.programmes);
    let reckon = || claims.office.store.write(|rows| rows.reckon_month(month, &rulebook, at(60))).unwrap();
    let states = || -> Vec<ClaimState> {
        let rows = claims.office.store.read(|rows| rows.claim_month(month, &rulebook)).unwrap();
        rows.into_iter().map(|row| row.summary.state).collect()
    };
    assert_eq!((reckon(), reckon()), (2, 0));
    assert_eq!(states(), [ClaimState::NoClaim, ClaimState::NoClaim]);
    claims.claim(A, "2026-10", &[(1, 4500)]);
    assert_eq!(states(), [ClaimState::Ready, ClaimState::NoClaim], "also where it is not kept yet");
    assert_eq!((reckon(), reckon()), (1, 0));
    claims.slip(B, "2026-11", "2", &[("visit_date", "2026-11-02")]);
    assert_eq!(reckon(), 1, "another slip of the same person");
    claims.office.store.write(|rows| rows.import_prices(&[price(4600)], &clerk(), at(50))).unwrap();
    assert_eq!(reckon(), 2);
    assert_eq!(states(), [ClaimState::InWork, ClaimState::NoClaim]);
}
