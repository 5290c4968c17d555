//! 数字欄. A comb of digits: locate -> measure -> decide.

use super::calibration as c;
use super::comb::CellReader;
use super::decode::{Decoded, Forbidden, decode};
use super::finding::Finding;
use super::mark::MISSING;
use super::region::Region;
use super::sheet::Sheet;
use domain::form::{DigitsRule, Field};
use domain::reading::Value;

/// Reads a comb.
pub(crate) fn read(
    sheet: &mut Sheet,
    region: &mut Region,
    cells: &mut CellReader,
    field: &Field,
    rule: &DigitsRule,
) -> Finding {
    match cells.read_comb(sheet, region, &field.boxes) {
        Some(beliefs) => decide(decode(&beliefs, rule)),
        None => Finding::doubtful(MISSING),
    }
}

/// Turns a decoded comb into a value.
pub(crate) fn decide(decoded: Decoded) -> Finding {
    let (numbers, forbidden) = match decoded {
        Decoded::Blank(wrong) => return Finding::new(Value::Blank, wrong),
        Decoded::Gaps => return Finding::doubtful("空いている桁があります"),
        Decoded::Numbers(numbers, forbidden) => (numbers, forbidden),
    };
    let Some(best) = numbers.first() else {
        return Finding::doubtful(refusal(forbidden));
    };
    let doubt = match forbidden {
        Forbidden::Nothing if best.weakest < c::CELL_REFUSES => Some("はっきりしない数字があります"),
        Forbidden::Nothing => None,
        why => Some(refusal(why)),
    };
    let alternatives = numbers.iter().map(|n| (n.text.clone(), n.probability)).collect();
    Finding::new(Value::Text(best.text.clone()), 1.0 - best.probability)
        .doubted(doubt)
        .with_alternatives(alternatives)
}

fn refusal(forbidden: Forbidden) -> &'static str {
    match forbidden {
        Forbidden::Check => "検査数字が合いません",
        Forbidden::Range => "ありえない値です",
        Forbidden::Nothing => "数字として読めません",
    }
}
