//! When a screen cannot be shown: what happened, what to do next, a reference number.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use domain::duty::Right;
use std::sync::atomic::{AtomicU32, Ordering};

/// Why a screen is not shown.
#[derive(Debug)]
pub enum ScreenError {
    /// There is no such page, file, person or screen.
    NotFound,
    /// This person lacks the right.
    Forbidden(Right),
    /// The request makes no sense; the words say why, for people.
    Refused(String),
    /// The machine failed; the cause goes to the log, never to the screen.
    Failed(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for ScreenError {
    fn from(cause: E) -> Self {
        Self::Failed(cause.into())
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorScreen {
    title: &'static str,
    words: String,
    reference: Option<String>,
}

impl IntoResponse for ScreenError {
    fn into_response(self) -> Response {
        let (status, title, words, reference) = match self {
            ScreenError::NotFound => (
                StatusCode::NOT_FOUND,
                "見つかりません",
                "この画面・ページはありません。すでに処理されたか、アドレスが違います。".to_owned(),
                None,
            ),
            ScreenError::Forbidden(right) => (
                StatusCode::FORBIDDEN,
                "権限がありません",
                format!("この操作には「{}」の権限が必要です。管理者に相談してください。", right.label()),
                None,
            ),
            ScreenError::Refused(words) => (StatusCode::BAD_REQUEST, "受け付けられません", words, None),
            ScreenError::Failed(cause) => {
                let reference = reference();
                tracing::error!(error.reference = %reference, error = format!("{cause:#}"), "a screen failed");
                let words =
                    "処理できませんでした。もう一度お試しください。続くときは管理者へ番号をお伝えください。";
                (StatusCode::INTERNAL_SERVER_ERROR, "エラーが起きました", words.to_owned(), Some(reference))
            }
        };
        let screen = ErrorScreen { title, words, reference };
        match screen.render() {
            Ok(html) => (status, Html(html)).into_response(),
            Err(_) => (status, title).into_response(),
        }
    }
}

/// A number that finds the line in the log: milliseconds of the day and a counter.
fn reference() -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let moment = jiff::Timestamp::now().as_millisecond() % 86_400_000;
    let count = COUNTER.fetch_add(1, Ordering::Relaxed) % 1000;
    format!("{moment:08}-{count:03}")
}

/// A rendered view as an answer.
pub fn show(view: &impl Template) -> Result<Response, ScreenError> {
    Ok(Html(view.render()?).into_response())
}
