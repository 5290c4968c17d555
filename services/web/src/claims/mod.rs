//! 請求. What clinics claim for a month, held against the slips: seen, decided, confirmed by two people, paid.
//!
//! Start reading at: [`month`] (every clinic of a month), then [`case`] (one clinic-month worked through) and [`act`]
//! (every step that is taken on it); [`recall`] (who received a lot) and [`trends`] stand for themselves.

mod act;
mod case;
mod chart;
mod keying;
mod lines;
mod month;
mod prices;
mod recall;
mod search;
mod slip;
mod trends;

pub use month::{AtHome, at_home};

use crate::Screens;
use crate::error::ScreenError;
use crate::frame::Person;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use domain::claim::ClinicMonth;
use domain::duty::Right;
use domain::yen::Yen;

/// A reason longer than this is a letter.
const LONGEST_REASON: usize = 200;

/// What is asked in an emergency, by whoever may take personal data out.
pub fn recall_routes() -> Router<Screens> {
    Router::new().route("/lots", get(recall::lots)).route("/lots/file", post(recall::file))
}

/// What payment clerks do.
pub fn routes() -> Router<Screens> {
    Router::new()
        .route("/claims/search", get(search::search).post(search::found))
        .route("/claims/new", get(keying::begin))
        .route("/claims/trends", get(trends::trends))
        .route("/claims/prices", get(prices::prices))
        .route(
            "/claims/prices/import/{what}",
            post(prices::import).layer(DefaultBodyLimit::max(prices::LARGEST_FILE)),
        )
        .route("/claims/{month}/{clinic}/key", get(keying::screen).post(keying::key))
        .route("/claims/{month}/{clinic}/slips/{record}/decide", post(act::decide))
        .route("/claims/{month}/{clinic}/slips/{record}/undo", post(act::undo))
        .route("/claims/{month}/{clinic}/settle/{line}", post(act::settle))
        .route("/claims/{month}/{clinic}/confirm", post(act::confirm))
        .route("/claims/{month}/{clinic}/unconfirm", post(act::unconfirm))
        .route("/claims/{month}/{clinic}/adjust", post(act::adjust))
        .route("/claims/{month}/{clinic}/unadjust", post(act::unadjust))
}

/// What is also seen by whoever may unlock: amounts and steps, no slips.
pub fn seen_routes() -> Router<Screens> {
    Router::new()
        .route("/claims", get(month::month))
        .route("/claims/{month}/{clinic}", get(case::case))
        .route("/claims/{month}/{clinic}/unlock", post(act::unlock))
}

/// The screens of this part that one person may open.
pub struct Tabs {
    pub(crate) current: &'static str,
    pub(crate) places: Vec<(&'static str, &'static str, &'static str)>,
}

/// Name, address, label and rights of each screen.
const TABS: [(&str, &str, &str, &[Right]); 6] = [
    ("month", "/claims", "月の一覧", &[Right::HandleClaims, Right::UnlockClaims]),
    ("payments", "/payments", "支払・出力", &[Right::HandleClaims]),
    ("search", "/claims/search", "票・住民を探す", &[Right::HandleClaims]),
    ("lots", "/lots", "ロット検索", &[Right::Export]),
    ("trends", "/claims/trends", "傾向", &[Right::HandleClaims]),
    ("prices", "/claims/prices", "単価・契約", &[Right::HandleClaims]),
];

impl Tabs {
    pub fn of(person: &Person, current: &'static str) -> Self {
        let places = TABS.into_iter().filter(|(.., rights)| rights.iter().any(|&right| person.may(right)));
        Self { current, places: places.map(|(id, address, label, _)| (id, address, label)).collect() }
    }
}

/// A reason as it goes into logs.
///
/// # Errors
/// It is empty or longer than one line.
fn reason(typed: &str) -> Result<String, ScreenError> {
    let reason = typed.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON || reason.chars().any(char::is_control) {
        let words = format!("理由を{LONGEST_REASON}文字以内の1行で入力してください。");
        return Err(ScreenError::Refused(words));
    }
    Ok(reason.to_owned())
}

/// The clinic-month of an address.
///
/// # Errors
/// It names no month.
fn of(month: &str, clinic: &str) -> Result<ClinicMonth, ScreenError> {
    let month = month.parse().map_err(|_| ScreenError::NotFound)?;
    Ok(ClinicMonth { clinic: clinic.into(), month })
}

/// An amount with its sign: `+1,200`, `−300`, `0`.
fn signed(yen: Yen) -> String {
    match yen.0 {
        0 => "0".to_owned(),
        1.. => format!("+{yen}"),
        _ => format!("−{}", -yen),
    }
}
