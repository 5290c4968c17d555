//! 事業・規則. The rules of every programme in words: what findings of slips and claims go by.

use crate::Screens;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::people::today;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use domain::programme::{Kind, Programme, Programmes, RuleLine, Version};

/// The screens.
pub fn routes() -> Router<Screens> {
    Router::new().route("/programmes", get(list)).route("/programmes/{id}", get(one))
}

#[derive(Template)]
#[template(path = "programmes.html")]
struct ListScreen {
    frame: Frame,
    groups: Vec<Group>,
    between: Vec<(String, String)>,
}

/// The programmes of one kind.
struct Group {
    title: &'static str,
    rows: Vec<Row>,
}

/// One programme at a glance.
struct Row {
    id: String,
    name: String,
    vaccine: &'static str,
    /// Whom it is for today; empty where it is not open today.
    who: Vec<String>,
    /// How often.
    times: Vec<String>,
    season: String,
    open: bool,
}

#[derive(Template)]
#[template(path = "programme.html")]
struct OneScreen {
    frame: Frame,
    id: String,
    name: String,
    what: String,
    versions: Vec<Rules>,
    between: Vec<(String, String)>,
}

/// The rules of one period.
struct Rules {
    period: String,
    now: bool,
    lines: Vec<RuleLine>,
    source: String,
}

/// `GET /programmes`
async fn list(State(screens): State<Screens>, person: Person) -> Result<Response, ScreenError> {
    let programmes = &screens.programmes;
    let group = |kind: Kind| Group {
        title: kind.label(),
        rows: programmes.all().filter(|one| one.kind == kind).map(|one| Row::of(one, programmes)).collect(),
    };
    show(&ListScreen {
        frame: Frame::new(&screens, &person, "programmes").await?,
        groups: [Kind::Vaccination, Kind::Screening, Kind::Application].map(group).into(),
        between: between(programmes),
    })
}

/// `GET /programmes/{id}`
async fn one(
    State(screens): State<Screens>,
    person: Person,
    Path(id): Path<String>,
) -> Result<Response, ScreenError> {
    let programmes = &screens.programmes;
    let programme = programmes.get(&id.into()).ok_or(ScreenError::NotFound)?;
    let rules = |version: &Version| Rules {
        period: version.period_words(),
        now: version.period.contains(today()),
        lines: version.lines(programmes),
        source: version.source.clone(),
    };
    let vaccine = programme.vaccine.map_or("", |vaccine| vaccine.label());
    show(&OneScreen {
        frame: Frame::new(&screens, &person, "programmes").await?,
        id: programme.id.to_string(),
        name: programme.name.clone(),
        what: [programme.kind.label(), vaccine].join("　"),
        // What holds now, or comes, is looked for first.
        versions: programme.versions.iter().rev().map(rules).collect(),
        between: if programme.vaccine.is_some() { between(programmes) } else { Vec::new() },
    })
}

fn between(programmes: &Programmes) -> Vec<(String, String)> {
    programmes.between().iter().rev().map(|rule| (rule.text(), rule.source.clone())).collect()
}

impl Row {
    fn of(programme: &Programme, programmes: &Programmes) -> Self {
        let version = programme.version(today());
        let lines = version.map(|version| version.lines(programmes)).unwrap_or_default();
        let about = |about: &str| -> Vec<String> {
            lines.iter().filter(|line| line.about == about).map(|line| line.text.clone()).collect()
        };
        // Where every dose has people of its own, they are told with the doses.
        let who = Some(about("対象")).filter(|who| !who.is_empty()).unwrap_or_else(|| about("間隔・時期"));
        Self {
            id: programme.id.to_string(),
            name: programme.name.clone(),
            vaccine: programme.vaccine.map_or("", |vaccine| vaccine.label()),
            who,
            times: about("回数"),
            season: about("実施期間").into_iter().next().unwrap_or_default(),
            open: version.is_some(),
        }
    }
}
