//! 請求ファイル. Claims as lines of a file: one line of a claim a line. What is written is kept, right or wrong.

use crate::claim::{Claim, ClaimClass, ClaimLine, ClaimSource, ClinicMonth};
use crate::ids::{ClinicCode, ProgrammeId};
use crate::month::Month;
use crate::table::{self, Line, NotATable, Refused, Taken};
use crate::yen::Yen;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Columns that a claim file must have; `clinic_code` and `month` where the caller does not give them.
/// `programme,round,class,received_on,total_count,total_amount` may be missing or empty.
const REQUIRED: [&str; 3] = ["count", "unit_price", "amount"];

/// What the file need not say of every line.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// The month, when it was given beside the file; a line that says another one is refused.
    pub month: Option<Month>,
    /// The clinic, as with the month.
    pub clinic: Option<&'a ClinicCode>,
    /// Day on which claims came in whose lines do not say it.
    pub received_on: Date,
    /// Name of the file.
    pub name: &'a str,
    /// Programmes that there are.
    pub programmes: &'a BTreeSet<ProgrammeId>,
    /// Clinics that there are.
    pub clinics: &'a BTreeSet<ClinicCode>,
}

/// Reads a claim file. A claim of which a line is refused is refused whole.
///
/// # Errors
/// No header line, or one that lacks a required column.
pub fn parse(bytes: &[u8], given: &Given) -> Result<Taken<Claim>, NotATable> {
    let mut spoilt: BTreeSet<ClinicMonth> = BTreeSet::new();
    let lines = table::read(bytes, &REQUIRED, |line| {
        let of = of(line, given)?;
        let read = said(line, given, of.clone());
        if read.is_err() {
            spoilt.insert(of);
        }
        read
    })?;
    let mut claims: BTreeMap<ClinicMonth, (Claim, Vec<u64>)> = BTreeMap::new();
    let mut refused = lines.refused;
    for said in lines.good {
        let Said { number, mut claim } = said;
        match claims.get_mut(&claim.of) {
            None => {
                claims.insert(claim.of.clone(), (claim, vec![number]));
            }
            Some((whole, numbers)) => {
                numbers.push(number);
                if let Err(reason) = agree(whole, &claim) {
                    spoilt.insert(claim.of.clone());
                    refused.push(Refused { line: number, reason });
                }
                whole.lines.append(&mut claim.lines);
            }
        }
    }
    let mut good = Vec::new();
    for (of, (claim, numbers)) in claims {
        if spoilt.contains(&of) {
            let reason = || "同じ請求書に受け付けられない行があるため、請求書ごと受け付けません".to_owned();
            let own =
                numbers.into_iter().filter(|number| refused.iter().all(|refused| refused.line != *number));
            let own: Vec<Refused> = own.map(|line| Refused { line, reason: reason() }).collect();
            refused.extend(own);
        } else {
            good.push(claim);
        }
    }
    refused.sort_by_key(|refused| refused.line);
    Ok(Taken { good, refused })
}

/// A line: a claim of one line.
struct Said {
    number: u64,
    claim: Claim,
}

fn of(line: &Line, given: &Given) -> Result<ClinicMonth, String> {
    let clinic = match (line.word("clinic_code"), given.clinic) {
        (Some(code), None) => ClinicCode::from(code),
        (Some(code), Some(given)) if code != given.as_str() => {
            return Err("clinic_code が指定した医療機関と違います".into());
        }
        (_, Some(given)) => given.clone(),
        (None, None) => return Err("clinic_code が空です".into()),
    };
    if !given.clinics.contains(&clinic) {
        return Err("clinic_code の医療機関が登録されていません".into());
    }
    let month = line.word("month").map(|word| word.parse::<Month>().map_err(|error| error.to_string()));
    let month = match (month.transpose()?, given.month) {
        (Some(month), Some(given)) if month != given => return Err("month が指定した月と違います".into()),
        (Some(month), _) | (None, Some(month)) => month,
        (None, None) => return Err("month が空です".into()),
    };
    Ok(ClinicMonth { clinic, month })
}

fn said(line: &Line, given: &Given, of: ClinicMonth) -> Result<Said, String> {
    let programme = line.word("programme").map(ProgrammeId::from);
    if programme.as_ref().is_some_and(|programme| !given.programmes.contains(programme)) {
        return Err("programme がどの事業でもありません".into());
    }
    let class = line.word("class").map(|word| {
        let class = ClaimClass::of_word(word);
        class.ok_or("class は general, tax_exempt, welfare, free_by_age, postponed のどれかです")
    });
    let read = ClaimLine {
        programme,
        round: line.number_of("round")?,
        class: class.transpose()?,
        count: line.number_of("count")?.ok_or("count が空です")?,
        unit_price: line.yen("unit_price")?.ok_or("unit_price が空です")?,
        amount: line.yen("amount")?.ok_or("amount が空です")?,
    };
    let claim = Claim {
        of,
        received_on: line.day("received_on")?.unwrap_or(given.received_on),
        source: ClaimSource::File { name: given.name.to_owned() },
        lines: vec![read],
        total_count: line.number_of("total_count")?,
        total_amount: line.yen("total_amount")?,
    };
    Ok(Said { number: line.number, claim })
}

/// Lines of one claim say the same of it; totals may stand on any of them.
fn agree(whole: &mut Claim, line: &Claim) -> Result<(), String> {
    if whole.received_on != line.received_on {
        return Err("received_on が同じ請求書のほかの行と違います".into());
    }
    let differ = |one: bool| {
        if one { Err("合計が同じ請求書のほかの行と違います".to_owned()) } else { Ok(()) }
    };
    differ(whole.total_count.zip(line.total_count).is_some_and(|(one, other)| one != other))?;
    differ(whole.total_amount.zip(line.total_amount).is_some_and(|(one, other): (Yen, Yen)| one != other))?;
    whole.total_count = whole.total_count.or(line.total_count);
    whole.total_amount = whole.total_amount.or(line.total_amount);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn read(text: &str, month: Option<&str>) -> Taken<Claim> {
        let programmes = BTreeSet::from(["flu".into(), "mr-child".into()]);
        let clinics = ["0110113719", "0110113727", "A", "B", "C", "D"].map(ClinicCode::from).into();
        let given = Given {
            month: month.map(|month| month.parse().unwrap()),
            clinic: None,
            received_on: date(2026, 11, 10),
            name: "claims.csv",
            programmes: &programmes,
            clinics: &clinics,
        };
        parse(text.as_bytes(), &given).unwrap()
    }

    #[test]
    fn lines_of_a_clinic_and_month_are_one_claim_kept_as_written() {
        let text = "clinic_code,month,programme,round,class,count,unit_price,amount,total_count,total_amount\n\
                    0110113719,2026-10,flu,,general,10,\"4,500\",\"45,001\",12,\n\
                    0110113727,2026-10,flu,,,1,4500,4500,,\n\
                    0110113719,2026-10,mr-child,1,一般（課税）,2,9000,18000,,99999\n\
                    0110113719,2026-11,,,postponed,1,3000,3000,,\n";
        let taken = read(text, None);
        assert_eq!((taken.good.len(), taken.refused.len()), (3, 0));
        let claim = &taken.good[0];
        assert_eq!(
            (claim.lines.len(), claim.total_count, claim.total_amount),
            (2, Some(12), Some(Yen(99_999)))
        );
        assert_eq!((claim.lines[0].amount, claim.lines[1].round), (Yen(45_001), Some(1)));
        assert_eq!(claim.received_on, date(2026, 11, 10));
        assert_eq!(taken.good[1].lines[0].programme, None);
    }

    #[test]
    fn a_claim_with_a_refused_line_is_refused_whole_and_its_neighbours_are_not() {
        let text = "clinic_code,programme,count,unit_price,amount,total_count\n\
                    A,flu,1,4500,4500,\n\
                    B,flu,1,4500,4500,\n\
                    A,nothing,1,4500,4500,\n\
                    C,flu,-1,4500,4500,\n\
                    D,flu,1,4500,4500,1\n\
                    D,flu,1,4500,4500,2\n\
                    E,flu,1,4500,4500,\n";
        let taken = read(text, Some("2026-10"));
        assert_eq!(taken.good.iter().map(|claim| claim.of.clinic.as_str()).collect::<Vec<_>>(), ["B"]);
        assert_eq!(taken.refused.iter().map(|refused| refused.line).collect::<Vec<_>>(), [2, 4, 5, 6, 7, 8]);
        assert!(taken.refused[1].reason.contains("programme"));
        let other = read("clinic_code,month,count,unit_price,amount\nA,2026-11,1,1,1\n", Some("2026-10"));
        assert_eq!(other.refused[0].reason, "month が指定した月と違います");
    }
}
