//! What every answer carries and every request must pass: headers, sizes, same origin.

use crate::error::{Said, ScreenError};
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::json;
use std::time::Duration;
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tower_http::timeout::TimeoutLayer;

/// The largest form of ours (sixty fields with free text) is far below; what is uploaded says its own limit.
const LARGEST_BODY: usize = 256 * 1024;

/// Only our own files, no inline script or style, no frames around us, forms only to us.
const CONTENT_POLICY: &str = "default-src 'self'; object-src 'none'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'";

/// The longest request, upload and work together.
const LONGEST: Duration = Duration::from_secs(300);
/// One year: whoever has been here over TLS never comes without it again.
const ONLY_TLS: &str = "max-age=31536000";

/// Puts the guards of requests around `screens`: size, time, same origin.
pub fn guarded<S: Clone + Send + Sync + 'static>(screens: Router<S>) -> Router<S> {
    let same_origin = CsrfLayer::new().with_rejection_response(refused as fn(ProtectionError) -> Response);
    screens
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, LONGEST))
        .layer(same_origin)
}

/// Puts the guards of answers around everything: our own words in place of the framework's, JSON in place of a screen
/// where scripts ask, and the headers. `secure`: browsers reach the screens through TLS.
pub fn answered<S: Clone + Send + Sync + 'static>(screens: Router<S>, secure: bool) -> Router<S> {
    screens
        .layer(middleware::from_fn(move |request, next| headers(secure, request, next)))
        .layer(middleware::from_fn(own_words))
}

/// What the framework says itself, in English or not at all; other statuses are only said by screens, in words.
const OF_THE_FRAMEWORK: [StatusCode; 7] = [
    StatusCode::BAD_REQUEST,
    StatusCode::NOT_FOUND,
    StatusCode::METHOD_NOT_ALLOWED,
    StatusCode::REQUEST_TIMEOUT,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    StatusCode::UNPROCESSABLE_ENTITY,
];

async fn own_words(request: Request, next: Next) -> Response {
    let for_scripts = request.uri().path().starts_with("/api/");
    let answer = next.run(request).await;
    let status = answer.status();
    if !status.is_client_error() && !status.is_server_error() {
        return answer;
    }
    let written = answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| {
        kind.as_bytes().starts_with(b"text/html") || kind.as_bytes().starts_with(b"application/json")
    });
    let answer =
        if written || !OF_THE_FRAMEWORK.contains(&status) { answer } else { in_our_words(status, answer) };
    match (for_scripts, answer.extensions().get::<Said>()) {
        (true, Some(said)) => {
            let body = json!({ "error": said.words, "reference": said.reference });
            let mut spoken = (status, Json(body)).into_response();
            keep_headers(&answer, &mut spoken);
            spoken
        }
        _ => answer,
    }
}

fn in_our_words(status: StatusCode, unspoken: Response) -> Response {
    let mut spoken = ScreenError::Unfit(status).into_response();
    keep_headers(&unspoken, &mut spoken);
    spoken
}

/// The guards' own headers, and what the framework adds, such as `Allow`.
fn keep_headers(from: &Response, to: &mut Response) {
    for (name, value) in from.headers() {
        if *name != header::CONTENT_TYPE && *name != header::CONTENT_LENGTH {
            to.headers_mut().entry(name).or_insert(value.clone());
        }
    }
}

/// A write that comes from a page of somebody else.
fn refused(_: ProtectionError) -> Response {
    tracing::warn!("refused a write from a foreign origin");
    ScreenError::ForeignOrigin.into_response()
}

async fn headers(secure: bool, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let fixed: [(HeaderName, &'static str); 6] = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // `no-referrer` would take the origin from our own forms, too.
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(ONLY_TLS));
    }
    // Screens show persons: nothing of them stays in a cache unless its handler says so.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
