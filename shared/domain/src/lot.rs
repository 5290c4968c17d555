//! ロット. Which lot numbers can be, and what is known of one.

use crate::ids::{ProgrammeId, ResidentId};
use crate::programme::Programmes;
use crate::reading::{FormReading, LotLabel};
use crate::table::{self, Line, NotATable, Taken};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// Characters of a lot number at most (GS1 General Specifications, AI 10).
pub const MAX_CHARS: usize = 20;
/// Between the numbers of two labels in one value.
const BETWEEN: char = '/';
/// The value of a label that was seen and whose number nobody has read yet.
pub const UNREAD: &str = "present";

/// ロット. What a maker's list or the label itself says of one lot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    /// Of which vaccine, when that is known.
    pub vaccine: Option<String>,
    /// 製造番号, as [`folded`].
    pub lot: String,
    /// 有効期限: the last day of use.
    pub expiry: Date,
}

/// 過去の接種・受診. What a former system held of one person: it proves that something was given, and is never paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormerService {
    /// Whose.
    pub resident: ResidentId,
    /// What for.
    pub programme: ProgrammeId,
    /// Which dose, when it is known.
    pub round: Option<u8>,
    /// With what, when it is known.
    pub vaccine: Option<String>,
    /// Lot, when it is known.
    pub lot: Option<String>,
    /// When.
    pub day: Date,
}

/// Reads a file of lots with the columns `vaccine,lot,expiry`; `vaccine` is an id of the programmes' vaccines.
///
/// # Errors
/// No header line, or one that lacks a required column.
pub fn lot_file(bytes: &[u8], programmes: &Programmes) -> Result<Taken<Lot>, NotATable> {
    table::read(bytes, &["vaccine", "lot", "expiry"], |line| {
        let vaccine = line.column("vaccine").trim();
        if !programmes.knows_vaccine(vaccine) {
            return Err(
                "vaccine が事業の規則にあるワクチンではありません（yomitori programmes list で分かります）"
                    .into(),
            );
        }
        let lot = folded(line.column("lot"));
        if !is_possible(&lot) || lot.contains(BETWEEN) {
            return Err("lot がロット番号の形ではありません".into());
        }
        Ok(Lot { vaccine: Some(vaccine.to_owned()), lot, expiry: day(line, "expiry")? })
    })
}

/// Reads a file of former services with the columns `resident_id,programme,service_date` and optionally
/// `round,vaccine,lot`. Whether the persons are in the register is for the caller to see.
///
/// # Errors
/// No header line, or one that lacks a required column.
pub fn history_file(bytes: &[u8], programmes: &Programmes) -> Result<Taken<FormerService>, NotATable> {
    table::read(bytes, &["resident_id", "programme", "service_date"], |line| {
        let text = |name| line.column(name).trim();
        let some = |name| Some(text(name).to_owned()).filter(|text| !text.is_empty());
        let programme = ProgrammeId::from(text("programme"));
        if programmes.get(&programme).is_none() {
            return Err("programme が事業の規則にありません（yomitori programmes list で分かります）".into());
        }
        if text("resident_id").is_empty() {
            return Err("resident_id が空です".into());
        }
        let round = match text("round") {
            "" => None,
            round => {
                let round: Option<u8> = round.parse().ok().filter(|round| (1..=20).contains(round));
                Some(round.ok_or("round は1から20までの数字で書いてください")?)
            }
        };
        Ok(FormerService {
            resident: ResidentId(text("resident_id").to_owned()),
            programme,
            round,
            vaccine: some("vaccine"),
            lot: some("lot").map(|lot| folded(&lot)),
            day: day(line, "service_date")?,
        })
    })
}

fn day(line: &Line, column: &str) -> Result<Date, String> {
    line.column(column).trim().parse().map_err(|_| format!("{column} が 2026-10-01 の形の日付ではありません"))
}

/// A lot number by which lists are compared: half width, upper case, without spaces.
pub fn folded(written: &str) -> String {
    written.nfkc().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect()
}

/// The numbers in one value: slips of two labels have two.
pub fn each(written: &str) -> impl Iterator<Item = String> {
    written.split(BETWEEN).map(folded).filter(|lot| !lot.is_empty())
}

/// What is known of the lots on a slip: its labels say their expiry themselves, lists say which vaccine, and the expiry
/// where no label does.
pub fn known(reading: Option<&FormReading>, listed: Vec<Lot>) -> Vec<Lot> {
    let mut known = listed;
    let labels: Vec<&LotLabel> =
        reading.iter().flat_map(|reading| &reading.fields).flat_map(|field| &field.labels).collect();
    for label in labels {
        let (Some(number), Some(expiry)) = (label.lot.as_deref().map(folded), label.expiry) else { continue };
        let mut of_list = known.iter_mut().filter(|lot| lot.lot == number).peekable();
        if of_list.peek().is_none() {
            known.push(Lot { vaccine: None, lot: number, expiry });
        } else {
            of_list.for_each(|lot| lot.expiry = expiry);
        }
    }
    known
}

/// Whether it can be a lot number at all: 2 to 20 letters, digits, hyphens or points, with a digit among them. What is not
/// known to be a lot of the vaccine may still be one: lists are late.
pub fn is_possible(written: &str) -> bool {
    let possible = |lot: String| {
        let shaped = lot.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'));
        shaped && (2..=MAX_CHARS).contains(&lot.len()) && lot.bytes().any(|b| b.is_ascii_digit())
    };
    let mut lots = each(written).peekable();
    lots.peek().is_some() && lots.all(possible)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_says_its_expiry_before_any_list() {
        let day = jiff::civil::date;
        let listed = Lot { vaccine: Some("influenza".into()), lot: "AB123".into(), expiry: day(2027, 5, 31) };
        let label =
            |lot: &str| LotLabel { gtin: None, lot: Some(lot.into()), expiry: Some(day(2026, 5, 31)) };
        assert_eq!(known(None, vec![listed.clone()]), std::slice::from_ref(&listed));
        let mut reading = crate::sample::reading();
        reading.fields[0].labels = vec![label("ab123"), label("CD456")];
        let found = known(Some(&reading), vec![listed]);
        assert_eq!((found[0].vaccine.as_deref(), found[0].expiry), (Some("influenza"), day(2026, 5, 31)));
        assert_eq!((found[1].vaccine.as_deref(), found[1].lot.as_str()), (None, "CD456"));
    }

    #[test]
    fn files_refuse_what_the_rules_do_not_know() {
        let programmes = Programmes::built_in();
        let lots = "vaccine,lot,expiry\ninfluenza,ab 1,2027-03-31\nsugar,AB1,2027-03-31\ninfluenza,AB,2027-03-31\n\
                    influenza,AB1,2027/3/31\n";
        let taken = lot_file(lots.as_bytes(), &programmes).unwrap();
        assert_eq!((taken.good.len(), taken.good[0].lot.as_str()), (1, "AB1"));
        assert_eq!(taken.refused.iter().map(|one| one.line).collect::<Vec<_>>(), [3, 4, 5]);
        let history = "resident_id,programme,service_date,round\n1,mr-child,2020-05-01,1\n2,mr-child,2020-05-01,\n\
                       3,measles,2020-05-01,\n4,mr-child,2020-05-32,\n5,mr-child,2020-05-01,0\n,mr-child,2020-05-01,1\n";
        let taken = history_file(history.as_bytes(), &programmes).unwrap();
        assert_eq!(taken.good.iter().map(|one| one.round).collect::<Vec<_>>(), [Some(1), None]);
        assert_eq!(taken.refused.iter().map(|one| one.line).collect::<Vec<_>>(), [4, 5, 6, 7]);
    }

    #[test]
    fn lots_are_compared_folded_and_shapes_judged() {
        assert_eq!(folded(" ａb 123 "), "AB123");
        for possible in ["AB123", "ab 12", "HP034A", "0123", "AB123 / CD456", "A-1.2"] {
            assert!(is_possible(possible), "{possible}");
        }
        for not in ["", " / ", "A", "ABCDE", "不明", "AB123456789012345678901", "AB!23"] {
            assert!(!is_possible(not), "{not}");
        }
    }
}
