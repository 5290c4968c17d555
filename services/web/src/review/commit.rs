//! 確定. From what a person sent to a committed record, or the screen again with what stands against it.

use super::list::Chosen;
use super::posted::Posted;
use super::screen::{Problem, ReviewScreen};
use super::{Case, person, reading_of, rows};
use crate::Screens;
use crate::error::ScreenError;
use crate::frame::Person;
use crate::keyed;
use axum::extract::{Form as Body, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::actor::Actor;
use domain::form::Form;
use domain::ids::{FieldId, ManagementNumber, PageId};
use domain::reading::{FormReading, Value};
use domain::record::{self, CommitRefused, SlipDraft};
use domain::review::ReviewReason;
use domain::rules::{RuleCode, Values};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;
use store::{Committed, Error, Writer};

/// A page as a person decided it, its values sound one by one.
struct Decided {
    page: PageId,
    form: Form,
    number: Option<ManagementNumber>,
    resident: i64,
    values: Values,
    accepted: Vec<RuleCode>,
    scanned_on: Date,
}

/// What came of it.
enum Outcome {
    Committed,
    Refused(CommitRefused),
    /// The chosen resident is not in the register any more.
    NoPerson,
    /// No slip was issued under the number.
    NumberUnknown,
    /// The slip of the number was issued to somebody else.
    NumberOfOther,
}

/// `POST /reviews/{page}/commit`
pub async fn commit(
    State(screens): State<Screens>,
    staff: Person,
    Path(page): Path<String>,
    Query(chosen): Query<Chosen>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, ScreenError> {
    let posted = Posted::of(pairs);
    let page = PageId(page);
    let case = Case::load(&screens, &page, Vec::new()).await?.ok_or(ScreenError::NotFound)?;
    let problem = match decided(&screens, &case, &posted) {
        Err(problem) => problem,
        Ok(decided) => {
            let actor = staff.actor.clone();
            let outcome =
                screens.store.write_async(move |rows| write(rows, decided, &actor, Timestamp::now())).await?;
            match problem_of(outcome, &screens, &case) {
                None => return to_next(&screens, &staff, &page, "committed", &chosen).await,
                Some(problem) => problem,
            }
        }
    };
    // A person found by search stands in the form, but not among the candidates.
    let case = with_chosen(&screens, case, &posted).await?;
    ReviewScreen::of(&screens, &staff, case, Some(&posted), problem, &chosen).await?.refused()
}

/// The next item that waits, else the list; both tell what happened to this one.
pub(super) async fn to_next(
    screens: &Screens,
    person: &Person,
    page: &PageId,
    done: &str,
    chosen: &Chosen,
) -> Result<Response, ScreenError> {
    let (filter, after, staff) = (chosen.filter(), page.clone(), person.actor.staff.clone());
    let next = screens
        .store
        .read_async(move |rows| rows.review_after(&filter, &after, &staff, Timestamp::now()))
        .await?;
    let query = chosen.query_after(done, page.as_str());
    let address = match next {
        Some(next) => format!("/reviews/{next}{query}"),
        None => format!("/reviews{query}"),
    };
    Ok(Redirect::to(&address).into_response())
}

pub(super) async fn with_chosen(screens: &Screens, case: Case, posted: &Posted) -> Result<Case, ScreenError> {
    let Some(row) = posted.resident.filter(|row| case.persons.iter().all(|person| person.row != *row)) else {
        return Ok(case);
    };
    let Some(resident) = screens.store.read_async(move |rows| rows.resident_at(row)).await? else {
        return Ok(case);
    };
    Ok(Case::load(screens, &case.view.page.id, vec![resident]).await?.unwrap_or(case))
}

/// Checks everything that can be checked without writing.
fn decided(screens: &Screens, case: &Case, posted: &Posted) -> Result<Decided, Problem> {
    let mut problem = Problem::default();
    if !case.item.open {
        problem.words = Some(CommitRefused::NotOpen.text());
        return Err(problem);
    }
    let page = &case.view.page;
    if posted.round != Some(page.round) {
        problem.words =
            Some("このページは読み直されました。新しい読取結果を確かめてから確定してください。".into());
        return Err(problem);
    }
    let Some((form, reading)) = reading_of(screens, &case.view) else {
        problem.words = Some(CommitRefused::NotASlip.text());
        return Err(problem);
    };
    let (values, number) = values(form, reading, &case.item.reasons, posted, &mut problem);
    if posted.resident.is_none() {
        problem.person = Some("本人を選んでください。".into());
    } else if person::is_doubtful(&case.item.reasons)
        && !posted.confirmed.contains(&FieldId::from(person::CONFIRMED))
    {
        problem.person = Some("本人で間違いないか確かめて、Enter を押してください。".into());
    }
    if !problem.wrong.is_empty() || problem.person.is_some() {
        problem.words = Some("確定できません。赤い印の項目を確かめてください。".into());
        return Err(problem);
    }
    let Some(resident) = posted.resident else { return Err(problem) };
    let scanned_on = page.arrived_at.to_zoned(crate::words::japan()).date();
    let accepted = posted.accepted.clone();
    Ok(Decided { page: page.id.clone(), form: form.clone(), number, resident, values, accepted, scanned_on })
}

/// The values of the rows; what is wrong goes to `problem`. A field that nobody can read has no value.
fn values(
    form: &Form,
    reading: &FormReading,
    reasons: &[ReviewReason],
    posted: &Posted,
    problem: &mut Problem,
) -> (Values, Option<ManagementNumber>) {
    let mut values = Values::new();
    let mut number = None;
    for field in rows::keyed_fields(form, reading.side) {
        if posted.illegible.contains(&field.id) {
            continue;
        }
        let confirmed = posted.confirmed.contains(&field.id);
        if rows::is_doubtful(form, field, reasons) && !confirmed {
            problem.wrong.insert(
                field.id.clone(),
                "まだ確認していません。画像と見比べて Enter を押してください。".into(),
            );
            continue;
        }
        match keyed::check(field, &posted.typed(&field.id)) {
            Err(words) => _ = problem.wrong.insert(field.id.clone(), words),
            Ok(value) if rows::is_number(form, field) => {
                number = value.text().map(|text| ManagementNumber(text.to_owned()));
            }
            Ok(value) => _ = values.insert(field.id.clone(), seen_label(field, reading, value)),
        }
    }
    (values, number)
}

/// A label that was seen stays "present" when no number is keyed for it.
fn seen_label(field: &domain::form::Field, reading: &FormReading, value: Value) -> Value {
    let machine = reading.field(field.id.as_str()).and_then(|read| read.value.text());
    let label = matches!(field.kind, domain::form::FieldKind::Sticker) && machine == Some("present");
    if label && value.is_blank() { Value::Text("present".to_owned()) } else { value }
}

fn write(rows: &Writer, decided: Decided, actor: &Actor, now: Timestamp) -> Result<Outcome, Error> {
    let Some(resident) = rows.resident_at(decided.resident)? else {
        return Ok(Outcome::NoPerson);
    };
    let slip = match &decided.number {
        None => None,
        Some(number) => match rows.slip(number)? {
            None => return Ok(Outcome::NumberUnknown),
            Some(slip) if slip.resident != resident.id => return Ok(Outcome::NumberOfOther),
            found => found,
        },
    };
    let history = rows.history(&resident.id, &decided.page)?;
    let draft = SlipDraft {
        form: &decided.form,
        number: decided.number,
        resident: &resident,
        values: decided.values,
        history: &history,
        issued_on: slip.map(|slip| slip.issued_on),
        scanned_on: decided.scanned_on,
        accepted: &decided.accepted,
    };
    let proven = match record::commit(draft) {
        Ok(proven) => proven,
        Err(refused) => return Ok(Outcome::Refused(refused)),
    };
    Ok(match rows.commit(&decided.page, &proven, actor, now)? {
        Committed::Done(_) => Outcome::Committed,
        Committed::Refused(refused) => Outcome::Refused(refused),
    })
}

fn problem_of(outcome: Outcome, screens: &Screens, case: &Case) -> Option<Problem> {
    let number = reading_of(screens, &case.view).and_then(|(form, _)| form.number_field());
    let at_number = |words: &str| Problem {
        words: Some("確定できません。赤い印の項目を確かめてください。".into()),
        wrong: number.iter().map(|(field, _)| (field.id.clone(), words.to_owned())).collect(),
        ..Problem::default()
    };
    let problem = match outcome {
        Outcome::Committed => return None,
        Outcome::NoPerson => Problem {
            person: Some("選んだ住民が見つかりません。もう一度選んでください。".into()),
            ..Problem::default()
        },
        Outcome::NumberUnknown => {
            at_number("この番号の用紙は発行されていません。番号を直すか、判読不能（F2）にしてください。")
        }
        Outcome::NumberOfOther => at_number(
            "この番号の用紙は、選んだ人とは別の人に発行されています。番号か本人を選び直してください。",
        ),
        Outcome::Refused(CommitRefused::Findings { findings }) => Problem {
            words: Some("次の指摘があります。確かめて、認めるものに印を付けてから確定してください。".into()),
            findings,
            ..Problem::default()
        },
        Outcome::Refused(CommitRefused::BadValue { field, .. }) => Problem {
            words: Some("確定できません。赤い印の項目を確かめてください。".into()),
            wrong: BTreeMap::from([(field, "この項目に入らない値です。".to_owned())]),
            ..Problem::default()
        },
        Outcome::Refused(refused) => Problem { words: Some(refused.text()), ..Problem::default() },
    };
    Some(problem)
}
