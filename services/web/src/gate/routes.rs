//! Addresses of the door.

use super::{admin, lock, login, me};
use crate::Screens;
use axum::Router;
use axum::routing::{get, post};

/// Reached without a session, or with one that is covered; each looks at the session itself.
pub fn open() -> Router<Screens> {
    Router::new()
        .route("/login", get(login::login).post(login::log_in))
        .route("/login/code", get(login::code).post(login::prove))
        .route("/setup", get(login::setup).post(login::set_up))
        .route("/logout", post(login::log_out))
        .route("/session/lock", post(lock::lock))
        .route("/session/unlock", post(lock::unlock))
}

/// What every person does with his own account.
pub fn everybody() -> Router<Screens> {
    Router::new()
        .route("/session/alive", post(lock::alive))
        .route("/me", get(me::me))
        .route("/me/password", get(me::password).post(me::change_password))
        .route("/me/second-factor", get(me::second_factor).post(me::set_second_factor))
        .route("/me/second-factor/picture", get(me::second_picture))
        .route("/me/second-factor/remove", post(me::remove_second_factor))
        .route("/me/recovery", post(me::renew_recovery))
        .route("/me/sessions/{id}/end", post(me::end_session))
}

/// Accounts of everybody, for whoever manages staff.
pub fn staff() -> Router<Screens> {
    Router::new()
        .route("/staff", get(admin::list))
        .route("/staff/review", post(admin::review))
        .route("/staff/new", get(admin::new).post(admin::add))
        .route("/staff/duties", get(admin::duties))
        .route("/staff/sessions", get(admin::sessions))
        .route("/staff/sessions/{session}/end", post(admin::end_session))
        .route("/staff/{id}", get(admin::account).post(admin::change))
        .route("/staff/{id}/{action}", post(admin::act))
}
