//! Thresholds with a preview of what they would do, and how much is drawn for the sample.

use super::figures::kind_label;
use crate::Screens;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use askama::Template;
use axum::extract::{Form as Body, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::form::{Field, Form};
use domain::quality::{Bar, BarRefused, Plan, loosest};
use domain::record;
use jiff::Timestamp;
use serde::Deserialize;
use store::Foreseen;

/// How sure a single value must be, as the share that may be wrong: what is offered.
const STEPS: [f64; 9] = [1e-6, 1e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 5e-3, 1e-2];
/// Pages that a threshold is tried on: some weeks of a city.
const PAGES_TRIED: u32 = 2000;
/// Kinds whose values may be drawn.
const KINDS: [&str; 8] = ["digits", "date", "mark", "choice", "image", "sticker", "stamp", "printed"];
/// Nobody keys more a month of one kind just to be sure.
const LARGEST_FLOOR: u32 = 10_000;

#[derive(Deserialize)]
pub struct Chosen {
    #[serde(default)]
    form: String,
    #[serde(default)]
    saved: String,
}

#[derive(Template)]
#[template(path = "quality_settings.html")]
struct SettingsScreen {
    frame: Frame,
    forms: Vec<(String, String, bool)>,
    form: String,
    fields: Vec<Row>,
    plans: Vec<PlanRow>,
    saved: bool,
}

struct Row {
    id: String,
    label: String,
    kind: String,
    critical: bool,
    steps: Vec<Step>,
}

struct Step {
    value: String,
    label: String,
    chosen: bool,
}

struct PlanRow {
    kind: &'static str,
    label: String,
    one_in: u64,
    floor: u32,
}

/// `GET /quality/settings?form=…`
pub async fn settings(
    State(screens): State<Screens>,
    person: Person,
    Query(chosen): Query<Chosen>,
) -> Result<Response, ScreenError> {
    let recorded = |form: &&Form| form.programme.is_some();
    let forms: Vec<&Form> = screens.forms.iter().filter(recorded).collect();
    let form = forms.iter().find(|form| form.id.as_str() == chosen.form).or(forms.first()).copied();
    let (bars, plans) = {
        let form = form.cloned();
        let read = screens.store.read_async(move |rows| {
            let bars = form.map(|form| rows.bars(&form)).transpose()?.unwrap_or_default();
            Ok((bars, rows.sample_plans()?))
        });
        read.await?
    };
    let rows = form.map(record::recorded_fields).into_iter().flatten();
    let plan = |kind: &'static str| {
        let plan = plans.get(kind).copied().unwrap_or_default();
        let one_in = if plan.share > 0.0 { (1.0 / plan.share).round() as u64 } else { 0 };
        PlanRow { kind, label: kind_label(kind).to_owned(), one_in, floor: plan.floor }
    };
    show(&SettingsScreen {
        frame: Frame::new(&screens, &person, "quality").await?,
        forms: forms
            .iter()
            .map(|one| (one.id.to_string(), one.title.clone(), form.is_some_and(|form| form.id == one.id)))
            .collect(),
        form: form.map(|form| form.id.to_string()).unwrap_or_default(),
        fields: rows.map(|field| Row::of(field, bars.get(&field.id).copied())).collect(),
        plans: KINDS.into_iter().map(plan).collect(),
        saved: !chosen.saved.is_empty(),
    })
}

impl Row {
    fn of(field: &Field, bar: Option<Bar>) -> Self {
        let set = bar.map(Bar::wrong);
        let mut steps = vec![Step {
            value: String::new(),
            label: "読取りの基準のまま".to_owned(),
            chosen: set.is_none(),
        }];
        let offered = STEPS.into_iter().filter(|step| *step <= loosest(field) * 1.001);
        steps.extend(offered.map(|wrong| Step {
            value: wrong.to_string(),
            label: sureness(wrong),
            chosen: set.is_some_and(|set| (set / wrong - 1.0).abs() < 1e-6),
        }));
        Self {
            id: field.id.to_string(),
            label: field.label.clone(),
            kind: kind_label(field.kind.as_str()).to_owned(),
            critical: field.critical,
            steps,
        }
    }
}

/// A threshold in words: `99.99%（誤りは1万件に1件まで）`.
fn sureness(wrong: f64) -> String {
    let one_in = (1.0 / wrong).round() as u64;
    let count = match one_in {
        n if n >= 10_000 && n % 10_000 == 0 => format!("{}万件", n / 10_000),
        n => format!("{}件", super::figures::grouped(n)),
    };
    let percent = format!("{:.4}", (1.0 - wrong) * 100.0);
    let percent = percent.trim_end_matches('0').trim_end_matches('.').to_owned();
    format!("{percent}%（誤り {count}に1件まで）")
}

/// A threshold as chosen; empty leaves the field to the reader.
#[derive(Deserialize)]
pub struct Wanted {
    form: String,
    field: String,
    #[serde(default)]
    wrong: String,
}

#[derive(Template)]
#[template(path = "quality_foreseen.html")]
struct ForeseenPart {
    form: String,
    field: String,
    wrong: String,
    seen: Foreseen,
    refused: Option<&'static str>,
}

/// `GET /quality/settings/foresee`: what a threshold would do, and the button that sets it.
pub async fn foresee(
    State(screens): State<Screens>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, ScreenError> {
    let (form, field) = wanted.place(&screens)?;
    let (form, id) = (form.id.clone(), field.id.clone());
    let (seen, refused) = match wanted.bar(field)? {
        Err(refused) => (Foreseen::default(), Some(words(refused))),
        Ok(bar) => {
            let read = move |rows: &store::Rows| rows.foresee(&form, &id, bar, PAGES_TRIED);
            (screens.store.read_async(read).await?, None)
        }
    };
    let Wanted { form, field, wrong } = wanted;
    show(&ForeseenPart { form, field, wrong, seen, refused })
}

/// `POST /quality/settings/bar`
pub async fn set_bar(
    State(screens): State<Screens>,
    person: Person,
    Body(wanted): Body<Wanted>,
) -> Result<Response, ScreenError> {
    let (form, field) = wanted.place(&screens)?;
    let bar = wanted.bar(field)?.map_err(|refused| ScreenError::Refused(words(refused).into()))?;
    let (id, field, actor) = (form.id.clone(), field.clone(), person.actor);
    let set = move |rows: &store::Writer| rows.set_bar(&id, &field, bar, &actor, Timestamp::now());
    screens.store.write_async(set).await?;
    Ok(Redirect::to(&format!("/quality/settings?form={}&saved=1", form.id)).into_response())
}

/// How much is drawn of one kind.
#[derive(Deserialize)]
pub struct WantedPlan {
    kind: String,
    /// One in so many; 0 for none.
    one_in: u64,
    floor: u32,
}

/// `POST /quality/settings/plan`
pub async fn set_plan(
    State(screens): State<Screens>,
    person: Person,
    Body(wanted): Body<WantedPlan>,
) -> Result<Response, ScreenError> {
    if !KINDS.contains(&wanted.kind.as_str()) || wanted.floor > LARGEST_FLOOR {
        return Err(ScreenError::Refused(
            "抜取の割合は「何件に1件」と、ひと月1万件までの最低数で入力してください。".into(),
        ));
    }
    let share = if wanted.one_in == 0 { 0.0 } else { 1.0 / wanted.one_in as f64 };
    let (kind, plan, actor) = (wanted.kind, Plan { share, floor: wanted.floor }, person.actor);
    let set = move |rows: &store::Writer| rows.set_sample_plan(&kind, plan, &actor, Timestamp::now());
    screens.store.write_async(set).await?;
    Ok(Redirect::to("/quality/settings?saved=1").into_response())
}

impl Wanted {
    fn place<'a>(&self, screens: &'a Screens) -> Result<(&'a Form, &'a Field), ScreenError> {
        let form = screens.form(&self.form).ok_or(ScreenError::NotFound)?;
        let mut fields = record::recorded_fields(form);
        let field = fields.find(|field| field.id.as_str() == self.field).ok_or(ScreenError::NotFound)?;
        Ok((form, field))
    }

    fn bar(&self, field: &Field) -> Result<Result<Option<Bar>, BarRefused>, ScreenError> {
        if self.wrong.is_empty() {
            return Ok(Ok(None));
        }
        let wrong: f64 =
            self.wrong.parse().map_err(|_| ScreenError::Refused("しきい値を選び直してください。".into()))?;
        Ok(Bar::new(field, wrong).map(Some))
    }
}

fn words(refused: BarRefused) -> &'static str {
    match refused {
        BarRefused::TooStrict => "これより厳しい値は、確率として保証できません。",
        BarRefused::TooLoose => {
            "この項目では、ここまで緩めることはできません。較正で確かめた範囲を超えます。"
        }
    }
}
