//! 認証. Who may come in, and stays in: accounts, log-in, second factor, sessions, and what requests must carry.

pub mod accounts;
mod admin;

mod client;
mod cookies;
mod enter;
mod guesses;
mod limits;
mod lock;
mod login;
mod me;
mod routes;
mod second;
mod secrets;
mod tls;

pub use client::{Proxies, identify};
pub use enter::enter;
pub use limits::limited;
pub use routes::{everybody, open, staff};
#[cfg(test)]
pub use second::code_of;
#[cfg(test)]
pub use secrets::hash_password;
pub use tls::{Certificate, Secured};

use crate::error::ScreenError;
use domain::account::Policy;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Semaphore;

/// Passwords hashed at the same time: each takes some 20 MB and 25 ms of a core.
const HASHES_AT_ONCE: usize = 2;

/// What an office sets about the door.
#[derive(Clone, Debug, Default)]
pub struct GateSettings {
    /// Accounts and sessions.
    pub policy: Policy,
    /// Names under which browsers reach the screens, beside IP addresses and `localhost`.
    pub hosts: Vec<String>,
    /// Proxies whose words about the client are believed.
    pub proxies: Proxies,
    /// The screens' own certificate.
    pub certificate: Option<Certificate>,
}

impl GateSettings {
    /// Whether browsers reach the screens through TLS only.
    pub fn is_secure(&self) -> bool {
        self.certificate.is_some() || self.proxies.in_use()
    }
}

/// What the door remembers between requests.
pub struct Gate {
    hashing: Semaphore,
    guesses: Mutex<guesses::Guesses>,
    calls: Mutex<limits::Calls>,
    /// Secrets of second factors that are shown and not yet confirmed, by session.
    offered: Mutex<HashMap<i64, (String, Timestamp)>>,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            hashing: Semaphore::new(HASHES_AT_ONCE),
            guesses: Mutex::default(),
            calls: Mutex::default(),
            offered: Mutex::default(),
        }
    }
}

/// Locks memory that stays sound when somebody panics over it.
fn hold<T>(memory: &Mutex<T>) -> MutexGuard<'_, T> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Gate {
    /// Hashes a password, off the threads that answer.
    async fn hash(&self, password: String) -> Result<String, ScreenError> {
        let _turn = self.hashing.acquire().await?;
        Ok(tokio::task::spawn_blocking(move || secrets::hash_password(&password)).await??)
    }

    /// Whether `password` is that of `hash`. Takes as long without a hash.
    async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, ScreenError> {
        let _turn = self.hashing.acquire().await?;
        Ok(tokio::task::spawn_blocking(move || secrets::verify(&password, hash.as_deref())).await?)
    }

    /// Whether `password` is one of `hashes`.
    async fn is_one_of(&self, password: String, hashes: Vec<String>) -> Result<bool, ScreenError> {
        let _turn = self.hashing.acquire().await?;
        let same = move || hashes.iter().any(|hash| secrets::verify(&password, Some(hash)));
        Ok(tokio::task::spawn_blocking(same).await?)
    }
}
