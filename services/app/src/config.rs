//! Settings: as written ([`RawConfig`]) -> checked ([`Config`]). One machine needs none.

use crate::cli::Cli;
use crate::keys::Keys;
use crate::payer::RawPayer;
use crate::templates::Source;
use anyhow::{Context, Result, anyhow, bail, ensure};
use domain::account::Policy;
use domain::zengin::PaymentOffice;
use jiff::SignedDuration;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use web::{Certificate, GateSettings, Proxies};

/// `yomitori.toml` in the data directory, as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawConfig {
    templates: Option<PathBuf>,
    stable_seconds: Option<f64>,
    poll_seconds: Option<f64>,
    lease_seconds: Option<f64>,
    most_waiting: Option<u32>,
    key_file: Option<PathBuf>,
    reader_threads: Option<usize>,
    listen: Option<SocketAddr>,
    access_log_days: Option<u32>,
    access_archive_years: Option<u32>,
    hosts: Vec<String>,
    tls_certificate: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    proxy: bool,
    trusted_proxies: Vec<String>,
    allow_plain_http: bool,
    accounts: RawAccounts,
    payer: RawPayer,
}

/// `[accounts]` of `yomitori.toml`, as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawAccounts {
    second_factor: Option<SecondFactor>,
    password_days: Option<u32>,
    password_history: Option<u32>,
    lock_minutes: Option<u32>,
    logoff_minutes: Option<u32>,
    longest_hours: Option<u32>,
    long_hours: Option<u32>,
}

/// Who needs a second factor.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SecondFactor {
    /// Everybody.
    Required,
    /// Whoever wants one.
    Optional,
}

/// Checked settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// Where the forms are: `--templates` alone; else those of `yomitori.toml` or the built-in ones, and beside them
    /// `templates/` in the data directory.
    pub templates: Source,
    /// `sqlite:` or `amqp://…`.
    pub queue: String,
    /// `file:` or `s3://…`.
    pub pages: String,
    /// What seals rows, messages and pictures at rest; `None`: nothing is sealed.
    pub keys: Option<Keys>,
    /// How long a page is on loan to a reader; a reader that died is noticed after so long.
    pub lease: Duration,
    /// A file is taken when it has not changed for so long.
    pub stable: Duration,
    /// The inbox is looked through this often, besides events.
    pub poll: Duration,
    /// While so many pages wait for the machine, intake takes no more files.
    pub most_waiting: u32,
    /// Pages read at the same time.
    pub reader_threads: usize,
    /// Address of the screens.
    pub listen: SocketAddr,
    /// Where metrics and health are answered; `None`: nowhere.
    pub metrics: Option<SocketAddr>,
    /// Lines of the access log stay on the table for so many days; then they go to the archive.
    pub access_log_days: u32,
    /// Files of the archive must be there for so many years more.
    pub access_archive_years: u32,
    /// Who may come in to the screens, and how.
    pub door: Door,
    /// From which account clinics are paid.
    pub payment: PaymentOffice,
}

/// `YOMITORI_METRICS`.
fn metrics_address() -> Result<Option<SocketAddr>> {
    match std::env::var("YOMITORI_METRICS") {
        Ok(text) if !text.is_empty() => {
            let address = text.parse();
            let address = address.map_err(|_| {
                anyhow!("YOMITORI_METRICS={text} is no address and port such as 127.0.0.1:9464")
            });
            Ok(Some(address?))
        }
        _ => Ok(None),
    }
}

/// How this process is called in logs and on the operations screen: `YOMITORI_NAME`, else the machine's name.
pub fn machine_name() -> String {
    let told = std::env::var("YOMITORI_NAME").ok();
    let machine = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = told.or_else(machine).unwrap_or_default();
    let name: String = name.trim().chars().filter(|c| !c.is_control()).take(80).collect();
    if name.is_empty() { "unnamed".to_owned() } else { name }
}

/// How browsers reach the screens.
#[derive(Clone, Debug, Default)]
pub struct Door {
    /// Accounts and sessions.
    pub policy: Policy,
    /// Names of this machine.
    pub hosts: Vec<String>,
    /// Certificate and key of the screens' own TLS.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Proxies in front of the screens.
    pub proxies: Proxies,
    /// Other machines may come without TLS.
    pub plain_http: bool,
}

impl Config {
    /// The settings of this run: command line, environment, `yomitori.toml`, defaults.
    ///
    /// # Errors
    /// When `yomitori.toml` cannot be read or says something impossible.
    pub fn load(cli: &Cli) -> Result<Self> {
        let file = cli.data_dir.join("yomitori.toml");
        let raw: RawConfig = match std::fs::read_to_string(&file) {
            Ok(text) => toml::from_str(&text).with_context(|| format!("{} is not right", file.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => RawConfig::default(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
        };
        let seconds = |name: &str, value: Option<f64>, default: f64| {
            let value = value.unwrap_or(default);
            ensure!((0.1..=3600.0).contains(&value), "{}: {name} must be 0.1 to 3600", file.display());
            Ok(Duration::from_secs_f64(value))
        };
        let access_log_days = raw.access_log_days.unwrap_or(365);
        ensure!(access_log_days >= 1, "{}: access_log_days must be 1 or more", file.display());
        let door = raw.door().with_context(|| format!("{} is not right", file.display()))?;
        let payment = raw.payer.office().with_context(|| format!("{} is not right", file.display()))?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            data_dir: cli.data_dir.clone(),
            templates: match &cli.templates {
                Some(folder) => Source { instead: Some(folder.clone()), added: None },
                None => Source { instead: raw.templates, added: Some(cli.data_dir.join("templates")) },
            },
            queue: std::env::var("YOMITORI_QUEUE").unwrap_or_else(|_| "sqlite:".to_owned()),
            pages: std::env::var("YOMITORI_PAGES").unwrap_or_else(|_| "file:".to_owned()),
            keys: Keys::load(raw.key_file.map(|path| cli.data_dir.join(path)).as_deref())?,
            lease: seconds("lease_seconds", raw.lease_seconds, 60.0)?,
            stable: seconds("stable_seconds", raw.stable_seconds, 3.0)?,
            poll: seconds("poll_seconds", raw.poll_seconds, 5.0)?,
            most_waiting: raw.most_waiting.unwrap_or(20_000).clamp(10, 10_000_000),
            reader_threads: raw.reader_threads.unwrap_or(cores).clamp(1, 256),
            door,
            payment,
            metrics: metrics_address()?,
            listen: raw.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
            access_log_days,
            access_archive_years: raw.access_archive_years.unwrap_or(7),
        })
    }
}

impl RawConfig {
    fn door(&self) -> Result<Door> {
        let tls = match (&self.tls_certificate, &self.tls_key) {
            (Some(certificate), Some(key)) => Some((certificate.clone(), key.clone())),
            (None, None) => None,
            _ => bail!("tls_certificate and tls_key belong together"),
        };
        let proxies = Proxies::parse(&self.trusted_proxies).map_err(|network| {
            anyhow!("trusted_proxies: {network:?} is no address or network such as \"10.0.0.0/8\"")
        })?;
        ensure!(
            self.proxy == proxies.in_use(),
            "proxy = true and trusted_proxies = [\"address of the proxy\"] belong together"
        );
        ensure!(!(self.proxy && tls.is_some()), "either tls_certificate or proxy = true, not both");
        let (hosts, plain_http) = (self.hosts.clone(), self.allow_plain_http);
        Ok(Door { policy: self.accounts.policy()?, hosts, tls, proxies, plain_http })
    }
}

impl RawAccounts {
    fn policy(&self) -> Result<Policy> {
        let default = Policy::default();
        let number = |name: &str, value: Option<u32>, default: u32, most: u32| {
            let value = value.unwrap_or(default);
            ensure!((1..=most).contains(&value), "[accounts] {name} must be 1 to {most}");
            Ok(value)
        };
        let minutes = |value: u32| SignedDuration::from_mins(i64::from(value));
        let hours = |value: u32| SignedDuration::from_hours(i64::from(value));
        let policy = Policy {
            second_factor_required: match self.second_factor {
                Some(SecondFactor::Optional) => false,
                Some(SecondFactor::Required) => true,
                None => default.second_factor_required,
            },
            password_days: number("password_days", self.password_days, default.password_days, 3650)?,
            password_history: self.password_history.unwrap_or(default.password_history).min(24),
            lock_after: minutes(number("lock_minutes", self.lock_minutes, 10, 480)?),
            end_after: minutes(number("logoff_minutes", self.logoff_minutes, 60, 720)?),
            longest: hours(number("longest_hours", self.longest_hours, 12, 24)?),
            long: hours(number("long_hours", self.long_hours, 10, 24)?),
        };
        ensure!(
            policy.lock_after < policy.end_after,
            "[accounts] lock_minutes must be below logoff_minutes: the screen is covered before it is logged off"
        );
        Ok(policy)
    }
}

impl Door {
    /// What the screens are told; reads the certificate.
    ///
    /// # Errors
    /// The certificate or its key cannot be used.
    pub fn settings(&self) -> Result<GateSettings> {
        let certificate = match &self.tls {
            Some((certificate, key)) => Some(Certificate::load(certificate, key)?),
            None => None,
        };
        Ok(GateSettings {
            policy: self.policy.clone(),
            hosts: self.hosts.clone(),
            proxies: self.proxies.clone(),
            certificate,
        })
    }

    /// Refuses to send passwords and slips over a network in the clear.
    ///
    /// # Errors
    /// `listen` can be reached from other machines, and nothing protects the way.
    pub fn check(&self, listen: SocketAddr) -> Result<()> {
        let protected = self.tls.is_some() || self.proxies.in_use() || self.plain_http;
        ensure!(
            listen.ip().is_loopback() || protected,
            "{listen} can be reached from other machines, and nothing protects the way: set tls_certificate and \
             tls_key in yomitori.toml, or proxy = true with trusted_proxies behind a TLS proxy (README, Accounts \
             and TLS), or listen on 127.0.0.1; allow_plain_http = true goes on without"
        );
        Ok(())
    }

    /// The address of the screens for people.
    pub fn address(&self, listen: SocketAddr) -> String {
        let secure = self.tls.is_some() || self.proxies.in_use();
        let scheme = if secure { "https" } else { "http" };
        match self.hosts.first() {
            Some(host) if self.proxies.in_use() => format!("{scheme}://{host}"),
            Some(host) => format!("{scheme}://{host}:{}", listen.port()),
            None => format!("{scheme}://{listen}"),
        }
    }
}
