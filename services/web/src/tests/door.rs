//! An office behind its door, with one person for each duty, and browsers that keep cookies.

use super::office::{Answer, Office, form_text};
use crate::{GateSettings, Proxies};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::Request;
use domain::account::Policy;
use domain::actor::Actor;
use domain::duty::Duty;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{LazyLock, Mutex};
use store::{Account, AccountData, Setup};
use tower::ServiceExt;

/// The password of everybody here.
pub const PASSWORD: &str = "good enough here 7";
/// One account a duty, named like it.
const STAFF: [Duty; 7] = Duty::ALL;

/// Hashing takes its time; once is enough for all tests.
static HASH: LazyLock<String> = LazyLock::new(|| crate::gate::hash_password(PASSWORD).unwrap());

pub struct House {
    office: Office,
    router: Router,
}

impl House {
    /// An office that leaves the second factor to each person.
    pub fn open() -> Self {
        Self::with(Policy { second_factor_required: false, ..Policy::default() })
    }

    pub fn with(policy: Policy) -> Self {
        let office = Office::open();
        let (actor, now) = (Actor::system("test"), Timestamp::now() - SignedDuration::from_hours(1));
        for duty in STAFF {
            let data = AccountData {
                name: format!("{} 職員", duty.label()),
                section: "健康課".into(),
                duties: vec![duty],
            };
            let (id, setup) = (duty.as_str().into(), Setup { hash: "none".into(), until: now });
            office
                .store
                .write(|rows| {
                    rows.add_account(&id, &data, &setup, &actor, now)?;
                    rows.set_password(&id, &HASH, None, &actor, now)
                })
                .unwrap();
        }
        let settings =
            GateSettings { policy, hosts: vec!["yomitori.test".into()], ..GateSettings::default() };
        let router = office.behind_the_door(settings);
        Self { office, router }
    }

    pub fn account(&self, id: &str) -> Account {
        self.office.store.read(|rows| rows.account(&id.into())).unwrap().unwrap()
    }

    pub fn duties(&self, id: &str) -> Vec<Duty> {
        self.account(id).duties
    }

    /// Sessions of an account, the newest first.
    pub fn sessions(&self, id: &str) -> Vec<i64> {
        let sessions = self.office.store.read(|rows| rows.sessions(Some(&id.into()), Timestamp::UNIX_EPOCH));
        sessions.unwrap().iter().map(|session| session.id).collect()
    }

    /// A browser at a terminal.
    pub fn browser(&self, terminal: &str) -> Browser {
        Browser::new(self.router.clone(), terminal)
    }

    /// A browser behind a proxy of ours that ends TLS.
    pub fn behind_a_proxy(&self, proxy: &str) -> Browser {
        let proxies = Proxies::parse(&[proxy.to_owned()]).unwrap();
        let policy = Policy { second_factor_required: false, ..Policy::default() };
        let hosts = vec!["yomitori.test".into()];
        let settings = GateSettings { policy, hosts, proxies, ..GateSettings::default() };
        Browser::new(self.office.behind_the_door(settings), proxy)
    }
}

pub struct Browser {
    router: Router,
    terminal: SocketAddr,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl Browser {
    fn new(router: Router, terminal: &str) -> Self {
        let terminal = SocketAddr::new(terminal.parse().unwrap(), 40_000);
        Self { router, terminal, cookies: Mutex::default() }
    }

    pub fn plant(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    pub fn cookie(&self, name: &str) -> String {
        self.cookies.lock().unwrap()[name].clone()
    }

    /// Opens an address, as a person does.
    pub async fn get(&self, address: &str) -> Answer {
        self.send("GET", address, &[("sec-fetch-mode", "navigate"), ("accept", "text/html")], "").await
    }

    /// Asks as a script of the screen does.
    pub async fn part(&self, address: &str) -> Answer {
        self.send("GET", address, &[("sec-fetch-mode", "cors"), ("accept", "*/*")], "").await
    }

    /// Sends a form of ours.
    pub async fn post(&self, address: &str, pairs: &[(&str, &str)]) -> Answer {
        let headers = [
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-mode", "navigate"),
            ("accept", "text/html"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        self.send("POST", address, &headers, &form_text(pairs)).await
    }

    pub async fn send(&self, method: &str, address: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", "yomitori.test");
        }
        let cookies: Vec<String> =
            self.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request =
            request.header("cookie", cookies.join("; ")).body(Body::from(body.to_owned())).unwrap();
        request.extensions_mut().insert(ConnectInfo(self.terminal));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for line in parts.headers.get_all("set-cookie") {
            let (name, rest) = line.to_str().unwrap().split_once('=').unwrap();
            self.plant(name, rest.split(';').next().unwrap());
        }
        let bytes = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    /// Logs in with the password; the answer.
    pub async fn log_in(&self, id: &str) -> Answer {
        let answer = self.post("/login", &[("id", id), ("password", PASSWORD)]).await;
        assert_eq!(answer.location(), "/", "{id}: {}", answer.text());
        answer
    }

    /// Shows the second factor.
    pub async fn prove(&self, code: &str) -> Answer {
        self.post("/login/code", &[("code", code)]).await
    }

    /// Sets a second factor up: its secret, and the recovery codes.
    pub async fn enrol(&self) -> (String, Vec<String>) {
        let secret = self.get("/me/second-factor").await.words("secret").replace(' ', "");
        let code = crate::gate::code_of(&secret, Timestamp::now());
        let answer = self.post("/me/second-factor", &[("code", &code)]).await.text();
        let codes = answer.split("<li>").skip(1).map(|item| item[..19].to_owned()).collect::<Vec<_>>();
        assert_eq!(codes.len(), 10, "{answer}");
        (secret, codes)
    }
}
