//! 支援措置. Where a protected person's address would show: in pictures and in readings, too.

use domain::form::{Field, Form, PrintSource};
use domain::geometry::{PointMm, RectMm};
use domain::ids::ResidentId;
use store::{Error, Page, Rows};
use vision::{Affine, GrayPage};

/// Paper around the printed address that is covered with it, mm: print may sit a little off its box.
const MARGIN_MM: f64 = 1.0;
/// Mid grey: plainly a cover, no pen and no paper.
const COVER: u8 = 150;

/// Whether a page is, or may be, a protected person's: by its record, its number or its candidates.
///
/// # Errors
/// The database failed.
pub fn is_protected(rows: &Rows, page: &Page) -> Result<bool, Error> {
    let slip = page.management_number.as_ref().map(|number| rows.slip(number)).transpose()?.flatten();
    let item = rows.review_item(&page.id)?;
    let candidates = item.iter().flat_map(|item| item.outcome.candidates());
    let mut ids: Vec<ResidentId> = candidates.map(|candidate| candidate.resident.clone()).collect();
    ids.extend(page.resident.clone());
    ids.extend(slip.map(|slip| slip.resident));
    for id in ids {
        if rows.resident(&id)?.is_some_and(|resident| resident.protected) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a field says where a person lives.
pub fn tells_address(form: &Form, field: &Field) -> bool {
    let sources = [PrintSource::Address, PrintSource::PostalCode];
    // By hand the same is written on paper that others print.
    ["address", "postal_code"].contains(&field.id.as_str())
        || sources.into_iter().any(|source| form.printed(source).is_some_and(|told| told.id == field.id))
}

/// The places of a form's side that say where a person lives.
pub fn address_places(form: &Form, side: u8) -> Vec<RectMm> {
    form.fields_on(side).filter(|field| tells_address(form, field)).map(Field::area).collect()
}

/// The scan with `places` of the paper covered.
pub fn covered(scan: &GrayPage, px_from_mm: Affine, places: &[RectMm]) -> GrayPage {
    let mut scan = scan.clone();
    for place in places {
        let place = place.grown(MARGIN_MM);
        let corners = [
            (place.x, place.y),
            (place.right(), place.y),
            (place.x, place.bottom()),
            (place.right(), place.bottom()),
        ];
        let corners = corners.map(|(x, y)| px_from_mm.apply(PointMm::new(x, y)));
        let span = |axis: usize, end: u32| {
            let low = corners.iter().map(|corner| corner[axis]).fold(f64::INFINITY, f64::min);
            let high = corners.iter().map(|corner| corner[axis]).fold(f64::NEG_INFINITY, f64::max);
            // `as` clamps: a corner outside the picture becomes its edge.
            (low.floor() as usize).min(end as usize)..(high.ceil() as usize).min(end as usize)
        };
        let (columns, width) = (span(0, scan.width), scan.width as usize);
        for row in span(1, scan.height) {
            scan.pixels[row * width + columns.start..row * width + columns.end].fill(COVER);
        }
    }
    scan
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_covered_however_the_page_lies() {
        let upright = Affine([2.0, 0.0, 0.0, 0.0, 2.0, 0.0]);
        let upside_down = Affine([-2.0, 0.0, 100.0, 0.0, -2.0, 200.0]);
        let place = [RectMm::new(10.0, 20.0, 5.0, 4.0)];
        for (lie, inside, outside) in [(upright, (25, 44), (35, 44)), (upside_down, (75, 156), (65, 156))] {
            let scan = covered(&GrayPage::white(100, 200), lie, &place);
            assert_eq!((scan.at(inside.0, inside.1), scan.at(outside.0, outside.1)), (COVER, 255));
        }
        let off_the_page = [RectMm::new(-50.0, -50.0, 10.0, 10.0), RectMm::new(500.0, 90.0, 10.0, 50.0)];
        assert_eq!(covered(&GrayPage::white(100, 200), upright, &off_the_page), GrayPage::white(100, 200));
    }
}
