//! The year as it is planned: sound slips, and errors of every kind that claims can have, each with its place.

use super::made::{City, MONTHS, Misclaim, Person, Slip, What, on, shifted};
use domain::claim::{ClaimClass, ClaimFault};
use jiff::civil::{Date, date};
use rand::{RngExt, SeedableRng};
use simulator::Rng;

/// The clinic whose contract for influenza begins only on the tenth of October.
pub const LATE_CONTRACT: u16 = 0;
/// The clinic that claims a fee for every visit of October.
pub const FEE_CLINIC: u16 = 1;
/// October, from April.
pub const OCTOBER: u8 = 6;
/// Mistakes that stand in the claim, not on a slip: one a clinic and month.
const OF_CLAIMS: [ClaimFault; 4] =
    [ClaimFault::MissingSlip, ClaimFault::ExtraSlip, ClaimFault::WrongPrice, ClaimFault::Arithmetic];

/// Sizes of the year.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Everybody in the register.
    pub residents: u32,
    /// Clinics under contract.
    pub clinics: u16,
    /// Sound slips and planted ones together.
    pub slips: u32,
    /// The same seed gives the same city.
    pub seed: u64,
}

/// Plans the year.
pub fn city(size: Size) -> City {
    let mut plan = Plan {
        city: City { clinics: size.clinics, ..City::default() },
        rng: Rng::seed_from_u64(size.seed),
        acts: 0,
    };
    // One slip in 10,000 of each kind, at least two: nobody is helped by a city where every third slip is wrong.
    let each = (size.slips / 10_000).max(2);
    for fault in ClaimFault::ALL {
        for turn in 0..each {
            plan.plant(fault, turn);
        }
    }
    let planted = plan.city.slips.len() as u32;
    let sound = size.slips.saturating_sub(planted);
    for at in 0..sound {
        // Of 100 slips 40 influenza, 38 bowel cancer, 10 measles, 12 rotavirus (two of one infant follow each other).
        match at % 100 {
            0..40 => plan.influenza(at),
            40..78 => plan.colorectal(at),
            78..88 => plan.measles(at),
            _ if at % 2 == 0 => plan.rotavirus(),
            _ => {}
        }
    }
    while (plan.city.people.len() as u32) < size.residents {
        plan.born(date(1950, 6, 15), 20_000);
    }
    plan.city
}

struct Plan {
    city: City,
    rng: Rng,
    acts: u32,
}

impl Plan {
    /// A new person, born within `days` from `first`.
    fn born(&mut self, first: Date, days: i64) -> u32 {
        let birth = shifted(first, self.rng.random_range(0..days));
        self.person(birth)
    }

    fn person(&mut self, birth: Date) -> u32 {
        self.city.people.push(Person { birth, until: None, past: None });
        self.city.people.len() as u32 - 1
    }

    fn clinic(&mut self) -> u16 {
        // The two clinics with something of their own get no chance visitors in October.
        self.rng.random_range(2..self.city.clinics)
    }

    fn act(&mut self) -> u32 {
        self.acts += 1;
        self.acts
    }

    fn slip(&mut self, what: What, person: u32, month: u8, day: Date) -> Slip {
        Slip {
            what,
            round: 0,
            class: ClaimClass::General,
            person,
            day,
            clinic: self.clinic(),
            month,
            act: self.act(),
            odd: None,
            printed_late: false,
            planted: None,
        }
    }

    fn day(&mut self, month: u8) -> Date {
        let day = self.rng.random_range(1..=28);
        on(month, day)
    }

    /// 72 to 96 years old.
    fn elderly(&mut self) -> u32 {
        self.born(date(1930, 1, 1), 24 * 365)
    }

    fn influenza_slip(&mut self) -> Slip {
        let month = OCTOBER + self.rng.random_range(0..4);
        let (person, day) = (self.elderly(), self.day(month));
        self.slip(What::Influenza, person, month, day)
    }

    fn influenza(&mut self, at: u32) {
        let mut slip = self.influenza_slip();
        if at % 100 == 7 {
            slip.class = ClaimClass::Postponed;
        }
        // The clinic of the late contract and that of the fee have a sound October, too.
        if at % 100 == 11 {
            (slip.clinic, slip.month, slip.day) =
                (LATE_CONTRACT, OCTOBER, on(OCTOBER, 10 + (at / 100 % 18) as i8));
        }
        if at % 100 == 12 {
            (slip.clinic, slip.month, slip.day) = (FEE_CLINIC, OCTOBER, self.day(OCTOBER));
        }
        self.city.slips.push(slip);
    }

    fn colorectal_slip(&mut self, free: bool, month: u8) -> Slip {
        // 72 and older, or 45 to 66: nobody near a boundary by chance.
        let person = if free { self.elderly() } else { self.born(date(1960, 6, 1), 20 * 365) };
        let day = self.day(month);
        let class = if free { ClaimClass::FreeByAge } else { ClaimClass::General };
        Slip { class, ..self.slip(What::Colorectal, person, month, day) }
    }

    fn colorectal(&mut self, at: u32) {
        let month = self.rng.random_range(0..MONTHS as u8);
        let mut slip = self.colorectal_slip(at.is_multiple_of(3), month);
        if at % 100 == 41 {
            (slip.clinic, slip.month, slip.day) = (FEE_CLINIC, OCTOBER, self.day(OCTOBER));
        }
        self.city.slips.push(slip);
    }

    fn measles_slip(&mut self, second: bool) -> Slip {
        let month = self.rng.random_range(0..MONTHS as u8);
        let day = self.day(month);
        let person = if second {
            // Six years old within this fiscal year: before school.
            self.born(date(2020, 6, 1), 200)
        } else {
            let days = 400 + self.rng.random_range(0..250);
            self.person(shifted(day, -days))
        };
        Slip { round: if second { 2 } else { 1 }, ..self.slip(What::Measles, person, month, day) }
    }

    fn measles(&mut self, at: u32) {
        let mut slip = self.measles_slip(at.is_multiple_of(2));
        if at % 100 == 79 {
            slip.class = ClaimClass::Postponed;
        }
        self.city.slips.push(slip);
    }

    /// Two doses of an infant, `gap` days from one to the other.
    fn infant(&mut self, gap: i64) -> (Slip, Slip) {
        // Three doses end within the year.
        let month = self.rng.random_range(0..MONTHS as u8 - 2);
        let day = on(month, self.rng.random_range(1..=15));
        let age = self.rng.random_range(56..80);
        let person = self.person(shifted(day, -age));
        let first = Slip { round: 1, ..self.slip(What::Rotavirus, person, month, day) };
        let second_day = shifted(day, gap);
        let second_month = if second_day < on(month + 1, 1) { month } else { month + 1 };
        let second = Slip { round: 2, ..self.slip(What::Rotavirus, person, second_month, second_day) };
        (first, second)
    }

    fn rotavirus(&mut self) {
        let gap = self.rng.random_range(28..41);
        let (first, second) = self.infant(gap);
        self.city.slips.extend([first, second]);
    }

    /// One error of the kind, the `turn`-th.
    fn plant(&mut self, fault: ClaimFault, turn: u32) {
        use ClaimFault as F;
        if OF_CLAIMS.contains(&fault) {
            return self.misclaim(fault, turn);
        }
        let odd = |slip: Slip, field, value| Slip { odd: Some((field, value)), ..slip };
        let month = self.rng.random_range(1..MONTHS as u8 - 1);
        let mut slip = match fault {
            F::MissingSlip | F::ExtraSlip | F::WrongPrice | F::Arithmetic => return,
            F::DuplicateInClaim => {
                let first = Slip { day: on(month, 5), ..self.colorectal_slip(false, month) };
                let second = Slip { day: on(month, 20), ..first.clone() };
                self.city.slips.push(first);
                second
            }
            F::DuplicateOverMonths => {
                let first = self.colorectal_slip(true, month);
                let clinic = self.clinic();
                let second = Slip { month: month + 1, day: self.day(month + 1), clinic, ..first.clone() };
                self.city.slips.push(first);
                second
            }
            F::DuplicateInHistory => {
                let slip = self.colorectal_slip(false, month);
                self.city.people[slip.person as usize].past =
                    Some(("colorectal-screening", date(2026, 4, 1)));
                slip
            }
            F::NotResident => {
                let slip = self.colorectal_slip(true, month);
                self.city.people[slip.person as usize].until = Some(shifted(slip.day, -5));
                slip
            }
            F::Age => {
                let slip = self.influenza_slip();
                self.city.people[slip.person as usize].birth = date(1970, 5, 5);
                slip
            }
            F::NotEligible => {
                let (first, _) = self.infant(30);
                self.city.people[first.person as usize].past = Some(("rotavirus-5", shifted(first.day, -3)));
                first
            }
            F::Interval => {
                let (first, second) = self.infant(27);
                self.city.slips.push(first);
                second
            }
            F::Round => {
                let (first, second) = self.infant(28);
                let day = shifted(second.day, 28);
                let month = second.month + u8::from(day >= on(second.month + 1, 1));
                let third = Slip { round: 3, day, month, act: self.act(), ..second.clone() };
                self.city.slips.extend([first, second]);
                third
            }
            F::Season => Slip { month: 10, day: on(10, 10), ..self.influenza_slip() },
            F::WrongVaccine => odd(self.influenza_slip(), "lot", "PPV777"),
            F::Volume => odd(self.infant(30).0, "volume", "0.5"),
            F::LotMissing => odd(self.influenza_slip(), "lot", ""),
            F::LotExpired => odd(self.influenza_slip(), "lot", "FLU2024"),
            F::LotImpossible => odd(self.influenza_slip(), "lot", "ABCDEF"),
            F::PostponedWithLot => {
                let slip = Slip { class: ClaimClass::Postponed, ..self.influenza_slip() };
                odd(slip, "lot", "FLU2026")
            }
            F::JudgementMissing => odd(self.influenza_slip(), "judgement", ""),
            F::SignatureMissing => {
                odd(self.measles_slip(turn.is_multiple_of(2)), "doctor_signature", "absent")
            }
            F::ConsentMissing => odd(self.influenza_slip(), "consent", "refuse"),
            F::Fever => odd(self.measles_slip(turn.is_multiple_of(2)), "temperature", "37.8"),
            F::DateAfterClaim => {
                let slip = self.colorectal_slip(false, month);
                Slip { day: on(month + 1, 20), ..slip }
            }
            F::DateOutsideMonth => {
                let slip = self.colorectal_slip(true, month);
                Slip { day: on(month - 1, 25), ..slip }
            }
            F::DateBeforeIssue => Slip { printed_late: true, ..self.measles_slip(false) },
            F::WrongClinic => odd(self.influenza_slip(), "clinic_code", "other"),
            F::NoContract => {
                let slip = self.influenza_slip();
                Slip { clinic: LATE_CONTRACT, month: OCTOBER, day: on(OCTOBER, 1 + (turn % 9) as i8), ..slip }
            }
            F::NoPrice => Slip { class: ClaimClass::Welfare, ..self.colorectal_slip(true, month) },
            F::VisitFee => {
                let day = on(OCTOBER, 1 + (turn % 28) as i8);
                let first = Slip { clinic: FEE_CLINIC, month: OCTOBER, day, ..self.influenza_slip() };
                let class = ClaimClass::FreeByAge;
                let second = self.slip(What::Colorectal, first.person, OCTOBER, day);
                self.city.slips.push(first);
                Slip { clinic: FEE_CLINIC, class, ..second }
            }
            F::WrongClass => {
                let slip = self.colorectal_slip(true, month);
                self.city.people[slip.person as usize].birth = date(1966, 8, 1);
                slip
            }
            // A volume that law does not fix: told, and paid all the same.
            F::Notice => odd(self.influenza_slip(), "volume", "0.3"),
            F::Incomplete => odd(self.influenza_slip(), "sex", ""),
        };
        slip.planted = Some(fault);
        self.city.slips.push(slip);
    }

    /// A mistake in a claim: clinics in turn, so that no two meet in one claim. The clinics with something of their own
    /// are left out.
    fn misclaim(&mut self, fault: ClaimFault, turn: u32) {
        let kind = OF_CLAIMS.iter().position(|one| *one == fault).unwrap_or(0) as u32;
        let at = turn * OF_CLAIMS.len() as u32 + kind;
        let others = u32::from(self.city.clinics) - 2;
        let clinic = 2 + (at % others) as u16;
        let month = ((at % others * 5 + at / others) % MONTHS as u32) as u8;
        self.city.misclaims.push(Misclaim { clinic, month, fault });
    }
}
