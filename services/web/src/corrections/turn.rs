//! 訂正の二人目・裁定. Another person keys the same fields blind; where they differ, a third sees both and decides.

use super::case::{self, Case, Unproven};
use super::entry::{self, Entry, Sent};
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::sheet::Sheet;
use crate::trace::{self, Act};
use crate::{Screens, words};
use askama::Template;
use axum::extract::{Form as Body, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::correction::{self, CorrectionStage, KEEP, RECORD};
use domain::duty::Right;
use domain::ids::FieldId;
use domain::keying::{Keyed, PERSON, Pass};
use domain::reading::Value;
use jiff::Timestamp;
use std::collections::BTreeMap;
use store::{Committed, CorrectionEnding, CorrectionId, Error, KeyingTaken, NewKeying, Writer};

/// What this person may do here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Nothing but take it back.
    Asker,
    /// Key the same fields, blind.
    Second,
    /// Decide between two.
    Third,
    /// Wait: somebody else is asked.
    Onlooker,
}

#[derive(Template)]
#[template(path = "correction.html")]
struct TurnScreen {
    frame: Frame,
    id: CorrectionId,
    title: String,
    page: String,
    sheet: Option<Sheet>,
    part: Part,
    asked: String,
    /// The asker's words; empty while somebody keys blind.
    words: String,
    ended: Option<String>,
    rows: Vec<TurnRow>,
    problem: Option<String>,
}

/// One field.
struct TurnRow {
    entry: Entry,
    typed: Vec<String>,
    illegible: bool,
    wrong: Option<String>,
    /// First and second keying, and what stands in the record; only for whoever may see them.
    both: Option<(String, String, String)>,
    choice: String,
}

/// `GET /corrections/{id}`
pub async fn screen(
    State(screens): State<Screens>,
    person: Person,
    Path(id): Path<CorrectionId>,
) -> Result<Response, ScreenError> {
    let case = case::case(&screens, &person, id).await?;
    shown(&screens, &person, &case, &Sent::new(), None, &BTreeMap::new()).await
}

/// `POST /corrections/{id}/withdraw`
pub async fn withdraw(
    State(screens): State<Screens>,
    person: Person,
    Path(id): Path<CorrectionId>,
) -> Result<Response, ScreenError> {
    let actor = person.actor.clone();
    let done =
        screens.store.write_async(move |rows| rows.withdraw_correction(id, &actor, Timestamp::now())).await?;
    if !done {
        let words = "取り下げできるのは、決まる前に、申請した人だけです。";
        return Err(ScreenError::Refused(words.into()));
    }
    Ok(Redirect::to("/corrections?done=withdrawn").into_response())
}

/// `POST /corrections/{id}`: what the second or the third person keyed.
pub async fn key(
    State(screens): State<Screens>,
    person: Person,
    Path(id): Path<CorrectionId>,
    Body(sent): Body<Sent>,
) -> Result<Response, ScreenError> {
    let case = case::case(&screens, &person, id).await?;
    let part = part(&case, &person);
    let keyings = match part {
        Part::Second => all_keyed(&case, &case.correction.fields, Pass::Second, &sent, &screens).await?,
        Part::Third => decided(&case, &sent),
        Part::Asker | Part::Onlooker => {
            let words = "この訂正は、いま入力できません。申請した人は二人目になれません。";
            return Err(ScreenError::Refused(words.into()));
        }
    };
    let keyings = match keyings {
        Ok(keyings) => keyings,
        Err(wrong) => {
            let words = "赤い印の項目を確かめてください。".to_owned();
            let mut response = shown(&screens, &person, &case, &sent, Some(words), &wrong).await?;
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            return Ok(response);
        }
    };
    let (ground, correction) = (case.ground.clone(), case.correction.clone());
    let (actor, form) = (person.actor.clone(), case.ground.form.clone());
    let outcome = screens
        .store
        .write_async(move |rows| {
            let now = Timestamp::now();
            let taken = rows.key(&form, &correction.page, id, &keyings, &actor, now)?;
            if !matches!(taken, KeyingTaken::Saved { .. }) {
                return Ok(Outcome::NotTaken);
            }
            settle(rows, &ground, &correction, &actor, now)
        })
        .await?;
    match outcome {
        Outcome::NotTaken => {
            Err(ScreenError::Refused("ほかの人がすでに入力しました。訂正の一覧を開き直してください。".into()))
        }
        Outcome::Stuck(words) => Err(ScreenError::Refused(format!(
            "入力は受け付けましたが、記録を変えられません。{words} 申請した人が取り下げて、申請し直してください。"
        ))),
        Outcome::Waits => Ok(Redirect::to("/corrections?done=third").into_response()),
        Outcome::Corrected => Ok(Redirect::to("/corrections?done=corrected").into_response()),
        Outcome::TakenBack => Ok(Redirect::to("/corrections?done=taken_back").into_response()),
        Outcome::Kept => Ok(Redirect::to("/corrections?done=kept").into_response()),
    }
}

/// What came of a keying.
enum Outcome {
    NotTaken,
    Waits,
    Corrected,
    TakenBack,
    Kept,
    Stuck(String),
}

/// Ends the correction when everything is decided.
fn settle(
    rows: &Writer,
    ground: &case::Ground,
    one: &store::Correction,
    actor: &domain::actor::Actor,
    now: Timestamp,
) -> Result<Outcome, Error> {
    let keyings = rows.correction_keyings(one)?;
    let Some(CorrectionStage::Agreed(agreed)) =
        correction::stage(&ground.form, &one.fields, one.id, &keyings)
    else {
        return Ok(Outcome::Waits);
    };
    let record = &ground.record;
    let keep = Keyed::Value(Value::Text(KEEP.to_owned()));
    let number = record.management_number.as_ref();
    let whole = agreed.get(&FieldId::from(RECORD));
    let new = correction::corrected(&record.values, &record.resident, number, &agreed);
    let unchanged =
        new.as_ref().is_some_and(|new| new.values == record.values && new.resident == record.resident);
    if unchanged || whole == Some(&keep) {
        rows.end_correction(one.id, &CorrectionEnding::Kept, actor, now)?;
        return Ok(Outcome::Kept);
    }
    let Some(new) = new else {
        return Ok(match rows.end_correction(one.id, &CorrectionEnding::TakenBack, actor, now)? {
            Committed::Done(_) => Outcome::TakenBack,
            Committed::Refused(refused) => Outcome::Stuck(refused.text()),
        });
    };
    let accepted = correction::accepted(one.id, &keyings);
    Ok(match case::prove(rows, ground, &new, &accepted)? {
        Err(unproven) => Outcome::Stuck(unproven.text()),
        Ok(slip) => match rows.end_correction(one.id, &CorrectionEnding::Corrected(&slip), actor, now)? {
            Committed::Done(_) => Outcome::Corrected,
            Committed::Refused(refused) => Outcome::Stuck(refused.text()),
        },
    })
}

type Keyings = Result<Vec<NewKeying>, BTreeMap<String, String>>;

/// Every field keyed; a person must be in the register, so that a slip of the hand does not become an arbitration.
async fn all_keyed(
    case: &Case,
    fields: &[FieldId],
    pass: Pass,
    sent: &Sent,
    screens: &Screens,
) -> Result<Keyings, ScreenError> {
    let (mut keyings, mut wrong) = (Vec::new(), BTreeMap::new());
    for field in fields {
        let Some(entry) = Entry::of(&case.ground.form, field) else { continue };
        match entry.keyed(&case.ground.form, sent) {
            Err(words) => _ = wrong.insert(field.to_string(), words),
            Ok(keyed) => keyings.push(NewKeying { field: field.clone(), pass, keyed }),
        }
    }
    let named = keyings.iter().find(|one| one.field.as_str() == PERSON);
    if let Some(Value::Text(id)) = named.and_then(|one| one.keyed.value()) {
        let id = domain::ids::ResidentId(id.clone());
        if screens.store.read_async(move |rows| rows.resident(&id)).await?.is_none() {
            wrong.insert(PERSON.to_owned(), Unproven::Nobody.text());
        }
    }
    Ok(if wrong.is_empty() { Ok(keyings) } else { Err(wrong) })
}

/// What the arbiter chose, field by field.
fn decided(case: &Case, sent: &Sent) -> Keyings {
    let CorrectionStage::Third { fields, .. } = &case.stage else { return Err(BTreeMap::new()) };
    let (mut keyings, mut wrong) = (Vec::new(), BTreeMap::new());
    for field in fields {
        let keyed = match entry::value(sent, &format!("c.{field}")) {
            "first" => case.keyed(field, Pass::Correction).cloned().ok_or_else(String::new),
            "second" => case.keyed(field, Pass::Second).cloned().ok_or_else(String::new),
            "own" => Entry::of(&case.ground.form, field)
                .ok_or_else(String::new)
                .and_then(|entry| entry.keyed(&case.ground.form, sent)),
            _ => Err("どの値にするか選んでください。".to_owned()),
        };
        match keyed {
            Ok(keyed) => keyings.push(NewKeying { field: field.clone(), pass: Pass::Third, keyed }),
            Err(words) => _ = wrong.insert(field.to_string(), words),
        }
    }
    if wrong.is_empty() { Ok(keyings) } else { Err(wrong) }
}

/// What `person` may do with a correction.
pub fn part(case: &Case, person: &Person) -> Part {
    let me = &person.actor.staff;
    if case.correction.end.is_some() {
        return Part::Onlooker;
    }
    match &case.stage {
        _ if case.correction.staff == *me => Part::Asker,
        CorrectionStage::Second { .. } => Part::Second,
        CorrectionStage::Third { second, .. } if second != me && person.may(Right::Arbitrate) => Part::Third,
        CorrectionStage::Third { .. } | CorrectionStage::Agreed(_) => Part::Onlooker,
    }
}

async fn shown(
    screens: &Screens,
    person: &Person,
    case: &Case,
    sent: &Sent,
    problem: Option<String>,
    wrong: &BTreeMap<String, String>,
) -> Result<Response, ScreenError> {
    let (record, form, one) = (&case.ground.record, &case.ground.form, &case.correction);
    let about = std::slice::from_ref(&record.resident);
    trace::note(screens, person, Act::View, "correction", None, about, Some(&record.page)).await?;
    let part = part(case, person);
    // Blind: whoever is to key second gets neither the proposal nor the value that is said to be wrong.
    let sees = matches!(part, Part::Third | Part::Asker) || one.end.is_some();
    let fields: Vec<&FieldId> = match (&case.stage, part) {
        (CorrectionStage::Third { fields, .. }, Part::Third) => fields.iter().collect(),
        (_, Part::Onlooker) if one.end.is_none() => Vec::new(),
        _ => one.fields.iter().collect(),
    };
    let told = |field: &FieldId, pass| {
        let mine = part != Part::Asker || pass == Pass::Correction;
        let keyed = case.keyed(field, pass).filter(|_| mine);
        keyed.map_or_else(|| "―".to_owned(), |keyed| entry::told(form, field, keyed))
    };
    let old = |field: &FieldId| match field.as_str() {
        PERSON => record.resident.0.clone(),
        RECORD => "確定".to_owned(),
        _ => record.values.get(field).map_or_else(
            || "判読不能".to_owned(),
            |value| entry::told(form, field, &Keyed::Value(value.clone())),
        ),
    };
    let row = |field: &FieldId| {
        let name = format!("v.{field}");
        Some(TurnRow {
            entry: Entry::of(form, field)?,
            typed: sent.iter().filter(|(known, _)| *known == name).map(|(_, value)| value.clone()).collect(),
            illegible: entry::was_sent(sent, &format!("no.{field}")),
            wrong: wrong.get(field.as_str()).cloned(),
            both: sees.then(|| (told(field, Pass::Correction), told(field, Pass::Second), old(field))),
            choice: entry::value(sent, &format!("c.{field}")).to_owned(),
        })
    };
    show(&TurnScreen {
        frame: Frame::new(screens, person, "corrections").await?,
        id: one.id,
        title: words::form_title(&screens.forms, record.form.as_str()),
        page: record.page.to_string(),
        sheet: Sheet::of(screens, &case.ground.page),
        part,
        asked: format!("{} {}（{}）", words::moment(one.asked_at), one.staff, one.ground.label()),
        words: if part == Part::Second { String::new() } else { one.words.clone() },
        ended: one.end.as_ref().map(|end| {
            format!("{} {} が確かめ、{}。", words::moment(end.at), end.staff, end.outcome.label())
        }),
        rows: fields.into_iter().filter_map(row).collect(),
        problem,
    })
}
