//! 票・住民を探す. What became of one person's slips: decided how, paid when, and where the paper is.

use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::people::{self, PersonFacts, Wanted};
use crate::trace::{self, Act};
use crate::{Screens, keyed, words};
use askama::Template;
use axum::extract::{Form, State};
use axum::response::Response;
use domain::claim::{ClaimStep, ClinicMonth, SlipDecision};
use domain::duty::Right;
use domain::ids::ResidentId;
use domain::wareki;
use domain::yen::Yen;
use serde::Deserialize;
use store::StepRow;
use store::screens::SlipTrail;

/// Persons whose slips are shown at once; more need another word.
const PERSONS_SHOWN: u32 = 10;

/// What is looked for. Sent by POST: names and numbers never stand in an address.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    words: String,
}

#[derive(Template)]
#[template(path = "claims_search.html")]
struct SearchScreen {
    frame: Frame,
    tabs: super::Tabs,
    words: String,
    searched: bool,
    cut: bool,
    persons: Vec<(PersonFacts, Vec<Slip>)>,
}

/// One slip in words.
struct Slip {
    number: String,
    sought: bool,
    title: String,
    round: String,
    day: String,
    lot: String,
    claim: Option<(String, String)>,
    clinic: String,
    month: String,
    page: String,
    stands: bool,
    steps: Vec<String>,
    paid: Vec<String>,
    sum: Yen,
}

/// `GET /claims/search`
pub async fn search(State(screens): State<Screens>, person: Person) -> Result<Response, ScreenError> {
    answered(&screens, &person, String::new()).await
}

/// `POST /claims/search`
pub async fn found(
    State(screens): State<Screens>,
    person: Person,
    Form(asked): Form<Asked>,
) -> Result<Response, ScreenError> {
    answered(&screens, &person, asked.words).await
}

async fn answered(screens: &Screens, person: &Person, words: String) -> Result<Response, ScreenError> {
    person.require(Right::SeePeople)?;
    let wanted = Wanted::of(&words);
    let found = screens
        .store
        .read_async(move |rows| {
            let persons = wanted.find(rows, PERSONS_SHOWN)?;
            let with_slips = persons.into_iter().map(|(row, resident)| {
                let slips = rows.slip_trails(&resident.id)?;
                Ok((row, resident, slips))
            });
            with_slips.collect::<Result<Vec<_>, store::Error>>()
        })
        .await?;
    let searched = !words.trim().is_empty();
    if searched {
        let ids: Vec<ResidentId> = found.iter().map(|(_, resident, _)| resident.id.clone()).collect();
        trace::note(screens, person, Act::Search, "claims_search", None, &ids, None).await?;
    }
    let sought = keyed::fold(&words);
    let today = people::today();
    let persons = found.iter().map(|(row, resident, slips)| {
        let slips = slips.iter().map(|slip| Slip::of(slip, screens, &sought)).collect();
        (PersonFacts::of(*row, resident, today), slips)
    });
    show(&SearchScreen {
        frame: Frame::new(screens, person, "claims").await?,
        tabs: super::Tabs::of(person, "search"),
        cut: found.len() as u32 == PERSONS_SHOWN,
        persons: persons.collect(),
        words,
        searched,
    })
}

impl Slip {
    fn of(trail: &SlipTrail, screens: &Screens, sought: &str) -> Self {
        let number = trail.number.as_ref().map(|number| number.0.clone()).unwrap_or_default();
        let code = trail.of.as_ref().map(|of| of.clinic.to_string());
        Self {
            sought: !number.is_empty() && number == sought,
            number,
            title: words::programme_title(&screens.forms, trail.programme.as_str()),
            round: trail.round.clone().unwrap_or_default(),
            day: wareki::format(trail.service_date),
            lot: trail.lot.clone().unwrap_or_default(),
            claim: trail.of.as_ref().map(|of| (of.month.to_string(), of.clinic.to_string())),
            clinic: trail.clinic_name.clone().or(code).unwrap_or_default(),
            month: trail.of.as_ref().map(|of| of.month.label()).unwrap_or_default(),
            page: trail.page.to_string(),
            stands: trail.stands,
            steps: trail.steps.iter().filter_map(step_words).collect(),
            paid: trail
                .payments
                .iter()
                .map(|paid| {
                    format!("{} {}円（{}）", paid.of.month.label(), paid.row.amount, paid.row.kind.label())
                })
                .collect(),
            sum: trail.payments.iter().map(|paid| paid.row.amount).sum(),
        }
    }
}

fn step_words((of, row): &(ClinicMonth, StepRow)) -> Option<String> {
    let told = match &row.taken.step {
        ClaimStep::Decide { decision, .. } => decision_words(decision),
        ClaimStep::Undecide { .. } => "判断を取り消した".to_owned(),
        _ => return None,
    };
    Some(format!("{} {told}（{} {}）", of.month.label(), words::moment(row.at), row.taken.staff))
}

/// A decision as clerks say it.
pub fn decision_words(decision: &SlipDecision) -> String {
    let with = |head: String, words: &str| match words.trim() {
        "" => head,
        words => format!("{head} {words}"),
    };
    match decision {
        SlipDecision::Accept { words } => with("認める".to_owned(), words),
        SlipDecision::Cut { reason, words } => with(format!("減額：{}", reason.label()), words),
        SlipDecision::Return { reason, words } => with(format!("返戻：{}", reason.label()), words),
        SlipDecision::Hold { words } => with("保留".to_owned(), words),
    }
}
