//! 判断. What people do to a clinic-month: every step is judged by the rules of claims, refused with its reason.

use crate::Screens;
use crate::error::ScreenError;
use crate::frame::Person;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::claim::{ClaimReason, ClaimStep, ClinicMonth, SlipDecision};
use domain::duty::Right;
use domain::yen::Yen;
use jiff::Timestamp;
use serde::Deserialize;
use store::StepTaken;

/// What one form of the screen sends.
#[derive(Debug, Default, Deserialize)]
pub struct Sent {
    #[serde(default)]
    decision: String,
    #[serde(default)]
    reason: String,
    /// A sentence that was picked.
    #[serde(default)]
    pick: String,
    /// What was typed beside it.
    #[serde(default)]
    words: String,
    #[serde(default)]
    seen: String,
    #[serde(default)]
    digest: String,
    #[serde(default)]
    payment: i64,
    #[serde(default)]
    amount: String,
    /// The month that an adjustment goes into.
    #[serde(default)]
    month: String,
    /// What the list showed, and where it goes on.
    #[serde(default)]
    show: String,
    line: Option<usize>,
    #[serde(default)]
    next: String,
}

/// `POST /claims/{month}/{clinic}/slips/{record}/decide`
pub async fn decide(
    State(screens): State<Screens>,
    person: Person,
    Path((month, clinic, record)): Path<(String, String, i64)>,
    Form(sent): Form<Sent>,
) -> Result<Response, ScreenError> {
    let of = super::of(&month, &clinic)?;
    let decision = decision(&sent)?;
    let seen = Some(sent.seen.clone()).filter(|seen| !seen.is_empty());
    let taken =
        on_slip(&screens, &person, &of, record, move |slip| ClaimStep::Decide { slip, decision, seen });
    taken.await?;
    Ok(back(&of, &sent, "decided", Some(record)))
}

/// `POST /claims/{month}/{clinic}/slips/{record}/undo`
pub async fn undo(
    State(screens): State<Screens>,
    person: Person,
    Path((month, clinic, record)): Path<(String, String, i64)>,
    Form(mut sent): Form<Sent>,
) -> Result<Response, ScreenError> {
    let of = super::of(&month, &clinic)?;
    on_slip(&screens, &person, &of, record, |slip| ClaimStep::Undecide { slip }).await?;
    sent.next = record.to_string();
    Ok(back(&of, &sent, "undone", None))
}

/// `POST /claims/{month}/{clinic}/settle/{line}`: a line from 0, or `totals`.
pub async fn settle(
    State(screens): State<Screens>,
    person: Person,
    Path((month, clinic, line)): Path<(String, String, String)>,
    Form(sent): Form<Sent>,
) -> Result<Response, ScreenError> {
    let of = super::of(&month, &clinic)?;
    let line = match line.as_str() {
        "totals" => None,
        at => Some(at.parse().map_err(|_| ScreenError::NotFound)?),
    };
    let seen = Some(sent.seen.clone()).filter(|seen| !seen.is_empty());
    take(&screens, &person, &of, ClaimStep::SettleLine { line, words: words(&sent)?, seen }).await?;
    Ok(back(&of, &sent, "settled", None))
}

/// `POST /claims/{month}/{clinic}/confirm`
pub async fn confirm(
    State(screens): State<Screens>,
    person: Person,
    Path((month, clinic)): Path<(String, String)>,
    Form(sent): Form<Sent>,
) -> Result<Response, ScreenError> {
    person.require(Right::ConfirmClaims)?;
    let of = super::of(&month, &clinic)?;
    let locked = take(&screens, &person, &of, ClaimStep::Confirm { digest: sent.digest.clone() }).await?;
    Ok(back(&of, &Sent::default(), if locked { "locked" } else { "confirmed" }, None))
}

/// `POST /claims/{month}/{clinic}/unconfirm`
pub async fn unconfirm(
    State(screens): State<Screens>,
    person: Person,
    Path((month, clinic)): Path<(String, String)>,
) -> Result<Response, ScreenError> {
    person.require(Right::ConfirmClaims)?;
    let of = super::of(&month, &clinic)?;
    take(&screens, &person, &of, ClaimStep::Unconfirm).await?;
    Ok(back(&of, &Sent::default(), "unconfirmed", None))
}

/// `POST /claims/{month}/{clinic}/unlock`: by whoever has the third right.
pub async fn unlock(
    State(screens): State<Screens>,
    person: Person,
    Path((month, clinic)): Path<(String, String)>,
    Form(sent): Form<Sent>,
) -> Result<Response, ScreenError> {
    person.require(Right::UnlockClaims)?;
    let of = super::of(&month, &clinic)?;
    take(&screens, &person, &of, ClaimStep::Unlock { words: super::reason(&sent.words)? }).await?;
    Ok(back(&of, &Sent::default(), "unlocked", None))
}

/// `POST /claims/{month}/{clinic}/adjust`: a row that was paid in `month`, taken back or added to in the month sent.
pub async fn adjust(
    State(screens): State<Screens>,
    person: Person,
    Path((month, clinic)): Path<(String, String)>,
    Form(sent): Form<Sent>,
) -> Result<Response, ScreenError> {
    super::of(&month, &clinic)?;
    let of = super::of(&sent.month, &clinic)?;
    let wrong = || ScreenError::Refused("調整の金額は、-3200 のように円の整数で入力してください。".into());
    let amount = crate::keyed::fold(&sent.amount).replace(',', "").parse().map(Yen).map_err(|_| wrong())?;
    let reason = ClaimReason::parse(&sent.reason)
        .ok_or_else(|| ScreenError::Refused("調整の理由を選んでください。".into()))?;
    let step = ClaimStep::Adjust { payment: sent.payment, amount, reason, words: words(&sent)? };
    take(&screens, &person, &of, step).await?;
    Ok(back(&of, &Sent::default(), "adjusted", None))
}

/// `POST /claims/{month}/{clinic}/unadjust`
pub async fn unadjust(
    State(screens): State<Screens>,
    person: Person,
    Path((month, clinic)): Path<(String, String)>,
    Form(sent): Form<Sent>,
) -> Result<Response, ScreenError> {
    let of = super::of(&month, &clinic)?;
    take(&screens, &person, &of, ClaimStep::Unadjust { payment: sent.payment }).await?;
    Ok(back(&of, &Sent::default(), "unadjusted", None))
}

fn decision(sent: &Sent) -> Result<SlipDecision, ScreenError> {
    let reason = || {
        ClaimReason::parse(&sent.reason).ok_or_else(|| ScreenError::Refused("理由を選んでください。".into()))
    };
    let words = || words(sent);
    match sent.decision.as_str() {
        "accept" => Ok(SlipDecision::Accept { words: words()? }),
        "cut" => Ok(SlipDecision::Cut { reason: reason()?, words: words()? }),
        "return" => Ok(SlipDecision::Return { reason: reason()?, words: words()? }),
        "hold" => Ok(SlipDecision::Hold { words: words()? }),
        _ => Err(ScreenError::Refused("判断を選んでください。".into())),
    }
}

/// Words in one line; they may be empty where the rules allow it.
fn words(sent: &Sent) -> Result<String, ScreenError> {
    let words = [sent.pick.trim(), sent.words.trim()].map(str::to_owned);
    let words = words.into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join("　");
    if words.chars().count() > super::LONGEST_REASON || words.chars().any(char::is_control) {
        let told = format!("言葉は{}文字以内の1行で入力してください。", super::LONGEST_REASON);
        return Err(ScreenError::Refused(told));
    }
    Ok(words)
}

/// Takes a step on the slip of a record.
async fn on_slip(
    screens: &Screens,
    person: &Person,
    of: &ClinicMonth,
    record: i64,
    step: impl FnOnce(domain::claim::SlipKey) -> ClaimStep + Send + 'static,
) -> Result<bool, ScreenError> {
    let row = screens.store.read_async(move |rows| rows.record(record)).await?;
    let row = row.ok_or(ScreenError::NotFound)?;
    let slip = domain::claim::SlipKey::of(row.management_number.as_ref(), &row.page);
    take(screens, person, of, step(slip)).await
}

/// Takes a step; whether it locked the month.
async fn take(
    screens: &Screens,
    person: &Person,
    of: &ClinicMonth,
    step: ClaimStep,
) -> Result<bool, ScreenError> {
    let (inner, of, actor) = (screens.clone(), of.clone(), person.actor.clone());
    let taken = screens
        .store
        .write_async(move |rows| rows.take_step(&of, step, &inner.rulebook(), &actor, Timestamp::now()))
        .await?;
    match taken {
        StepTaken::Done { locked } => Ok(locked),
        StepTaken::Refused(refused) => Err(ScreenError::Refused(refused.text())),
    }
}

/// Back to the screen, where its list goes on.
fn back(of: &ClinicMonth, sent: &Sent, done: &str, to: Option<i64>) -> Response {
    let mut address = format!("/claims/{}/{}?done={done}", of.month, of.clinic);
    let mut also = |name: &str, value: String| {
        if !value.is_empty() {
            address.push_str(&format!("&{name}={}", crate::inbox::encoded(&value)));
        }
    };
    also("show", sent.show.clone());
    also("line", sent.line.map(|line| line.to_string()).unwrap_or_default());
    also("at", sent.next.clone());
    also("to", to.map(|to| to.to_string()).unwrap_or_default());
    // The work goes on at the slips; everything else is told above them.
    if matches!(done, "decided" | "undone") {
        address.push_str("#slips");
    }
    Redirect::to(&address).into_response()
}
