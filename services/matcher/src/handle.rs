//! One page: reading in, record or review item out, in one transaction.

use crate::ticket;
use domain::actor::Actor;
use domain::agreement::{Known, agree};
use domain::decision::{self, Case, Decision};
use domain::edition::Edition;
use domain::form::{Field, Form};
use domain::ids::{PageId, ResidentId};
use domain::likeness::{birth_agreement, plausible_birth_dates};
use domain::matching::{Agreement, MatchOutcome};
use domain::message::{PageRead, ReaderReport};
use domain::programme::Programmes;
use domain::reading::Decision::Accept;
use domain::reading::{FormReading, PageReading};
use domain::record;
use domain::resident::Resident;
use domain::review::ReviewReason;
use domain::roles::Role;
use domain::written::Written;
use jiff::tz::Offset;
use jiff::{Timestamp, civil::Date};
use std::sync::Arc;
use store::{Committed, Drawable, Error, Moved, Page, ReadingTaken, Store, Writer};

/// Japan has one offset and no summer time.
const JAPAN: Offset = Offset::constant(9);

/// 照合. Cheap to clone; blocks while it works.
#[derive(Clone)]
pub struct Matcher {
    store: Store,
    forms: Arc<[Form]>,
    programmes: Arc<Programmes>,
    edition: Edition,
    actor: Actor,
}

/// What became of a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handled {
    /// Its record is committed, or its envelope is open.
    Committed,
    /// It waits for a person.
    InReview,
    /// It came before, or too late: nothing changed.
    Late,
    /// No such page: nothing changed.
    UnknownPage,
    /// It was read with other forms or another model than this matcher has: asked for anew.
    AskedAnew,
    /// Intake asks readers for another edition than this matcher has: nothing changed, and nothing can.
    OtherEdition,
}

impl Handled {
    /// The word in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Handled::Committed => "committed",
            Handled::InReview => "in_review",
            Handled::Late => "late",
            Handled::UnknownPage => "unknown_page",
            Handled::AskedAnew => "asked_anew",
            Handled::OtherEdition => "other_edition",
        }
    }
}

impl Matcher {
    /// A matcher over these rows that knows these forms and rules.
    pub fn new(store: Store, forms: Vec<Form>, programmes: Arc<Programmes>) -> Self {
        let (forms, edition) = (forms.into(), Edition::default());
        Self { store, forms, programmes, edition, actor: Actor::system("matcher") }
    }

    /// The same, that takes only readings made with `edition`.
    #[must_use]
    pub fn reading_with(self, edition: Edition) -> Self {
        Self { edition, ..self }
    }

    /// Handles one reading. Idempotent: a message may come any number of times, in any order.
    ///
    /// # Errors
    /// The database failed; then nothing changed and the message may come again.
    pub fn handle(&self, message: &PageRead, now: Timestamp) -> Result<Handled, Error> {
        self.store.write(|rows| {
            if !message.edition.agrees_with(&self.edition) {
                return self.of_other_edition(rows, message, now);
            }
            let page = match rows.apply_reading(message, now)? {
                ReadingTaken::New(page) => page,
                ReadingTaken::Late => return Ok(Handled::Late),
                ReadingTaken::UnknownPage => return Ok(Handled::UnknownPage),
            };
            measure(&page, &message.reading, now);
            let programmes = &*self.programmes;
            let work = Work { rows, programmes, page: &page, actor: &self.actor, now };
            // With the number that a person assigned, if there is one.
            match page.reading.as_ref().unwrap_or(&message.reading) {
                PageReading::Unrecognised { reason } => {
                    work.review(vec![ReviewReason::Unrecognised { reason: reason.clone() }])
                }
                PageReading::Unreadable { reason } => {
                    work.review(vec![ReviewReason::Unreadable { reason: reason.clone() }])
                }
                PageReading::Read(reading) => match self.form_of(reading) {
                    None => work.review(vec![ReviewReason::UnknownForm]),
                    Some(form) if form.is_ticket() => ticket::settle(&work, form, reading),
                    // A claim is for the payment clerk; nothing of it becomes a record of a person.
                    Some(form) if form.programme.is_none() => {
                        work.review_of(form, &MatchOutcome::None, decision::look_through(form, reading))
                    }
                    Some(form) => work.slip(form, reading),
                },
            }
        })
    }

    /// A reading of other forms may have its boxes elsewhere: the page is read anew, unless it is this matcher that is
    /// out of date.
    fn of_other_edition(&self, rows: &Writer, message: &PageRead, now: Timestamp) -> Result<Handled, Error> {
        if rows.page(&message.page)?.is_none() {
            return Ok(Handled::UnknownPage);
        }
        if rows.current_edition()?.is_some_and(|current| !current.agrees_with(&self.edition)) {
            return Ok(Handled::OtherEdition);
        }
        Ok(match rows.ask_for_edition(&message.page, Some(message.round), &self.actor, now)? {
            Moved::Done => Handled::AskedAnew,
            Moved::NotOpen | Moved::Held => Handled::Late,
        })
    }

    /// Lets a page wait for a person because its message died in `round`; a page that was handled or asked for
    /// again meanwhile stays where it is.
    ///
    /// # Errors
    /// The database failed; then nothing changed.
    pub fn give_up(&self, page: &PageId, round: u32, reason: &str, now: Timestamp) -> Result<Handled, Error> {
        self.store.write(|rows| {
            let Some(row) = rows.page(page)? else { return Ok(Handled::UnknownPage) };
            if row.round != round || row.state.handled() {
                return Ok(Handled::Late);
            }
            let reasons = [ReviewReason::GivenUp { reason: reason.to_owned() }];
            rows.send_to_review(page, &MatchOutcome::None, &reasons, now)?;
            Ok(Handled::InReview)
        })
    }

    /// Remembers what a reader said of itself.
    ///
    /// # Errors
    /// The database failed.
    pub fn note_reader(&self, report: &ReaderReport, now: Timestamp) -> Result<(), Error> {
        self.store.write(|rows| rows.note_reader(report, now))
    }

    fn form_of(&self, reading: &FormReading) -> Option<&Form> {
        self.forms.iter().find(|form| form.id == reading.form && form.version == reading.form_version)
    }
}

/// What metrics say of a page: how long it was on its way, and how sure its values are; never the values.
fn measure(page: &Page, reading: &PageReading, now: Timestamp) {
    let seconds = now.duration_since(page.arrived_at).as_secs_f64().max(0.0);
    metrics::histogram!("yomitori_way_seconds").record(seconds);
    if let PageReading::Read(form) = reading {
        for field in &form.fields {
            let kind = field.kind.clone();
            metrics::histogram!("yomitori_field_confidence", "kind" => kind).record(field.confidence);
        }
    }
}

/// The page in hand, inside its transaction.
pub(crate) struct Work<'a> {
    pub rows: &'a Writer<'a>,
    pub programmes: &'a Programmes,
    pub page: &'a Page,
    pub actor: &'a Actor,
    pub now: Timestamp,
}

impl Work<'_> {
    pub fn review(&self, reasons: Vec<ReviewReason>) -> Result<Handled, Error> {
        self.rows.send_to_review(&self.page.id, &MatchOutcome::None, &reasons, self.now)?;
        Ok(Handled::InReview)
    }

    /// The same for a page whose form is known: its fields become work, one by one.
    fn review_of(
        &self,
        form: &Form,
        outcome: &MatchOutcome,
        reasons: Vec<ReviewReason>,
    ) -> Result<Handled, Error> {
        self.rows.send_to_review(&self.page.id, outcome, &reasons, self.now)?;
        self.rows.plan_work(form, &self.page.id)?;
        Ok(Handled::InReview)
    }

    /// Local day on which the page arrived.
    fn scanned_on(&self) -> Date {
        JAPAN.to_datetime(self.page.arrived_at).date()
    }

    fn slip(&self, form: &Form, reading: &FormReading) -> Result<Handled, Error> {
        let rows = self.rows;
        let written = Written::of(form, reading);
        let slip = written.number.as_ref().map(|number| rows.slip(number)).transpose()?.flatten();
        let owner = slip.as_ref().map(|slip| rows.resident(&slip.resident)).transpose()?.flatten();
        let same_number = match &written.number {
            Some(number) => rows.pages_with_number(number, &self.page.id)?,
            None => Vec::new(),
        };
        let history = match &owner {
            Some(owner) => rows.history(&owner.id, &self.page.id)?,
            None => Vec::new(),
        };
        let settled = self.settled(form, reading, slip.as_ref().and(owner.as_ref()))?;
        let reading = settled.as_ref().unwrap_or(reading);
        let written = Written::of(form, reading);
        let others = self.others(&written, owner.as_ref())?;
        let lots = rows.known_lots(&decision::values(form, reading), Some(reading))?;
        let (outcome, decision) = decision::decide(&Case {
            form,
            reading,
            slip: slip.as_ref(),
            owner: owner.as_ref(),
            others: &others,
            history: &history,
            programmes: self.programmes,
            lots: &lots,
            same_number: &same_number,
            scanned_on: self.scanned_on(),
        });
        // Both pages of a doubled slip are flagged, whichever was first.
        for twin in &same_number {
            rows.add_review_reason(
                twin,
                ReviewReason::DuplicateSlip { page: self.page.id.clone() },
                self.now,
            )?;
            rows.plan_work(form, twin)?;
        }
        match decision {
            Decision::Review(reasons) => {
                self.draw(form, reading, &reasons)?;
                self.review_of(form, &outcome, reasons)
            }
            Decision::Commit(proven) => match rows.commit(&self.page.id, &proven, self.actor, self.now)? {
                Committed::Done(_) => {
                    self.draw(form, reading, &[])?;
                    Ok(Handled::Committed)
                }
                Committed::Refused(refused) => {
                    self.review_of(form, &outcome, vec![ReviewReason::CannotCommit { refused }])
                }
            },
        }
    }

    /// The reading held against what the rows know; `None` where it stays as it is.
    fn settled(
        &self,
        form: &Form,
        reading: &FormReading,
        owner: Option<&Resident>,
    ) -> Result<Option<FormReading>, Error> {
        let rows = self.rows;
        let certain = reading.management_number.as_ref().is_some_and(|number| number.decision == Accept);
        let owner = owner.filter(|_| certain);
        // Who else there is matters only where the date is in doubt.
        let birth = form.role(Role::BirthDate).and_then(|field| reading.field(field.id.as_str()));
        let in_doubt = owner.filter(|_| birth.is_some_and(|read| read.decision != Accept));
        let births = |list: fn(&Writer, &ResidentId) -> Result<Vec<Date>, Error>| {
            in_doubt.map(|owner| list(rows, &owner.id)).transpose()
        };
        let kin = births(|rows, id| rows.kin_births(id))?.unwrap_or_default();
        let namesakes = births(|rows, id| rows.namesake_births(id))?.unwrap_or_default();
        let asks_clinic = form.role(Role::ClinicCode).is_some();
        let clinics = if asks_clinic { rows.clinic_codes()? } else { Vec::new() };
        let sender = rows.sender(&self.page.envelope)?;
        let known = Known {
            owner,
            kin: &kin,
            namesakes: &namesakes,
            clinics: &clinics,
            sender: sender.as_ref().map(|(clinic, _)| clinic),
            month: sender.as_ref().and_then(|(_, month)| format!("{month}-01").parse().ok()),
            scanned_on: self.scanned_on(),
        };
        let mut settled = agree(form, reading, &known);
        let bars = rows.bars(form)?;
        for read in &mut settled.fields {
            if let Some(bar) = bars.get(&read.id) {
                bar.apply(read);
            }
        }
        if settled == *reading {
            return Ok(None);
        }
        rows.settle_reading(&self.page.id, &settled)?;
        Ok(Some(settled))
    }

    /// Draws from the values that the machine accepted and nobody is asked about.
    fn draw(&self, form: &Form, reading: &FormReading, reasons: &[ReviewReason]) -> Result<(), Error> {
        if form.unrecorded_copy(reading.side).is_some() {
            return Ok(());
        }
        let asked = |field: &Field| reasons.iter().any(|reason| reason.field() == Some(&field.id));
        let fields = record::recorded_fields(form).filter(|field| field.is_on(reading.side) && !asked(field));
        let accepted = fields.filter_map(|field| {
            let read = reading.field(field.id.as_str()).filter(|read| read.decision == Accept)?;
            Some(Drawable {
                field: field.id.clone(),
                kind: field.kind.as_str(),
                value: read.value.clone(),
                confidence: read.confidence,
            })
        });
        let accepted: Vec<Drawable> = accepted.collect();
        self.rows.draw_samples(&self.page.id, self.page.round, form, &accepted, self.now)?;
        Ok(())
    }

    /// Who else may be meant; nobody is looked up where the paper agrees with the number.
    fn others(&self, written: &Written, owner: Option<&Resident>) -> Result<Vec<Resident>, Error> {
        let agrees =
            |owner: &Resident| birth_agreement(written, *owner.birth_date.reveal()) != Agreement::Different;
        if owner.is_some_and(agrees) {
            return Ok(Vec::new());
        }
        self.rows.candidates(
            &plausible_birth_dates(written, self.scanned_on()),
            written.name.as_ref().map(|name| name.text.reveal().as_str()),
            written.kana.as_ref().map(|kana| kana.text.reveal().as_str()),
        )
    }

    /// Opens the envelope of a proven ticket.
    pub fn open(&self, ticket: &domain::ticket::BatchTicket) -> Result<Handled, Error> {
        match self.rows.open_envelope(&self.page.id, ticket, self.actor, self.now)? {
            Moved::Done => Ok(Handled::Committed),
            // The page was read in this very transaction: nobody else can have moved it.
            Moved::NotOpen | Moved::Held => Ok(Handled::Late),
        }
    }
}
