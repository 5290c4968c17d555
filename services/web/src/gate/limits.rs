//! How much one terminal may ask: far above what people do, far below what brings the machine down.

use super::client::Client;
use super::hold;
use crate::Screens;
use crate::error::ScreenError;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use std::collections::HashMap;

/// Requests at once: a screen of a thousand crops.
const BURST: f64 = 3000.0;
/// Requests a second, in the long run.
const RATE: f64 = 100.0;
/// Terminals remembered.
const MOST: usize = 20_000;

/// What every terminal may still ask.
#[derive(Default)]
pub struct Calls(HashMap<String, (f64, Timestamp)>);

impl Calls {
    /// Takes one request of `address`; `false` when it asks too much.
    fn take(&mut self, address: &str, now: Timestamp) -> bool {
        let left = |left: f64, since: Timestamp| {
            (left + now.duration_since(since).as_secs_f64().max(0.0) * RATE).min(BURST)
        };
        if self.0.len() >= MOST {
            self.0.retain(|_, (before, since)| left(*before, *since) < BURST);
        }
        let (before, since) = self.0.get(address).copied().unwrap_or((BURST, now));
        let tokens = left(before, since);
        self.0.insert(address.to_owned(), ((tokens - 1.0).max(0.0), now));
        tokens >= 1.0
    }
}

/// Refuses what one terminal asks beyond its share.
pub async fn limited(
    State(screens): State<Screens>,
    client: Client,
    request: Request,
    next: Next,
) -> Response {
    if hold(&screens.gate.calls).take(&client.address, Timestamp::now()) {
        next.run(request).await
    } else {
        ScreenError::TooMuch.into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_one_terminal_is_refused_and_its_neighbour_is_served() {
        let mut calls = Calls::default();
        let at = |second: i64| Timestamp::from_second(1_000_000 + second).unwrap();
        assert!((0..3000).all(|_| calls.take("192.0.2.66", at(0))));
        assert!(!calls.take("192.0.2.66", at(0)) && calls.take("192.0.2.7", at(0)));
        assert!(calls.take("192.0.2.66", at(1)), "a second later some more");
    }
}
