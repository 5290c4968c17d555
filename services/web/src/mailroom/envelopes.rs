//! 束の枚数. Every envelope's slips against what its ticket declares, what that means, and closing it by hand.

use super::sorting;
use crate::Screens;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::home::Envelope;
use crate::words;
use askama::Template;
use axum::extract::{Form as Body, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::duty::Right;
use domain::ids::EnvelopeId;
use jiff::Timestamp;
use serde::Deserialize;
use store::{Closing, Envelope as EnvelopeRow};

/// Envelopes of one list; a filter finds the others.
const SHOWN: usize = 200;

/// How an envelope stands, and what to do about it.
#[derive(Clone, Debug)]
pub struct Advice {
    /// The word of its filter: `agrees`, `short`, `over`, `loose` or `settled`.
    pub stands: &'static str,
    /// For people, short: `不足 2`.
    pub label: String,
    /// What happened and what to do next.
    pub words: String,
    /// `good`, `warn`, `bad` or empty.
    pub class: &'static str,
    /// Whether somebody has to do something now.
    pub look: bool,
}

impl Advice {
    /// What an envelope's counts mean.
    pub fn of(row: &EnvelopeRow) -> Self {
        let (seen, closed) = (row.seen(), row.closed_at.is_some());
        let advice =
            |stands, label: String, words: String, class, look| Self { stands, label, words, class, look };
        let Some(declared) = row.declared.map(u64::from) else {
            let words = "束票がありません。束票を探して読ませるか、ページを正しい束へ移します。".to_owned();
            return advice("loose", "束票なし".into(), words, "", seen > 0);
        };
        if let Some(settled) = &row.settled {
            let difference = difference(declared, settled.seen);
            let told = format!("{} {} が確定：{}", words::moment(settled.at), settled.by, settled.reason);
            if settled.seen != seen {
                let words = format!(
                    "確定したあとで枚数が変わりました（確定時 {}枚、いま {seen}枚）。束を開き直して確かめてください。{told}",
                    settled.seen
                );
                return advice("settled", format!("{difference}で確定・変更あり"), words, "bad", true);
            }
            return advice("settled", format!("{difference}のまま確定"), told, "", false);
        }
        let counts = format!("申告{declared} 受付{seen}");
        match (declared.cmp(&seen), closed) {
            (std::cmp::Ordering::Equal, true) => {
                advice("agrees", "一致".into(), "締めました。".into(), "good", false)
            }
            (std::cmp::Ordering::Equal, false) => {
                let words = format!("{counts} 一致。ほかに紙がなければ、束を締められます。");
                advice("agrees", "一致".into(), words, "good", false)
            }
            (std::cmp::Ordering::Greater, false) => {
                let short = declared - seen;
                let words = format!(
                    "{counts} あと{short}枚。スキャン中ならお待ちください。もう紙がなければ、数え直してから束を締めます。"
                );
                advice("short", format!("あと{short}"), words, "warn", false)
            }
            (std::cmp::Ordering::Greater, true) => {
                let words = format!(
                    "{counts} 不足{} → 紙を数え直す。見つかれば続けてスキャン、なければ理由を付けて「不足のまま確定」にします。",
                    declared - seen
                );
                advice("short", format!("不足 {}", declared - seen), words, "bad", true)
            }
            (std::cmp::Ordering::Less, _) => {
                let words = format!(
                    "{counts} 超過{} → 二重のスキャンや、ほかの束の紙が混ざっていないか見る。別の束へ移すか、理由を付けて「超過のまま確定」にします。",
                    seen - declared
                );
                advice("over", format!("超過 {}", seen - declared), words, "bad", true)
            }
        }
    }
}

fn difference(declared: u64, seen: u64) -> String {
    match declared.cmp(&seen) {
        std::cmp::Ordering::Greater => format!("不足{}", declared - seen),
        std::cmp::Ordering::Less => format!("超過{}", seen - declared),
        std::cmp::Ordering::Equal => "一致".to_owned(),
    }
}

/// Which envelopes are listed.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    /// `look`, `open`, `short`, `over`, `agrees`, `loose`, `settled`; empty for all.
    #[serde(default)]
    show: String,
}

/// One choice of the filter.
struct Choice {
    word: &'static str,
    show: &'static str,
    count: usize,
    current: bool,
}

#[derive(Template)]
#[template(path = "envelopes.html")]
struct ListScreen {
    frame: Frame,
    tab: &'static str,
    live: Live,
}

#[derive(Template)]
#[template(path = "envelopes_live.html")]
struct Live {
    show: String,
    choices: Vec<Choice>,
    envelopes: Vec<Envelope>,
    more: usize,
    told_at: String,
}

/// `GET /envelopes`
pub async fn list(
    State(screens): State<Screens>,
    person: Person,
    Query(asked): Query<Asked>,
) -> Result<Response, ScreenError> {
    let frame = Frame::new(&screens, &person, "inbox").await?;
    show(&ListScreen { frame, tab: "envelopes", live: Live::now(&screens, asked).await? })
}

/// `GET /envelopes/live`: only the part that renews itself.
pub async fn live(
    State(screens): State<Screens>,
    Query(asked): Query<Asked>,
) -> Result<Response, ScreenError> {
    show(&Live::now(&screens, asked).await?)
}

impl Live {
    async fn now(screens: &Screens, asked: Asked) -> Result<Self, ScreenError> {
        let rows = screens.store.read_async(|rows| rows.envelopes()).await?;
        let fits = |show: &str, row: &EnvelopeRow| {
            let advice = Advice::of(row);
            match show {
                "" => true,
                "look" => advice.look,
                "open" => row.closed_at.is_none() && row.declared.is_some(),
                stands => advice.stands == stands,
            }
        };
        let words = [
            ("すべて", ""),
            ("対応が必要", "look"),
            ("受付中", "open"),
            ("不足", "short"),
            ("超過", "over"),
            ("一致", "agrees"),
            ("差のまま確定", "settled"),
            ("束票なし", "loose"),
        ];
        let choice = |(word, show): (&'static str, &'static str)| Choice {
            word,
            show,
            count: rows.iter().filter(|row| fits(show, row)).count(),
            current: asked.show == show,
        };
        let chosen: Vec<&EnvelopeRow> = rows.iter().filter(|row| fits(&asked.show, row)).collect();
        Ok(Self {
            choices: words.into_iter().map(choice).collect(),
            envelopes: chosen.iter().take(SHOWN).map(|row| Envelope::of(row, screens)).collect(),
            more: chosen.len().saturating_sub(SHOWN),
            told_at: words::moment(Timestamp::now()),
            show: asked.show,
        })
    }
}

/// Why an envelope is closed or opened.
#[derive(Debug, Default, Deserialize)]
pub struct Why {
    #[serde(default)]
    reason: String,
}

/// `POST /envelopes/{id}/close`
pub async fn close(
    State(screens): State<Screens>,
    person: Person,
    Path(id): Path<String>,
    Body(why): Body<Why>,
) -> Result<Response, ScreenError> {
    change(screens, person, id, why, true).await
}

/// `POST /envelopes/{id}/reopen`
pub async fn reopen(
    State(screens): State<Screens>,
    person: Person,
    Path(id): Path<String>,
    Body(why): Body<Why>,
) -> Result<Response, ScreenError> {
    change(screens, person, id, why, false).await
}

async fn change(
    screens: Screens,
    person: Person,
    id: String,
    why: Why,
    close: bool,
) -> Result<Response, ScreenError> {
    person.require(Right::HandleMail)?;
    let reason = sorting::reason(&why.reason)?;
    let (envelope, actor) = (EnvelopeId(id), person.actor);
    let address = format!("/envelopes/{}", crate::inbox::encoded(envelope.as_str()));
    let closing = screens
        .store
        .write_async(move |rows| {
            if rows.envelope(&envelope)?.is_none() {
                return Ok(None);
            }
            let now = Timestamp::now();
            let closing = match close {
                true => rows.close_envelope(&envelope, &reason, &actor, now)?,
                false => rows.reopen_envelope(&envelope, &reason, &actor, now)?,
            };
            Ok(Some(closing))
        })
        .await?;
    match closing.ok_or(ScreenError::NotFound)? {
        Closing::Done => Ok(Redirect::to(&address).into_response()),
        Closing::AlreadySo => Ok(Redirect::to(&address).into_response()),
        Closing::NeedsReason => {
            let words = "申告と枚数が違います。紙を数え直し、違うままでよいときは理由を入力してください。";
            Err(ScreenError::Refused(words.into()))
        }
    }
}
