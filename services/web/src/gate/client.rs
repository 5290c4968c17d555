//! Who asks: the terminal's address, through TLS or not, under which name. Proxies are believed only when they are listed.

use super::GateSettings;
use crate::Screens;
use crate::error::ScreenError;
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::{IpAddr, SocketAddr};

/// The terminal behind a request.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its address, as rows and screens show it.
    pub address: String,
    /// Whether the browser speaks TLS.
    pub secure: bool,
}

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let unknown = || Self { address: "不明".to_owned(), secure: false };
        Ok(parts.extensions.get::<Client>().cloned().unwrap_or_else(unknown))
    }
}

/// Networks of proxies, such as `10.0.0.0/8` or `127.0.0.1`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies(Vec<(IpAddr, u8)>);

impl Proxies {
    /// Networks as written in the settings.
    ///
    /// # Errors
    /// The first that is none.
    pub fn parse(networks: &[String]) -> Result<Self, String> {
        let parse = |text: &String| {
            let (address, bits) = text.split_once('/').unwrap_or((text, ""));
            let address: IpAddr = address.parse().ok()?;
            let most = if address.is_ipv4() { 32 } else { 128 };
            let bits = if bits.is_empty() { most } else { bits.parse().ok()? };
            (bits <= most).then_some((address, bits))
        };
        networks
            .iter()
            .map(|text| parse(text).ok_or_else(|| text.clone()))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether there are any.
    pub fn in_use(&self) -> bool {
        !self.0.is_empty()
    }

    fn hold(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|&(network, bits)| match (network, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let differs = u32::from(network) ^ u32::from(address);
                differs.checked_shr(32 - u32::from(bits)).unwrap_or(0) == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let differs = u128::from(network) ^ u128::from(address);
                differs.checked_shr(128 - u32::from(bits)).unwrap_or(0) == 0
            }
            _ => false,
        })
    }

    /// The terminal behind `peer`: the last address that no proxy of ours wrote, and whether it spoke TLS.
    fn see_through(&self, peer: IpAddr, headers: &HeaderMap) -> (IpAddr, bool) {
        let mut address = peer.to_canonical();
        if !self.hold(address) {
            return (address, false);
        }
        let all = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
        let hops: Vec<&str> = all.flat_map(|line| line.split(',')).map(str::trim).collect();
        for hop in hops.iter().rev() {
            let Ok(hop) = hop.parse::<IpAddr>() else { break };
            address = hop.to_canonical();
            if !self.hold(address) {
                break;
            }
        }
        (address, headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https"))
    }
}

/// Puts the [`Client`] beside the request, and refuses what no browser of the office sends: a foreign host name (a
/// name that an attacker points at this machine would make his pages ours), and a write that does not say where it
/// comes from.
pub async fn identify(State(screens): State<Screens>, mut request: Request, next: Next) -> Response {
    let settings = &screens.settings;
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let (address, forwarded) = match peer {
        Some(peer) => {
            let (address, secure) = settings.proxies.see_through(peer, request.headers());
            (address.to_string(), secure)
        }
        None => ("不明".to_owned(), false),
    };
    request.extensions_mut().insert(Client { address, secure: forwarded || settings.certificate.is_some() });
    if !is_our_host(&request, settings) {
        tracing::warn!("refused a request under a foreign host name; `hosts` in yomitori.toml lists ours");
        return ScreenError::ForeignHost.into_response();
    }
    if writes(request.method()) && !says_where_from(request.headers()) {
        tracing::warn!("refused a write that does not say where it comes from");
        return ScreenError::ForeignOrigin.into_response();
    }
    next.run(request).await
}

fn writes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Every browser sends one of these with a write; what they say is judged by the layer inside.
fn says_where_from(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site")
}

fn is_our_host(request: &Request, settings: &GateSettings) -> bool {
    let host = match request.headers().get(header::HOST) {
        Some(host) => host.to_str().ok(),
        None => request.uri().authority().map(|authority| authority.as_str()),
    };
    let Some(host) = host else { return false };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    // An address cannot be pointed elsewhere, a name can.
    bare.parse::<IpAddr>().is_ok()
        || name.eq_ignore_ascii_case("localhost")
        || settings.hosts.iter().any(|ours| ours.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(networks: &[&str]) -> Result<Proxies, String> {
        Proxies::parse(&networks.iter().map(|&text| text.to_owned()).collect::<Vec<_>>())
    }

    fn seen(proxies: &Proxies, peer: &str, forwarded: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", forwarded.parse().unwrap());
        proxies.see_through(peer.parse().unwrap(), &headers).0.to_string()
    }

    #[test]
    fn only_listed_proxies_are_believed() {
        let ours = proxies(&["10.0.0.0/8", "::1"]).unwrap();
        for (peer, forwarded, expected) in [
            ("192.0.2.9", "198.51.100.1", "192.0.2.9"),
            ("10.1.2.3", "198.51.100.1", "198.51.100.1"),
            ("10.1.2.3", "203.0.113.5, 198.51.100.1, 10.9.9.9", "198.51.100.1"),
            ("::ffff:10.1.2.3", "198.51.100.1", "198.51.100.1"),
            ("::1", "not an address", "::1"),
        ] {
            assert_eq!(seen(&ours, peer, forwarded), expected, "{peer} {forwarded}");
        }
        assert_eq!(proxies(&["10.0.0.0/33"]), Err("10.0.0.0/33".to_owned()));
        assert_eq!(proxies(&["proxy.example"]), Err("proxy.example".to_owned()));
        assert!(seen(&proxies(&["0.0.0.0/0"]).unwrap(), "192.0.2.9", "198.51.100.1") == "198.51.100.1");
    }
}
