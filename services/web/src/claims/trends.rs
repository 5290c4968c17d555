//! 傾向. What goes wrong, what goes back and how long payment takes, by month and by clinic.

use super::Tabs;
use super::chart::{Chart, Given};
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::{Screens, people};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use domain::claim::ClaimFault;
use domain::claim::settlement::Standing;
use domain::ids::ClinicCode;
use domain::month::Month;
use serde::Deserialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use store::screens::PastClaim;

/// Months on the charts.
const MONTHS: i32 = 12;
/// Kinds of findings on their chart; the table has them all.
const KINDS: usize = 10;
/// 支払遅延防止法: 30 days from the claim.
const LIMIT_DAYS: f64 = 30.0;

/// Whose.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    /// A clinic's code; empty for all.
    #[serde(default)]
    clinic: String,
    /// The last month; empty for the newest.
    #[serde(default)]
    until: String,
}

#[derive(Template)]
#[template(path = "claims_trends.html")]
struct TrendsScreen {
    frame: Frame,
    tabs: Tabs,
    clinic: String,
    until: String,
    clinics: Vec<(String, String)>,
    period: String,
    is_empty: bool,
    kinds: Vec<(&'static str, u64)>,
    kinds_chart: Chart,
    months: Vec<MonthLine>,
    returns_chart: Chart,
    days_chart: Chart,
    lines: Vec<ClinicLine>,
}

/// One month in figures.
struct MonthLine {
    label: String,
    slips: u64,
    returned: u64,
    cut: u64,
    share: String,
    days: String,
}

/// One clinic in figures.
struct ClinicLine {
    code: String,
    name: String,
    slips: u64,
    findings: u64,
    per_hundred: String,
    returned: u64,
    days: String,
}

/// `GET /claims/trends?clinic=…`
pub async fn trends(
    State(screens): State<Screens>,
    person: Person,
    Query(asked): Query<Asked>,
) -> Result<Response, ScreenError> {
    let until = asked.until.parse().unwrap_or_else(|_| Month::of(people::today()).plus(-1));
    let since = until.plus(1 - MONTHS);
    let (past, clinics) =
        screens.store.read_async(move |rows| Ok((rows.past_claims(since, until)?, rows.clinics()?))).await?;
    let of_clinic = |one: &&PastClaim| asked.clinic.is_empty() || one.of.clinic.as_str() == asked.clinic;
    let chosen: Vec<&PastClaim> = past.iter().filter(of_clinic).collect();
    let kinds = kinds(&chosen);
    let months: Vec<Month> = (0..MONTHS).map(|at| since.plus(at)).collect();
    let of_month = |month: Month| -> Vec<&PastClaim> {
        chosen.iter().copied().filter(|one| one.of.month == month).collect()
    };
    let lines: Vec<(Month, Figures)> =
        months.iter().map(|&month| (month, Figures::of(&of_month(month)))).collect();
    let names: BTreeMap<&ClinicCode, &str> =
        clinics.iter().map(|clinic| (&clinic.code, clinic.name.as_str())).collect();
    show(&TrendsScreen {
        frame: Frame::new(&screens, &person, "claims").await?,
        tabs: Tabs::of(&person, "trends"),
        until: until.to_string(),
        period: format!("{}〜{}", since.label(), until.label()),
        is_empty: chosen.is_empty(),
        kinds_chart: kinds_chart(&kinds),
        returns_chart: returns_chart(&lines),
        days_chart: days_chart(&lines),
        months: lines.iter().map(|(month, figures)| MonthLine::of(*month, figures)).collect(),
        lines: by_clinic(&past, &names),
        clinics: clinics.iter().map(|clinic| (clinic.code.to_string(), clinic.name.clone())).collect(),
        kinds: kinds.into_iter().map(|(fault, count)| (fault.label(), count)).collect(),
        clinic: asked.clinic,
    })
}

/// What some claims come to together.
#[derive(Default)]
struct Figures {
    slips: u64,
    findings: u64,
    returned: u64,
    cut: u64,
    /// From the claim to its payment (its lock, while no file went to the bank), on average.
    days: Option<f64>,
}

impl Figures {
    fn of(claims: &[&PastClaim]) -> Self {
        let at = |standing| claims.iter().map(|one| u64::from(one.summary.slips_at(standing))).sum();
        let days: Vec<f64> = claims.iter().filter_map(|one| one.days()).map(f64::from).collect();
        Self {
            slips: claims.iter().map(|one| u64::from(one.summary.slips)).sum(),
            findings: claims.iter().flat_map(|one| one.summary.faults.values()).map(|&n| u64::from(n)).sum(),
            returned: at(Standing::Returned),
            cut: at(Standing::Cut),
            days: (!days.is_empty()).then(|| days.iter().sum::<f64>() / days.len() as f64),
        }
    }

    fn days(&self) -> String {
        self.days.map_or_else(|| "―".to_owned(), |days| format!("{days:.1}日"))
    }
}

/// Findings by kind, most first.
fn kinds(claims: &[&PastClaim]) -> Vec<(ClaimFault, u64)> {
    let mut kinds: BTreeMap<ClaimFault, u64> = BTreeMap::new();
    for (fault, count) in claims.iter().flat_map(|one| &one.summary.faults) {
        *kinds.entry(*fault).or_default() += u64::from(*count);
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|(fault, count)| (Reverse(*count), *fault));
    kinds
}

fn kinds_chart(kinds: &[(ClaimFault, u64)]) -> Chart {
    let given = kinds.iter().take(KINDS).map(|(fault, count)| Given {
        label: fault.label().chars().take(6).collect(),
        parts: Some(vec![(*count as f64, "found")]),
        value: count.to_string(),
        words: format!("{}：{count}件", fault.label()),
    });
    Chart::of(given.collect(), None)
}

fn returns_chart(lines: &[(Month, Figures)]) -> Chart {
    let given = lines.iter().map(|(month, figures)| Given {
        label: short(*month),
        parts: Some(vec![(figures.returned as f64, "returned"), (figures.cut as f64, "cut")]),
        value: match figures.returned + figures.cut {
            0 => String::new(),
            both => both.to_string(),
        },
        words: format!("{month}：返戻{}枚、減額{}枚", figures.returned, figures.cut),
    });
    Chart::of(given.collect(), None)
}

fn days_chart(lines: &[(Month, Figures)]) -> Chart {
    let given = lines.iter().map(|(month, figures)| Given {
        label: short(*month),
        parts: figures.days.map(|days| vec![(days, if days > LIMIT_DAYS { "late" } else { "days" })]),
        value: figures.days.map(|days| format!("{days:.0}")).unwrap_or_default(),
        words: format!("{month}：受付から支払まで平均 {}", figures.days()),
    });
    Chart::of(given.collect(), Some((LIMIT_DAYS, "30日")))
}

fn short(month: Month) -> String {
    format!("{}月", month.first().month())
}

impl MonthLine {
    fn of(month: Month, figures: &Figures) -> Self {
        Self {
            label: month.label(),
            slips: figures.slips,
            returned: figures.returned,
            cut: figures.cut,
            share: share(figures.returned + figures.cut, figures.slips, "%"),
            days: figures.days(),
        }
    }
}

/// So many of a hundred.
fn share(part: u64, whole: u64, unit: &str) -> String {
    if whole == 0 { "―".to_owned() } else { format!("{:.1}{unit}", part as f64 * 100.0 / whole as f64) }
}

fn by_clinic(past: &[PastClaim], names: &BTreeMap<&ClinicCode, &str>) -> Vec<ClinicLine> {
    let mut clinics: BTreeMap<&ClinicCode, Vec<&PastClaim>> = BTreeMap::new();
    for one in past {
        clinics.entry(&one.of.clinic).or_default().push(one);
    }
    let mut lines: Vec<(f64, ClinicLine)> = clinics
        .into_iter()
        .map(|(code, claims)| {
            let figures = Figures::of(&claims);
            let rank = figures.findings as f64 / figures.slips.max(1) as f64;
            let line = ClinicLine {
                code: code.to_string(),
                name: names.get(code).map_or_else(|| code.to_string(), |name| (*name).to_owned()),
                slips: figures.slips,
                findings: figures.findings,
                per_hundred: share(figures.findings, figures.slips, "件"),
                returned: figures.returned + figures.cut,
                days: figures.days(),
            };
            (rank, line)
        })
        .collect();
    lines.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    lines.into_iter().map(|(_, line)| line).collect()
}
