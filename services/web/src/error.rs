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
    /// Nobody is logged in.
    NoPerson,
    /// The request came under a name that is not this machine's.
    ForeignHost,
    /// A write that does not come from a screen of ours.
    ForeignOrigin,
    /// One terminal asks more than its share.
    TooMuch,
    /// The framework refused the request before a screen saw it.
    Unfit(StatusCode),
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
            ScreenError::NoPerson => (
                StatusCode::UNAUTHORIZED,
                "ログインしてください",
                "この画面を見るにはログインが必要です。".to_owned(),
                None,
            ),
            ScreenError::ForeignHost => (
                StatusCode::MISDIRECTED_REQUEST,
                "このアドレスでは開けません",
                "管理者から案内されたアドレスで開いてください。管理者は yomitori.toml の hosts にこの名前を加えると、使えるようにできます。".to_owned(),
                None,
            ),
            ScreenError::ForeignOrigin => (
                StatusCode::FORBIDDEN,
                "受け付けられません",
                "読取りの画面から送られた操作ではないため、受け付けませんでした。画面を開き直して、もう一度操作してください。".to_owned(),
                None,
            ),
            ScreenError::TooMuch => (
                StatusCode::TOO_MANY_REQUESTS,
                "しばらくお待ちください",
                "この端末からの要求が多すぎます。数秒待ってからもう一度お試しください。".to_owned(),
                None,
            ),
            ScreenError::Unfit(status) => (status, "受け付けられません", unfit_words(status).to_owned(), None),
            ScreenError::Refused(words) => (StatusCode::BAD_REQUEST, "受け付けられません", words, None),
            ScreenError::Failed(cause) => {
                let reference = reference();
                tracing::error!(error.reference = %reference, error = format!("{cause:#}"), "a screen failed");
                let words =
                    "処理できませんでした。もう一度お試しください。続くときは管理者へ番号をお伝えください。";
                (StatusCode::INTERNAL_SERVER_ERROR, "エラーが起きました", words.to_owned(), Some(reference))
            }
        };
        let said = Said { words: words.clone(), reference: reference.clone() };
        let screen = ErrorScreen { title, words, reference };
        let mut answer = match screen.render() {
            Ok(html) => (status, Html(html)).into_response(),
            Err(_) => (status, title).into_response(),
        };
        answer.extensions_mut().insert(said);
        answer
    }
}

/// What an error screen says, beside the answer: the same as JSON for whoever asked for JSON.
#[derive(Clone, Debug)]
pub struct Said {
    /// The words of the screen.
    pub words: String,
    /// The number that finds the line in the log.
    pub reference: Option<String>,
}

/// What the framework's refusals mean, for people.
fn unfit_words(status: StatusCode) -> &'static str {
    match status {
        StatusCode::METHOD_NOT_ALLOWED => {
            "このアドレスでは、その操作はできません。画面を開き直してください。"
        }
        StatusCode::PAYLOAD_TOO_LARGE => "送られたファイルまたは入力が大きすぎます。分けて送ってください。",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "送られた形式は受け付けていません。画面から操作してください。",
        StatusCode::REQUEST_TIMEOUT => "時間内に処理が終わりませんでした。もう一度お試しください。",
        StatusCode::NOT_FOUND => "この画面・ページはありません。すでに処理されたか、アドレスが違います。",
        _ => "送られた内容が正しくありません。画面を開き直して、もう一度操作してください。",
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
