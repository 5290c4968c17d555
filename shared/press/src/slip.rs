//! 票. What differs from one printed sheet to the next.

use crate::number_words;
use domain::form::PrintSource;
use domain::ids::ManagementNumber;
use domain::personal::Personal;
use domain::ticket::BatchTicket;
use std::collections::BTreeMap;

/// 票. The values of one printed slip or batch ticket.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Slip {
    /// Printed as bars and digits; digits only, check digit included.
    pub management_number: Option<ManagementNumber>,
    /// What stands in the prefilled fields. A form's prefilled field without a value here is an
    /// error; an empty value leaves the box blank.
    pub prefilled: BTreeMap<PrintSource, Personal<String>>,
    /// What the two-dimensional code of a batch ticket says.
    pub ticket: Option<BatchTicket>,
}

impl Slip {
    /// A slip for one person, still without printed values.
    pub fn numbered(number: ManagementNumber) -> Self {
        Self { management_number: Some(number), ..Self::default() }
    }

    /// With `value` printed where the form asks for `source`.
    pub fn with(mut self, source: PrintSource, value: impl Into<String>) -> Self {
        self.prefilled.insert(source, Personal::new(value.into()));
        self
    }

    /// The sheet on top of a clinic's bundle: number, code, and everything it declares in plain words.
    /// The month is printed as `2026年10月`, the count as `37枚（三十七枚）`.
    pub fn batch_ticket(ticket: BatchTicket, clinic_name: &str, programme_title: &str) -> Self {
        let month = match ticket.month.split_once('-') {
            Some((year, month)) => format!("{year}年{}月", month.trim_start_matches('0')),
            None => ticket.month.clone(),
        };
        let declared = format!("{}枚（{}枚）", ticket.declared, number_words(ticket.declared));
        Self::numbered(ManagementNumber(ticket.number.clone()))
            .with(PrintSource::Clinic, format!("{}　{clinic_name}", ticket.clinic))
            .with(PrintSource::Month, month)
            .with(PrintSource::Programme, programme_title)
            .with(PrintSource::Declared, declared)
            .carrying(ticket)
    }

    fn carrying(mut self, ticket: BatchTicket) -> Self {
        self.ticket = Some(ticket);
        self
    }
}
