//! `amqp://…` and the environment -> where the broker is and how it is talked to.

use crate::QueueError;
use domain::key::Keyring;
use lapin::tcp::OwnedTLSConfig;
use lapin::uri::{AMQPScheme, AMQPUri};
use std::fmt;
use std::path::Path;

/// Seconds between two signs of life. 10: a broker or reader that lost its power is noticed within twice that.
const HEARTBEAT: u16 = 10;
/// First part of every queue's name.
const PREFIX: &str = "yomitori";

/// Where the broker is and how it is talked to. Neither `Debug` nor `Display` tell the password.
#[derive(Clone)]
pub struct Settings {
    pub(super) uri: AMQPUri,
    pub(super) tls: OwnedTLSConfig,
    pub(super) prefix: String,
    pub(super) keys: Option<Keyring>,
}

impl Settings {
    /// Reads `address`, which is `amqp://[USER[:PASSWORD]@]HOST[:PORT][/VHOST][?prefix=NAME&heartbeat=SECONDS]` or
    /// `amqps://…`; `/VHOST` is escaped as in every URL, without it the vhost is `/`. From the environment, by
    /// `variable`: `YOMITORI_QUEUE_USER`, `YOMITORI_QUEUE_PASSWORD` or the file `YOMITORI_QUEUE_PASSWORD_FILE`, all
    /// before what the address says, and `YOMITORI_QUEUE_CA`, a PEM file with the authority that signed the broker's
    /// certificate, besides those that the system trusts.
    ///
    /// # Errors
    /// The address is none, or a file that is named cannot be read.
    pub fn read(address: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, QueueError> {
        let wrong = |why: &str| QueueError::Setting { name: "YOMITORI_QUEUE", why: why.to_owned() };
        // The parser's own words may quote the address, and with it the password.
        let mut uri: AMQPUri = address.parse().map_err(|_| {
            wrong("is no address of a broker; it looks like amqps://broker.city.example:5671/city")
        })?;
        if address.contains("@[") || address.contains("://[") {
            return Err(wrong("names its broker by an IPv6 address; give it a name"));
        }
        uri.query.heartbeat = uri.query.heartbeat.or(Some(HEARTBEAT));
        if let Some(user) = variable("YOMITORI_QUEUE_USER") {
            uri.authority.userinfo.username = user;
        }
        if let Some(password) = password(variable)? {
            uri.authority.userinfo.password = password;
        }
        let prefix = prefix_of(address).unwrap_or(PREFIX);
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if prefix.is_empty() || prefix.len() > 64 || !prefix.chars().all(plain) {
            return Err(wrong("has a prefix that is not 1 to 64 of the characters a-z, 0-9, - _ ."));
        }
        let tls = OwnedTLSConfig { identity: None, cert_chain: authority(variable)? };
        Ok(Self { prefix: prefix.to_owned(), uri, tls, keys: None })
    }

    /// Seals what is sent with the newest of `keys`, and opens what comes with the one that it was sealed with.
    #[must_use]
    pub fn sealing(self, keys: Option<&Keyring>) -> Self {
        Self { keys: keys.cloned(), ..self }
    }

    /// Whether everything on the way is encrypted.
    #[must_use]
    pub fn encrypted(&self) -> bool {
        self.uri.scheme == AMQPScheme::AMQPS
    }
}

/// Host, port and vhost: what may be said in logs.
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (authority, vhost) = (&self.uri.authority, &self.uri.vhost);
        write!(f, "{}://{}:{}", self.uri.scheme, authority.host, authority.port)?;
        if vhost == "/" { Ok(()) } else { write!(f, "/{vhost}") }
    }
}

fn prefix_of(address: &str) -> Option<&str> {
    let (_, query) = address.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix("prefix="))
}

fn password(variable: &dyn Fn(&str) -> Option<String>) -> Result<Option<String>, QueueError> {
    if let Some(password) = variable("YOMITORI_QUEUE_PASSWORD") {
        return Ok(Some(password));
    }
    let name = "YOMITORI_QUEUE_PASSWORD_FILE";
    let Some(path) = variable(name) else { return Ok(None) };
    let text = read(name, &path)?;
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// The PEM text of `YOMITORI_QUEUE_CA`.
fn authority(variable: &dyn Fn(&str) -> Option<String>) -> Result<Option<String>, QueueError> {
    let name = "YOMITORI_QUEUE_CA";
    let Some(path) = variable(name) else { return Ok(None) };
    let text = read(name, &path)?;
    if !text.contains("-----BEGIN CERTIFICATE-----") {
        return Err(QueueError::Setting {
            name,
            why: format!("names {path}, which holds no certificate in PEM"),
        });
    }
    Ok(Some(text))
}

fn read(name: &'static str, path: &str) -> Result<String, QueueError> {
    std::fs::read_to_string(Path::new(path)).map_err(|error| QueueError::Setting {
        name,
        why: format!("names {path}, which cannot be read: {error}"),
    })
}
