//! What is done with an enquiry: opened, given, asked, answered, closed.

use crate::Screens;
use crate::error::ScreenError;
use crate::frame::Person;
use axum::extract::{Form as Body, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::duty::Right;
use domain::enquiry::{self, Channel, EnquiryKind};
use domain::ids::{FieldId, PageId, StaffId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use store::{Moved, NewEnquiry, Opened};

/// Longest name of somebody at the other end, characters.
const LONGEST_OTHER: usize = 60;

/// A new enquiry as typed.
#[derive(Debug, Default, Deserialize)]
pub struct Typed {
    page: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    field: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    words: String,
    /// `review`: the queue follows; else the enquiry itself.
    #[serde(default)]
    back: String,
}

/// `POST /enquiries`
pub async fn open(
    State(screens): State<Screens>,
    person: Person,
    Body(typed): Body<Typed>,
) -> Result<Response, ScreenError> {
    let kind = EnquiryKind::parse(&typed.kind).ok_or_else(|| refused("問合せの種類を選んでください。"))?;
    let (reason, words) = (said(&typed.reason)?, said(&typed.words)?);
    let reason = match (reason.is_empty(), words.is_empty()) {
        (false, _) => reason,
        (true, false) => "その他".to_owned(),
        (true, true) => return Err(refused("理由を選ぶか、補足を書いてください。")),
    };
    let field = Some(typed.field).filter(|field| !field.is_empty()).map(FieldId);
    let new = NewEnquiry { page: PageId(typed.page), kind, field, reason, words, due: None };
    let actor = person.actor.clone();
    let opened = screens
        .store
        .write_async(move |rows| match rows.page(&new.page)? {
            None => Ok(None),
            Some(_) => rows.open_enquiry(&new, &actor, Timestamp::now()).map(Some),
        })
        .await?;
    match opened.ok_or(ScreenError::NotFound)? {
        Opened::Done(_)
            if typed.back == "review" && (person.may(Right::Verify) || person.may(Right::Arbitrate)) =>
        {
            Ok(Redirect::to("/reviews").into_response())
        }
        Opened::Done(id) => Ok(Redirect::to(&format!("/enquiries/{id}")).into_response()),
        Opened::NotOpen => Err(refused("このページはもう確認を待っていません。すでに処理されています。")),
        Opened::Held => {
            Err(refused("ほかの人が確認画面で開いています。終わってからもう一度試してください。"))
        }
    }
}

/// To whom an enquiry is given.
#[derive(Debug, Default, Deserialize)]
pub struct Given {
    #[serde(default)]
    owner: String,
}

/// `POST /enquiries/{id}/give`
pub async fn give(
    State(screens): State<Screens>,
    person: Person,
    Path(id): Path<i64>,
    Body(given): Body<Given>,
) -> Result<Response, ScreenError> {
    let owner = crate::keyed::fold(&given.owner);
    let plain = |c: char| c.is_alphanumeric() || "._-@".contains(c);
    if owner.is_empty() || owner.chars().count() > LONGEST_OTHER || !owner.chars().all(plain) {
        return Err(refused("担当にする職員のIDを入力してください。"));
    }
    change(&screens, id, move |rows| rows.give_enquiry(id, &StaffId(owner), &person.actor, Timestamp::now()))
        .await
}

/// What was said, how and with whom.
#[derive(Debug, Default, Deserialize)]
pub struct Spoken {
    #[serde(default)]
    how: String,
    #[serde(default)]
    other: String,
    #[serde(default)]
    words: String,
    #[serde(default)]
    due: String,
}

/// `POST /enquiries/{id}/ask`
pub async fn ask(
    State(screens): State<Screens>,
    person: Person,
    Path(id): Path<i64>,
    Body(spoken): Body<Spoken>,
) -> Result<Response, ScreenError> {
    let (how, other, words) = spoken.checked()?;
    let due: Date = spoken.due.parse().map_err(|_| refused("回答の期限を日付で入力してください。"))?;
    change(&screens, id, move |rows| {
        rows.ask_enquiry(id, (how, &other, &words), due, &person.actor, Timestamp::now())
    })
    .await
}

/// `POST /enquiries/{id}/answer`
pub async fn answer(
    State(screens): State<Screens>,
    person: Person,
    Path(id): Path<i64>,
    Body(spoken): Body<Spoken>,
) -> Result<Response, ScreenError> {
    let (how, other, words) = spoken.checked()?;
    if words.is_empty() {
        return Err(refused("回答の内容を書いてください。"));
    }
    change(&screens, id, move |rows| {
        rows.answer_enquiry(id, (how, &other, &words), &person.actor, Timestamp::now())
    })
    .await
}

/// `POST /enquiries/{id}/close`
pub async fn close(
    State(screens): State<Screens>,
    person: Person,
    Path(id): Path<i64>,
    Body(spoken): Body<Spoken>,
) -> Result<Response, ScreenError> {
    let words = said(&spoken.words)?;
    change(&screens, id, move |rows| rows.close_enquiry(id, &words, &person.actor, Timestamp::now())).await
}

impl Spoken {
    fn checked(&self) -> Result<(Channel, String, String), ScreenError> {
        let how = Channel::parse(&self.how)
            .ok_or_else(|| refused("方法（電話・ファクスなど）を選んでください。"))?;
        let other = said(&self.other)?;
        if other.chars().count() > LONGEST_OTHER || other.contains('\n') {
            return Err(refused("相手の名前は60文字以内で入力してください。"));
        }
        Ok((how, other, said(&self.words)?))
    }
}

async fn change(
    screens: &Screens,
    id: i64,
    work: impl FnOnce(&store::Writer) -> Result<Moved, store::Error> + Send + 'static,
) -> Result<Response, ScreenError> {
    let moved = screens
        .store
        .write_async(move |rows| match rows.enquiry(id)? {
            None => Ok(None),
            Some(_) => work(rows).map(Some),
        })
        .await?;
    match moved.ok_or(ScreenError::NotFound)? {
        Moved::Done => Ok(Redirect::to(&format!("/enquiries/{id}")).into_response()),
        Moved::NotOpen | Moved::Held => Err(refused(
            "この問合せは、ほかの人が先に進めたか、完了しています。画面を読み込み直してください。",
        )),
    }
}

fn said(typed: &str) -> Result<String, ScreenError> {
    enquiry::words(typed).map_err(ScreenError::Refused)
}

fn refused(words: &str) -> ScreenError {
    ScreenError::Refused(words.into())
}
