//! Keeping what was keyed in a run, and taking one's last keying back.

use super::items::{LEASE, item, typed};
use super::place::{Mode, place};
use crate::error::ScreenError;
use crate::frame::Person;
use crate::review::settle::{Ruled, settle};
use crate::{Screens, keyed, quality};
use axum::Json;
use axum::extract::{Form as Body, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::actor::Actor;
use domain::form::{Field, Form};
use domain::keying::{Keyed, Pass};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use store::{Error, FieldWork, KeyingTaken, NewKeying, RunItem, SaveId, SaveUndone, Writer};

/// How long one's own last keying can be taken back.
const UNDO_WINDOW: SignedDuration = SignedDuration::from_mins(10);

/// What a screen is told; the same for every pass.
#[derive(Serialize)]
struct Told {
    words: &'static str,
}

/// `POST /runs/items/{token}` with `act` (`key`, `illegible`, `none`) and `v`. 422: the value does not fit and can be
/// typed again; 409: the field is gone, somebody was faster.
pub async fn save(
    State(screens): State<Screens>,
    person: Person,
    Path(token): Path<String>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, ScreenError> {
    let item = item(&screens, &person, token).await?;
    let mode = Mode::of_pass(item.work.pass).ok_or(ScreenError::NotFound)?;
    person.require(mode.right())?;
    let (form, field) = place(&screens, item.work.form.as_str(), item.work.field.as_str())?;
    let act = pairs.iter().find(|(name, _)| name == "act").map_or("key", |(_, act)| act.as_str());
    let keyed = match act {
        "illegible" => Keyed::Illegible,
        "none" => Keyed::NoneOfThese,
        _ => match keyed::check(field, &typed(&pairs)) {
            Ok(value) => Keyed::Value(value),
            Err(words) => {
                let told = Json(serde_json::json!({ "words": words }));
                return Ok((StatusCode::UNPROCESSABLE_ENTITY, told).into_response());
            }
        },
    };
    if item.save.is_some() || item.control {
        return Ok(gone("この項目は、すでに入力しました。次へ進みます。"));
    }
    let (form, field, actor) = (form.clone(), field.clone(), person.actor);
    let (page, staff) = (item.work.page.clone(), actor.staff.clone());
    let programmes = screens.programmes.clone();
    let keep = move |rows: &Writer| {
        let now = Timestamp::now();
        let ruled = Ruled { form: &form, programmes: &programmes };
        let taken = key(rows, ruled, &field, &item.work, &keyed, &actor, now)?;
        if let KeyingTaken::Saved { save, .. } = &taken {
            rows.note_run_save(&item.token, Some(*save))?;
        }
        Ok(taken)
    };
    Ok(match screens.store.write_async(keep).await? {
        KeyingTaken::Saved { .. } => {
            tracing::info!(page.id = %page, act = "run", %staff, "page changed");
            Json(Told { words: "" }).into_response()
        }
        KeyingTaken::SamePerson(_) => gone("この項目は、別の人が入力します。次へ進みます。"),
        KeyingTaken::Already(_) | KeyingTaken::Held { .. } | KeyingTaken::NotOpen => {
            gone("ほかの人が先に処理しました。次へ進みます。")
        }
    })
}

fn gone(words: &'static str) -> Response {
    (StatusCode::CONFLICT, Json(Told { words })).into_response()
}

/// Keys one field in its pass and lets its page move on, in one transaction.
pub(crate) fn key(
    rows: &Writer,
    ruled: Ruled,
    field: &Field,
    work: &FieldWork,
    keyed: &Keyed,
    actor: &Actor,
    now: Timestamp,
) -> Result<KeyingTaken, Error> {
    let form = ruled.form;
    if work.pass == Pass::Sample {
        return rows.key_sample(form, &work.page, field, keyed, actor, now);
    }
    if work.request < 0 {
        return quality::decide(rows, ruled, field, -work.request, keyed, actor, now);
    }
    let new = NewKeying { field: field.id.clone(), pass: work.pass, keyed: keyed.clone() };
    let taken = rows.key(form, &work.page, work.request, &[new], actor, now)?;
    if matches!(taken, KeyingTaken::Saved { .. }) {
        settle(rows, ruled, &work.page, actor, now)?;
    }
    Ok(taken)
}

/// `POST /runs/items/{token}/undo`: takes this keying back, and the field onto the screen again.
pub async fn undo(
    State(screens): State<Screens>,
    person: Person,
    Path(token): Path<String>,
) -> Result<Response, ScreenError> {
    let item = item(&screens, &person, token).await?;
    let Some(save) = item.save else { return Ok(gone("取り消す入力がありません。")) };
    let (form, _) = place(&screens, item.work.form.as_str(), item.work.field.as_str())?;
    let (form, actor) = (form.clone(), person.actor);
    let undone = screens
        .store
        .write_async(move |rows| take_back(rows, &form, &item, save, &actor, Timestamp::now()))
        .await?;
    Ok(match undone {
        SaveUndone::Done { .. } => Json(Told { words: "" }).into_response(),
        SaveUndone::TooLate => gone("時間がたったため、取り消せません。"),
        SaveUndone::BuiltOn => gone("ほかの人が先へ進めたため、取り消せません。"),
    })
}

fn take_back(
    rows: &Writer,
    form: &Form,
    item: &RunItem,
    save: SaveId,
    actor: &Actor,
    now: Timestamp,
) -> Result<SaveUndone, Error> {
    let since = now - UNDO_WINDOW;
    let undone = if item.work.pass == Pass::Sample {
        rows.undo_sample(save, form, actor, since, now)?
    } else {
        rows.undo_save(save, form, actor, since, now)?
    };
    if matches!(undone, SaveUndone::Done { .. }) {
        rows.note_run_save(&item.token, None)?;
        rows.hold_field_work(&item.work, actor, now + LEASE, now)?;
    }
    Ok(undone)
}
