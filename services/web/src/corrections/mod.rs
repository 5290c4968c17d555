//! 訂正. Committed records are corrected by two people: asked for by one, keyed blind by another, decided by a third
//! where they differ.

mod ask;
mod case;
mod entry;
mod turn;

pub use entry::told;

use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::{Screens, words};
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use domain::correction::{self, CorrectionStage};
use domain::duty::Right;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use store::{Correction, Rows};

/// Ended corrections stay on the list for this long.
const ENDED_SHOWN: SignedDuration = SignedDuration::from_hours(24 * 7);

/// The addresses of this part.
pub fn routes() -> Router<Screens> {
    Router::new()
        .route("/corrections", get(list))
        .route("/corrections/{id}", get(turn::screen).post(turn::key))
        .route("/corrections/{id}/withdraw", post(turn::withdraw))
        .route("/records/{id}/correct", get(ask::screen).post(ask::ask))
}

#[derive(Template)]
#[template(path = "corrections.html")]
struct ListScreen {
    frame: Frame,
    done: Option<&'static str>,
    open: Vec<Item>,
    ended: Vec<Item>,
}

/// One correction in words; never what was keyed.
struct Item {
    id: i64,
    form: String,
    fields: String,
    asked: String,
    staff: String,
    ground: &'static str,
    stage: String,
    mine: bool,
}

/// What was just done.
#[derive(Deserialize)]
struct Done {
    #[serde(default)]
    done: String,
}

/// `GET /corrections`
async fn list(
    State(screens): State<Screens>,
    person: Person,
    Query(done): Query<Done>,
) -> Result<Response, ScreenError> {
    let inner = screens.clone();
    let me = person.clone();
    let (open, ended) = screens
        .store
        .read_async(move |rows| {
            let since = Timestamp::now() - ENDED_SHOWN;
            let item = |one: &Correction| Item::of(rows, &inner, &me, one);
            let open = rows.open_corrections()?.iter().map(item).collect::<Result<Vec<_>, _>>()?;
            let ended = rows.ended_corrections(since)?.iter().map(item).collect::<Result<Vec<_>, _>>()?;
            Ok((open, ended))
        })
        .await?;
    let done = match done.done.as_str() {
        "asked" => Some("訂正を申請しました。別の人が同じ項目を入力すると、記録に反映されます。"),
        "withdrawn" => Some("申請を取り下げました。記録は変わりません。"),
        "third" => Some("入力しました。申請の値と異なるため、裁定に回りました。"),
        "corrected" => Some("二人の入力が一致し、記録を訂正しました。"),
        "taken_back" => Some("記録を取り消しました。ページは確認一覧に戻りました。"),
        "kept" => Some("記録はそのまま残しました。"),
        _ => None,
    };
    show(&ListScreen { frame: Frame::new(&screens, &person, "corrections").await?, done, open, ended })
}

impl Item {
    fn of(rows: &Rows, screens: &Screens, person: &Person, one: &Correction) -> Result<Self, store::Error> {
        let record = rows.record(one.record)?;
        let form = record.as_ref().and_then(|record| screens.form(record.form.as_str()));
        let label = |field: &domain::ids::FieldId| {
            form.and_then(|form| entry::Entry::of(form, field)).map_or(String::new(), |entry| entry.label)
        };
        let keyings = rows.correction_keyings(one)?;
        let stage = form.and_then(|form| correction::stage(form, &one.fields, one.id, &keyings));
        let me = &person.actor.staff;
        let (stage, mine) = match (&one.end, stage) {
            (Some(end), _) => (format!("{}（{}）", end.outcome.label(), end.staff), false),
            (None, Some(CorrectionStage::Second { first })) => ("二人目の入力待ち".to_owned(), first != *me),
            (None, Some(CorrectionStage::Third { first, second, .. })) => {
                let other = first != *me && second != *me;
                ("裁定待ち".to_owned(), other && person.may(Right::Arbitrate))
            }
            (None, _) => ("反映できません（取り下げて申請し直してください）".to_owned(), false),
        };
        Ok(Self {
            id: one.id,
            form: record
                .map_or(String::new(), |record| words::form_title(&screens.forms, record.form.as_str())),
            fields: one.fields.iter().map(label).collect::<Vec<_>>().join("、"),
            asked: words::moment(one.asked_at),
            staff: one.staff.to_string(),
            ground: one.ground.label(),
            stage,
            mine,
        })
    }
}
