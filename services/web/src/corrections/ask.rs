//! 訂正の申請. The first person says what is wrong with a record, keys it anew and says why.

use super::case::{self, Ground, Unproven};
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
use domain::correction::{self, CorrectionGround, RECORD, TAKE_BACK};
use domain::ids::FieldId;
use domain::keying::{Keyed, PERSON, Pass, acceptance};
use domain::reading::Value;
use domain::record::CommitRefused;
use domain::rules::{Finding, RuleCode};
use domain::wareki;
use jiff::Timestamp;
use std::collections::BTreeMap;
use store::{CorrectionAsked, KeyingTaken, NewCorrection, NewKeying, RecordId};

/// Words longer than this are a letter.
const LONGEST_WORDS: usize = 150;

#[derive(Template)]
#[template(path = "correct.html")]
struct AskScreen {
    frame: Frame,
    record: RecordId,
    title: String,
    day: String,
    page: String,
    sheet: Option<Sheet>,
    rows: Vec<AskRow>,
    grounds: Vec<(&'static str, &'static str, bool)>,
    words: String,
    problem: Option<String>,
    findings: Vec<(String, String)>,
}

/// One field of the record.
struct AskRow {
    entry: Entry,
    old: String,
    ticked: bool,
    illegible: bool,
    typed: Vec<String>,
    wrong: Option<String>,
}

/// What came back to the person who asks.
#[derive(Default)]
struct Answer {
    problem: Option<String>,
    wrong: BTreeMap<String, String>,
    findings: Vec<Finding>,
}

/// `GET /records/{id}/correct`
pub async fn screen(
    State(screens): State<Screens>,
    person: Person,
    Path(id): Path<RecordId>,
) -> Result<Response, ScreenError> {
    let ground = case::ground(&screens, &person, id).await?;
    shown(&screens, &person, &ground, &Sent::new(), Answer::default()).await
}

/// `POST /records/{id}/correct`
pub async fn ask(
    State(screens): State<Screens>,
    person: Person,
    Path(id): Path<RecordId>,
    Body(sent): Body<Sent>,
) -> Result<Response, ScreenError> {
    let ground = case::ground(&screens, &person, id).await?;
    let answer = match asked(&screens, &ground, &sent).await? {
        Err(answer) => answer,
        Ok(new) => {
            let (actor, form) = (person.actor.clone(), ground.form.clone());
            let asked = screens
                .store
                .write_async(move |rows| rows.ask_correction(&form, &new, &actor, Timestamp::now()))
                .await?;
            match refused(&asked) {
                None => return Ok(Redirect::to("/corrections?done=asked").into_response()),
                Some(words) => Answer { problem: Some(words.to_owned()), ..Answer::default() },
            }
        }
    };
    let mut response = shown(&screens, &person, &ground, &sent, answer).await?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

fn refused(asked: &CorrectionAsked) -> Option<&'static str> {
    Some(match asked {
        CorrectionAsked::Done(_) => return None,
        CorrectionAsked::NotStanding => {
            "この記録は、すでに訂正または取消されています。台帳を開き直してください。"
        }
        CorrectionAsked::Open(_) => {
            "この記録の訂正は、すでに申請されています。「訂正」の一覧で確かめてください。"
        }
        CorrectionAsked::NotKeyed(KeyingTaken::Held { .. }) => {
            "ほかの人がこのページを開いています。しばらくしてからお試しください。"
        }
        CorrectionAsked::NotKeyed(_) => "申請できませんでした。台帳を開き直してください。",
    })
}

/// What is asked for, when it is sound; else what to say.
async fn asked(
    screens: &Screens,
    ground: &Ground,
    sent: &Sent,
) -> Result<Result<NewCorrection, Answer>, ScreenError> {
    let mut answer = Answer::default();
    let words = entry::value(sent, "words").to_owned();
    if !crate::words::is_line(&words, LONGEST_WORDS) {
        answer.problem = Some(format!("補足は{LONGEST_WORDS}文字以内の1行で入力してください。"));
        return Ok(Err(answer));
    }
    let Some(why) = CorrectionGround::parse(entry::value(sent, "ground")) else {
        answer.problem = Some("訂正する理由を選んでください。".into());
        return Ok(Err(answer));
    };
    let take_back = entry::was_sent(sent, "take_back");
    let mut keyings = Vec::new();
    if take_back {
        let keyed = Keyed::Value(Value::Text(TAKE_BACK.to_owned()));
        keyings.push(NewKeying { field: RECORD.into(), pass: Pass::Correction, keyed });
    } else {
        for field in entry::correctable(&ground.form, ground.side, ground.hidden) {
            take_field(ground, sent, field, &mut keyings, &mut answer);
        }
        if !answer.wrong.is_empty() {
            answer.problem = Some("赤い印の項目を確かめてください。".into());
        } else if keyings.is_empty() {
            answer.problem = Some("訂正する項目に印を付け、正しい値を入力してください。".into());
        }
        if answer.problem.is_some() {
            return Ok(Err(answer));
        }
        if let Err(refused) = dry_run(screens, ground, &keyings, sent, &mut answer).await? {
            answer.problem = Some(refused);
            return Ok(Err(answer));
        }
        for rule in accepted(sent, &answer.findings) {
            let keyed = Keyed::Value(Value::Text("accepted".into()));
            keyings.push(NewKeying { field: acceptance(rule), pass: Pass::Correction, keyed });
        }
    }
    Ok(Ok(NewCorrection { record: ground.record.id, ground: why, words, keyings }))
}

fn take_field(
    ground: &Ground,
    sent: &Sent,
    field: FieldId,
    keyings: &mut Vec<NewKeying>,
    answer: &mut Answer,
) {
    let Some(entry) = Entry::of(&ground.form, &field) else { return };
    let ticked = entry::was_sent(sent, &format!("on.{field}"));
    if !ticked {
        if !entry::value(sent, &format!("v.{field}")).is_empty() {
            answer.wrong.insert(field.0, "訂正する項目は、左の印も付けてください。".into());
        }
        return;
    }
    match entry.keyed(&ground.form, sent) {
        Err(words) => _ = answer.wrong.insert(field.0, words),
        Ok(keyed) if same_as_record(ground, &field, &keyed) => {
            _ = answer.wrong.insert(field.0, "いまの値と同じです。".into());
        }
        Ok(keyed) => keyings.push(NewKeying { field, pass: Pass::Correction, keyed }),
    }
}

fn same_as_record(ground: &Ground, field: &FieldId, keyed: &Keyed) -> bool {
    let old = match field.as_str() {
        PERSON => Keyed::person(&ground.record.resident),
        _ => ground.record.values.get(field).map_or(Keyed::Illegible, |value| Keyed::Value(value.clone())),
    };
    domain::keying::same(ground.form.field(field.as_str()), &old, keyed)
}

/// Tries what the record would become; findings that nobody accepts yet go to `answer`.
async fn dry_run(
    screens: &Screens,
    ground: &Ground,
    keyings: &[NewKeying],
    sent: &Sent,
    answer: &mut Answer,
) -> Result<Result<(), String>, ScreenError> {
    let agreed: BTreeMap<FieldId, Keyed> =
        keyings.iter().map(|one| (one.field.clone(), one.keyed.clone())).collect();
    let record = &ground.record;
    let number = record.management_number.as_ref();
    let Some(new) = correction::corrected(&record.values, &record.resident, number, &agreed) else {
        return Ok(Err("本人が分からない記録は残せません。取消を申請してください。".into()));
    };
    let (ground, ticked) = (ground.clone(), all_accepted(sent));
    let proven = screens.store.read_async(move |rows| case::prove(rows, &ground, &new, &ticked)).await?;
    Ok(match proven {
        Ok(slip) => {
            answer.findings = slip.findings().to_vec();
            Ok(())
        }
        Err(Unproven::Refused(CommitRefused::Findings { findings })) => {
            answer.findings = findings;
            Err("次の指摘があります。確かめて、認めるものに印を付けてから申請してください。".into())
        }
        Err(other) => Err(other.text()),
    })
}

/// Rules that the person ticked.
fn all_accepted(sent: &Sent) -> Vec<RuleCode> {
    let words = sent.iter().filter(|(name, _)| name == "accept").map(|(_, word)| word.clone());
    words.filter_map(|word| serde_json::from_value(serde_json::Value::String(word)).ok()).collect()
}

fn accepted(sent: &Sent, findings: &[Finding]) -> Vec<RuleCode> {
    let mut rules = all_accepted(sent);
    rules.retain(|rule| findings.iter().any(|finding| finding.rule == *rule));
    rules.dedup();
    rules
}

async fn shown(
    screens: &Screens,
    person: &Person,
    ground: &Ground,
    sent: &Sent,
    answer: Answer,
) -> Result<Response, ScreenError> {
    let record = &ground.record;
    if !record.stands && answer.problem.is_none() {
        return Err(ScreenError::Refused("この記録は、すでに訂正または取消されています。".into()));
    }
    let about = std::slice::from_ref(&record.resident);
    trace::note(screens, person, Act::View, "correction", None, about, Some(&record.page)).await?;
    let row = |field: FieldId| {
        let name = format!("v.{field}");
        Some(AskRow {
            entry: Entry::of(&ground.form, &field)?,
            old: match field.as_str() {
                PERSON => record.resident.0.clone(),
                _ => record.values.get(&field).map_or_else(
                    || "判読不能".to_owned(),
                    |value| entry::told(&ground.form, &field, &Keyed::Value(value.clone())),
                ),
            },
            ticked: entry::was_sent(sent, &format!("on.{field}")),
            illegible: entry::was_sent(sent, &format!("no.{field}")),
            typed: sent.iter().filter(|(known, _)| *known == name).map(|(_, value)| value.clone()).collect(),
            wrong: answer.wrong.get(field.as_str()).cloned(),
        })
    };
    let word =
        |rule: RuleCode| serde_json::to_value(rule).ok().and_then(|word| word.as_str().map(str::to_owned));
    let why = entry::value(sent, "ground");
    show(&AskScreen {
        frame: Frame::new(screens, person, "residents").await?,
        record: record.id,
        title: words::form_title(&screens.forms, record.form.as_str()),
        day: wareki::format(record.service_date),
        page: record.page.to_string(),
        sheet: Sheet::of(screens, &ground.page),
        rows: entry::correctable(&ground.form, ground.side, ground.hidden)
            .into_iter()
            .filter_map(row)
            .collect(),
        grounds: CorrectionGround::ALL
            .map(|ground| (ground.as_str(), ground.label(), ground.as_str() == why))
            .to_vec(),
        words: entry::value(sent, "words").to_owned(),
        problem: answer.problem,
        findings: answer
            .findings
            .iter()
            .filter(|finding| {
                !finding.notice && record.findings.iter().all(|known| known.rule != finding.rule)
            })
            .filter_map(|finding| Some((word(finding.rule)?, finding.text.clone())))
            .collect(),
    })
}
