//! The year on its way into the rows: the same calls as an office makes, thousands at a time.

use super::made::{City, MONTHS, Slip, VISIT_FEE, What, on, resident_id};
use super::plan::{FEE_CLINIC, LATE_CONTRACT, OCTOBER};
use crate::commands::import;
use crate::demo::city::RESIDENT_HEADER;
use anyhow::{Context, Result};
use domain::actor::Actor;
use domain::check_digit::CheckDigit;
use domain::claim::price::{Price, Tax};
use domain::claim::{ClaimClass, SlipKey};
use domain::clinic::{AccountKind, BankAccount, Clinic, Contract};
use domain::form::Form;
use domain::ids::{ClinicCode, ManagementNumber, PageId, ProgrammeId, ResidentId, ScanId};
use domain::lot::{FormerService, Lot};
use domain::message::{Milliseconds, PageRead};
use domain::programme::Programmes;
use domain::reading::{PageReading, Value};
use domain::record::{self, SlipDraft};
use domain::rules::{RuleCode, Values};
use domain::yen::Yen;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::Offset;
use std::fmt::Write as _;
use store::{Committed, ImportMode, NewFile, NewImage, NewPage, NewTicket, Store, TakenFile, Writer};

/// Residents taken in at once.
const RESIDENTS_AT_ONCE: usize = 50_000;
/// Clinics whose month is written in one transaction.
const CLINICS_AT_ONCE: usize = 10;

/// Forms, rules and codes that everything is written with.
pub struct Office<'a> {
    /// The rows.
    pub store: &'a Store,
    /// Every form of the year.
    pub forms: Vec<Form>,
    /// The batch ticket.
    pub tickets: Form,
    /// The rules that a slip has to pass before it is committed; here people accept whatever they say.
    pub programmes: &'a Programmes,
    /// Code of every clinic.
    pub clinics: Vec<ClinicCode>,
    /// Who keys.
    pub actor: Actor,
}

/// Noon in Japan.
pub fn noon(day: Date) -> Timestamp {
    Offset::constant(9).to_timestamp(day.at(12, 0, 0, 0)).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The day on which the paper of a month is scanned, and the one on which its claim comes in.
pub fn paper_days(month: u8) -> (Date, Date) {
    (on(month + 1, 8), on(month + 1, 10))
}

impl Office<'_> {
    /// The form of a kind of slip.
    pub fn form(&self, what: What) -> Result<&Form> {
        let form =
            self.forms.iter().find(|form| form.programme.as_ref().is_some_and(|id| id.as_str() == what.id()));
        form.with_context(|| format!("there is no form for {}", what.id()))
    }

    /// Residents, clinics with accounts and contracts, prices, lots, and what a former system held.
    pub fn prepare(&self, made: &City) -> Result<()> {
        let started = noon(date(2026, 3, 1));
        for (at, people) in made.people.chunks(RESIDENTS_AT_ONCE).enumerate() {
            let mut file = RESIDENT_HEADER.to_owned();
            for (place, person) in people.iter().enumerate() {
                let id = resident_id((at * RESIDENTS_AT_ONCE + place) as u32);
                let until = person.until.map(|day| day.to_string()).unwrap_or_default();
                let _ = writeln!(
                    file,
                    "{id},読取　{id},ヨミトリ {id},F,{},000-0101,読取市本町1番1号,{},{until},,0,0",
                    person.birth, person.birth
                );
            }
            import::residents_from(self.store, file.as_bytes(), ImportMode::Diff)?;
        }
        let clinics: Vec<Clinic> =
            self.clinics.iter().enumerate().map(|(at, code)| clinic(at, code)).collect();
        let history: Vec<FormerService> = made
            .people
            .iter()
            .enumerate()
            .filter_map(|(at, person)| former(at as u32, person.past?))
            .collect();
        self.store.write(|rows| {
            rows.import_clinics(&clinics, &self.actor, started)?;
            rows.import_contracts(&self.contracts(), &self.actor, started)?;
            rows.import_prices(&prices(), &self.actor, started)?;
            rows.import_lots(&lots(), &self.actor, started)?;
            rows.import_history(&history, &self.actor, started)
        })?;
        Ok(())
    }

    /// Every clinic may do everything from April on; one begins with influenza only on the tenth of October.
    fn contracts(&self) -> Vec<Contract> {
        let from = on(0, 1);
        let contract = |clinic: &ClinicCode, programme: Option<What>, from| Contract {
            clinic: clinic.clone(),
            programme: programme.map(|what| what.id().into()),
            from,
            until: None,
        };
        let mut contracts = Vec::new();
        for (at, clinic) in self.clinics.iter().enumerate() {
            if at != usize::from(LATE_CONTRACT) {
                contracts.push(contract(clinic, None, from));
                continue;
            }
            for what in What::ALL {
                let begins = if what == What::Influenza { on(OCTOBER, 10) } else { from };
                contracts.push(contract(clinic, Some(what), begins));
            }
        }
        contracts
    }

    /// Prints, scans and commits the slips of a month; the key of every slip, in their order.
    pub fn month(&self, made: &City, month: u8, slips: &[Vec<usize>]) -> Result<Vec<(usize, SlipKey)>> {
        let mut keys = Vec::new();
        for (batch, clinics) in slips.chunks(CLINICS_AT_ONCE).enumerate() {
            keys.extend(self.store.write(|rows| {
                let mut keys = Vec::new();
                for (at, slips) in clinics.iter().enumerate().filter(|(_, slips)| !slips.is_empty()) {
                    let clinic = batch * CLINICS_AT_ONCE + at;
                    keys.extend(self.envelope(rows, made, (month, clinic), slips)?);
                }
                Ok(keys)
            })?);
        }
        Ok(keys)
    }

    /// One clinic's envelope of a month: a ticket, then slips.
    fn envelope(
        &self,
        rows: &Writer,
        made: &City,
        (month, clinic): (u8, usize),
        slips: &[usize],
    ) -> Result<Vec<(usize, SlipKey)>, store::Error> {
        let arrived = noon(paper_days(month).0);
        let name = format!("{month:02}-{clinic:04}");
        let hash = |page: usize| pages::hash_of(format!("claims {name} {page}").as_bytes());
        let image = |page| NewImage::Stored { image: hash(page), media: "image/jpeg".into() };
        let file = NewFile {
            scan: ScanId(pages::hash_of(format!("claims {name}").as_bytes()).to_string()),
            name: format!("{name}.tif"),
            folder: String::new(),
            bytes: 9_000_000,
            pages: (0..=slips.len())
                .map(|page| NewPage { number: page as u32 + 1, image: image(page) })
                .collect(),
        };
        let TakenFile::Taken { pages, .. } = rows.take_file(&file, arrived)? else {
            return Err(store::Error::Missing { what: "new file" });
        };
        let pages: Vec<PageId> = pages.into_iter().map(|(page, _)| page).collect();
        let missing = store::Error::Missing { what: "page" };
        let (ticket_page, slip_pages) = pages.split_first().ok_or(missing)?;
        let ticket = NewTicket {
            clinic: self.clinics[clinic].clone(),
            month: domain::month::Month::of(on(month, 1)).to_string(),
            programme: ProgrammeId::from(What::Influenza.id()),
            declared: slips.len() as u32,
        };
        let tickets = rows.issue_tickets(&self.tickets, &[ticket], &self.actor, arrived)?;
        seen(rows, ticket_page, arrived)?;
        rows.open_envelope(ticket_page, &tickets[0], &self.actor, arrived)?;
        let mut keys = Vec::with_capacity(slips.len());
        for (what, late) in What::ALL.into_iter().flat_map(|what| [(what, false), (what, true)]) {
            let printed =
                |at: &&usize| (made.slips[**at].what, made.slips[**at].printed_late) == (what, late);
            let of: Vec<usize> = slips.iter().filter(printed).copied().collect();
            keys.extend(self.print(rows, made, what, &of)?);
        }
        // Committed in the order of the envelope, whatever was printed first.
        keys.sort_unstable_by_key(|(at, _)| *at);
        for ((at, number), page) in keys.iter().zip(slip_pages) {
            self.slip(rows, made, page, (&made.slips[*at], number), arrived)?;
        }
        Ok(keys.into_iter().map(|(at, number)| (at, SlipKey(number.0))).collect())
    }

    /// Gives slips their numbers: long before the service, or, where that is what was done wrong, after it.
    fn print(
        &self,
        rows: &Writer,
        made: &City,
        what: What,
        slips: &[usize],
    ) -> Result<Vec<(usize, ManagementNumber)>, store::Error> {
        let Some(first) = slips.first() else { return Ok(Vec::new()) };
        let form = self.form(what).map_err(|_| store::Error::Missing { what: "form" })?;
        let first = &made.slips[*first];
        let printed = if first.printed_late { on(first.month + 1, 5) } else { date(2026, 3, 20) };
        let ids: Vec<ResidentId> =
            slips.iter().map(|at| ResidentId(resident_id(made.slips[*at].person))).collect();
        let issued = rows.issue_slips(form, &ids, &self.actor, noon(printed))?;
        Ok(slips.iter().copied().zip(issued.into_iter().map(|(number, _)| number)).collect())
    }

    fn slip(
        &self,
        rows: &Writer,
        made: &City,
        page: &PageId,
        (slip, number): (&Slip, &ManagementNumber),
        arrived: Timestamp,
    ) -> Result<(), store::Error> {
        let form = self.form(slip.what).map_err(|_| store::Error::Missing { what: "form" })?;
        let id = ResidentId(resident_id(slip.person));
        seen(rows, page, arrived)?;
        let resident = rows.resident(&id)?.ok_or(store::Error::Missing { what: "resident" })?;
        let birth = made.people[slip.person as usize].birth;
        let draft = SlipDraft {
            form,
            number: Some(number.clone()),
            resident: &resident,
            values: values(form, slip, birth, &self.clinics),
            history: &[],
            programmes: self.programmes,
            lots: &[],
            issued_on: None,
            scanned_on: paper_days(slip.month).0,
            // People let everything pass: what is planted has to be found by the claims' own check.
            accepted: &RuleCode::ALL,
        };
        let proven = record::commit(draft).map_err(|_| store::Error::Missing { what: "sound slip" })?;
        match rows.commit(page, &proven, &self.actor, arrived)? {
            Committed::Done(_) => Ok(()),
            Committed::Refused(_) => Err(store::Error::Missing { what: "record" }),
        }
    }
}

/// The page as a reader that could not read it left it: a person keyed everything.
fn seen(rows: &Writer, page: &PageId, at: Timestamp) -> Result<(), store::Error> {
    let message = PageRead {
        page: page.clone(),
        round: 1,
        reading: PageReading::Unreadable { reason: "keyed".into() },
        milliseconds: Milliseconds::default(),
        reader: String::new(),
        edition: domain::edition::Edition::default(),
    };
    rows.apply_reading(&message, at)?;
    Ok(())
}

/// What stands on the slip, every field filled as it should be but for the one that is odd.
fn values(form: &Form, slip: &Slip, birth: Date, clinics: &[ClinicCode]) -> Values {
    let own = usize::from(slip.clinic);
    let postponed = slip.class == ClaimClass::Postponed;
    let mut values: Values = record::recorded_fields(form)
        .map(|field| {
            let id = field.id.as_str();
            let text = match id {
                "birth_date" => birth.to_string(),
                "visit_date" | "sample_date_1" => slip.day.to_string(),
                "dose_number" if slip.round > 0 => slip.round.to_string(),
                "sex" => "F".into(),
                "temperature" => "36.5".into(),
                "consent" => "agree".into(),
                "signature" | "doctor_signature" => "present".into(),
                "judgement" => if postponed { "postponed" } else { "possible" }.into(),
                "volume" => if slip.what == What::Rotavirus { "1.5" } else { "0.5" }.into(),
                "lot" if !postponed => lot_of(slip.what).into(),
                "clinic_code" => clinics[own].0.clone(),
                "self_pay" => self_pay(slip.class).into(),
                "birth_weight" => "3000".into(),
                "guardian_name" => "書いてある".into(),
                "relation" => "mother".into(),
                "symptoms" => "none".into(),
                "previous_screening" | "family_history" | "complication" => "no".into(),
                "reception_number" => "1".repeat(field.boxes.len()),
                "screening_type" => "individual".into(),
                "fit_1" => "negative".into(),
                "colorectal_judgement" => "no_finding".into(),
                "detailed_exam" => "not_needed".into(),
                _ if id.starts_with('q') => "no".into(),
                _ => String::new(),
            };
            let value = if text.is_empty() { Value::Blank } else { Value::Text(text) };
            (field.id.clone(), value)
        })
        .collect();
    if let Some((field, text)) = slip.odd {
        let value = match text {
            "" => Value::Blank,
            "other" => Value::Text(clinics[(own + 1) % clinics.len()].0.clone()),
            text => Value::Text(text.into()),
        };
        values.insert(field.into(), value);
    }
    values
}

fn self_pay(class: ClaimClass) -> &'static str {
    match class {
        ClaimClass::FreeByAge => "free_70",
        ClaimClass::Welfare => "welfare",
        ClaimClass::TaxExempt => "tax_exempt",
        ClaimClass::General | ClaimClass::Postponed => "paid",
    }
}

fn lot_of(what: What) -> &'static str {
    match what {
        What::Influenza => "FLU2026",
        What::Rotavirus => "ROTA26",
        What::Measles | What::Colorectal => "MR2026",
    }
}

fn lots() -> Vec<Lot> {
    let lot =
        |vaccine: &str, lot: &str, expiry| Lot { vaccine: Some(vaccine.into()), lot: lot.into(), expiry };
    vec![
        lot("influenza", "FLU2026", date(2027, 6, 30)),
        lot("influenza", "FLU2024", date(2025, 6, 30)),
        lot("ppsv23", "PPV777", date(2028, 3, 31)),
    ]
}

fn former(person: u32, (programme, day): (&str, Date)) -> Option<FormerService> {
    Some(FormerService {
        resident: ResidentId(resident_id(person)),
        programme: programme.into(),
        round: None,
        vaccine: None,
        lot: None,
        day,
    })
}

/// The code of clinic number `at`: prefecture 99 does not exist.
pub fn clinic_code(at: u16) -> Result<ClinicCode> {
    let body = format!("991{:06}", u32::from(at) * 7 + 1_000);
    let check = CheckDigit::Luhn.of(&body).context("nine digits have a check digit")?;
    Ok(ClinicCode(format!("{body}{check}")))
}

/// An account at the one bank of the made-up city, as the bank writes it.
pub fn account(number: String, holder: String) -> BankAccount {
    BankAccount {
        bank: "0001".into(),
        bank_name: "ﾖﾐﾄﾘ".into(),
        branch: "001".into(),
        branch_name: "ﾎﾝﾃﾝ".into(),
        kind: AccountKind::Ordinary,
        number,
        holder,
    }
}

fn clinic(at: usize, code: &ClinicCode) -> Clinic {
    let account = account(format!("{at:07}"), format!("ｲ)ｼﾝﾘﾖｳｼﾞﾖ{at}"));
    Clinic {
        code: code.clone(),
        name: format!("読取第{at}診療所"),
        address: String::new(),
        phone: String::new(),
        account: Some(account),
        invoice_number: None,
    }
}

/// The contract's prices: the same figures that [`What::claimed`] has reckoned by hand.
fn prices() -> Vec<Price> {
    let price = |what: Option<What>, round, class, unit, tax, self_pay, visit_fee| Price {
        clinic: None,
        programme: what.map(|what| what.id().into()),
        round,
        class,
        age_from: None,
        age_until: None,
        from: on(0, 1),
        until: None,
        unit: Yen(unit),
        tax,
        tax_rate: 10,
        self_pay: Yen(self_pay),
        visit_fee: Yen(visit_fee),
    };
    use ClaimClass::{FreeByAge, General, Postponed, TaxExempt};
    let with_fee = VISIT_FEE;
    vec![
        price(Some(What::Influenza), None, General, 5_000, Tax::Included, 1_500, with_fee),
        price(Some(What::Colorectal), None, General, 4_180, Tax::Included, 500, with_fee),
        price(Some(What::Colorectal), None, FreeByAge, 4_180, Tax::Included, 0, with_fee),
        price(Some(What::Colorectal), None, TaxExempt, 4_180, Tax::Included, 0, with_fee),
        price(Some(What::Measles), Some(1), General, 11_440, Tax::Included, 0, 0),
        price(Some(What::Measles), Some(2), General, 9_870, Tax::Excluded, 0, 0),
        price(Some(What::Rotavirus), None, General, 14_405, Tax::Excluded, 0, 0),
        price(None, None, Postponed, 3_190, Tax::Included, 0, 0),
    ]
}

/// Whether a clinic claims a fee for every visit of the month, for this kind of slip.
pub fn claims_fee(clinic: usize, month: u8, what: What, class: ClaimClass) -> bool {
    let has_fee = matches!(what, What::Influenza | What::Colorectal) && class != ClaimClass::Postponed;
    clinic == usize::from(FEE_CLINIC) && month == OCTOBER && has_fee
}

/// The slips of every month, by clinic.
pub fn by_clinic(made: &City) -> Vec<Vec<Vec<usize>>> {
    let mut months = vec![vec![Vec::new(); usize::from(made.clinics)]; MONTHS];
    for (at, slip) in made.slips.iter().enumerate() {
        months[usize::from(slip.month)][usize::from(slip.clinic)].push(at);
    }
    months
}
