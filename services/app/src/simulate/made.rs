//! What is made up: programmes with their prices, people, slips. Every figure here is written by hand; nothing asks the
//! rules, prices or reconciliation that are put to the test.

use domain::claim::{ClaimClass, ClaimFault};
use jiff::Span;
use jiff::civil::{Date, date};

/// The months of the made-up year, from its April.
pub const MONTHS: usize = 12;
/// Its April.
const APRIL: (i16, i8) = (2026, 4);

/// What is given. Each has a form and a programme of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// 高齢者インフルエンザ: October to January, once.
    Influenza,
    /// 大腸がん検診: once a fiscal year, from 40 years on.
    Colorectal,
    /// 麻しん風しん: two doses at two ages.
    Measles,
    /// ロタウイルス: two doses, 27 full days between them.
    Rotavirus,
}

impl What {
    /// Every one.
    pub const ALL: [What; 4] = [What::Influenza, What::Colorectal, What::Measles, What::Rotavirus];

    /// Id of its programme and of its form.
    pub fn id(self) -> &'static str {
        match self {
            What::Influenza => "influenza-elderly",
            What::Colorectal => "colorectal-screening",
            What::Measles => "mr-child",
            What::Rotavirus => "rotavirus-1",
        }
    }

    /// What a clinic claims for one, as its contract says it, reckoned by hand: 5,000 less the person's 1,500; 4,180, less
    /// 500; 11,440; 9,870 and 10 % tax; 14,405 and 10 % (15,845.5, the half yen dropped); 3,190 for looking only.
    pub fn claimed(self, round: u8, class: ClaimClass) -> i64 {
        match (self, round, class) {
            (_, _, ClaimClass::Postponed) => 3_190,
            (What::Influenza, _, _) => 3_500,
            (What::Colorectal, _, ClaimClass::General) => 3_680,
            (What::Colorectal, _, _) => 4_180,
            (What::Measles, 2, _) => 10_857,
            (What::Measles, _, _) => 11_440,
            (What::Rotavirus, _, _) => 15_845,
        }
    }
}

/// What a clinic with a fee for visits adds to the unit price.
pub const VISIT_FEE: i64 = 1_100;

/// One slip.
#[derive(Clone, Debug)]
pub struct Slip {
    /// What for.
    pub what: What,
    /// Which dose; 0 when the form does not ask.
    pub round: u8,
    /// Which class.
    pub class: ClaimClass,
    /// Whose: place in the list of people.
    pub person: u32,
    /// When.
    pub day: Date,
    /// Which clinic, and for which month: places from 0.
    pub clinic: u16,
    /// As above.
    pub month: u8,
    /// The act that it proves: two slips of one act must not both be paid.
    pub act: u32,
    /// One value that is not as it should be.
    pub odd: Option<(&'static str, &'static str)>,
    /// Printed only after the service.
    pub printed_late: bool,
    /// What was done wrong on purpose.
    pub planted: Option<ClaimFault>,
}

/// One person.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// Day of birth.
    pub birth: Date,
    /// Last day as a resident.
    pub until: Option<Date>,
    /// What a former system held: programme and day.
    pub past: Option<(&'static str, Date)>,
}

/// A mistake in the claim itself: which clinic and month, and what.
#[derive(Clone, Copy, Debug)]
pub struct Misclaim {
    /// Which clinic.
    pub clinic: u16,
    /// Which month.
    pub month: u8,
    /// What kind.
    pub fault: ClaimFault,
}

/// The whole year.
#[derive(Debug, Default)]
pub struct City {
    /// Everybody, whether with a slip or without.
    pub people: Vec<Person>,
    /// Every slip.
    pub slips: Vec<Slip>,
    /// Mistakes in claims.
    pub misclaims: Vec<Misclaim>,
    /// Clinics.
    pub clinics: u16,
}

/// Day `day` of month `month`, which is 0 for April.
pub fn on(month: u8, day: i8) -> Date {
    let (year, first) = APRIL;
    let count = first - 1 + i8::try_from(month).unwrap_or(0);
    date(year + i16::from(count / 12), count % 12 + 1, day)
}

/// `days` later, or earlier when below nought.
pub fn shifted(day: Date, days: i64) -> Date {
    day.saturating_add(Span::new().days(days))
}

/// Key of a person in the register.
pub fn resident_id(person: u32) -> String {
    format!("{:010}", 2_000_000 + person)
}
