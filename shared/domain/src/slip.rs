//! 発行済みの用紙. A printed slip: whose it is follows from its management number alone.

use crate::check_digit::CheckDigit;
use crate::ids::{FormId, ManagementNumber, ResidentId};
use jiff::civil::Date;

/// Serials have eight digits.
pub const LAST_SERIAL: u32 = 99_999_999;

/// 発行済みの用紙. What was printed under one management number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedSlip {
    /// Its number.
    pub number: ManagementNumber,
    /// The form it was printed on.
    pub form: FormId,
    /// The form's version at that time.
    pub form_version: u32,
    /// For whom.
    pub resident: ResidentId,
    /// Local day on which it was printed.
    pub issued_on: Date,
}

/// The number of `serial` on form number `form` (1..=99): two digits, eight digits, check digit.
/// `None` when the scheme has no check digit for this serial (it is skipped), or the serial is too long.
pub fn management_number(form: u8, serial: u32) -> Option<ManagementNumber> {
    if !(1..=99).contains(&form) || serial > LAST_SERIAL {
        return None;
    }
    let body = format!("{form:02}{serial:08}");
    let check = CheckDigit::Mod11.of(&body)?;
    Some(ManagementNumber(format!("{body}{check}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_eleven_digits_and_pass_their_check() {
        let numbers: Vec<_> = (1..200).filter_map(|serial| management_number(1, serial)).collect();
        assert!(numbers.len() < 199, "serials without a check digit are skipped");
        for number in &numbers {
            assert!(
                number.0.len() == 11 && number.0.starts_with("01") && CheckDigit::Mod11.accepts(&number.0)
            );
        }
        assert_eq!(management_number(0, 1), None);
        assert_eq!(management_number(1, LAST_SERIAL + 1), None);
    }
}
