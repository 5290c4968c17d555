//! 単価・契約. What slips cost and who is under contract: read here, and brought in by files.

use super::Tabs;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::{Screens, people, words};
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use domain::claim::price::{self, Price};
use domain::clinic::file;
use domain::ids::{ClinicCode, ProgrammeId};
use domain::table::{NotATable, Refused};
use domain::wareki;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The largest file: a price list of a large city has some thousand lines.
pub const LARGEST_FILE: usize = 8 << 20;
/// Refused lines that are shown; the rest is counted.
const REFUSED_SHOWN: usize = 200;

/// Which prices.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    /// Also those that have ended.
    #[serde(default)]
    all: String,
}

#[derive(Template)]
#[template(path = "claims_prices.html")]
struct PricesScreen {
    frame: Frame,
    tabs: Tabs,
    all: bool,
    prices: Vec<Line>,
    contracts: Vec<ContractLine>,
    clinics: usize,
    without_account: Vec<(String, String)>,
}

/// One price in words.
struct Line {
    programme: String,
    round: String,
    class: &'static str,
    age: String,
    clinic: String,
    period: String,
    unit: String,
    tax: String,
    self_pay: String,
    payable: String,
    visit_fee: String,
    words: String,
    ended: bool,
}

/// One contract in words.
struct ContractLine {
    clinic: String,
    code: String,
    programme: String,
    period: String,
    ended: bool,
}

/// What became of a file.
#[derive(Template)]
#[template(path = "claims_import.html")]
struct Imported {
    problem: Option<String>,
    taken: usize,
    refused: Vec<Refused>,
    more: usize,
    doubted: Vec<Refused>,
}

/// `GET /claims/prices`
pub async fn prices(
    State(screens): State<Screens>,
    person: Person,
    Query(asked): Query<Asked>,
) -> Result<Response, ScreenError> {
    let read = screens.store.read_async(|rows| Ok((rows.prices()?, rows.contracts(None)?, rows.clinics()?)));
    let (prices, contracts, clinics) = read.await?;
    let names: BTreeMap<&ClinicCode, &str> =
        clinics.iter().map(|clinic| (&clinic.code, clinic.name.as_str())).collect();
    let today = people::today();
    let all = asked.all == "yes";
    let shown = |until: Option<Date>| all || until.is_none_or(|last| last >= today);
    let name =
        |code: &ClinicCode| names.get(code).map_or_else(|| code.to_string(), |name| (*name).to_owned());
    let contract = |one: &domain::clinic::Contract| ContractLine {
        clinic: name(&one.clinic),
        code: one.clinic.to_string(),
        programme: programme(&screens, one.programme.as_ref()),
        period: period(one.from, one.until),
        ended: one.until.is_some_and(|last| last < today),
    };
    let without = clinics.iter().filter(|clinic| clinic.account.is_none());
    show(&PricesScreen {
        frame: Frame::new(&screens, &person, "claims").await?,
        tabs: Tabs::of(&person, "prices"),
        all,
        prices: prices
            .iter()
            .filter(|price| shown(price.until))
            .map(|price| Line::of(price, &screens, &name, today))
            .collect(),
        contracts: contracts.iter().filter(|one| shown(one.until)).map(contract).collect(),
        clinics: clinics.len(),
        without_account: without.map(|clinic| (clinic.code.to_string(), clinic.name.clone())).collect(),
    })
}

/// `POST /claims/prices/import/{what}`: the bytes of a file of `prices`, `contracts` or `clinics`.
pub async fn import(
    State(screens): State<Screens>,
    person: Person,
    Path(what): Path<String>,
    bytes: Bytes,
) -> Result<Response, ScreenError> {
    let programmes: BTreeSet<ProgrammeId> =
        super::keying::programmes(&screens).into_iter().map(|(id, _)| ProgrammeId(id)).collect();
    let actor = person.actor.clone();
    let imported = screens
        .store
        .write_async(move |rows| {
            let now = Timestamp::now();
            let known: BTreeSet<ClinicCode> = rows.clinic_codes()?.into_iter().collect();
            match what.as_str() {
                "prices" => match price::parse(&bytes) {
                    Ok(taken) => {
                        let count = rows.import_prices(&taken.good, &actor, now)?;
                        Ok(Some(Imported::of(count, taken.refused, Vec::new())))
                    }
                    Err(wrong) => Ok(Some(Imported::not(&wrong))),
                },
                "contracts" => match file::contracts(&bytes, &known, &programmes) {
                    Ok(taken) => {
                        let count = rows.import_contracts(&taken.good, &actor, now)?;
                        Ok(Some(Imported::of(count, taken.refused, Vec::new())))
                    }
                    Err(wrong) => Ok(Some(Imported::not(&wrong))),
                },
                "clinics" => match file::clinics(&bytes) {
                    Ok(read) => {
                        let count = rows.import_clinics(&read.taken.good, &actor, now)?;
                        Ok(Some(Imported::of(count, read.taken.refused, read.doubted)))
                    }
                    Err(wrong) => Ok(Some(Imported::not(&wrong))),
                },
                _ => Ok(None),
            }
        })
        .await?;
    show(&imported.ok_or(ScreenError::NotFound)?)
}

impl Imported {
    fn of(taken: usize, mut refused: Vec<Refused>, doubted: Vec<Refused>) -> Self {
        let more = refused.len().saturating_sub(REFUSED_SHOWN);
        refused.truncate(REFUSED_SHOWN);
        Self { problem: None, taken, refused, more, doubted }
    }

    fn not(wrong: &NotATable) -> Self {
        Self { problem: Some(wrong.text()), ..Self::of(0, Vec::new(), Vec::new()) }
    }
}

fn programme(screens: &Screens, id: Option<&ProgrammeId>) -> String {
    id.map_or_else(|| "全事業".to_owned(), |id| words::programme_title(&screens.forms, id.as_str()))
}

fn period(from: Date, until: Option<Date>) -> String {
    format!("{}〜{}", wareki::format(from), until.map(wareki::format).unwrap_or_default())
}

impl Line {
    fn of(price: &Price, screens: &Screens, name: &dyn Fn(&ClinicCode) -> String, today: Date) -> Self {
        Self {
            programme: programme(screens, price.programme.as_ref()),
            round: price.round.map(|round| round.to_string()).unwrap_or_default(),
            class: price.class.label(),
            age: match (price.age_from, price.age_until) {
                (None, None) => String::new(),
                (Some(from), None) => format!("{from}歳以上"),
                (None, Some(until)) => format!("{until}歳未満"),
                (Some(from), Some(until)) => format!("{from}歳以上{until}歳未満"),
            },
            clinic: price.clinic.as_ref().map(name).unwrap_or_default(),
            period: period(price.from, price.until),
            unit: price.unit.to_string(),
            tax: match price.tax {
                price::Tax::Exempt => price.tax.label().to_owned(),
                tax => format!("{}{}%", tax.label(), price.tax_rate),
            },
            self_pay: price.self_pay.to_string(),
            payable: price.payable().to_string(),
            visit_fee: match price.visit_fee_with_tax().0 {
                0 => String::new(),
                fee => domain::yen::Yen(fee).to_string(),
            },
            words: price.words(),
            ended: price.until.is_some_and(|last| last < today),
        }
    }
}
