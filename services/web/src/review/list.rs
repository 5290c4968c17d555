//! 確認一覧. What waits for a person, most urgent first.

use crate::Screens;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::inbox::encoded;
use crate::words;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use domain::review::ReviewReason;
use jiff::Timestamp;
use serde::Deserialize;
use store::screens::{ReviewChoices, ReviewFilter, ReviewRow};

/// Items listed at once; those behind come up when these are done.
const ITEMS_SHOWN: u32 = 100;

/// Which items a person works through; goes with them from item to item. Ids and words only.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Chosen {
    /// Reason word.
    #[serde(default)]
    why: String,
    /// Form id, `-` for unknown.
    #[serde(default)]
    form: String,
    /// Envelope id.
    #[serde(default)]
    envelope: String,
    /// What happened to the item before, such as `committed`.
    #[serde(default)]
    pub done: String,
    /// That item's page.
    #[serde(default)]
    pub last: String,
}

#[derive(Template)]
#[template(path = "reviews.html")]
struct ListScreen {
    frame: Frame,
    message: Option<DoneMessage>,
    whys: Vec<Choice>,
    forms: Vec<Choice>,
    envelopes: Vec<Choice>,
    items: Vec<Item>,
    all: u32,
    query: String,
    filtered: bool,
}

/// One choice of a filter.
struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

/// One item in words.
struct Item {
    page: String,
    reasons: Vec<String>,
    more: usize,
    form: String,
    sender: String,
    age: String,
    held: bool,
}

/// What happened to the item before.
pub struct DoneMessage {
    /// The sentence.
    pub words: &'static str,
    /// The page, when it can be taken back.
    pub undo: Option<String>,
    /// The page, to look at it again.
    pub page: String,
}

/// `GET /reviews`
pub async fn list(
    State(screens): State<Screens>,
    person: Person,
    Query(chosen): Query<Chosen>,
) -> Result<Response, ScreenError> {
    let frame = Frame::new(&screens, &person, "reviews").await?;
    let filter = chosen.filter();
    let (rows, all, choices) = screens
        .store
        .read_async(move |rows| {
            let (items, all) = rows.review_rows(&filter, ITEMS_SHOWN)?;
            Ok((items, all, rows.review_choices()?))
        })
        .await?;
    let now = Timestamp::now();
    show(&ListScreen {
        frame,
        message: chosen.message(),
        whys: chosen.whys(&choices),
        forms: chosen.forms(&choices, &screens),
        envelopes: chosen.envelopes(&choices),
        items: rows.iter().map(|row| Item::of(row, &screens, &person, now)).collect(),
        all,
        query: chosen.query(),
        filtered: !chosen.query().is_empty(),
    })
}

impl Chosen {
    /// As the store asks.
    pub fn filter(&self) -> ReviewFilter {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let form = given(&self.form).map(|form| if form == "-" { String::new() } else { form });
        ReviewFilter { why: given(&self.why), form, envelope: given(&self.envelope) }
    }

    /// As a query of an address, with its `?`; empty when nothing is chosen.
    pub fn query(&self) -> String {
        let parts = [("why", &self.why), ("form", &self.form), ("envelope", &self.envelope)];
        let parts = parts.into_iter().filter(|(_, value)| !value.is_empty());
        let parts: Vec<String> = parts.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
    }

    /// [`Chosen::query`] that also tells what happened to `page`.
    pub fn query_after(&self, done: &str, page: &str) -> String {
        let query = self.query();
        let sign = if query.is_empty() { '?' } else { '&' };
        format!("{query}{sign}done={done}&last={page}")
    }

    /// What happened to the item before, for people.
    pub fn message(&self) -> Option<DoneMessage> {
        let words = match self.done.as_str() {
            "committed" => "前のページを確定しました。",
            "returned" => "前のページを返戻にしました。",
            "rescan" => "前のページを再スキャン待ちにしました。紙を探してスキャンし直してください。",
            "discarded" => "前のページを破棄しました。",
            "read_again" => "前のページの読み直しを始めました。",
            "opened" => "束票を確定し、束を開きました。",
            "undone" => "処理を取り消しました。",
            _ => return None,
        };
        let can_undo = matches!(self.done.as_str(), "returned" | "rescan" | "discarded");
        Some(DoneMessage { words, undo: can_undo.then(|| self.last.clone()), page: self.last.clone() })
    }

    fn whys(&self, choices: &ReviewChoices) -> Vec<Choice> {
        let choice = |(why, count): &(String, u32)| Choice {
            label: format!("{}（{count}）", why_label(why)),
            chosen: *why == self.why,
            value: why.clone(),
        };
        choices.why.iter().map(choice).collect()
    }

    fn forms(&self, choices: &ReviewChoices, screens: &Screens) -> Vec<Choice> {
        let choice = |(form, count): &(String, u32)| {
            let known = !form.is_empty();
            let title =
                if known { words::form_title(&screens.forms, form) } else { "帳票不明".to_owned() };
            let value = if known { form.clone() } else { "-".to_owned() };
            Choice { label: format!("{title}（{count}）"), chosen: value == self.form, value }
        };
        choices.forms.iter().map(choice).collect()
    }

    fn envelopes(&self, choices: &ReviewChoices) -> Vec<Choice> {
        let choice = |(id, clinic, count): &(domain::ids::EnvelopeId, Option<String>, u32)| {
            let sender = clinic.as_deref().unwrap_or("束票なし");
            Choice {
                label: format!("{sender}（{count}）"),
                chosen: id.as_str() == self.envelope,
                value: id.to_string(),
            }
        };
        choices.envelopes.iter().map(choice).collect()
    }
}

/// A kind of reason in a word.
fn why_label(why: &str) -> &str {
    match why {
        "unrecognised" => "帳票を判別できない",
        "unreadable" => "画像を読み取れない",
        "given_up" => "自動処理を中止",
        "reopened" => "確認に戻された",
        "unknown_form" => "登録のない帳票",
        "two_sided" => "両面の確認",
        "unrecorded_copy" => "控え（記録しない票）",
        "not_of_resident" => "請求書など",
        "number_missing" => "管理番号なし",
        "number_doubtful" => "管理番号が不確実",
        "number_unknown" => "発行のない番号",
        "number_of_other_form" => "別の帳票の番号",
        "owner_missing" => "住民データなし",
        "duplicate_slip" => "重複",
        "birth_date_differs" => "生年月日の不一致",
        "birth_date_unconfirmed" => "本人確認（生年月日）",
        "person_unconfirmed" => "本人確認",
        "printed_differs" => "印字の不一致",
        "field_doubtful" => "項目の読取り",
        "finding" => "指摘",
        "cannot_commit" => "確定できない",
        "ticket_unread" => "束票を読み取れない",
        "ticket_differs" => "束票の不一致",
        other => other,
    }
}

impl Item {
    fn of(row: &ReviewRow, screens: &Screens, person: &Person, now: Timestamp) -> Self {
        const REASONS_EACH: usize = 3;
        let form = row.form.as_ref().map(|id| words::form_title(&screens.forms, id.as_str()));
        let by_other =
            |(staff, until): &(domain::ids::StaffId, Timestamp)| *staff != person.actor.staff && *until > now;
        Self {
            page: row.page.to_string(),
            reasons: row.reasons.iter().take(REASONS_EACH).map(ReviewReason::text).collect(),
            more: row.reasons.len().saturating_sub(REASONS_EACH),
            form: form.unwrap_or_else(|| "帳票不明".to_owned()),
            sender: row.clinic.clone().unwrap_or_else(|| "束票なし".to_owned()),
            age: words::age(row.created_at, now),
            held: row.lease.as_ref().is_some_and(by_other),
        }
    }
}
