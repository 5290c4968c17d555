//! What people see and do of a page leaves a line in the log, so that a page can be followed to its end.

use crate::frame::Person;
use axum::extract::Request;
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;

/// Hexadecimal digits before the number of a page in its id.
const SCAN_DIGITS: usize = 64;
/// Parts of a page's screen that come with it: one line for the screen says it all.
const PARTS: [&str; 6] = ["image", "snippet", "beat", "next", "check", "person"];

/// Writes the line once the screen has answered; it says who, but nothing of what stands on the page.
pub async fn followed(request: Request, next: Next) -> Response {
    let page = page_of(request.uri().path()).map(|(page, act)| (page.to_owned(), act.to_owned()));
    let changes = request.method() != Method::GET;
    let staff = request.extensions().get::<Person>().map(|person| person.actor.staff.to_string());
    let answer = next.run(request).await;
    if let Some((page, act)) = page {
        let status = answer.status().as_u16();
        let said = if changes { "page changed" } else { "page shown" };
        match status {
            200..400 => tracing::info!(page.id = page, act, staff, status, "{said}"),
            _ => tracing::warn!(page.id = page, act, staff, status, "a page's screen refused"),
        }
    }
    answer
}

/// The page that an address is about, and what of it: `/reviews/<page>/commit`.
fn page_of(path: &str) -> Option<(&str, &str)> {
    let mut segments = path.trim_start_matches('/').split('/');
    let (place, page) = (segments.next()?, segments.next()?);
    let act = segments.next().unwrap_or(place);
    let is_page = page.split_once('-').is_some_and(|(scan, _)| scan.len() == SCAN_DIGITS);
    (matches!(place, "pages" | "reviews") && is_page && !PARTS.contains(&act)).then_some((page, act))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_page_is_known_and_its_parts_are_left_out() {
        let page = format!("{}-3", "a".repeat(64));
        let about = |rest: &str| {
            let path = format!("/reviews/{page}{rest}");
            page_of(&path).map(|(page, act)| (page.to_owned(), act.to_owned()))
        };
        assert_eq!(about("").unwrap(), (page.clone(), "reviews".to_owned()));
        assert_eq!(about("/commit").unwrap(), (page.clone(), "commit".to_owned()));
        assert_eq!(about("/beat"), None);
        assert_eq!(page_of("/reviews/undo"), None);
        assert_eq!(page_of("/claims/2026-10"), None);
    }
}
