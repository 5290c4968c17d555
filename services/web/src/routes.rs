//! Every address of the screens, in groups by the right that they need. A handler may ask for more; none asks for less.

use crate::error::ScreenError;
use crate::frame::Person;
use crate::{
    Screens, access, api, assets, claims, corrections, enquiries, followed, forms, gate, home, inbox, ledger,
    mailroom, operations, page, paper, paying, pictures, programmes, quality, review, runs, status,
};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{self, Next};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use domain::duty::Right;

/// All that need somebody who is logged in.
pub fn routes() -> Router<Screens> {
    Router::new()
        .merge(only(&[], everybody().merge(gate::everybody())))
        .merge(only(&[Right::SeePages], pages().merge(mailroom::seen())))
        .merge(only(&[Right::HandleMail], mailroom::done()))
        .merge(only(&[Right::HandleMail, Right::Verify, Right::Arbitrate], disposals()))
        .merge(only(&[Right::Verify, Right::Arbitrate], reviews()))
        .merge(only(&[Right::SetQuality], keying_settings()))
        .merge(only(&[Right::SeePeople], people()))
        .merge(only(&[Right::PrintPaper, Right::DesignForms], paper()))
        .merge(only(&[Right::PrintPaper], mailroom::printed()))
        .merge(only(&[Right::Enquire], enquiries::routes()))
        .merge(only(&[Right::DesignForms], forms()))
        .merge(only(&[Right::DesignForms, Right::HandleClaims], programmes::routes()))
        .merge(only(&[Right::SeeAccessLog], access::routes()))
        .merge(only(&[Right::Verify, Right::Arbitrate], runs::routes()))
        .merge(only(&[Right::SeeQuality], quality::routes()))
        .merge(only(&[Right::SetQuality], quality::settings_routes()))
        .merge(only(&[Right::ManageStaff], gate::staff()))
        .merge(only(&[Right::HandleMail, Right::SetQuality, Right::ManageStaff], operations::routes()))
        .merge(only(&[Right::Correct], corrections::routes()))
        .merge(only(&[Right::HandleClaims], claims::routes()))
        .merge(only(&[Right::HandleClaims, Right::UnlockClaims], claims::seen_routes()))
        .merge(only(&[Right::Export], claims::recall_routes()))
        .merge(only(&[Right::HandleClaims], paying::routes()))
        .merge(api::routes())
        .fallback(async || ScreenError::NotFound)
        .layer(middleware::from_fn(followed::followed))
}

/// `routes` for persons with one of `rights` (for any person when there is none); without it nothing of them is reached.
pub fn only(rights: &'static [Right], routes: Router<Screens>) -> Router<Screens> {
    routes.route_layer(middleware::from_fn(move |person: Person, request: Request, next: Next| async move {
        match rights.first() {
            Some(&first) if !rights.iter().any(|&right| person.may(right)) => {
                ScreenError::Forbidden(first).into_response()
            }
            _ => next.run(request).await,
        }
    }))
}

/// Reached without logging in: nothing of these says anything about a page or a person.
pub fn open() -> Router<Screens> {
    gate::open().route("/healthz", get(status::healthz)).route("/static/{name}", get(assets::asset))
}

fn everybody() -> Router<Screens> {
    Router::new().route("/", get(home::home)).route("/home/live", get(home::live))
}

fn pages() -> Router<Screens> {
    Router::new()
        .route("/inbox", get(inbox::inbox))
        .route("/inbox/live", get(inbox::live))
        .route("/inbox/{seq}", get(inbox::file))
        .route("/envelopes/{id}", get(inbox::envelope))
        .route("/pages/{page}", get(page::page))
        .route("/pages/{page}/image", get(pictures::page_image))
        .route("/pages/{page}/snippet/{field}", get(pictures::snippet))
}

fn disposals() -> Router<Screens> {
    Router::new()
        .route("/pages/{page}/act/{action}", post(review::dispose_page))
        .route("/pages/{page}/undo", post(review::undo))
}

fn reviews() -> Router<Screens> {
    Router::new()
        .route("/reviews", get(review::list::list))
        .route("/reviews/undo", post(review::undo_last))
        .route("/reviews/{page}", get(review::review))
        .route("/reviews/{page}/next", get(review::coming))
        .route("/reviews/{page}/beat", post(review::beat))
        .route("/reviews/{page}/release", post(review::release))
        .route("/reviews/{page}/take", post(review::take_over))
        .route("/reviews/{page}/commit", post(review::commit))
        .route("/reviews/{page}/act/{action}", post(review::dispose))
        .route("/reviews/{page}/read", post(review::read_again))
        .route("/reviews/{page}/open", post(review::open_envelope))
        .route("/reviews/{page}/check/{field}", post(review::check_field))
        .route("/reviews/{page}/person", post(review::find_person))
}

fn keying_settings() -> Router<Screens> {
    Router::new()
        .route("/settings/second-keying", get(review::second_keying))
        .route("/settings/second-keying/{form}", post(review::set_second_keying))
}

fn people() -> Router<Screens> {
    Router::new()
        .route("/residents", get(ledger::search).post(ledger::found))
        .route("/residents/{row}", get(ledger::ledger))
        .route("/residents/{row}/address", post(ledger::reveal))
}

fn paper() -> Router<Screens> {
    Router::new().route("/paper", get(paper::paper)).route("/paper/{form}/blank.pdf", get(paper::blank))
}

fn forms() -> Router<Screens> {
    Router::new()
        .route("/forms", get(forms::list))
        .route("/forms/new", post(forms::create).layer(DefaultBodyLimit::max(forms::LARGEST_UPLOAD)))
        .route("/forms/trial/{key}", get(forms::picture))
        .route("/forms/trial/{key}/{field}", get(forms::snippet))
        .route("/forms/{id}", get(forms::designer))
        .route("/forms/{id}/draft", get(forms::draft_json))
        .route("/forms/{id}/blank/{side}", get(forms::blank))
        .route("/forms/{id}/check", post(forms::check).layer(DefaultBodyLimit::max(forms::LARGEST_DRAFT)))
        .route("/forms/{id}/save", post(forms::save).layer(DefaultBodyLimit::max(forms::LARGEST_DRAFT)))
        .route("/forms/{id}/try", post(forms::try_it).layer(DefaultBodyLimit::max(forms::LARGEST_UPLOAD)))
        .route("/forms/{id}/live", post(forms::live))
        .route("/forms/{id}/edit", post(forms::edit))
        .route("/forms/{id}/discard", post(forms::discard))
}
