//! 束票. The sheet on top of a clinic's bundle; what its two-dimensional code says.

use crate::ids::{ClinicCode, ProgrammeId};
use serde::{Deserialize, Serialize};

/// What a batch ticket declares about the envelope below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchTicket {
    /// The ticket's own management number.
    pub number: String,
    /// Who sent the envelope.
    pub clinic: ClinicCode,
    /// Month of the claim, `2026-10`.
    pub month: String,
    /// What the slips are for.
    pub programme: ProgrammeId,
    /// How many slips the envelope is declared to hold.
    pub declared: u32,
}

impl BatchTicket {
    /// The text in the ticket's QR code: `YT1|number|clinic|month|programme|declared`.
    pub fn to_code(&self) -> String {
        format!("YT1|{}|{}|{}|{}|{}", self.number, self.clinic, self.month, self.programme, self.declared)
    }

    /// Reads [`BatchTicket::to_code`] back; `None` for any other text.
    pub fn from_code(code: &str) -> Option<Self> {
        let parts: Vec<&str> = code.split('|').collect();
        let ["YT1", number, clinic, month, programme, declared] = parts[..] else {
            return None;
        };
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let (year, month_of_year) = month.split_once('-')?;
        let sound = digits(number)
            && digits(clinic)
            && digits(year)
            && matches!(month_of_year.parse(), Ok(1..=12u8))
            && !programme.is_empty();
        sound.then_some(())?;
        Some(Self {
            number: number.to_owned(),
            clinic: clinic.into(),
            month: month.to_owned(),
            programme: programme.into(),
            declared: declared.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_survives_its_code_and_a_foreign_code_is_none() {
        let ticket = BatchTicket {
            number: "99000000015".into(),
            clinic: "0110113719".into(),
            month: "2026-10".into(),
            programme: "influenza-elderly".into(),
            declared: 37,
        };
        assert_eq!(BatchTicket::from_code(&ticket.to_code()), Some(ticket));
        for foreign in ["", "YT1|1|2|3", "https://example.org", "YT1|1|2|2026-13|x|5", "YT1|a|1|2026-01|x|5"]
        {
            assert_eq!(BatchTicket::from_code(foreign), None, "{foreign}");
        }
    }
}
