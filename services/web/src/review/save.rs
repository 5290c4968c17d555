//! 保存. What a person sent becomes keyings of his pass, and a record when they are the last ones.

use super::decide::Decider;
use super::list::Chosen;
use super::posted::Posted;
use super::screen::{Problem, ReviewScreen};
use super::settle::{Refusal, Ruled, Settled, refusal, settle};
use super::{Case, Part, UNDO_WINDOW, kept, reading_of};
use crate::Screens;
use crate::error::ScreenError;
use crate::frame::Person;
use axum::extract::{Form as Body, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::actor::Actor;
use domain::form::Form;
use domain::ids::{FieldId, PageId, StaffId};
use domain::keying::{Pass, Stage};
use domain::record::CommitRefused;
use jiff::Timestamp;
use std::collections::BTreeMap;
use store::{Error, KeyingTaken, NewKeying, SaveUndone, Writer};

/// What came of a save.
enum Saved {
    /// It stands; what became of the page.
    Done(Settled),
    /// The values make no record; nothing was written.
    Refused(Refusal),
    /// Somebody was faster, holds it, or may not; nothing was written.
    Not(KeyingTaken),
}

/// `POST /reviews/{page}/commit`: whatever pass the page waits for.
pub async fn commit(
    State(screens): State<Screens>,
    staff: Person,
    Path(page): Path<String>,
    Query(chosen): Query<Chosen>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, ScreenError> {
    let posted = Posted::of(pairs);
    let page = PageId(page);
    let case = Case::load(&screens, &page, Vec::new(), &posted).await?.ok_or(ScreenError::NotFound)?;
    if let Some(words) = stale(&case, &posted) {
        return was_faster(&screens, &staff, &case, &posted, &chosen, words).await;
    }
    let part = case.part(&staff);
    let mut problem = Problem::default();
    let new = decided(&screens, &case, &part, &posted, &mut problem);
    if let (Some((form, pass, new)), true) = (new, problem.is_empty()) {
        let (id, actor, form) = (page.clone(), staff.actor.clone(), form.clone());
        let programmes = screens.programmes.clone();
        let saved = screens
            .store
            .write_async(move |rows| {
                let ruled = Ruled { form: &form, programmes: &programmes };
                write(rows, ruled, &id, pass, &new, &actor, Timestamp::now())
            })
            .await?;
        match saved {
            Saved::Done(settled) => {
                return to_next(&screens, &staff, &page, done_word(pass, &settled), &chosen).await;
            }
            Saved::Not(KeyingTaken::NotOpen) => {
                let words = CommitRefused::NotOpen.text();
                return was_faster(&screens, &staff, &case, &posted, &chosen, words).await;
            }
            Saved::Not(taken) => problem = not_taken(taken),
            Saved::Refused(refusal) => problem = problem_of(refusal, &screens, &case),
        }
    } else if problem.words.is_none() {
        problem.words = Some("保存できません。赤い印の項目を確かめてください。".into());
    }
    ReviewScreen::of(&screens, &staff, case, part, Some(&posted), problem, &chosen).await?.refused()
}

/// The word for the next screen. After a second keying nobody learns whether it was the same as the first.
fn done_word(pass: Pass, settled: &Settled) -> &'static str {
    match (pass, settled) {
        (Pass::Second, _) => "second_saved",
        (_, Settled::Committed) => "committed",
        (Pass::First, Settled::Waits(_)) => "first_saved",
        _ => "saved",
    }
}

/// Why the screen that this was sent from is not the page any more.
fn stale(case: &Case, posted: &Posted) -> Option<String> {
    if !case.item.open {
        return Some(CommitRefused::NotOpen.text());
    }
    if posted.round != Some(case.view.page.round) {
        return Some("このページは読み直されました。画面を開き直してください。".into());
    }
    let seen = posted.stage.unwrap_or(Stage::First);
    let moved = seen.as_str() != case.stage().as_str();
    let newer = posted.seen.is_some_and(|seen| seen != case.last_keying());
    (moved || newer).then(|| "このページは、ほかの人が先に保存しました。".into())
}

/// The answer to a save that came too late: one's own repeated save goes on to the next item; anything else shows what
/// was typed, and nothing of what others keyed.
async fn was_faster(
    screens: &Screens,
    staff: &Person,
    case: &Case,
    posted: &Posted,
    chosen: &Chosen,
    words: String,
) -> Result<Response, ScreenError> {
    let (who, since) = (staff.actor.staff.clone(), Timestamp::now() - UNDO_WINDOW);
    let page = case.view.page.id.clone();
    let last = screens.store.read_async(move |rows| rows.last_save(&who, since)).await?;
    if last.is_some_and(|last| last.page == page) {
        return to_next(screens, staff, &page, "already", chosen).await;
    }
    kept::screen(screens, staff, case, posted, chosen, words).await
}

/// The next item that waits, else the list; both tell what happened to this one.
pub(super) async fn to_next(
    screens: &Screens,
    person: &Person,
    page: &PageId,
    done: &str,
    chosen: &Chosen,
) -> Result<Response, ScreenError> {
    let next = chosen.next(screens, person, page).await?;
    let query = chosen.query_after(done, page.as_str());
    let address = match next {
        Some(next) => format!("/reviews/{next}{query}"),
        None => format!("/reviews{query}"),
    };
    Ok(Redirect::to(&address).into_response())
}

/// The keyings of this person's part; `None` when there is nothing that he may key.
fn decided<'a>(
    screens: &'a Screens,
    case: &'a Case,
    part: &Part,
    posted: &Posted,
    problem: &mut Problem,
) -> Option<(&'a Form, Pass, Vec<NewKeying>)> {
    let (Some((form, reading)), Some(progress)) = (reading_of(screens, &case.view), &case.progress) else {
        problem.words = Some(CommitRefused::NotASlip.text());
        return None;
    };
    let resident = posted.resident.and_then(|row| case.persons.iter().find(|person| person.row == row));
    if posted.resident.is_some() && resident.is_none() {
        problem.person = Some("選んだ住民が見つかりません。もう一度選んでください。".into());
    }
    let resident = resident.map(|person| person.resident.id.clone());
    let decider = Decider { case, form, reading, progress, posted, resident };
    let (pass, new) = match part {
        Part::First => (Pass::First, decider.first(problem)),
        Part::Second(fields) => (Pass::Second, decider.second(fields, problem)),
        Part::Third => (Pass::Third, decider.third(problem)),
        Part::Nothing(words) => {
            problem.words = Some((*words).to_owned());
            return None;
        }
    };
    Some((form, pass, new))
}

/// Writes keyings, and the record when they were the last. What makes no record is refused before anything is
/// written; only of a second keying nothing is said, it would tell of the first.
fn write(
    rows: &Writer,
    ruled: Ruled,
    page: &PageId,
    pass: Pass,
    new: &[NewKeying],
    actor: &Actor,
    now: Timestamp,
) -> Result<Saved, Error> {
    let form = ruled.form;
    let Some(then) = rows.progress_with(form, page, new, &actor.staff)? else {
        return Ok(Saved::Not(KeyingTaken::NotOpen));
    };
    if pass != Pass::Second
        && let Some(refusal) = refusal(rows, ruled, page, &then)?
    {
        return Ok(Saved::Refused(refusal));
    }
    match rows.key(form, page, 0, new, actor, now)? {
        KeyingTaken::Saved { .. } => {
            // Whoever keys it next need not wait for this lease to end.
            rows.release_review(page, actor)?;
            Ok(Saved::Done(settle(rows, ruled, page, actor, now)?))
        }
        other => Ok(Saved::Not(other)),
    }
}

fn not_taken(taken: KeyingTaken) -> Problem {
    let at = |fields: Vec<FieldId>, words: &str| -> BTreeMap<FieldId, String> {
        fields.into_iter().map(|field| (field, words.to_owned())).collect()
    };
    match taken {
        KeyingTaken::Held { by } => Problem { held: Some(held_words(&by)), ..Problem::default() },
        KeyingTaken::Already(fields) => Problem {
            words: Some("ほかの人が先に入力した項目があります。画面を開き直してください。".into()),
            wrong: at(fields, "ほかの人が先に入力しました。"),
            ..Problem::default()
        },
        KeyingTaken::SamePerson(fields) => Problem {
            words: Some("あなたが前に入力した項目は、ほかの人が入力します。".into()),
            wrong: at(fields, "あなたが前に入力した項目です。"),
            ..Problem::default()
        },
        KeyingTaken::NotOpen | KeyingTaken::Saved { .. } => Problem::default(),
    }
}

/// Somebody else has the page; what was typed stays.
pub(super) fn held_words(by: &StaffId) -> String {
    format!("{by} さんがこのページを確認中です。保存できません。入力した値はこの画面に残っています。")
}

fn problem_of(refusal: Refusal, screens: &Screens, case: &Case) -> Problem {
    let number = reading_of(screens, &case.view).and_then(|(form, _)| form.number_field());
    let red = || Some("保存できません。赤い印の項目を確かめてください。".to_owned());
    let at_number = |words: &str| Problem {
        words: red(),
        wrong: number.iter().map(|(field, _)| (field.id.clone(), words.to_owned())).collect(),
        ..Problem::default()
    };
    match refusal {
        Refusal::NoPerson => Problem {
            words: red(),
            person: Some("選んだ住民が見つかりません。もう一度選んでください。".into()),
            ..Problem::default()
        },
        Refusal::NumberUnknown => {
            at_number("この番号の用紙は発行されていません。番号を直すか、判読不能（F2）にしてください。")
        }
        Refusal::NumberOfOther => at_number(
            "この番号の用紙は、選んだ人とは別の人に発行されています。番号か本人を選び直してください。",
        ),
        Refusal::Commit(CommitRefused::Findings { findings }) => Problem {
            words: Some("次の指摘があります。確かめて、認めるものに印を付けてから保存してください。".into()),
            findings,
            ..Problem::default()
        },
        Refusal::Commit(CommitRefused::BadValue { field, .. }) => Problem {
            words: red(),
            wrong: BTreeMap::from([(field, "この項目に入らない値です。".to_owned())]),
            ..Problem::default()
        },
        Refusal::Claim(words) => Problem { words: Some(words), ..Problem::default() },
        Refusal::Commit(refused) => Problem { words: Some(refused.text()), ..Problem::default() },
    }
}

/// `POST /reviews/undo`: takes one's own last save back, while nobody has built on it.
pub async fn undo_last(
    State(screens): State<Screens>,
    person: Person,
    Query(chosen): Query<Chosen>,
) -> Result<Response, ScreenError> {
    let (actor, now, inner) = (person.actor.clone(), Timestamp::now(), screens.clone());
    let undone = screens.store.write_async(move |rows| {
        let since = now - UNDO_WINDOW;
        let Some(save) = rows.last_save(&actor.staff, since)? else { return Ok(None) };
        let form = rows.page_view(&save.page)?;
        let form = form.as_ref().and_then(|view| reading_of(&inner, view)).map(|(form, _)| form);
        form.map(|form| rows.undo_save(save.id, form, &actor, since, now)).transpose()
    });
    match undone.await? {
        Some(SaveUndone::Done { page }) => {
            let query = chosen.query_after("unsaved", page.as_str());
            Ok(Redirect::to(&format!("/reviews/{page}{query}")).into_response())
        }
        Some(SaveUndone::BuiltOn) => Err(ScreenError::Refused(
            "ほかの人がこのページの作業を進めたため、取り消せません。直す場合は台帳から訂正してください。"
                .into(),
        )),
        Some(SaveUndone::TooLate) | None => {
            let minutes = UNDO_WINDOW.as_mins();
            Err(ScreenError::Refused(format!(
                "取り消せる保存がありません（{minutes}分以内の保存だけ取り消せます）。"
            )))
        }
    }
}
