//! What the rows promise, tried on a real file.

mod access;
mod adding_up;
mod arrivals;
mod claims;
mod concurrency;
mod corrections;
mod envelopes;
mod keeping;
mod keying;
mod mailroom;
mod operations;
mod records;
mod register;
mod requests;
mod samples;

use crate::*;
use domain::actor::Actor;
use domain::form::Form;
use domain::ids::{ManagementNumber, PageId, ResidentId};
use domain::message::{Milliseconds, PageRead};
use domain::personal::Personal;
use domain::reading::*;
use domain::record::{ProvenSlip, SlipDraft, commit};
use domain::resident::{Resident, Sex};
use domain::rules::Values;
use jiff::Timestamp;
use jiff::civil::date;
use tempfile::TempDir;

const FORM: &str = r#"
version = 1
number = 7
title = "試験票"
programme = "trial"
paper_mm = [210, 297]

[[field]]
id = "visit_date"
kind = "date"
label = "実施日"
comb = { at = [20, 40], box = [6, 8], pitch = 6.5, groups = [4, 2, 2], gap = 4 }
first = "2026-04-01"
last = "2028-03-31"
required = true
"#;

/// A database of its own, with one resident, and the form of its slips.
struct Office {
    _folder: TempDir,
    store: Store,
    form: Form,
}

impl Office {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("yomitori.db")).unwrap();
        let office = Self { store, form: Form::parse("trial", FORM).unwrap(), _folder: folder };
        let residents = [resident("1", "渡邉 花子", "ワタナベ ハナコ")];
        office
            .store
            .write(|rows| rows.import_residents(&residents, ImportMode::Diff, &clerk(), at(0)))
            .unwrap();
        office
    }

    fn path(&self) -> std::path::PathBuf {
        self._folder.path().join("yomitori.db")
    }

    fn archive(&self) -> std::path::PathBuf {
        self._folder.path().join("access-archive")
    }

    /// Takes in a file of `pages` good pages; its page ids.
    fn take(&self, scan: &str, folder: &str, pages: u32) -> Vec<PageId> {
        let taken = self.store.write(|rows| rows.take_file(&file(scan, folder, pages), at(1))).unwrap();
        match taken {
            TakenFile::Taken { pages, .. } => pages.into_iter().map(|(page, _)| page).collect(),
            TakenFile::Duplicate { .. } => Vec::new(),
        }
    }

    fn issue(&self) -> ManagementNumber {
        let residents = [ResidentId("1".into())];
        let issued =
            self.store.write(|rows| rows.issue_slips(&self.form, &residents, &clerk(), at(0))).unwrap();
        issued.into_iter().next().unwrap().0
    }

    /// Reads a page as a slip with this number and lets it wait for a person.
    fn to_review(&self, page: &PageId, number: &ManagementNumber) {
        self.store
            .write(|rows| {
                assert!(matches!(rows.apply_reading(&read(page, 1, number), at(2))?, ReadingTaken::New(_)));
                let reasons = [domain::review::ReviewReason::NumberMissing];
                rows.send_to_review(page, &Default::default(), &reasons, at(2))
            })
            .unwrap();
    }

    fn proven(&self, number: &ManagementNumber, day: &str) -> ProvenSlip {
        let values: Values = [("visit_date".into(), Value::Text(day.into()))].into();
        commit(SlipDraft {
            form: &self.form,
            number: Some(number.clone()),
            resident: &resident("1", "渡邉 花子", "ワタナベ ハナコ"),
            values,
            history: &[],
            programmes: &domain::programme::Programmes::built_in(),
            lots: &[],
            issued_on: None,
            scanned_on: date(2026, 11, 20),
            accepted: &[],
        })
        .unwrap()
    }

    fn page(&self, page: &PageId) -> Page {
        self.store.read(|rows| rows.page(page)).unwrap().unwrap()
    }

    fn adds_up(&self) {
        let (imbalances, counts, envelopes) =
            self.store.read(|rows| Ok((rows.imbalances()?, rows.counts()?, rows.envelopes()?))).unwrap();
        assert_eq!(imbalances, Vec::<String>::new());
        let paper: u64 = envelopes.iter().map(|envelope| envelope.counts.paper() + envelope.tickets).sum();
        assert_eq!(paper, counts.pages.paper(), "pages of all envelopes");
    }
}

fn at(second: i64) -> Timestamp {
    "2026-11-20T00:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_secs(second)
}

fn clerk() -> Actor {
    Actor::new("clerk", "desk-1")
}

fn resident(id: &str, name: &str, kana: &str) -> Resident {
    Resident {
        id: ResidentId(id.into()),
        name: Personal::new(name.into()),
        kana: Personal::new(kana.into()),
        sex: Sex::F,
        birth_date: Personal::new(date(1947, 3, 4)),
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

fn file(scan: &str, folder: &str, pages: u32) -> NewFile {
    let page = |number| NewPage {
        number,
        image: NewImage::Stored { image: format!("{scan}:{number}").into(), media: "image/tiff".into() },
    };
    NewFile {
        scan: scan.into(),
        name: format!("{scan}.tif"),
        folder: folder.into(),
        bytes: 1000,
        pages: (1..=pages).map(page).collect(),
    }
}

fn read(page: &PageId, round: u32, number: &ManagementNumber) -> PageRead {
    let field = FieldReading {
        id: "visit_date".into(),
        kind: "date".into(),
        value: Value::Text("2026-11-02".into()),
        confidence: 0.8,
        decision: Decision::Review,
        reason: Some("かすれています".into()),
        box_px: [0.0; 4],
        alternatives: Vec::new(),
        labels: Vec::new(),
    };
    PageRead {
        page: page.clone(),
        round,
        reading: PageReading::Read(Box::new(FormReading {
            form: "trial".into(),
            form_version: 1,
            side: 1,
            registration: Registration {
                method: RegistrationMethod::Marks,
                rotation_deg: 0.0,
                upside_down: false,
                scale: 1.0,
                residual_mm: 0.05,
                inliers: 4,
                px_from_mm: [11.8, 0.0, 0.0, 0.0, 11.8, 0.0],
            },
            management_number: Some(NumberReading {
                value: Some(Personal::new(number.0.clone())),
                sources: vec![NumberSource::Barcode],
                confidence: 0.999,
                decision: Decision::Accept,
                reason: None,
            }),
            fields: vec![field],
        })),
        reader: "yomitori 0.0.0, digits 00000000".into(),
        edition: domain::edition::Edition::default(),
        milliseconds: Milliseconds::default(),
    }
}
