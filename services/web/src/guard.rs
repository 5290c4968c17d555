//! What every answer carries and every request must pass: headers, sizes, same origin.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tower_http::csrf::{CsrfLayer, ProtectionError};

/// The largest form of ours (sixty fields with free text) is far below; what is uploaded says its own limit.
const LARGEST_BODY: usize = 256 * 1024;

/// Only our own files, no inline script or style, no frames around us, forms only to us.
const CONTENT_POLICY: &str = "default-src 'self'; object-src 'none'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'";

/// Puts the guards around `screens`.
pub fn guarded<S: Clone + Send + Sync + 'static>(screens: Router<S>) -> Router<S> {
    let same_origin = CsrfLayer::new().with_rejection_response(refused as fn(ProtectionError) -> Response);
    screens.layer(DefaultBodyLimit::max(LARGEST_BODY)).layer(same_origin).layer(middleware::from_fn(headers))
}

/// A write that comes from a page of somebody else.
fn refused(_: ProtectionError) -> Response {
    tracing::warn!("refused a write from a foreign origin");
    (StatusCode::FORBIDDEN, "ほかのサイトから送られた操作のため、受け付けませんでした。").into_response()
}

async fn headers(request: Request, next: Next) -> Response {
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
    // Screens show persons: nothing of them stays in a cache unless its handler says so.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
