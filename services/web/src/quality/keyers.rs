//! How well people key, each apart: held against what the others, or a third person, said of the same field.

use super::figures::Line;
use crate::Screens;
use crate::error::ScreenError;
use crate::frame::Person;
use domain::duty::Right;
use domain::ids::StaffId;
use domain::keying::{Pass, same};
use domain::quality::opaque;
use domain::share::Estimate;
use jiff::Timestamp;
use std::collections::BTreeMap;
use store::screens::Judged;

/// One line of the table.
pub struct Keyer {
    /// Account or pseudonym.
    pub name: String,
    /// First keyings.
    pub first: Line,
    /// Blind ones: second and sample.
    pub blind: Line,
    /// Planted crops taken for one of the group.
    pub missed: String,
}

/// Judged and wrong, first and blind.
#[derive(Default)]
struct Tally([[u64; 2]; 2]);

/// Everybody who keyed since `since`. Names are for whoever looks after accounts, and one's own; all others see a word
/// that stays the same and says nothing: figures about colleagues are for seeing patterns.
pub async fn keyers(screens: &Screens, viewer: &Person, since: Timestamp) -> Result<Vec<Keyer>, ScreenError> {
    let read = move |rows: &store::Rows| {
        Ok((rows.judged_keyings(since)?, rows.attention(since)?, rows.quality_secret()?))
    };
    let (judged, attention, secret) = screens.store.read_async(read).await?;
    let mut tallies: BTreeMap<StaffId, Tally> = BTreeMap::new();
    for one in &judged {
        let Some(right) = is_right(screens, one) else { continue };
        let [n, wrong] =
            &mut tallies.entry(one.staff.clone()).or_default().0[usize::from(one.pass != Pass::First)];
        *n += 1;
        *wrong += u64::from(!right);
    }
    for one in &attention {
        tallies.entry(one.staff.clone()).or_default();
    }
    let name = |staff: &StaffId| {
        if viewer.may(Right::ManageStaff) || *staff == viewer.actor.staff {
            staff.to_string()
        } else {
            format!("職員 {}", opaque(&secret, staff.as_str())[..4].to_uppercase())
        }
    };
    let mut keyers: Vec<Keyer> = tallies
        .iter()
        .map(|(staff, Tally([first, blind]))| {
            let line = |[n, wrong]: &[u64; 2]| Line::of(String::new(), &Estimate::counted(*wrong, *n), false);
            let control = attention.iter().find(|one| one.staff == *staff);
            let missed = control.map_or("—".to_owned(), |one| format!("{}／{}枚", one.missed, one.planted));
            Keyer { name: name(staff), first: line(first), blind: line(blind), missed }
        })
        .collect();
    // By the name shown, so that the order does not tell what the pseudonym hides.
    keyers.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(keyers)
}

/// Whether a keying was right; `None` when nobody has said yet.
fn is_right(screens: &Screens, one: &Judged) -> Option<bool> {
    let field = screens.form(one.form.as_str()).and_then(|form| form.field(one.field.as_str()));
    let agrees = same(field, &one.keyed, &one.against);
    (agrees || one.decided).then_some(agrees)
}
