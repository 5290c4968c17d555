//! ロット検索. Everybody who received a lot: asked in an emergency, so one box, one list, one file.

use super::reason;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::people::{self, HIDDEN_ADDRESS, PersonFacts};
use crate::trace::{self, Act};
use crate::{Screens, keyed, words};
use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::csv;
use domain::duty::Right;
use domain::ids::ResidentId;
use domain::month::Month;
use domain::wareki;
use domain::yen::Yen;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use store::screens::{LotUse, folded_lot};
use store::{ExportKind, NewExport};

/// Lines on the screen; the file has them all.
const LINES_SHOWN: usize = 300;
/// No label prints a longer lot.
const LONGEST_LOT: usize = 40;
/// Characters that are taken for each other when a lot is read or written.
const CONFUSED: [(char, char); 8] =
    [('O', '0'), ('D', '0'), ('Q', '0'), ('I', '1'), ('L', '1'), ('S', '5'), ('B', '8'), ('Z', '2')];

/// Which lot, and for a file why.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    lot: String,
    #[serde(default)]
    reason: String,
}

#[derive(Template)]
#[template(path = "lots.html")]
struct RecallScreen {
    frame: Frame,
    tabs: super::Tabs,
    lot: String,
    searched: bool,
    persons: usize,
    given: usize,
    clinics: Vec<ClinicLine>,
    lines: Vec<Line>,
    cut: bool,
    waiting: Vec<String>,
    near: Vec<(String, u32)>,
}

/// A clinic that gave the lot.
struct ClinicLine {
    name: String,
    phone: String,
    given: usize,
}

/// One time that it was given, in words.
struct Line {
    person: PersonFacts,
    ledger: bool,
    day: String,
    programme: String,
    round: String,
    clinic: String,
    phone: String,
    page: Option<String>,
    former: bool,
}

/// `GET /lots?lot=…`
pub async fn lots(
    State(screens): State<Screens>,
    person: Person,
    Query(asked): Query<Asked>,
) -> Result<Response, ScreenError> {
    let lot = typed(&asked.lot);
    let searched = !lot.is_empty();
    let (uses, waiting, near) = match searched {
        true => found(&screens, &lot).await?,
        false => Default::default(),
    };
    let shown = &uses[..uses.len().min(LINES_SHOWN)];
    if searched {
        trace::note(&screens, &person, Act::Search, "lots", None, &residents(shown), None).await?;
    }
    let may_see = person.may(Right::SeePages);
    show(&RecallScreen {
        frame: Frame::new(&screens, &person, "lots").await?,
        tabs: super::Tabs::of(&person, "lots"),
        persons: residents(&uses).len(),
        given: uses.len(),
        clinics: clinics(&uses),
        lines: shown.iter().map(|one| Line::of(one, &screens, &person)).collect(),
        cut: uses.len() > LINES_SHOWN,
        waiting: waiting.into_iter().filter(|_| may_see).collect(),
        near,
        lot,
        searched,
    })
}

/// `POST /lots/file`: the whole list as CSV, for a reason.
pub async fn file(
    State(screens): State<Screens>,
    person: Person,
    Form(asked): Form<Asked>,
) -> Result<Response, ScreenError> {
    let why = reason(&asked.reason)?;
    let lot = typed(&asked.lot);
    let (uses, ..) = found(&screens, &lot).await?;
    trace::note(&screens, &person, Act::Export, "lots_file", Some(&why), &residents(&uses), None).await?;
    let (text, rows, actor) = (file_text(&uses, &screens), uses.len(), person.actor.clone());
    let text = screens
        .store
        .write_async(move |writer| {
            let month = Month::of(people::today());
            let (bytes, reason) = (text.as_bytes(), why.as_str());
            let kind = ExportKind::Recall;
            let new = NewExport { kind, month, clinic: None, bytes, rows, total: Yen::ZERO, reason };
            writer.record_export(&new, &actor, Timestamp::now())?;
            Ok(text)
        })
        .await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"recall.csv\""),
    ];
    Ok((headers, text).into_response())
}

/// A lot as it was typed, in half width, within reason.
fn typed(lot: &str) -> String {
    keyed::fold(lot).chars().filter(|c| !c.is_control()).take(LONGEST_LOT).collect()
}

type Found = (Vec<LotUse>, Vec<String>, Vec<(String, u32)>);

async fn found(screens: &Screens, lot: &str) -> Result<Found, ScreenError> {
    let lot = lot.to_owned();
    let read = screens.store.read_async(move |rows| {
        let near = rows.lots_known()?.into_iter().filter(|(known, _)| is_near(known, &folded_lot(&lot)));
        let waiting = rows.lot_waiting(&lot)?.into_iter().map(|page| page.to_string());
        Ok((rows.lot_uses(&lot)?, waiting.collect(), near.collect()))
    });
    Ok(read.await?)
}

/// Whether two different lots may be one that was misread or miswritten: the same but for characters that look alike,
/// or but for one character.
fn is_near(known: &str, asked: &str) -> bool {
    let plain = |lot: &str| -> Vec<char> {
        let same = |c| CONFUSED.into_iter().find(|(like, _)| *like == c).map_or(c, |(_, plain)| plain);
        lot.chars().map(same).collect()
    };
    let (a, b) = (plain(known), plain(asked));
    if known == asked || known.split('/').any(|one| one == asked) {
        return false;
    }
    let differing = a.iter().zip(&b).filter(|(a, b)| a != b).count();
    a.len() == b.len() && differing <= 1
}

fn residents(uses: &[LotUse]) -> Vec<ResidentId> {
    let ids: BTreeSet<&ResidentId> = uses.iter().map(|one| &one.resident.id).collect();
    ids.into_iter().cloned().collect()
}

fn clinic_of(one: &LotUse) -> String {
    match (&one.clinic_name, &one.clinic) {
        (Some(name), _) => name.clone(),
        (None, Some(code)) => format!("（登録のない医療機関 {code}）"),
        (None, None) => "（不明）".to_owned(),
    }
}

fn clinics(uses: &[LotUse]) -> Vec<ClinicLine> {
    let mut known: BTreeMap<String, ClinicLine> = BTreeMap::new();
    for one in uses {
        let name = clinic_of(one);
        let phone = one.clinic_phone.clone().unwrap_or_default();
        known.entry(name.clone()).or_insert(ClinicLine { name, phone, given: 0 }).given += 1;
    }
    let mut lines: Vec<ClinicLine> = known.into_values().collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.given));
    lines
}

impl Line {
    fn of(one: &LotUse, screens: &Screens, person: &Person) -> Self {
        Self {
            person: PersonFacts::of(one.resident_row, &one.resident, people::today()),
            ledger: person.may(Right::SeePeople),
            day: wareki::format(one.service_date),
            programme: words::programme_title(&screens.forms, one.programme.as_str()),
            round: one.round.clone().unwrap_or_default(),
            clinic: clinic_of(one),
            phone: one.clinic_phone.clone().unwrap_or_default(),
            page: one.page.as_ref().filter(|_| person.may(Right::SeePages)).map(ToString::to_string),
            former: one.page.is_none(),
        }
    }
}

const HEADINGS: [&str; 17] = [
    "ロット番号",
    "宛名番号",
    "氏名",
    "フリガナ",
    "性別",
    "生年月日",
    "実施日",
    "事業",
    "回",
    "医療機関コード",
    "医療機関",
    "医療機関の電話番号",
    "郵便番号",
    "住所",
    "住民でなくなった日",
    "支援措置",
    "出所",
];

fn file_text(uses: &[LotUse], screens: &Screens) -> String {
    let mut text = csv::BYTE_ORDER_MARK.to_owned() + &csv::line(&HEADINGS);
    for one in uses {
        let resident = &one.resident;
        let hidden = |open: &String| match resident.protected {
            true => HIDDEN_ADDRESS.to_owned(),
            false => open.clone(),
        };
        let cells = [
            one.lot.clone(),
            resident.id.0.clone(),
            resident.name.reveal().clone(),
            resident.kana.reveal().clone(),
            resident.sex.label().to_owned(),
            resident.birth_date.reveal().to_string(),
            one.service_date.to_string(),
            words::programme_title(&screens.forms, one.programme.as_str()),
            one.round.clone().unwrap_or_default(),
            one.clinic.as_ref().map(ToString::to_string).unwrap_or_default(),
            clinic_of(one),
            one.clinic_phone.clone().unwrap_or_default(),
            if resident.protected { String::new() } else { resident.postal_code.reveal().clone() },
            hidden(resident.address.reveal()),
            resident.resident_until.map(|day| day.to_string()).unwrap_or_default(),
            if resident.protected { "対象" } else { "" }.to_owned(),
            if one.page.is_some() { "票" } else { "以前のシステム" }.to_owned(),
        ];
        text.push_str(&csv::line(&cells.each_ref().map(String::as_str)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lots_that_look_alike_are_offered_and_the_lot_itself_is_not() {
        for (known, asked, near) in [
            ("DX918", "DX918", false),
            ("OX918", "DX918", true),
            ("0X9IB", "OX918", true),
            ("DX919", "DX918", true),
            ("DX929", "DX918", false),
            ("DX9188", "DX918", false),
            ("AB1/DX918", "DX918", false),
        ] {
            assert_eq!(is_near(known, asked), near, "{known} {asked}");
        }
        assert_eq!(typed(" ｄｘ９１８\n"), "dx918");
    }
}
