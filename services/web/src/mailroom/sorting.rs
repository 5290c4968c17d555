//! ページの整理. What the mailroom does with a page: form or number by hand, turned, cut in two, into another envelope.

use crate::error::ScreenError;
use crate::frame::Person;
use crate::inbox::encoded;
use crate::{Screens, keyed, pictures};
use anyhow::Context;
use axum::extract::{Form as Body, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::check_digit::CheckDigit;
use domain::enquiry;
use domain::ids::{EnvelopeId, FormId, ManagementNumber, PageId};
use jiff::Timestamp;
use serde::Deserialize;
use store::{Moved, Moving, NewPart, Rows, Target};
use vision::decode::encode_png;

/// Pages that are moved at once: a feeder's filling.
const MOST_MOVED: usize = 500;
/// Envelopes that are offered as a target, newest first.
const TARGETS: u32 = 100;
/// A part is at least so much of the page, per cent: less is a torn edge and no slip.
const SMALLEST_PART: f64 = 10.0;

const NOT_OPEN: &str = "このページはもう確認を待っていません。ほかの人が先に処理したか、処理が終わっています。画面を読み込み直してください。";
const HELD: &str = "ほかの人が確認画面で開いています。終わってからもう一度試してください。";

/// An envelope as a target of a move.
pub struct Place {
    /// Its id.
    pub id: String,
    /// Clinic, month, counts.
    pub label: String,
}

/// Where pages can be moved to, newest first.
pub fn places(rows: &Rows, but: Option<&EnvelopeId>) -> Result<Vec<Place>, store::Error> {
    let others = rows.newest_tickets(TARGETS)?.into_iter().filter(|envelope| Some(&envelope.id) != but);
    let place = |envelope: store::Envelope| {
        let month = envelope.month.as_deref().map(crate::words::month).unwrap_or_default();
        let name = envelope.clinic_name.clone().unwrap_or_else(|| "（登録のない医療機関）".into());
        let declared = envelope.declared.unwrap_or_default();
        Place {
            label: format!("{name}　{month}　{}/{declared}枚　束票 {}", envelope.seen(), envelope.id),
            id: envelope.id.to_string(),
        }
    };
    Ok(others.map(place).collect())
}

/// A reason as it may be kept.
pub fn reason(typed: &str) -> Result<String, ScreenError> {
    enquiry::words(typed).map_err(ScreenError::Refused)
}

/// What a person says a page is.
#[derive(Debug, Default, Deserialize)]
pub struct Assigned {
    #[serde(default)]
    form: String,
    #[serde(default)]
    number: String,
}

/// `POST /pages/{page}/assign`: form or number by hand, and a new reading; nothing chosen reads it once more.
pub async fn assign(
    State(screens): State<Screens>,
    person: Person,
    Path(page): Path<String>,
    Body(assigned): Body<Assigned>,
) -> Result<Response, ScreenError> {
    let form = Some(assigned.form).filter(|form| !form.is_empty());
    if form.as_ref().is_some_and(|form| screens.form(form).is_none()) {
        return Err(ScreenError::Refused("その帳票は登録されていません。".into()));
    }
    let digits = keyed::fold(&assigned.number).replace([' ', '-'], "");
    let number = Some(digits).filter(|digits| !digits.is_empty());
    if number.as_ref().is_some_and(|number| number.len() != 11 || !CheckDigit::Mod11.accepts(number)) {
        let words = "管理番号は11桁の数字です。検査数字が合いません。票の番号を見て入力し直してください。";
        return Err(ScreenError::Refused(words.into()));
    }
    let number = number.map(ManagementNumber);
    let (id, actor) = (PageId(page), person.actor);
    let back = id.clone();
    let moved = screens
        .store
        .write_async(move |rows| {
            if rows.page(&id)?.is_none() {
                return Ok(None);
            }
            if let Some(number) = &number
                && rows.slip(number)?.is_none()
            {
                return Ok(Some(None));
            }
            rows.assign(&id, form.map(FormId), number, &actor, Timestamp::now())
                .map(|moved| Some(Some(moved)))
        })
        .await?
        .ok_or(ScreenError::NotFound)?;
    let unknown = "この番号の用紙は発行されていません。番号を確かめてください。束票のときは確認画面で番号を入力します。";
    after(moved.ok_or_else(|| ScreenError::Refused(unknown.into()))?)?;
    Ok(to_page(&back, "assigned"))
}

/// How far a page is turned.
#[derive(Debug, Deserialize)]
pub struct Turn {
    degrees: u16,
}

/// `POST /pages/{page}/turn`
pub async fn turn(
    State(screens): State<Screens>,
    person: Person,
    Path(page): Path<String>,
    Body(turn): Body<Turn>,
) -> Result<Response, ScreenError> {
    if !matches!(turn.degrees, 90 | 180 | 270) {
        return Err(ScreenError::Refused("90度・180度・270度のどれかを選んでください。".into()));
    }
    write(&screens, person, page, "turned", move |rows, page, actor| {
        rows.turn_page(page, turn.degrees, actor, Timestamp::now())
    })
    .await
}

/// Where a page is cut.
#[derive(Debug, Deserialize)]
pub struct Cut {
    /// `x`: a vertical line, left and right; `y`: a horizontal one, top and bottom.
    axis: String,
    /// Per cent of the width or height, as it is shown.
    at: f64,
}

/// `POST /pages/{page}/cut`
pub async fn cut(
    State(screens): State<Screens>,
    person: Person,
    Path(page): Path<String>,
    Body(cut): Body<Cut>,
) -> Result<Response, ScreenError> {
    let sound = (SMALLEST_PART..=100.0 - SMALLEST_PART).contains(&cut.at);
    if !sound || !matches!(cut.axis.as_str(), "x" | "y") {
        return Err(ScreenError::Refused("分割する線は、端から10%以上離してください。".into()));
    }
    let id = PageId(page.clone());
    let row = screens.store.read_async(move |rows| rows.page(&id)).await?.ok_or(ScreenError::NotFound)?;
    let image = row.image.ok_or_else(|| ScreenError::Refused("画像がないページは分割できません。".into()))?;
    let scan = pictures::decoded(&screens, &image, row.turn).await?;
    let files = pictures::work(&screens, move || {
        let (w, h) = (scan.width, scan.height);
        let along = if cut.axis == "x" { w } else { h };
        let at = (f64::from(along) * cut.at / 100.0).round() as u32;
        let (first, second) = match cut.axis.as_str() {
            "x" => (scan.part(0, 0, at, h), scan.part(at, 0, w - at, h)),
            _ => (scan.part(0, 0, w, at), scan.part(0, at, w, h - at)),
        };
        Ok([encode_png(&first), encode_png(&second)])
    })
    .await?;
    // Pictures first: a row never names one that is not there.
    let mut parts = Vec::new();
    for file in files {
        let image = screens.pages.put(file, "png").await.context("a part's picture cannot be stored")?;
        parts.push(NewPart { image, media: "image/png".into() });
    }
    let turn = row.turn;
    write(&screens, person, page, "cut", move |rows, page, actor| {
        // Somebody may have turned it since it was shown: then the line lies elsewhere.
        if rows.page(page)?.is_none_or(|now| now.turn != turn) {
            return Ok(Moved::NotOpen);
        }
        rows.cut_page(page, &parts, actor, Timestamp::now())
    })
    .await
}

/// `POST /pages/{page}/uncut`
pub async fn undo_cut(
    State(screens): State<Screens>,
    person: Person,
    Path(page): Path<String>,
) -> Result<Response, ScreenError> {
    let (id, actor) = (PageId(page), person.actor);
    let back = id.clone();
    let moved = screens
        .store
        .write_async(move |rows| {
            if rows.page(&id)?.is_none() {
                return Ok(None);
            }
            rows.undo_cut(&id, &actor, Timestamp::now()).map(Some)
        })
        .await?;
    if moved.ok_or(ScreenError::NotFound)? == Moved::NotOpen {
        let words = "分割したページの処理が進んでいるため、分割を取り消せません。先にそのページの処理を取り消してください。";
        return Err(ScreenError::Refused(words.into()));
    }
    Ok(to_page(&back, "uncut"))
}

/// Where pages go.
#[derive(Debug, Default, Deserialize)]
pub struct Wanted {
    /// An envelope's id, `loose`, or `ticket` with `number`.
    #[serde(default)]
    target: String,
    #[serde(default)]
    number: String,
    /// `rest`: this page and those behind it.
    #[serde(default)]
    scope: String,
}

/// `POST /pages/{page}/move`
pub async fn move_page(
    State(screens): State<Screens>,
    person: Person,
    Path(page): Path<String>,
    Body(wanted): Body<Wanted>,
) -> Result<Response, ScreenError> {
    let id = PageId(page.clone());
    let rest = wanted.scope == "rest";
    let pages = screens
        .store
        .read_async(move |rows| match rows.page(&id)? {
            None => Ok(None),
            Some(_) if rest => rows.pages_from(&id).map(Some),
            Some(_) => Ok(Some(vec![id])),
        })
        .await?
        .ok_or(ScreenError::NotFound)?;
    let moving = put(&screens, person, pages, wanted).await?;
    let (batch, moved) = (moving.batch, moving.moved);
    Ok(Redirect::to(&format!("/pages/{page}?done=moved&batch={batch}&moved={moved}")).into_response())
}

/// `POST /pages/move`: every marked page.
pub async fn move_marked(
    State(screens): State<Screens>,
    person: Person,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, ScreenError> {
    let mut wanted = Wanted::default();
    let mut pages = Vec::new();
    for (name, value) in pairs {
        match name.as_str() {
            "page" => pages.push(PageId(value)),
            "target" => wanted.target = value,
            "number" => wanted.number = value,
            _ => {}
        }
    }
    if pages.is_empty() || pages.len() > MOST_MOVED {
        let words = format!("移すページに印を付けてください（一度に{MOST_MOVED}ページまで）。");
        return Err(ScreenError::Refused(words));
    }
    let moving = put(&screens, person, pages, wanted).await?;
    let address = format!(
        "/envelopes/{}?batch={}&moved={}",
        encoded(moving.envelope.as_str()),
        moving.batch,
        moving.moved
    );
    Ok(Redirect::to(&address).into_response())
}

/// `POST /moves/{batch}/undo`
pub async fn undo_move(
    State(screens): State<Screens>,
    person: Person,
    Path(batch): Path<i64>,
    Body(back): Body<Back>,
) -> Result<Response, ScreenError> {
    let actor = person.actor;
    let undone =
        screens.store.write_async(move |rows| rows.undo_move(batch, &actor, Timestamp::now())).await?;
    if undone == 0 {
        return Err(ScreenError::Refused(
            "この移動はもう取り消されたか、あとで別の束へ移されています。".into(),
        ));
    }
    let address = match back.page.is_empty() {
        true => "/envelopes".to_owned(),
        false => format!("/pages/{}?done=unmoved", encoded(&back.page)),
    };
    Ok(Redirect::to(&address).into_response())
}

/// Which screen follows.
#[derive(Debug, Default, Deserialize)]
pub struct Back {
    #[serde(default)]
    page: String,
}

async fn put(
    screens: &Screens,
    person: Person,
    pages: Vec<PageId>,
    wanted: Wanted,
) -> Result<Moving, ScreenError> {
    let actor = person.actor;
    let number = keyed::fold(&wanted.number);
    let moving = screens
        .store
        .write_async(move |rows| {
            for page in &pages {
                if rows.page(page)?.is_none() {
                    return Ok(Err("そのページはありません。画面を読み込み直してください。"));
                }
            }
            let target = match wanted.target.as_str() {
                "" => return Ok(Err("移す先の束を選んでください。")),
                "loose" => Target::Loose,
                "ticket" => match rows.ticket(&number)? {
                    Some(ticket) => Target::Ticket(ticket),
                    None => return Ok(Err("この番号の束票は発行されていません。番号を確かめてください。")),
                },
                id => match rows.envelope(&EnvelopeId::from(id))? {
                    Some(envelope) => Target::Envelope(envelope.id),
                    None => return Ok(Err("その束はありません。選び直してください。")),
                },
            };
            let moving = rows.move_pages(&pages, &target, &actor, Timestamp::now())?;
            Ok(moving.ok_or("移すページがありません。束票のページと、すでにその束にあるページは移せません。"))
        })
        .await?;
    moving.map_err(|words| ScreenError::Refused(words.into()))
}

async fn write(
    screens: &Screens,
    person: Person,
    page: String,
    done: &'static str,
    work: impl FnOnce(&store::Writer, &PageId, &domain::actor::Actor) -> Result<Moved, store::Error>
    + Send
    + 'static,
) -> Result<Response, ScreenError> {
    let (id, actor) = (PageId(page), person.actor);
    let back = id.clone();
    let moved = screens
        .store
        .write_async(move |rows| match rows.page(&id)? {
            None => Ok(None),
            Some(_) => work(rows, &id, &actor).map(Some),
        })
        .await?;
    after(moved.ok_or(ScreenError::NotFound)?)?;
    Ok(to_page(&back, done))
}

fn after(moved: Moved) -> Result<(), ScreenError> {
    match moved {
        Moved::Done => Ok(()),
        Moved::NotOpen => Err(ScreenError::Refused(NOT_OPEN.into())),
        Moved::Held => Err(ScreenError::Refused(HELD.into())),
    }
}

fn to_page(page: &PageId, done: &str) -> Response {
    Redirect::to(&format!("/pages/{page}?done={done}")).into_response()
}
