//! Who sits there, and what every screen shows around its content.

use crate::Screens;
use crate::error::ScreenError;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use domain::actor::Actor;
use std::convert::Infallible;
use std::net::SocketAddr;

/// The one staff account until there is a login.
const DEMO_STAFF: &str = "demo";
const DEMO_STAFF_LABEL: &str = "試用職員";

/// The person behind a request. Every write takes it, so that who, when and from where is always recorded.
#[derive(Clone, Debug)]
pub struct Person(pub Actor);

impl<S: Sync> FromRequestParts<S> for Person {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_string());
        Ok(Self(Actor::new(DEMO_STAFF, address.unwrap_or_else(|| "不明".to_owned()))))
    }
}

/// The bar above every screen.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Which part of the bar is current: `home`, `inbox`, `reviews`, `residents`, `paper`.
    pub place: &'static str,
    /// Pages that wait for a person.
    pub waiting: u32,
    /// Who, for people.
    pub staff: &'static str,
    /// The terminal's address.
    pub terminal: String,
}

impl Frame {
    /// The bar for a screen of `place`.
    pub async fn new(screens: &Screens, person: &Person, place: &'static str) -> Result<Self, ScreenError> {
        let waiting = screens.store.read_async(|rows| rows.reviews_waiting()).await?;
        Ok(Self { place, waiting, staff: DEMO_STAFF_LABEL, terminal: person.0.terminal.clone() })
    }
}
