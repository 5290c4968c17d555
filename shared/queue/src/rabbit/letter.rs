//! A message as it lies in the broker: the body as published, everything else in headers.

use super::seal;
use super::topology::Place;
use crate::QueueError;
use domain::key::Keyring;
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};
use std::borrow::Cow;

/// What the publisher called it.
const KEY: &str = "x-yomitori-key";
/// Deliveries that were used up before this copy was published.
const ATTEMPTS: &str = "x-yomitori-attempts";
/// Why it is dead, for people.
const REASON: &str = "x-yomitori-reason";
/// `Key::id` of the key that the body is sealed with; without it, the body is as published.
const SEALED: &str = "x-yomitori-sealed";
/// How often the broker took it back from somebody who was gone; counted by quorum queues.
const TAKEN_BACK: &str = "x-delivery-count";

/// Written to disk by every queue that holds it.
const PERSISTENT: u8 = 2;

/// One message, apart from the loan that it is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Letter {
    pub key: String,
    pub body: Vec<u8>,
    /// The body is still sealed, with the key of this id, which this process does not have.
    pub sealed: Option<String>,
    /// Deliveries so far, not counting the one that brings it.
    pub attempts: u32,
    /// Why somebody gave it up; `None` also when the broker did.
    pub reason: Option<String>,
}

impl Letter {
    /// A message that nobody has had yet.
    pub(super) fn new(key: &str, body: &[u8]) -> Self {
        Self { key: key.to_owned(), body: body.to_owned(), sealed: None, attempts: 0, reason: None }
    }

    /// A message as the broker delivers it. One that another program put there has no key: it is called by the
    /// place where it was found. What was changed on the way stays as it is: nobody will understand it.
    pub(super) fn arrived(delivery: lapin::message::Delivery, place: Place, keys: Option<&Keyring>) -> Self {
        let headers = delivery.properties.headers().clone().unwrap_or_default();
        let text = |name: &str| headers.inner().get(name).and_then(text_of);
        let count = |name: &str| headers.inner().get(name).and_then(count_of).unwrap_or(0);
        // Among the dead, only what happened before counts.
        let taken_back = if place.is_for_the_dead() { 0 } else { count(TAKEN_BACK) };
        let key = text(KEY).unwrap_or_else(|| place.without_key());
        let attempts = count(ATTEMPTS).saturating_add(taken_back);
        let (mut body, mut sealed, reason) = (delivery.data, text(SEALED), text(REASON));
        if let Some(with) = sealed.as_deref().and_then(|id| keys?.find(id)) {
            body = seal::open(with, &key, &body).unwrap_or(body);
            sealed = None;
        }
        Self { key, body, sealed, attempts, reason }
    }

    /// As it goes to the broker: sealed with the newest of `keys`, unless it is sealed already.
    ///
    /// # Errors
    /// The body is longer than anything that can be sent.
    pub(super) fn posted(
        &self,
        keys: Option<&Keyring>,
    ) -> Result<(BasicProperties, Cow<'_, [u8]>), QueueError> {
        let too_long = || QueueError::Malformed { topic: "", key: self.key.clone(), column: 0 };
        match (&self.sealed, keys.map(Keyring::current)) {
            (None, Some(with)) => {
                let body = seal::seal(with, &self.key, &self.body).ok_or_else(too_long)?;
                Ok((self.properties(Some(&with.id())), body.into()))
            }
            (sealed, _) => Ok((self.properties(sealed.as_deref()), self.body.as_slice().into())),
        }
    }

    /// What goes to the broker beside the body.
    fn properties(&self, sealed: Option<&str>) -> BasicProperties {
        let mut headers = FieldTable::default();
        let mut set = |name: &str, value| {
            headers.insert(ShortString::from(name), value);
        };
        set(KEY, AMQPValue::LongString(LongString::from(self.key.as_str())));
        set(ATTEMPTS, AMQPValue::LongLongInt(self.attempts.into()));
        if let Some(sealed) = sealed {
            set(SEALED, AMQPValue::LongString(LongString::from(sealed)));
        }
        if let Some(reason) = &self.reason {
            set(REASON, AMQPValue::LongString(LongString::from(reason.as_str())));
        }
        BasicProperties::default()
            .with_delivery_mode(PERSISTENT)
            .with_content_type(ShortString::from("application/json"))
            .with_headers(headers)
    }
}

fn text_of(value: &AMQPValue) -> Option<String> {
    match value {
        AMQPValue::LongString(text) => Some(String::from_utf8_lossy(text.as_bytes()).into_owned()),
        AMQPValue::ShortString(text) => Some(text.as_str().to_owned()),
        _ => None,
    }
}

/// Brokers choose the width of a number by themselves.
fn count_of(value: &AMQPValue) -> Option<u32> {
    let number = match *value {
        AMQPValue::ShortShortInt(number) => i64::from(number),
        AMQPValue::ShortShortUInt(number) => i64::from(number),
        AMQPValue::ShortInt(number) => i64::from(number),
        AMQPValue::ShortUInt(number) => i64::from(number),
        AMQPValue::LongInt(number) => i64::from(number),
        AMQPValue::LongUInt(number) => i64::from(number),
        AMQPValue::LongLongInt(number) => number,
        _ => return None,
    };
    u32::try_from(number).ok()
}
