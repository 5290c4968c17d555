//! A small made-up office: a form, three residents, a few scanned pages, and the screens above them.

use crate::frame::Person;
use crate::{Deps, Designer, GateSettings, open_router, router};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use domain::actor::Actor;
use domain::duty::Duty;
use domain::form::Form;
use domain::ids::{ManagementNumber, PageId, ResidentId, ScanId};
use domain::matching::{Candidate, MatchOutcome};
use domain::message::{Milliseconds, PageRead};
use domain::page::PageState;
use domain::personal::Personal;
use domain::reading::*;
use domain::resident::{Resident, Sex};
use domain::review::ReviewReason;
use jiff::Timestamp;
use jiff::civil::date;
use pages::{Folder, PageStore};
use std::path::Path;
use std::sync::Arc;
use store::{ImportMode, NewFile, NewImage, NewPage, Store, TakenFile};
use tempfile::TempDir;
use tower::ServiceExt;
use vision::{GrayPage, encode_jpeg};

/// One side, every kind of entry that the screens know.
const FORM: &str = include_str!("trial.toml");
/// What claims ask for.
const CLAIMED: &str = include_str!("claimed.toml");
/// 100 dpi: small pictures keep the tests quick.
const PX_PER_MM: f64 = 100.0 / 25.4;

pub struct Office {
    pub store: Store,
    pub form: Form,
    pub numbers: Vec<ManagementNumber>,
    pages: Arc<Folder>,
    screens: Router,
    folder: TempDir,
}

/// What the screens answered.
pub struct Answer {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub fn location(&self) -> String {
        self.headers[header::LOCATION].to_str().unwrap().to_owned()
    }

    /// The words of the element with this `data-test`, its tags left out.
    pub fn words(&self, test: &str) -> String {
        let text = self.text();
        let at = text.find(&format!("data-test=\"{test}\"")).unwrap_or_else(|| panic!("no {test} in {text}"));
        let rest = &text[at..];
        let inner = &rest[rest.find('>').unwrap() + 1..];
        inner[..inner.find("</").unwrap()].to_owned()
    }
}

pub fn clerk() -> Actor {
    Actor::new("demo", "192.0.2.7")
}

pub fn resident(id: &str, name: &str, protected: bool) -> Resident {
    Resident {
        id: ResidentId(id.into()),
        name: Personal::new(name.into()),
        kana: Personal::new("ミホン ハナコ".into()),
        sex: Sex::F,
        birth_date: Personal::new(date(1950, 3, 4)),
        postal_code: Personal::new("999-0001".into()),
        address: Personal::new("架空市見本町1-2-3".into()),
        resident_since: date(2000, 1, 1),
        resident_until: None,
        until_reason: None,
        household: None,
        tax_exempt: false,
        protected,
    }
}

fn deps(store: &Store, pages: &Arc<Folder>, form: &Form, folder: &Path, settings: GateSettings) -> Deps {
    let depth = || -> std::pin::Pin<Box<dyn Future<Output = anyhow::Result<serde_json::Value>> + Send>> {
        Box::pin(async { Ok(serde_json::json!({ "waiting": 0 })) })
    };
    Deps {
        store: store.clone(),
        pages: pages.clone(),
        forms: vec![form.clone()],
        programmes: Arc::new(domain::programme::Programmes::built_in()),
        printer: None,
        queue_depth: Arc::new(depth),
        designer: Designer {
            drafts: folder.join("drafts"),
            live: folder.join("templates"),
            ocr: Arc::new(|| anyhow::bail!("no OCR in this test")),
        },
        settings,
        mailroom: crate::Mailroom::new(folder.join("inbox"), std::time::Duration::from_secs(3600)),
        payment: domain::zengin::PaymentOffice::default(),
    }
}

impl Office {
    pub fn open() -> Self {
        Self::of(FORM)
    }

    /// An office whose slips have what claims ask for, too: lot, clinic, judgement and self-pay.
    pub fn of_claims() -> Self {
        Self::of(&format!("{FORM}{CLAIMED}"))
    }

    /// An office that knows the clinics' claim form alone.
    pub fn of_claim_form() -> Self {
        Self::of(include_str!("../../../../templates/clinic-claim/form.toml"))
    }

    fn of(form: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let store = Store::open(&folder.path().join("rows.db")).unwrap();
        let pages = Arc::new(Folder::open(&folder.path().join("pages")).unwrap());
        std::fs::create_dir_all(folder.path().join("inbox")).unwrap();
        let form = Form::parse("trial", form).unwrap();
        let residents = [
            resident("10000001", "見本 花子", false),
            resident("10000002", "<script>alert(1)</script>", false),
            resident("10000003", "秘密 花子", true),
        ];
        let ids: Vec<ResidentId> = residents.iter().map(|resident| resident.id.clone()).collect();
        let issued = store
            .write(|rows| {
                rows.import_residents(&residents, ImportMode::Full, &clerk(), ago(60))?;
                rows.issue_slips(&form, &ids, &clerk(), "2026-04-01T00:00:00Z".parse().unwrap())
            })
            .unwrap();
        let numbers = issued.into_iter().map(|(number, _)| number).collect();
        let screens = open_router(deps(&store, &pages, &form, folder.path(), GateSettings::default()));
        Self { store, form, numbers, pages, screens, folder }
    }

    /// A file of `pages` pages, each with a picture of its own.
    pub async fn scan(&self, name: &str, pages: u32) -> Vec<PageId> {
        let scan = ScanId(pages::hash_of(name.as_bytes()).to_string());
        let mut new_pages = Vec::new();
        for number in 1..=pages {
            let mut picture = GrayPage::white((210.0 * PX_PER_MM) as u32, (297.0 * PX_PER_MM) as u32);
            // A line at a place of its own makes every picture another one.
            let place = pages::hash_of(format!("{name}{number}").as_bytes());
            let row = 100 + place.as_str().bytes().map(usize::from).sum::<usize>() % 1000;
            let start = picture.width as usize * row + number as usize * 7;
            picture.pixels[start..start + 400].fill(0);
            let image = self.pages.put(encode_jpeg(&picture, 90), "jpg").await.unwrap();
            new_pages.push(NewPage { number, image: NewImage::Stored { image, media: "image/jpeg".into() } });
        }
        let file = NewFile { scan, name: name.into(), folder: String::new(), bytes: 1000, pages: new_pages };
        let taken = self.store.write(|rows| rows.take_file(&file, ago(30))).unwrap();
        let TakenFile::Taken { pages, .. } = taken else { panic!("{name} was a duplicate") };
        pages.into_iter().map(|(page, _)| page).collect()
    }

    /// A file with the very picture of `page`.
    pub async fn scan_again(&self, name: &str, page: &PageId) -> PageId {
        let image = self.store.read(|rows| rows.page(page)).unwrap().unwrap().image.unwrap();
        let image = NewImage::Stored { image, media: "image/jpeg".into() };
        let scan = ScanId(pages::hash_of(name.as_bytes()).to_string());
        let pages = vec![NewPage { number: 1, image }];
        let file = NewFile { scan, name: name.into(), folder: String::new(), bytes: 1000, pages };
        let TakenFile::Taken { pages, .. } = self.store.write(|rows| rows.take_file(&file, ago(25))).unwrap()
        else {
            panic!("{name} was a duplicate")
        };
        pages[0].0.clone()
    }

    /// A page that was read (slip of resident `owner`, from 0) and waits for `reasons`.
    pub async fn waiting(&self, name: &str, owner: usize, reasons: &[ReviewReason]) -> PageId {
        let page = self.scan(name, 1).await.remove(0);
        self.read(&page, PageReading::Read(Box::new(reading(&self.form, &self.numbers[owner]))));
        let resident = ResidentId(format!("1000000{}", owner + 1));
        let candidate = Candidate { resident, items: Vec::new(), weight: 9.0 };
        self.send_as(&page, &MatchOutcome::One { candidate }, reasons);
        page
    }

    pub fn read(&self, page: &PageId, reading: PageReading) {
        let message = PageRead {
            page: page.clone(),
            round: 1,
            reader: "yomitori 0.0.0".into(),
            edition: domain::edition::Edition::default(),
            reading,
            milliseconds: Milliseconds::default(),
        };
        self.store.write(|rows| rows.apply_reading(&message, ago(20))).unwrap();
    }

    pub fn send(&self, page: &PageId, reasons: &[ReviewReason]) {
        self.send_as(page, &MatchOutcome::None, reasons);
    }

    fn send_as(&self, page: &PageId, outcome: &MatchOutcome, reasons: &[ReviewReason]) {
        self.store
            .write(|rows| {
                rows.send_to_review(page, outcome, reasons, ago(10))?;
                rows.plan_work(&self.form, page)
            })
            .unwrap();
    }

    /// An office in which one person's word is enough.
    pub fn of_one_person() -> Self {
        let office = Self::open();
        for field in ["visit_date", "birth_date", "management_number", domain::keying::PERSON] {
            let form = &office.form.id;
            office
                .store
                .write(|rows| rows.set_second_keying(form, &field.into(), Some(false), &clerk(), ago(60)))
                .unwrap();
        }
        office
    }

    /// The watched folder.
    pub fn inbox(&self) -> std::path::PathBuf {
        self.folder.path().join("inbox")
    }

    /// The number of a batch ticket that was printed.
    pub fn ticket(&self, clinic: &str, declared: u32) -> String {
        let new = store::NewTicket {
            clinic: clinic.into(),
            month: "2026-10".into(),
            programme: "trial".into(),
            declared,
        };
        let issued =
            self.store.write(|rows| rows.issue_tickets(&self.form, &[new], &clerk(), ago(40))).unwrap();
        issued[0].number.clone()
    }

    pub fn state(&self, page: &PageId) -> PageState {
        self.store.read(|rows| rows.page(page)).unwrap().unwrap().state
    }

    /// The row of resident `at`, from 0.
    pub fn row(&self, at: usize) -> i64 {
        let id = ResidentId(format!("1000000{}", at + 1));
        self.store.read(|rows| rows.resident_row(&id)).unwrap().unwrap()
    }

    /// A form made here that is in use.
    pub fn own_form(&self, id: &str) -> Option<Form> {
        let text = std::fs::read_to_string(self.folder.path().join("templates").join(id).join("form.toml"));
        text.ok().map(|text| Form::parse(id, &text).unwrap())
    }

    /// The same office behind its door, with these settings.
    pub fn behind_the_door(&self, settings: GateSettings) -> Router {
        router(deps(&self.store, &self.pages, &self.form, self.folder.path(), settings))
    }

    /// The same office with somebody else in front of the screens.
    pub fn by<'a>(&'a self, staff: &str, duties: &[Duty]) -> Desk<'a> {
        Desk { office: self, person: person(staff, "192.0.2.8", duties) }
    }

    pub async fn get(&self, address: &str) -> Answer {
        self.send_request(get_of(address)).await
    }

    pub async fn post(&self, address: &str, pairs: &[(&str, &str)]) -> Answer {
        self.send_request(post_of(address, pairs)).await
    }

    /// Asks as the clerk with every duty, unless somebody else stands in the request.
    pub async fn send_request(&self, mut request: Request<Body>) -> Answer {
        if request.extensions().get::<Person>().is_none() {
            let clerk = clerk();
            request.extensions_mut().insert(person(clerk.staff.as_str(), &clerk.terminal, &Duty::ALL));
        }
        request.headers_mut().entry(header::HOST).or_insert("yomitori.test".parse().unwrap());
        let response = self.screens.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }
}

fn person(staff: &str, terminal: &str, duties: &[Duty]) -> Person {
    let actor = Actor::new(staff, terminal);
    Person { actor, name: staff.into(), section: String::new(), duties: duties.to_vec() }
}

/// One person in front of the screens of an [`Office`].
pub struct Desk<'a> {
    office: &'a Office,
    person: Person,
}

impl Desk<'_> {
    pub async fn get(&self, address: &str) -> Answer {
        self.send(get_of(address)).await
    }

    pub async fn post(&self, address: &str, pairs: &[(&str, &str)]) -> Answer {
        self.send(post_of(address, pairs)).await
    }

    pub async fn send(&self, mut request: Request<Body>) -> Answer {
        request.extensions_mut().insert(self.person.clone());
        self.office.send_request(request).await
    }
}

fn get_of(address: &str) -> Request<Body> {
    Request::get(address).body(Body::empty()).unwrap()
}

fn post_of(address: &str, pairs: &[(&str, &str)]) -> Request<Body> {
    let request = Request::post(address).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    request.body(form_body(pairs)).unwrap()
}

/// Everything that a clerk sends for a sound slip of resident row `resident`.
pub fn good_slip(office: &Office, owner: usize) -> Vec<(String, String)> {
    let pairs = [
        ("round", "1".to_owned()),
        ("resident", office.row(owner).to_string()),
        ("v.management_number", office.numbers[owner].0.clone()),
        ("v.birth_date", "S25.3.4".to_owned()),
        ("v.visit_date", "R8.10.3".to_owned()),
        ("ok.visit_date", "on".to_owned()),
        ("v.temperature", "365".to_owned()),
        ("v.ill", "no".to_owned()),
        ("v.signature", "present".to_owned()),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// `pairs` with one value changed (or added).
pub fn with(mut pairs: Vec<(String, String)>, name: &str, value: &str) -> Vec<(String, String)> {
    pairs.retain(|(known, _)| known != name);
    pairs.push((name.to_owned(), value.to_owned()));
    pairs
}

/// `pairs` as [`Office::post`] takes them.
pub fn refs(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// The usual reason: the visit date is not certain.
pub fn doubtful_date() -> ReviewReason {
    ReviewReason::FieldDoubtful {
        field: "visit_date".into(),
        label: "接種年月日".into(),
        reason: Some("3と8の区別がつきません".into()),
    }
}

pub fn form_body(pairs: &[(&str, &str)]) -> Body {
    Body::from(form_text(pairs))
}

pub fn form_text(pairs: &[(&str, &str)]) -> String {
    let pairs = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", crate::inbox::encoded(name), crate::inbox::encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// `minutes` before now.
pub fn ago(minutes: i64) -> Timestamp {
    Timestamp::now() - jiff::SignedDuration::from_mins(minutes)
}

pub fn reading(form: &Form, number: &ManagementNumber) -> FormReading {
    let values = [
        ("address", "架空市見本町1-2-3", Decision::Accept),
        ("birth_date", "1950-03-04", Decision::Accept),
        ("visit_date", "2026-10-08", Decision::Review),
        ("temperature", "36.5", Decision::Accept),
        ("ill", "no", Decision::Accept),
        ("signature", "present", Decision::Accept),
    ];
    let field = |(id, value, decision): (&str, &str, Decision)| {
        field_read(form, id, Value::Text(value.into()), decision)
    };
    FormReading {
        management_number: Some(NumberReading {
            value: Some(Personal::new(number.0.clone())),
            sources: vec![NumberSource::Barcode],
            confidence: 0.999_999,
            decision: Decision::Accept,
            reason: None,
        }),
        fields: values.into_iter().map(field).collect(),
        ..registered(form)
    }
}

/// One field as read.
pub fn field_read(form: &Form, id: &str, value: Value, decision: Decision) -> FieldReading {
    FieldReading {
        id: id.into(),
        kind: form.field(id).unwrap().kind.as_str().into(),
        value,
        confidence: 0.99,
        decision,
        reason: None,
        box_px: [0.0; 4],
        alternatives: Vec::new(),
        labels: Vec::new(),
    }
}

/// A page that lies where the form says, with nothing read yet.
pub fn registered(form: &Form) -> FormReading {
    FormReading {
        form: form.id.clone(),
        form_version: form.version,
        side: 1,
        registration: Registration {
            method: RegistrationMethod::Marks,
            rotation_deg: 0.0,
            upside_down: false,
            scale: 1.0,
            residual_mm: 0.05,
            inliers: 4,
            px_from_mm: [PX_PER_MM, 0.0, 0.0, 0.0, PX_PER_MM, 0.0],
        },
        management_number: None,
        fields: Vec::new(),
    }
}
