//! What happens in the made-up city: who lives there, who is vaccinated where, what goes wrong.

use super::city::{self, Citizen, Clinic};
use super::claims;
use super::mail::{Envelope, Mishap};
use crate::cli::DemoArgs;
use crate::commands::{import, issue};
use crate::config::Config;
use crate::hub::Hub;
use crate::templates;
use anyhow::{Context, Result};
use domain::actor::Actor;
use domain::form::Form;
use domain::ids::ResidentId;
use domain::month::Month;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rand::SeedableRng;
use simulator::Rng;
use store::NewTicket;

/// Slips in an envelope: what a small clinic sends in a week.
const SLIPS_EACH: usize = 12;
/// One envelope in so many holds children's questionnaires.
const CHILDREN_EVERY: usize = 4;
/// Clinics in the city.
const CLINICS: usize = 12;

/// Everything that is to be posted.
pub struct Plan {
    /// The month that the clinics claim for.
    pub month: Month,
    /// The sheet on top of each envelope.
    pub ticket_form: Form,
    /// One a clinic and week.
    pub envelopes: Vec<Envelope>,
}

/// Makes the city, imports its files, issues slips and tickets: all through the doors that offices use.
///
/// # Errors
/// When a form is missing or the database fails.
pub fn make(config: &Config, hub: &Hub, args: &DemoArgs) -> Result<Plan> {
    let mut rng = Rng::seed_from_u64(args.seed);
    let slips = args.pages as usize;
    let month = last_season(Timestamp::now().to_zoned(TimeZone::system()).date());
    // Half as many again live there as are vaccinated.
    let mut citizens = city::citizens(slips + slips / 2, &mut rng);
    // A generator of their own: grown-ups are the same with and without them.
    let mut nursery = Rng::seed_from_u64(args.seed ^ 1);
    let children =
        city::children(month, slips.div_ceil(CHILDREN_EVERY * SLIPS_EACH) * SLIPS_EACH, &mut nursery);
    let clinics = city::clinics(CLINICS, &mut rng);
    citizens.extend_from_slice(&children);
    import::residents_from(&hub.store, city::resident_file(&citizens).as_bytes(), store::ImportMode::Full)?;
    import::clinics_from(&hub.store, city::clinic_file(&clinics).as_bytes())?;
    claims::agree(hub, &clinics)?;
    let forms = templates::forms(&config.templates)?;
    let form = |id: &str| {
        forms
            .iter()
            .find(|form| form.id.as_str() == id)
            .cloned()
            .with_context(|| format!("the demo needs the form {id}"))
    };
    let (vaccination, screening, mr) =
        (form("influenza-elderly")?, form("lung-screening")?, form("mr-child")?);
    let ticket_form = form("batch-ticket")?;
    let mut envelopes = Vec::new();
    let mut classes = children.chunks(SLIPS_EACH);
    for (index, group) in citizens[..slips].chunks(SLIPS_EACH).enumerate() {
        // Every third envelope holds screening slips, every fourth those of children.
        let form = if index % 3 == 2 { &screening } else { &vaccination };
        let class = (index % CHILDREN_EVERY == CHILDREN_EVERY - 1).then(|| classes.next()).flatten();
        let (form, group) = class.map_or((form, group), |class| (&mr, &class[..group.len()]));
        envelopes.push(envelope(hub, form, &ticket_form, &clinics[index % CLINICS], group, index, month)?);
    }
    Ok(Plan { month, ticket_form, envelopes })
}

/// The newest month before `today` in which influenza is vaccinated against.
fn last_season(today: Date) -> Month {
    const SEASON: [i8; 4] = [10, 11, 12, 1];
    let before = (1..=12).map(|months| Month::of(today).plus(-months));
    before
        .into_iter()
        .find(|month| SEASON.contains(&month.first().month()))
        .unwrap_or_else(|| Month::of(today))
}

fn envelope(
    hub: &Hub,
    form: &Form,
    ticket_form: &Form,
    clinic: &Clinic,
    group: &[Citizen],
    index: usize,
    month: Month,
) -> Result<Envelope> {
    let actor = Actor::new("demo", "demo");
    // The slips were mailed a month before the visits; the envelopes come today.
    let mailed = month.plus(-1).first().to_zoned(TimeZone::system())?.timestamp();
    // The fifth clinic of each round miscounts; every second envelope has one of the mishaps.
    let miscount = u32::from(index % 12 == 4);
    let ticket = NewTicket {
        clinic: clinic.code.as_str().into(),
        month: month.to_string(),
        programme: form.programme.clone().with_context(|| format!("{} has no programme", form.id))?,
        declared: group.len() as u32 + miscount,
    };
    let mut tickets = hub.store.write(|rows| rows.issue_tickets(ticket_form, &[ticket], &actor, mailed))?;
    let ids: Vec<_> = group.iter().map(|citizen| ResidentId(citizen.resident_id.clone())).collect();
    let printed = issue::slips(&hub.store, form, &ids, &actor, mailed)?;
    let slips =
        printed.into_iter().zip(group).map(|((number, slip), citizen)| (number, citizen.clone(), slip));
    Ok(Envelope {
        form: form.clone(),
        clinic: clinic.clone(),
        ticket: tickets.pop().context("one ticket was asked for")?,
        slips: slips.collect(),
        mishap: (index % 2 == 1).then(|| Mishap::ALL[index / 2 % Mishap::ALL.len()]),
    })
}
