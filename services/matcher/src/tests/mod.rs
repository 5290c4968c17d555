//! The matcher on a real database, without a queue and with one.

mod editions;
mod loops;
mod quality;
mod register;
mod slips;
mod tickets;

use crate::{Handled, Matcher};
use domain::actor::Actor;
use domain::clinic::Clinic;
use domain::form::{FieldKind, Form};
use domain::ids::{ManagementNumber, PageId, ResidentId};
use domain::message::{Milliseconds, PageRead};
use domain::page::PageState;
use domain::personal::Personal;
use domain::programme::Programmes;
use domain::reading::*;
use domain::resident::{Resident, Sex};
use domain::review::ReviewReason;
use jiff::Timestamp;
use jiff::civil::date;
use std::sync::Arc;
use store::*;
use tempfile::TempDir;

/// An office with two residents, the shipped forms, and three pages that wait to be read.
struct Office {
    folder: TempDir,
    store: Store,
    matcher: Matcher,
    form: Form,
    ticket_form: Form,
    pages: Vec<PageId>,
}

impl Office {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("yomitori.db")).unwrap();
        let parse = |id, text| Form::parse(id, text).unwrap();
        let form =
            parse("influenza-elderly", include_str!("../../../../templates/influenza-elderly/form.toml"));
        let ticket_form = parse("batch-ticket", include_str!("../../../../templates/batch-ticket/form.toml"));
        let residents = [
            resident("1", "渡邉 花子", "ワタナベ ハナコ", date(1947, 3, 4)),
            resident("2", "見本 太郎", "ミホン タロウ", date(1941, 8, 30)),
        ];
        let new = NewFile {
            scan: "scan".into(),
            name: "scan.tif".into(),
            folder: "a".into(),
            bytes: 1,
            pages: (1..=3)
                .map(|number| NewPage {
                    number,
                    image: NewImage::Stored {
                        image: format!("image{number}").into(),
                        media: "image/tiff".into(),
                    },
                })
                .collect(),
        };
        let taken = store
            .write(|rows| {
                rows.import_residents(&residents, ImportMode::Full, &clerk(), at("2026-09-01"))?;
                rows.take_file(&new, at("2026-11-20"))
            })
            .unwrap();
        let TakenFile::Taken { pages, .. } = taken else { panic!("a new file is taken") };
        let pages = pages.into_iter().map(|(page, _)| page).collect();
        let matcher = Matcher::new(store.clone(), vec![form.clone(), ticket_form.clone()], rules());
        Self { folder, store, matcher, form, ticket_form, pages }
    }

    fn issue(&self, resident: &str) -> ManagementNumber {
        let residents = [ResidentId(resident.into())];
        let issue = |rows: &Writer| rows.issue_slips(&self.form, &residents, &clerk(), at("2026-09-01"));
        self.store.write(issue).unwrap().remove(0).0
    }

    fn handle(&self, message: &PageRead) -> Handled {
        let handled = self.matcher.handle(message, at("2026-11-20")).unwrap();
        self.adds_up();
        handled
    }

    fn state(&self, page: &PageId) -> PageState {
        self.store.read(|rows| rows.page(page)).unwrap().unwrap().state
    }

    /// The words in `why` of a page's open review item.
    fn whys(&self, page: &PageId) -> Vec<String> {
        let item = self.store.read(|rows| rows.review_item(page)).unwrap();
        let why =
            |reason: &ReviewReason| serde_json::to_value(reason).unwrap()["why"].as_str().unwrap().to_owned();
        item.filter(|item| item.open).map(|item| item.reasons.iter().map(why).collect()).unwrap_or_default()
    }

    fn adds_up(&self) {
        assert_eq!(self.store.read(|rows| rows.imbalances()).unwrap(), Vec::<String>::new());
    }
}

/// The rules that come with the program, but that influenza is given all the year: tests lie on many days.
fn rules() -> Arc<Programmes> {
    let text = Programmes::built_in_text().replace("10-01..01-31", "04-01..03-31");
    Arc::new(Programmes::parse(&text).unwrap())
}

fn clerk() -> Actor {
    Actor::new("clerk", "desk-1")
}

/// Noon of a local day.
fn at(day: &str) -> Timestamp {
    format!("{day}T03:00:00Z").parse().unwrap()
}

fn resident(id: &str, name: &str, kana: &str, born: jiff::civil::Date) -> Resident {
    Resident {
        id: ResidentId(id.into()),
        name: Personal::new(name.into()),
        kana: Personal::new(kana.into()),
        sex: Sex::F,
        birth_date: Personal::new(born),
        postal_code: Personal::new("999-0001".into()),
        address: Personal::new("架空市見本町1-2-3".into()),
        resident_since: date(2001, 4, 1),
        resident_until: None,
        until_reason: None,
        household: None,
        tax_exempt: false,
        protected: false,
    }
}

fn accepted(id: &str, text: &str) -> FieldReading {
    FieldReading {
        id: id.into(),
        kind: "any".into(),
        value: Value::Text(text.into()),
        confidence: 0.9999,
        decision: Decision::Accept,
        reason: None,
        box_px: [0.0; 4],
        alternatives: Vec::new(),
        labels: Vec::new(),
    }
}

/// A page of `form` on which every field was read as a sensible value, but for those in `fields`.
fn page_read(page: &PageId, form: &Form, number: Option<&str>, fields: Vec<FieldReading>) -> PageRead {
    let mut all: Vec<FieldReading> =
        form.fields.iter().map(|field| accepted(field.id.as_str(), &sensible(field))).collect();
    all.retain(|field| fields.iter().all(|given| given.id != field.id));
    all.extend(fields);
    let management_number = number.map(|number| NumberReading {
        value: Some(Personal::new(number.into())),
        sources: vec![NumberSource::Barcode, NumberSource::Digits],
        confidence: 0.999_999,
        decision: Decision::Accept,
        reason: None,
    });
    let registration = Registration {
        method: RegistrationMethod::Marks,
        rotation_deg: 0.0,
        upside_down: false,
        scale: 1.0,
        residual_mm: 0.05,
        inliers: 4,
        px_from_mm: [11.8, 0.0, 0.0, 0.0, 11.8, 0.0],
    };
    message(
        page,
        PageReading::Read(Box::new(FormReading {
            form: form.id.clone(),
            form_version: form.version,
            side: 1,
            registration,
            management_number,
            fields: all,
        })),
    )
}

fn message(page: &PageId, reading: PageReading) -> PageRead {
    PageRead {
        page: page.clone(),
        round: 1,
        reading,
        reader: String::new(),
        edition: domain::edition::Edition::default(),
        milliseconds: Milliseconds::default(),
    }
}

/// What stands in a field of a slip of resident 1 on which nothing is wrong.
fn sensible(field: &domain::form::Field) -> String {
    match (field.id.as_str(), &field.kind) {
        ("birth_date", _) => "1947-03-04".into(),
        ("printed_birth_date", _) => "昭和22年3月4日".into(),
        ("name", _) => "渡邊 花子".into(),
        ("kana", _) => "ワタナベ ハナコ".into(),
        ("sex", _) => "F".into(),
        ("temperature", _) => "36.5".into(),
        ("dose_number", _) => "1".into(),
        ("volume", _) => "0.5".into(),
        ("lot", _) => "AB123".into(),
        ("clinic_code", _) => "0110113719".into(),
        (_, FieldKind::Date(_)) => "2026-11-02".into(),
        (_, FieldKind::Choice { .. }) => field.options[0].value.clone(),
        (_, FieldKind::Stamp) => "present".into(),
        _ => "x".into(),
    }
}
