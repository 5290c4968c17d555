//! 請求書の入力. A claim keyed as it stands on its paper, beside the paper's picture when there is one.

use super::{Tabs, case};
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::sheet::Sheet;
use crate::trace::{self, Act};
use crate::{Screens, dates, keyed, people, words};
use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::claim::{Claim, ClaimClass, ClaimLine, ClaimSource, ClinicMonth};
use domain::ids::{ClinicCode, PageId, ProgrammeId};
use domain::month::Month;
use domain::yen::Yen;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeSet;
use store::ClaimEntered;

/// Empty lines below those that are there.
const SPARE_LINES: usize = 3;
/// No claim form has more.
const MOST_LINES: usize = 60;
/// More slips in a line are a slip of the finger.
const MOST_SLIPS: u32 = 99_999;
/// As are more yen.
const MOST_YEN: i64 = 999_999_999;

/// Which claim is begun.
#[derive(Debug, Default, Deserialize)]
pub struct Begun {
    #[serde(default)]
    month: String,
    #[serde(default)]
    clinic: String,
    /// A page that shows the claim.
    #[serde(default)]
    page: String,
}

#[derive(Template)]
#[template(path = "claim_new.html")]
struct NewScreen {
    frame: Frame,
    tabs: Tabs,
    month: String,
    clinic: String,
    clinics: Vec<(String, String)>,
    problem: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "claim_key.html")]
struct KeyScreen {
    frame: Frame,
    sheet: Option<Sheet>,
    page: String,
    address: String,
    clinic: String,
    code: String,
    month: String,
    received: String,
    programmes: Vec<(String, String)>,
    classes: Vec<(&'static str, &'static str)>,
    lines: Vec<Cells>,
    total_count: String,
    total_amount: String,
    problems: Vec<String>,
    replaces: bool,
}

/// One line as it was typed.
#[derive(Clone, Debug, Default)]
struct Cells {
    programme: String,
    round: String,
    class: String,
    count: String,
    unit: String,
    amount: String,
}

/// `GET /claims/new`: for whom a claim is keyed. With clinic and month it goes on to the keying.
pub async fn begin(
    State(screens): State<Screens>,
    person: Person,
    Query(begun): Query<Begun>,
) -> Result<Response, ScreenError> {
    let code = keyed::fold(&begun.clinic);
    let code = code.split_whitespace().next().unwrap_or_default().to_owned();
    let asked = ClinicCode(code.clone());
    let clinics = screens.store.read_async(|rows| rows.clinics()).await?;
    let known = clinics.iter().any(|clinic| clinic.code == asked);
    let month: Option<Month> = begun.month.parse().ok();
    if let (true, Some(month)) = (known, month) {
        return Ok(Redirect::to(&format!("/claims/{month}/{code}/key")).into_response());
    }
    show(&NewScreen {
        frame: Frame::new(&screens, &person, "claims").await?,
        tabs: Tabs::of(&person, "month"),
        month: month.unwrap_or_else(|| Month::of(people::today()).plus(-1)).to_string(),
        clinic: begun.clinic,
        clinics: clinics.into_iter().map(|clinic| (clinic.code.to_string(), clinic.name)).collect(),
        problem: (!code.is_empty() && !known).then_some("この医療機関コードは登録されていません。"),
    })
}

/// `GET /claims/{month}/{clinic}/key`
pub async fn screen(
    State(screens): State<Screens>,
    person: Person,
    Path((month, clinic)): Path<(String, String)>,
    Query(begun): Query<Begun>,
) -> Result<Response, ScreenError> {
    let of = super::of(&month, &clinic)?;
    let wanted = of.clone();
    let claim = screens.store.read_async(move |rows| rows.claim(&wanted)).await?.map(|row| row.claim);
    let page = match claim.as_ref().map(|claim| &claim.source) {
        _ if !begun.page.is_empty() => Some(PageId(begun.page)),
        Some(ClaimSource::Page { page }) => Some(page.clone()),
        _ => None,
    };
    let typed = claim.as_ref().map_or_else(Typed::default, Typed::of);
    asked(&screens, &person, &of, typed, page, Vec::new(), claim.is_some()).await
}

/// `POST /claims/{month}/{clinic}/key`
pub async fn key(
    State(screens): State<Screens>,
    person: Person,
    Path((month, clinic)): Path<(String, String)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, ScreenError> {
    let of = super::of(&month, &clinic)?;
    let typed = Typed::sent(&pairs);
    let page = pairs.iter().find(|(name, value)| name == "page" && !value.is_empty());
    let page = page.map(|(_, page)| PageId(page.clone()));
    let claim = match typed.claim(&of, page.clone()) {
        Ok(claim) => claim,
        Err(problems) => return asked(&screens, &person, &of, typed, page, problems, false).await,
    };
    let actor = person.actor.clone();
    let entered =
        screens.store.write_async(move |rows| rows.enter_claim(&claim, &actor, Timestamp::now())).await?;
    match entered {
        ClaimEntered::Done(_) => Ok(case::address(&of, "entered")),
        ClaimEntered::Locked => {
            let words =
                "この月は確定済みのため、請求書を入力し直せません。管理者が確定を解除してから入力します。";
            Err(ScreenError::Refused(words.into()))
        }
        ClaimEntered::NoSuchClinic => Err(ScreenError::NotFound),
    }
}

async fn asked(
    screens: &Screens,
    person: &Person,
    of: &ClinicMonth,
    typed: Typed,
    page: Option<PageId>,
    problems: Vec<String>,
    replaces: bool,
) -> Result<Response, ScreenError> {
    let (wanted, shown) = (of.clinic.clone(), page.clone());
    let (clinic, row) = screens
        .store
        .read_async(move |rows| {
            let page = shown.map(|page| rows.page(&page)).transpose()?.flatten();
            Ok((rows.clinic(&wanted)?, page))
        })
        .await?;
    let clinic = clinic.ok_or(ScreenError::NotFound)?;
    if let Some(page) = &page {
        trace::note(screens, person, Act::View, "claim", None, &[], Some(page)).await?;
    }
    let mut lines = typed.lines;
    let spare = if lines.is_empty() { SPARE_LINES * 2 } else { SPARE_LINES };
    lines.extend(std::iter::repeat_n(Cells::default(), spare));
    show(&KeyScreen {
        frame: Frame::new(screens, person, "claims").await?,
        sheet: row.as_ref().and_then(|page| Sheet::of(screens, page)),
        page: page.map(|page| page.to_string()).unwrap_or_default(),
        address: format!("/claims/{}/{}", of.month, of.clinic),
        clinic: clinic.name,
        code: of.clinic.to_string(),
        month: of.month.label(),
        received: typed.received,
        programmes: programmes(screens),
        classes: ClaimClass::ALL.map(|class| (class.as_str(), class.label())).to_vec(),
        lines,
        total_count: typed.total_count,
        total_amount: typed.total_amount,
        problems,
        replaces,
    })
}

/// The programmes that forms are for, by name.
pub fn programmes(screens: &Screens) -> Vec<(String, String)> {
    let ids: BTreeSet<&str> =
        screens.forms.iter().filter_map(|form| form.programme.as_ref()).map(ProgrammeId::as_str).collect();
    ids.into_iter().map(|id| (id.to_owned(), words::programme_title(&screens.forms, id))).collect()
}

/// A claim as it was typed.
#[derive(Clone, Debug, Default)]
struct Typed {
    received: String,
    lines: Vec<Cells>,
    total_count: String,
    total_amount: String,
}

impl Typed {
    fn of(claim: &Claim) -> Self {
        let cells = |line: &ClaimLine| Cells {
            programme: line.programme.as_ref().map(ToString::to_string).unwrap_or_default(),
            round: line.round.map(|round| round.to_string()).unwrap_or_default(),
            class: line.class.map(|class| class.as_str().to_owned()).unwrap_or_default(),
            count: line.count.to_string(),
            unit: line.unit_price.0.to_string(),
            amount: line.amount.0.to_string(),
        };
        Self {
            received: dates::short(claim.received_on),
            lines: claim.lines.iter().map(cells).collect(),
            total_count: claim.total_count.map(|count| count.to_string()).unwrap_or_default(),
            total_amount: claim.total_amount.map(|amount| amount.0.to_string()).unwrap_or_default(),
        }
    }

    fn sent(pairs: &[(String, String)]) -> Self {
        let all = |asked: &str| -> Vec<String> {
            pairs.iter().filter(|(name, _)| name == asked).map(|(_, value)| keyed::fold(value)).collect()
        };
        let first = |asked: &str| all(asked).into_iter().next().unwrap_or_default();
        let columns = ["programme", "round", "class", "count", "unit", "amount"].map(all);
        let cell = |column: usize, at: usize| columns[column].get(at).cloned().unwrap_or_default();
        let cells = |at| Cells {
            programme: cell(0, at),
            round: cell(1, at),
            class: cell(2, at),
            count: cell(3, at),
            unit: cell(4, at),
            amount: cell(5, at),
        };
        let lines = (0..columns[3].len().min(MOST_LINES)).map(cells).filter(|cells| !cells.is_blank());
        Self {
            received: first("received"),
            lines: lines.collect(),
            total_count: first("total_count"),
            total_amount: first("total_amount"),
        }
    }

    /// The claim that was typed, or everything that is wrong with it. What the paper adds up wrongly is not wrong here.
    fn claim(&self, of: &ClinicMonth, page: Option<PageId>) -> Result<Claim, Vec<String>> {
        let mut problems = Vec::new();
        let received_on = dates::any_date(&self.received).filter(|day| *day <= people::today());
        if received_on.is_none() {
            problems.push("受付日が日付として読めないか、今日より後です。例: R8.11.5".to_owned());
        }
        let mut lines = Vec::new();
        for (at, cells) in self.lines.iter().enumerate() {
            match cells.line() {
                Ok(line) => lines.push(line),
                Err(words) => problems.push(format!("{}行目：{words}", at + 1)),
            }
        }
        if self.lines.is_empty() {
            problems.push("1行以上入力してください。".to_owned());
        }
        let total_count = optional(&self.total_count, i64::from(u32::MAX), "合計の件数", &mut problems);
        let total_amount = optional(&self.total_amount, i64::MAX / 2, "合計の額", &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Claim {
            of: of.clone(),
            received_on: received_on.unwrap_or(Date::MIN),
            source: page.map_or(ClaimSource::Keyed, |page| ClaimSource::Page { page }),
            lines,
            total_count: total_count.and_then(|count| u32::try_from(count).ok()),
            total_amount: total_amount.map(Yen),
        })
    }
}

fn optional(text: &str, most: i64, what: &str, problems: &mut Vec<String>) -> Option<i64> {
    if text.is_empty() {
        return None;
    }
    let number = whole(text).filter(|number| *number <= most);
    if number.is_none() {
        problems.push(format!("{what}は数字で入力してください（紙にないときは空欄）。"));
    }
    number
}

/// A number of figures, commas allowed; nothing below nought.
fn whole(text: &str) -> Option<i64> {
    let plain = text.replace(',', "");
    let sound = !plain.is_empty() && plain.len() <= 15 && plain.bytes().all(|b| b.is_ascii_digit());
    sound.then(|| plain.parse().ok()).flatten()
}

impl Cells {
    fn is_blank(&self) -> bool {
        [&self.count, &self.unit, &self.amount].into_iter().all(|cell| cell.is_empty())
    }

    fn line(&self) -> Result<ClaimLine, String> {
        let yen = |text: &str, what: &str| {
            let yen = whole(text).filter(|yen| *yen <= MOST_YEN);
            yen.map(Yen).ok_or_else(|| format!("{what}を数字で入力してください。"))
        };
        let count = whole(&self.count).and_then(|count| u32::try_from(count).ok());
        let round = match self.round.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|_| "回は1桁か2桁の数字で入力してください。".to_owned())?),
        };
        Ok(ClaimLine {
            programme: Some(self.programme.clone()).filter(|id| !id.is_empty()).map(ProgrammeId),
            round,
            class: ClaimClass::parse(&self.class),
            count: count
                .filter(|count| *count <= MOST_SLIPS)
                .ok_or("件数を数字で入力してください。".to_owned())?,
            unit_price: yen(&self.unit, "単価")?,
            amount: yen(&self.amount, "額")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_taken_as_it_was_written_and_wrong_sums_are_left_wrong() {
        let of = ClinicMonth { clinic: "1310000018".into(), month: "2026-10".parse().unwrap() };
        let sent = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut pairs = vec![
            sent("received", "Ｒ８．１１．５"),
            sent("programme", "trial"),
            sent("round", ""),
            sent("class", "general"),
            sent("count", "１２"),
            sent("unit", "3,004"),
            sent("amount", "36,000"),
            sent("programme", ""),
            sent("round", ""),
            sent("class", ""),
            sent("count", ""),
            sent("unit", ""),
            sent("amount", ""),
            sent("total_count", "12"),
            sent("total_amount", ""),
        ];
        let claim = Typed::sent(&pairs).claim(&of, None).unwrap();
        assert_eq!(claim.received_on.to_string(), "2026-11-05");
        assert_eq!(claim.lines.len(), 1);
        assert_eq!((claim.lines[0].count, claim.lines[0].amount), (12, Yen(36_000)));
        assert_eq!((claim.total_count, claim.total_amount), (Some(12), None));
        pairs[4].1 = "十二".into();
        pairs[0].1 = String::new();
        let problems = Typed::sent(&pairs).claim(&of, None).unwrap_err();
        assert_eq!(problems.len(), 2, "{problems:?}");
    }
}
