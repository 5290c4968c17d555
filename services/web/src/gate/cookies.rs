//! What a browser holds: the token of its session, and a mark of browsers in which a person has logged in before.

use axum::http::{HeaderMap, HeaderValue, header};

/// The two cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookie {
    /// The session; gone with the browser.
    Session,
    /// The known browser; half a year.
    Terminal,
}

/// Half a year, seconds.
const TERMINAL_LASTS: u32 = 180 * 86_400;

impl Cookie {
    /// `__Host-`: browsers take it over TLS only, for this host and from no neighbour.
    fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Session, true) => "__Host-yomitori",
            (Self::Session, false) => "yomitori",
            (Self::Terminal, true) => "__Host-yomitori-terminal",
            (Self::Terminal, false) => "yomitori-terminal",
        }
    }

    /// Its value in a request, when it looks like a token of ours.
    pub fn read(self, headers: &HeaderMap, secure: bool) -> Option<String> {
        let name = self.name(secure);
        let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let value = pairs.find(|(key, _)| *key == name)?.1;
        let ours = value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
        ours.then(|| value.to_owned())
    }

    /// The header that sets it.
    pub fn set(self, token: &str, secure: bool) -> Option<HeaderValue> {
        let lasts = match self {
            Self::Session => String::new(),
            Self::Terminal => format!("; Max-Age={TERMINAL_LASTS}"),
        };
        self.line(token, secure, &lasts)
    }

    /// The header that takes it away.
    pub fn clear(self, secure: bool) -> Option<HeaderValue> {
        self.line("", secure, "; Max-Age=0")
    }

    fn line(self, value: &str, secure: bool, lasts: &str) -> Option<HeaderValue> {
        let only_tls = if secure { "; Secure" } else { "" };
        let name = self.name(secure);
        let line = format!("{name}={value}; HttpOnly; SameSite=Strict; Path=/{only_tls}{lasts}");
        HeaderValue::from_str(&line).ok()
    }
}
