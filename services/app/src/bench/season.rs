//! The rows of a large city after a season: residents, slips, pages in every state. What the screens are timed on.
//!
//! One simulated page is really printed, filled in, scanned and read; its reading stands for all of them, each with a
//! number, a person and days of its own. Reading a hundred thousand pages would take an hour and show no screen more.

use super::simulate;
use crate::cli::BenchArgs;
use crate::commands::import;
use crate::demo::city::{self, Citizen};
use crate::engine::Engine;
use crate::hub::Hub;
use anyhow::{Context, Result, bail};
use domain::actor::Actor;
use domain::form::{Field, Form};
use domain::ids::{EnvelopeId, ImageHash, ManagementNumber, PageId, ProgrammeId, ResidentId, ScanId};
use domain::matching::MatchOutcome;
use domain::message::{Milliseconds, PageRead};
use domain::personal::Personal;
use domain::programme::Programmes;
use domain::reading::{Decision, FieldReading, FormReading, PageReading, Value};
use domain::record::{self, SlipDraft};
use domain::review::ReviewReason;
use domain::roles::Role;
use domain::rules::RuleCode;
use jiff::{SignedDuration, Span, Timestamp};
use rand::{RngExt, SeedableRng};
use simulator::Rng;
use store::{Committed, Disposal, ImportMode, NewFile, NewImage, NewPage, NewTicket, TakenFile, Writer};
use vision::Template;

/// Residents to one page: a third of a city's people are of an age for slips, and a third of those come.
const RESIDENTS_PER_PAGE: usize = 10;
/// Pages in a file of the scanner.
const PAGES_PER_FILE: usize = 50;
/// Files written in one transaction.
const FILES_AT_ONCE: usize = 40;
/// The form of the season.
const FORM: &str = "influenza-elderly";
/// One page in so many waits for a person; one in so many was sent back.
const REVIEW_EVERY: usize = 10;
const RETURN_EVERY: usize = 97;

/// What was built.
pub struct Season {
    /// Residents in the register.
    pub residents: usize,
    /// Pages in every state together.
    pub pages: usize,
    /// One page that waits, one that is committed, for the screens that show a page.
    pub waiting: PageId,
    /// A committed page.
    pub committed: PageId,
    /// Row of the resident of the committed page.
    pub resident_row: i64,
    /// The envelope of the committed page.
    pub envelope: EnvelopeId,
    /// A field that the waiting page shows.
    pub field: String,
}

/// The season that `hub` already holds, when it was kept by an earlier run.
///
/// # Errors
/// The database fails.
pub fn found(hub: &Hub) -> Result<Option<Season>> {
    let scan = pages::hash_of(b"season 0").to_string();
    let page = |number: usize| PageId(format!("{scan}-{number}"));
    if hub.store.read(|rows| rows.page(&page(4)))?.is_none() {
        return Ok(None);
    }
    season(hub, page(2), page(4)).map(Some)
}

/// What the screens are asked about, from the rows.
fn season(hub: &Hub, waiting: PageId, committed: PageId) -> Result<Season> {
    let season = hub.store.read(|rows| {
        let Some(page) = rows.page(&committed)? else { return Ok(None) };
        let row = page.resident.as_ref().map(|resident| rows.resident_row(resident)).transpose()?.flatten();
        let field = rows
            .review_item(&waiting)?
            .and_then(|item| item.reasons.iter().find_map(|reason| reason.field().map(ToString::to_string)));
        let counts = rows.counts()?;
        Ok(Some(Season {
            residents: rows.resident_count()? as usize,
            pages: usize::try_from(counts.pages.paper()).unwrap_or(usize::MAX),
            resident_row: row.unwrap_or_default(),
            envelope: page.envelope,
            field: field.unwrap_or_default(),
            waiting: waiting.clone(),
            committed: committed.clone(),
        }))
    })?;
    season.context("the season's pages are gone")
}

/// Fills an empty data directory with `pages` pages and ten times as many residents.
///
/// # Errors
/// When the form is missing, the page cannot be read, or the database fails.
pub async fn build(hub: &Hub, templates: &[Template], args: &BenchArgs, pages: usize) -> Result<Season> {
    let form = templates.iter().map(|template| &template.form).find(|form| form.id.as_str() == FORM);
    let form = form.with_context(|| format!("there is no form {FORM}"))?.clone();
    let (reading, image) = one_reading(templates, args)?;
    let image = hub.pages.put(image, "jpg").await?;
    let mut rng = Rng::seed_from_u64(args.seed);
    let citizens = city::citizens(pages * RESIDENTS_PER_PAGE, &mut rng);
    let clinics = city::clinics(300, &mut rng);
    import::residents_from(&hub.store, city::resident_file(&citizens).as_bytes(), ImportMode::Full)?;
    import::clinics_from(&hub.store, city::clinic_file(&clinics).as_bytes())?;
    let ids: Vec<ResidentId> =
        citizens[..pages].iter().map(|citizen| ResidentId(citizen.resident_id.clone())).collect();
    let mailed = Timestamp::now() - SignedDuration::from_hours(24 * 60);
    let actor = Actor::system("bench");
    let numbers = hub.store.write(|rows| rows.issue_slips(&form, &ids, &actor, mailed))?;
    let tickets = templates.iter().map(|template| &template.form).find(|form| form.is_ticket());
    let tickets = tickets.context("there is no batch ticket")?.clone();
    let mut mail = Mail {
        form,
        tickets,
        reading,
        image,
        actor,
        rng,
        programmes: Programmes::built_in(),
        waiting: None,
        committed: None,
    };
    let codes: Vec<&str> = clinics.iter().map(|clinic| clinic.code.as_str()).collect();
    let slips: Vec<(&Citizen, &ManagementNumber)> =
        citizens.iter().zip(numbers.iter().map(|(number, _)| number)).collect();
    for (batch, slips) in slips.chunks(PAGES_PER_FILE * FILES_AT_ONCE).enumerate() {
        hub.store.write(|rows| {
            for (at, slips) in slips.chunks(PAGES_PER_FILE).enumerate() {
                let file = batch * FILES_AT_ONCE + at;
                mail.file(rows, file, codes[file % codes.len()], slips)?;
            }
            Ok(())
        })?;
    }
    let (Some(waiting), Some(committed)) = (mail.waiting, mail.committed) else {
        bail!("too few pages to have one of each kind; ask for more");
    };
    season(hub, waiting, committed)
}

/// A page of the season's form as the reader sees it, and its picture.
fn one_reading(templates: &[Template], args: &BenchArgs) -> Result<(FormReading, Vec<u8>)> {
    let args = BenchArgs { form: vec![FORM.to_owned()], ..args.clone() };
    let mut engine = Engine::with(templates.to_vec())?;
    let mut found = None;
    simulate::each(templates, 16, &args, &mut |_, case, bytes| {
        if found.is_some() || !case.format.starts_with("jpeg") {
            return Ok(());
        }
        engine.read_file(bytes, &mut |_, page| {
            if let PageReading::Read(reading) = page.reading {
                found = Some((*reading, bytes.to_vec()));
            }
            Ok(())
        })
    })?;
    found.context("no simulated page could be read")
}

/// The scanner's files, one after the other.
struct Mail {
    form: Form,
    tickets: Form,
    reading: FormReading,
    image: ImageHash,
    actor: Actor,
    rng: Rng,
    programmes: Programmes,
    waiting: Option<PageId>,
    committed: Option<PageId>,
}

impl Mail {
    /// One clinic's envelope: a ticket, then slips.
    fn file(
        &mut self,
        rows: &Writer,
        number: usize,
        clinic: &str,
        slips: &[(&Citizen, &ManagementNumber)],
    ) -> Result<(), store::Error> {
        let arrived = Timestamp::now() - SignedDuration::from_mins(self.rng.random_range(0..60 * 24 * 30));
        let page = |page: usize| NewPage {
            number: page as u32 + 1,
            image: NewImage::Stored { image: self.picture(number, page), media: "image/jpeg".into() },
        };
        let file = NewFile {
            scan: ScanId(pages::hash_of(format!("season {number}").as_bytes()).to_string()),
            name: format!("scan{number:05}.tif"),
            folder: String::new(),
            bytes: 9_000_000,
            pages: (0..=slips.len()).map(page).collect(),
        };
        let TakenFile::Taken { pages, .. } = rows.take_file(&file, arrived)? else {
            return Ok(());
        };
        let ticket = NewTicket {
            clinic: clinic.into(),
            month: "2026-10".into(),
            programme: self.form.programme.clone().unwrap_or_else(|| ProgrammeId::from("influenza")),
            declared: slips.len() as u32,
        };
        let tickets = rows.issue_tickets(&self.tickets, &[ticket], &self.actor, arrived)?;
        let mut pages = pages.into_iter().map(|(page, _)| page);
        if let (Some(page), Some(ticket)) = (pages.next(), tickets.first()) {
            let unread = PageReading::Unreadable { reason: "a ticket of the bench".into() };
            let message = PageRead {
                page: page.clone(),
                round: 1,
                reading: unread,
                milliseconds: Milliseconds::default(),
                reader: String::new(),
                edition: domain::edition::Edition::default(),
            };
            rows.apply_reading(&message, arrived)?;
            rows.open_envelope(&page, ticket, &self.actor, arrived)?;
        }
        for (at, (page, (citizen, slip))) in pages.zip(slips).enumerate() {
            self.page(rows, &page, number * PAGES_PER_FILE + at, citizen, slip, arrived)?;
        }
        Ok(())
    }

    /// Only the first page that waits and the first committed one have a picture in the store.
    fn picture(&self, file: usize, page: usize) -> ImageHash {
        match file == 0 && (page == 1 || page == 2) {
            true => self.image.clone(),
            false => pages::hash_of(format!("season {file} {page}").as_bytes()),
        }
    }

    fn page(
        &mut self,
        rows: &Writer,
        page: &PageId,
        at: usize,
        citizen: &Citizen,
        number: &ManagementNumber,
        arrived: Timestamp,
    ) -> Result<(), store::Error> {
        let reading = self.reading_of(citizen, number);
        let message = PageRead {
            page: page.clone(),
            round: 1,
            reading: PageReading::Read(Box::new(reading.clone())),
            milliseconds: Milliseconds::default(),
            reader: String::new(),
            edition: domain::edition::Edition::default(),
        };
        rows.apply_reading(&message, arrived)?;
        let resident = rows.resident(&ResidentId(citizen.resident_id.clone()))?;
        let Some(resident) = resident else { return Ok(()) };
        if at.is_multiple_of(REVIEW_EVERY) {
            let reasons = self.doubts(at);
            rows.send_to_review(page, &MatchOutcome::None, &reasons, arrived)?;
            self.waiting.get_or_insert_with(|| page.clone());
            return Ok(());
        }
        if at % RETURN_EVERY == 1 {
            rows.send_to_review(page, &MatchOutcome::None, &[ReviewReason::PersonUnconfirmed], arrived)?;
            rows.dispose(page, Disposal::Returned, "記入漏れ", &self.actor, arrived)?;
            return Ok(());
        }
        let values = reading.fields.iter().filter(|read| {
            let field = self.form.field(read.id.as_str());
            field.is_some_and(|field| record::recorded_fields(&self.form).any(|known| known.id == field.id))
        });
        let draft = SlipDraft {
            form: &self.form,
            number: Some(number.clone()),
            resident: &resident,
            values: values.map(|read| (read.id.clone(), read.value.clone())).collect(),
            history: &[],
            programmes: &self.programmes,
            lots: &[],
            issued_on: None,
            scanned_on: arrived.to_zoned(jiff::tz::TimeZone::UTC).date(),
            // The one simulated pen may have written what rules speak against; the screens do not care.
            accepted: &RuleCode::ALL,
        };
        let proven = record::commit(draft).map_err(|_| store::Error::Missing { what: "sound slip" })?;
        if let Committed::Done(_) = rows.commit(page, &proven, &self.actor, arrived)? {
            self.committed.get_or_insert_with(|| page.clone());
        }
        Ok(())
    }

    /// One to three fields in doubt, all kinds in turn.
    fn doubts(&self, at: usize) -> Vec<ReviewReason> {
        let fields: Vec<&Field> = record::recorded_fields(&self.form)
            .filter(|field| self.reading.field(field.id.as_str()).is_some())
            .collect();
        (0..1 + at / REVIEW_EVERY % 3)
            .map(|step| fields[(at / REVIEW_EVERY + step * 5) % fields.len()])
            .map(|field| ReviewReason::FieldDoubtful {
                field: field.id.clone(),
                label: field.label.clone(),
                reason: None,
            })
            .collect()
    }

    /// The one reading with this person's number, birth date and a visit of its own day.
    fn reading_of(&mut self, citizen: &Citizen, number: &ManagementNumber) -> FormReading {
        let mut reading = self.reading.clone();
        if let Some(read) = &mut reading.management_number {
            read.value = Some(Personal::new(number.0.clone()));
            read.decision = Decision::Accept;
        }
        let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let visit = today.saturating_sub(Span::new().days(self.rng.random_range(31..55)));
        let days = [(Role::BirthDate, citizen.birth_date), (Role::ServiceDate, visit)];
        for (role, day) in days {
            let read = self
                .form
                .role(role)
                .and_then(|field| reading.fields.iter_mut().find(|read| read.id == field.id));
            if let Some(FieldReading { value, decision, .. }) = read {
                *value = Value::Text(day.to_string());
                *decision = Decision::Accept;
            }
        }
        reading
    }
}
