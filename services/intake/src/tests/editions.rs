//! Requests say what pages are to be read with.

use super::*;
use domain::edition::Edition;

#[tokio::test]
async fn a_request_says_what_it_is_to_be_read_with_when_it_is_sent() {
    let office = office();
    let edition = |forms: &str| Edition { number: 0, forms: forms.into(), model: "m".into() };
    let start = |forms: &str| {
        let deps = Deps { edition: edition(forms), ..office.deps() };
        let (stop, shutdown) = watch::channel(false);
        Running { stop, task: tokio::spawn(run(office.config(), deps, shutdown)) }
    };
    let first = start("a");
    office.drop_in("one.tif", &tiff(&[1]));
    let asked = office.requests(1).await.remove(0);
    assert_eq!((&asked.edition, asked.edition.number, asked.round), (&edition("a"), 1, 1));
    first.stop().await;
    let second = start("b");
    let again = office.requests(1).await.remove(0);
    assert_eq!(again.page, asked.page, "it was not read yet: it is asked for with the new forms");
    assert_eq!((&again.edition, again.edition.number, again.round), (&edition("b"), 2, 2));
    second.stop().await;
}
