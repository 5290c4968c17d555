//! What the clinics of the made-up city claim: prices, contracts, accounts, and a claim for the month of their slips.

use super::city::Clinic;
use super::mail::Dropped;
use super::plan::Plan;
use crate::hub::Hub;
use anyhow::{Context, Result, ensure};
use domain::actor::Actor;
use domain::claim::price::{self, Price, PriceList};
use domain::claim::{self, Claim, ClaimClass, ClaimLine, ClaimSource, ClinicMonth};
use domain::clinic::Contract;
use domain::form::Form;
use domain::ids::{ManagementNumber, ProgrammeId};
use domain::month::Month;
use domain::yen::Yen;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap};
use store::ClaimEntered;

/// The city's price list, as an office hands it in.
const PRICES: &str = "\
programme,round,class,from_day,unit,tax,self_pay
influenza-elderly,,general,2026-04-01,5170,included,1500
mr-child,,general,2026-04-01,10780,included,0
lung-screening,,general,2026-04-01,4180,included,500
lung-screening,,free_by_age,2026-04-01,4180,included,0
lung-screening,,tax_exempt,2026-04-01,4180,included,0
lung-screening,,welfare,2026-04-01,4180,included,0
*,,postponed,2026-04-01,2900,excluded,0
";
/// Of so many clinics the first writes an amount that is not count x price, the fourth claims one slip too many.
const MISTAKES_EVERY: usize = 6;
const WRONG_AMOUNT: usize = 0;
const ONE_TOO_MANY: usize = 3;

/// Takes the price list and a contract for every clinic in.
///
/// # Errors
/// When the database fails.
pub fn agree(hub: &Hub, clinics: &[Clinic]) -> Result<()> {
    let (actor, now) = (Actor::new("demo", "demo"), Timestamp::now());
    let prices = prices()?;
    let contract = |clinic: &Clinic| Contract {
        clinic: clinic.code.as_str().into(),
        programme: None,
        from: jiff::civil::date(2026, 4, 1),
        until: None,
    };
    let contracts: Vec<Contract> = clinics.iter().map(contract).collect();
    hub.store.write(|rows| {
        rows.import_prices(&prices, &actor, now)?;
        rows.import_contracts(&contracts, &actor, now)
    })?;
    Ok(())
}

fn prices() -> Result<Vec<Price>> {
    let taken = price::parse(PRICES.as_bytes())?;
    ensure!(taken.refused.is_empty(), "the demo's own price list is refused: {:?}", taken.refused);
    Ok(taken.good)
}

/// What every envelope holds, known before it is posted: whose claim each number belongs to.
pub struct Bundles {
    of: HashMap<ManagementNumber, (ClinicMonth, Form)>,
}

impl Bundles {
    /// Of a plan.
    ///
    /// # Errors
    /// When a ticket names no month.
    pub fn of(plan: &Plan) -> Result<Self> {
        let mut of = HashMap::new();
        for envelope in &plan.envelopes {
            let month: Month = envelope.ticket.month.parse().context("a ticket without a month")?;
            let clinic = ClinicMonth { clinic: envelope.ticket.clinic.clone(), month };
            for (number, ..) in &envelope.slips {
                of.insert(number.clone(), (clinic.clone(), envelope.form.clone()));
            }
        }
        Ok(Self { of })
    }

    /// The claims that the clinics send after what they wrote on their slips, two of six with a mistake.
    ///
    /// # Errors
    /// When a price is missing or the database fails.
    pub fn claim(&self, hub: &Hub, dropped: &Dropped) -> Result<usize> {
        let prices = PriceList::new(prices()?);
        let mut counts: BTreeMap<ClinicMonth, BTreeMap<(ProgrammeId, ClaimClass), u32>> = BTreeMap::new();
        for truth in &dropped.truths {
            let number = truth.management_number.clone().map(ManagementNumber);
            let Some((of, form)) = number.and_then(|number| self.of.get(&number)) else { continue };
            let programme = form.programme.clone().context("a slip of no programme")?;
            let class = claim::slip::class_of(form, &truth.fields);
            *counts.entry(of.clone()).or_default().entry((programme, class)).or_default() += 1;
        }
        let actor = Actor::new("demo", "demo");
        let now = Timestamp::now();
        let received_on = now.to_zoned(jiff::tz::TimeZone::system()).date();
        for (index, (of, counts)) in counts.iter().enumerate() {
            let claim = claim_of(of, counts, &prices, received_on, index)?;
            let entered = hub.store.write(|rows| rows.enter_claim(&claim, &actor, now))?;
            ensure!(
                matches!(entered, ClaimEntered::Done(_)),
                "a claim of the demo was not taken: {entered:?}"
            );
        }
        Ok(counts.len())
    }
}

fn claim_of(
    of: &ClinicMonth,
    counts: &BTreeMap<(ProgrammeId, ClaimClass), u32>,
    prices: &PriceList,
    received_on: Date,
    index: usize,
) -> Result<Claim> {
    let mut lines = Vec::new();
    for ((programme, class), &count) in counts {
        // No price of the demo depends on dose or age.
        let asked = price::Asked {
            clinic: &of.clinic,
            programme,
            round: None,
            class: *class,
            age: 0,
            day: of.month.first(),
        };
        let unit_price = prices.price_of(&asked).context("a slip that the demo has no price for")?.payable();
        let count =
            if index % MISTAKES_EVERY == ONE_TOO_MANY && lines.is_empty() { count + 1 } else { count };
        let amount = unit_price.times(count).context("too much money")?;
        lines.push(ClaimLine {
            programme: Some(programme.clone()),
            round: None,
            class: Some(*class),
            count,
            unit_price,
            amount,
        });
    }
    if index % MISTAKES_EVERY == WRONG_AMOUNT
        && let Some(line) = lines.first_mut()
    {
        line.amount += Yen(1_000);
    }
    Ok(Claim {
        of: of.clone(),
        received_on,
        source: ClaimSource::File { name: "seikyu.csv".into() },
        total_count: Some(lines.iter().map(|line| line.count).sum()),
        total_amount: Some(lines.iter().map(|line| line.amount).sum()),
        lines,
    })
}
