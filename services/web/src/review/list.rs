//! 確認一覧. What waits for a person, most urgent first.

use crate::Screens;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::inbox::encoded;
use crate::words;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use domain::duty::Right;
use domain::ids::PageId;
use domain::keying::{PERSON, Stage};
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
    /// Programme id.
    #[serde(default)]
    programme: String,
    /// The pass, as a word; empty for every pass that the person may key.
    #[serde(default)]
    stage: String,
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
    stages: Vec<Choice>,
    whys: Vec<Choice>,
    forms: Vec<Choice>,
    programmes: Vec<Choice>,
    envelopes: Vec<Choice>,
    /// The first item, for "start".
    start: Option<String>,
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
    /// Items of it, where they are counted.
    count: u32,
    /// The list with this chosen and everything else as it is.
    address: String,
}

/// One item in words.
struct Item {
    page: String,
    stage: Stage,
    reasons: Vec<String>,
    more: usize,
    form: String,
    sender: String,
    age: String,
    /// Who has it on the screen.
    held: Option<String>,
}

/// What happened to the item before.
pub struct DoneMessage {
    /// The sentence.
    pub words: &'static str,
    /// The page, when it can be taken back.
    pub undo: Option<String>,
    /// Whether one's own save can be taken back.
    pub unsave: bool,
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
    let filter = chosen.filter(&screens, &person);
    let staff = person.actor.staff.clone();
    let (rows, all, choices, stages) = screens
        .store
        .read_async(move |rows| {
            let (items, all) = rows.review_rows(&filter, ITEMS_SHOWN)?;
            Ok((items, all, rows.review_choices()?, rows.review_stages(&staff)?))
        })
        .await?;
    let now = Timestamp::now();
    let items: Vec<Item> = rows.iter().map(|row| Item::of(row, &screens, &person, now)).collect();
    show(&ListScreen {
        frame,
        message: chosen.message(),
        stages: chosen.stages(&stages, &person),
        whys: chosen.whys(&choices),
        forms: chosen.forms(&choices, &screens),
        programmes: chosen.programmes(&choices, &screens),
        envelopes: chosen.envelopes(&choices),
        start: items.iter().find(|item| item.held.is_none()).map(|item| item.page.clone()),
        items,
        all,
        query: chosen.query(),
        filtered: !chosen.query().is_empty(),
    })
}

/// The passes that a person may key.
fn own_stages(person: &Person) -> Vec<Stage> {
    let mut stages = Vec::new();
    if person.may(Right::Verify) {
        stages.extend([Stage::First, Stage::Second]);
    }
    if person.may(Right::Arbitrate) {
        stages.push(Stage::Third);
    }
    stages
}

impl Chosen {
    /// As the store asks, for what this person may key.
    pub fn filter(&self, screens: &Screens, person: &Person) -> ReviewFilter {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let form = given(&self.form).map(|form| if form == "-" { String::new() } else { form });
        let programme = given(&self.programme).map(|programme| {
            let of_it = |form: &&domain::form::Form| {
                form.programme.as_ref().is_some_and(|id| id.as_str() == programme)
            };
            let forms: Vec<String> = screens.forms.iter().filter(of_it).map(|f| f.id.to_string()).collect();
            // A programme without a form has no page, rather than every page.
            if forms.is_empty() { vec![programme.clone()] } else { forms }
        });
        let own = own_stages(person);
        let stages = match Stage::parse(&self.stage) {
            Some(stage) => vec![stage],
            None => own,
        };
        ReviewFilter {
            why: given(&self.why),
            form,
            envelope: given(&self.envelope),
            forms: programme.unwrap_or_default(),
            stages,
            staff: Some(person.actor.staff.clone()),
        }
    }

    /// The item that follows `page` for this person.
    pub async fn next(
        &self,
        screens: &Screens,
        person: &Person,
        page: &PageId,
    ) -> Result<Option<PageId>, ScreenError> {
        let (filter, after) = (self.filter(screens, person), page.clone());
        let staff = person.actor.staff.clone();
        let next = screens
            .store
            .read_async(move |rows| rows.review_after(&filter, &after, &staff, Timestamp::now()));
        Ok(next.await?)
    }

    /// As a query of an address, with its `?`; empty when nothing is chosen.
    pub fn query(&self) -> String {
        self.query_with("", "")
    }

    /// [`Chosen::query`] with one choice changed.
    fn query_with(&self, name: &str, value: &str) -> String {
        let parts = [
            ("stage", &self.stage),
            ("why", &self.why),
            ("form", &self.form),
            ("programme", &self.programme),
            ("envelope", &self.envelope),
        ];
        let parts = parts.map(|(known, chosen)| (known, if known == name { value } else { chosen }));
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
            "first_saved" => "前のページを保存しました。ほかの人の二次入力を待ちます。",
            "second_saved" => "前のページの二次入力を保存しました。",
            "saved" => "前のページを保存しました。",
            "already" => "前のページは、あなたがすでに保存しています。あとから送った値は使っていません。",
            "unsaved" => "直前の保存を取り消しました。このページをもう一度確認してください。",
            "returned" => "前のページを返戻にしました。",
            "rescan" => "前のページを再スキャン待ちにしました。紙を探してスキャンし直してください。",
            "discarded" => "前のページを破棄しました。",
            "read_again" => "前のページの読み直しを始めました。",
            "opened" => "束票を確定し、束を開きました。",
            "undone" => "処理を取り消しました。",
            _ => return None,
        };
        let can_undo = matches!(self.done.as_str(), "returned" | "rescan" | "discarded");
        let unsave = matches!(self.done.as_str(), "committed" | "first_saved" | "second_saved" | "saved");
        Some(DoneMessage {
            words,
            undo: can_undo.then(|| self.last.clone()),
            unsave,
            page: self.last.clone(),
        })
    }

    fn stages(&self, counts: &[(Stage, u32)], person: &Person) -> Vec<Choice> {
        let own = own_stages(person);
        let count = |stage: &Stage| counts.iter().filter(|one| one.0 == *stage).map(|one| one.1).sum::<u32>();
        let choice = |value: &str, label: &str, count: u32| Choice {
            label: label.to_owned(),
            chosen: self.stage == value,
            count,
            address: format!("/reviews{}", self.query_with("stage", value)),
            value: value.to_owned(),
        };
        let all = choice("", "すべて", own.iter().map(count).sum());
        let each = own.iter().map(|stage| choice(stage.as_str(), stage.label(), count(stage)));
        std::iter::once(all).chain(each).collect()
    }

    fn programmes(&self, choices: &ReviewChoices, screens: &Screens) -> Vec<Choice> {
        let mut programmes: Vec<Choice> = Vec::new();
        for form in &screens.forms {
            let Some(programme) = &form.programme else { continue };
            let waiting =
                choices.forms.iter().filter(|one| one.0 == form.id.as_str()).map(|one| one.1).sum::<u32>();
            match programmes.iter_mut().find(|known| known.value == programme.as_str()) {
                Some(known) => known.count += waiting,
                None => programmes.push(Choice {
                    value: programme.to_string(),
                    label: form.title.clone(),
                    chosen: programme.as_str() == self.programme,
                    count: waiting,
                    address: String::new(),
                }),
            }
        }
        programmes.retain(|programme| programme.count > 0 || programme.chosen);
        programmes
    }

    fn whys(&self, choices: &ReviewChoices) -> Vec<Choice> {
        let choice = |(why, count): &(String, u32)| Choice {
            label: why_label(why).to_owned(),
            chosen: *why == self.why,
            count: *count,
            address: format!("/reviews{}", self.query_with("why", if *why == self.why { "" } else { why })),
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
            let chosen = value == self.form;
            Choice { label: title, chosen, value, count: *count, address: String::new() }
        };
        choices.forms.iter().map(choice).collect()
    }

    fn envelopes(&self, choices: &ReviewChoices) -> Vec<Choice> {
        let choice = |(id, clinic, count): &(domain::ids::EnvelopeId, Option<String>, u32)| {
            let sender = clinic.as_deref().unwrap_or("束票なし");
            Choice {
                label: sender.to_owned(),
                chosen: id.as_str() == self.envelope,
                value: id.to_string(),
                count: *count,
                address: String::new(),
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
        "clinic_claim" => "請求書",
        "not_of_resident" => "個人の記録でないもの",
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
        let form = row.form.as_ref().map(|id| words::form_title(&screens.forms, id.as_str()));
        let by_other = |(staff, until): &&(domain::ids::StaffId, Timestamp)| {
            *staff != person.actor.staff && *until > now
        };
        let (reasons, more) = Self::why(row, screens);
        Self {
            page: row.page.to_string(),
            stage: row.stage,
            reasons,
            more,
            form: form.unwrap_or_else(|| "帳票不明".to_owned()),
            sender: row.clinic.clone().unwrap_or_else(|| "束票なし".to_owned()),
            age: words::age(row.created_at, now),
            held: row.lease.as_ref().filter(by_other).map(|(staff, _)| staff.to_string()),
        }
    }

    /// What is to be done, in words. Whoever keys blind reads nothing of the doubts.
    fn why(row: &ReviewRow, screens: &Screens) -> (Vec<String>, usize) {
        const REASONS_EACH: usize = 3;
        let form = row.form.as_ref().and_then(|id| screens.form(id.as_str()));
        let label = |id: &domain::ids::FieldId| match id.as_str() {
            PERSON => "本人".to_owned(),
            other => form.and_then(|form| form.field(other)).map_or(other.to_owned(), |f| f.label.clone()),
        };
        let fields = || row.fields.iter().map(label).collect::<Vec<_>>().join("、");
        match row.stage {
            Stage::First => {
                let shown = row.reasons.iter().take(REASONS_EACH).map(ReviewReason::text).collect();
                (shown, row.reasons.len().saturating_sub(REASONS_EACH))
            }
            Stage::Second => (vec![format!("二次入力：{}", fields())], 0),
            Stage::Third | Stage::Ready if row.fields.is_empty() => (vec!["指摘の確認".to_owned()], 0),
            Stage::Third | Stage::Ready => (vec![format!("入力の不一致：{}", fields())], 0),
        }
    }
}
