//! 単価表. What a slip costs: a clinic's own price before the common one, then round, age and date.

use crate::claim::ClaimClass;
use crate::ids::{ClinicCode, ProgrammeId};
use crate::table::{self, Line, NotATable, Taken};
use crate::yen::Yen;
use jiff::civil::Date;
use std::collections::HashMap;

/// In rows and files: every clinic, or every programme.
pub const ANY: &str = "*";

/// 税の扱い. How a unit price stands to the consumption tax.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tax {
    /// 税込.
    Included,
    /// 税抜: the tax comes on top, fractions of a yen are dropped.
    Excluded,
    /// 非課税・不課税.
    Exempt,
}

impl Tax {
    /// Every way.
    pub const ALL: [Tax; 3] = [Tax::Included, Tax::Excluded, Tax::Exempt];

    /// As written in rows and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Tax::Included => "included",
            Tax::Excluded => "excluded",
            Tax::Exempt => "exempt",
        }
    }

    /// The way with this word, or with its Japanese label.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tax| tax.as_str() == word || tax.label() == word)
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Tax::Included => "税込",
            Tax::Excluded => "税抜",
            Tax::Exempt => "非課税",
        }
    }
}

/// 単価. One row of the price list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// Whose; `None` is the common list.
    pub clinic: Option<ClinicCode>,
    /// What for; `None` is every programme (予診のみ).
    pub programme: Option<ProgrammeId>,
    /// Which dose; `None` is every dose.
    pub round: Option<u8>,
    /// Which class.
    pub class: ClaimClass,
    /// From this age on, whole years on the service date.
    pub age_from: Option<u8>,
    /// Below this age.
    pub age_until: Option<u8>,
    /// First day.
    pub from: Date,
    /// Last day; `None` is open.
    pub until: Option<Date>,
    /// 委託料 a slip, as the contract states it.
    pub unit: Yen,
    /// How `unit` and `visit_fee` stand to the tax.
    pub tax: Tax,
    /// Per cent.
    pub tax_rate: u8,
    /// What the person pays at the clinic, tax included.
    pub self_pay: Yen,
    /// Once a visit, whatever is given at it; nought for none.
    pub visit_fee: Yen,
}

/// The tax within an amount that includes it, at `rate` per cent; fractions are dropped.
pub fn tax_within(amount: Yen, rate: u8) -> Yen {
    let rate = i64::from(rate);
    Yen(amount.0 * rate / (100 + rate))
}

impl Price {
    /// 税込委託料: the unit price with its tax, fractions of a yen dropped.
    pub fn with_tax(&self) -> Yen {
        self.taxed(self.unit)
    }

    /// 請求単価: what the city pays for one slip, tax included, the person's share taken off.
    pub fn payable(&self) -> Yen {
        self.with_tax() - self.self_pay
    }

    /// The fee of a visit, tax included.
    pub fn visit_fee_with_tax(&self) -> Yen {
        self.taxed(self.visit_fee)
    }

    /// Of `amount` at this price, the consumption tax.
    pub fn tax_of(&self, amount: Yen) -> Yen {
        tax_within(amount, self.rate())
    }

    /// Per cent of tax that its amounts hold.
    pub fn rate(&self) -> u8 {
        if self.tax == Tax::Exempt { 0 } else { self.tax_rate }
    }

    /// How the price comes about, for people: `税抜4,095円＋税10%（1円未満切捨て）－自己負担1,500円＝3,004円`.
    pub fn words(&self) -> String {
        let base = match self.tax {
            Tax::Included => format!("税込{}円", self.unit),
            Tax::Excluded => format!("税抜{}円＋税{}%（1円未満切捨て）", self.unit, self.tax_rate),
            Tax::Exempt => format!("非課税{}円", self.unit),
        };
        match self.self_pay {
            Yen::ZERO if self.tax != Tax::Excluded => base,
            Yen::ZERO => format!("{base}＝{}円", self.payable()),
            self_pay => format!("{base}－自己負担{self_pay}円＝{}円", self.payable()),
        }
    }

    fn taxed(&self, net: Yen) -> Yen {
        match self.tax {
            Tax::Included | Tax::Exempt => net,
            Tax::Excluded => Yen(net.0 + net.0 * i64::from(self.tax_rate) / 100),
        }
    }

    fn fits(&self, asked: &Asked) -> bool {
        self.clinic.as_ref().is_none_or(|clinic| clinic == asked.clinic)
            && self.programme.as_ref().is_none_or(|programme| programme == asked.programme)
            && self.round.is_none_or(|round| asked.round == Some(round))
            && self.class == asked.class
            && self.age_from.is_none_or(|from| from <= asked.age)
            && self.age_until.is_none_or(|until| asked.age < until)
            && self.from <= asked.day
            && self.until.is_none_or(|last| asked.day <= last)
    }

    /// The clinic's own first, then what says more, then the newest.
    fn rank(&self) -> (bool, bool, bool, bool, Date) {
        let aged = self.age_from.is_some() || self.age_until.is_some();
        (self.clinic.is_some(), self.programme.is_some(), self.round.is_some(), aged, self.from)
    }

    /// What tells it from every other row: a row with the same key takes its place.
    pub fn key(&self) -> PriceKey {
        let Price { clinic, programme, round, class, age_from, age_until, from, .. } = self.clone();
        (clinic, programme, round, class, age_from, age_until, from)
    }
}

/// [`Price::key`].
pub type PriceKey =
    (Option<ClinicCode>, Option<ProgrammeId>, Option<u8>, ClaimClass, Option<u8>, Option<u8>, Date);

/// What a price is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Who claims.
    pub clinic: &'a ClinicCode,
    /// What for.
    pub programme: &'a ProgrammeId,
    /// Which dose, when the slip says so.
    pub round: Option<u8>,
    /// Which class.
    pub class: ClaimClass,
    /// Whole years on `day`.
    pub age: u8,
    /// 実施日.
    pub day: Date,
}

/// 単価表. Every price, by programme.
#[derive(Clone, Debug, Default)]
pub struct PriceList {
    of: HashMap<Option<ProgrammeId>, Vec<Price>>,
}

impl PriceList {
    /// A list of these rows.
    pub fn new(prices: Vec<Price>) -> Self {
        let mut list = Self::default();
        for price in prices {
            list.of.entry(price.programme.clone()).or_default().push(price);
        }
        list
    }

    /// The price of a slip; `None` when the list has none.
    pub fn price_of(&self, asked: &Asked) -> Option<&Price> {
        let own = self.of.get(&Some(asked.programme.clone())).into_iter().flatten();
        let any = self.of.get(&None).into_iter().flatten();
        own.chain(any).filter(|price| price.fits(asked)).max_by_key(|price| price.rank())
    }
}

/// Columns that a price file must have; `clinic_code,round,age_from,age_until,until_day,tax_rate,self_pay,visit_fee`
/// may be missing or empty.
const REQUIRED: [&str; 5] = ["programme", "class", "from_day", "unit", "tax"];
/// The usual rate of the consumption tax, per cent.
const USUAL_RATE: u8 = 10;

/// Reads a price file: one line a price.
///
/// # Errors
/// No header line, or one that lacks a required column.
pub fn parse(bytes: &[u8]) -> Result<Taken<Price>, NotATable> {
    let mut seen = HashMap::new();
    table::read(bytes, &REQUIRED, |line| {
        let price = price(line)?;
        match seen.insert(price.key(), line.number) {
            Some(first) => Err(format!("同じ条件・同じ開始日の単価が {first} 行目にあります")),
            None => Ok(price),
        }
    })
}

fn price(line: &Line) -> Result<Price, String> {
    let price = Price {
        clinic: line.word("clinic_code").filter(|code| *code != ANY).map(ClinicCode::from),
        programme: Some(line.must("programme")?).filter(|id| *id != ANY).map(ProgrammeId::from),
        round: line.number_of("round")?,
        class: ClaimClass::of_word(line.must("class")?)
            .ok_or("class は general, tax_exempt, welfare, free_by_age, postponed のどれかです")?,
        age_from: line.number_of("age_from")?,
        age_until: line.number_of("age_until")?,
        from: line.day("from_day")?.ok_or("from_day が空です")?,
        until: line.day("until_day")?,
        unit: line.yen("unit")?.ok_or("unit が空です")?,
        tax: Tax::parse(line.must("tax")?).ok_or("tax は included, excluded, exempt のどれかです")?,
        tax_rate: line.number_of("tax_rate")?.unwrap_or(USUAL_RATE),
        self_pay: line.yen("self_pay")?.unwrap_or_default(),
        visit_fee: line.yen("visit_fee")?.unwrap_or_default(),
    };
    sound(&price)?;
    Ok(price)
}

fn sound(price: &Price) -> Result<(), String> {
    if price.until.is_some_and(|last| last < price.from) {
        return Err("until_day が from_day より前です".into());
    }
    if price.age_from.zip(price.age_until).is_some_and(|(from, until)| until <= from) {
        return Err("age_until は age_from より大きい年齢（未満）です".into());
    }
    if price.tax_rate > 100 {
        return Err("tax_rate は 0 から 100 の整数（%）です".into());
    }
    if price.payable() < Yen::ZERO {
        return Err("self_pay が委託料（税込）を超えています".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn price(unit: i64, tax: Tax) -> Price {
        Price {
            clinic: None,
            programme: Some("flu".into()),
            round: None,
            class: ClaimClass::General,
            age_from: None,
            age_until: None,
            from: date(2026, 4, 1),
            until: None,
            unit: Yen(unit),
            tax,
            tax_rate: 10,
            self_pay: Yen::ZERO,
            visit_fee: Yen::ZERO,
        }
    }

    #[test]
    fn tax_is_added_once_and_fractions_are_dropped() {
        // unit, way, self-pay, with tax, payable, tax within the payable
        for (unit, tax, self_pay, with_tax, payable, within) in [
            (4500, Tax::Included, 0, 4500, 4500, 409),
            (4500, Tax::Included, 1500, 4500, 3000, 272),
            (4095, Tax::Excluded, 0, 4504, 4504, 409),
            (4095, Tax::Excluded, 1500, 4504, 3004, 273),
            (1009, Tax::Excluded, 0, 1109, 1109, 100),
            (1010, Tax::Excluded, 0, 1111, 1111, 101),
            (3000, Tax::Exempt, 0, 3000, 3000, 0),
        ] {
            let price = Price { self_pay: Yen(self_pay), ..price(unit, tax) };
            assert_eq!(price.with_tax(), Yen(with_tax), "{unit} {tax:?}");
            assert_eq!(price.payable(), Yen(payable), "{unit} {tax:?}");
            assert_eq!(price.tax_of(price.payable()), Yen(within), "{unit} {tax:?}");
        }
        let price = Price { self_pay: Yen(1500), ..price(4095, Tax::Excluded) };
        assert_eq!(price.words(), "税抜4,095円＋税10%（1円未満切捨て）－自己負担1,500円＝3,004円");
        assert_eq!(self::price(4500, Tax::Included).words(), "税込4,500円");
    }

    #[test]
    fn the_tax_within_an_amount_is_the_tax_that_was_added() {
        for unit in 0..20_000 {
            let price = price(unit, Tax::Excluded);
            assert_eq!(price.tax_of(price.with_tax()), price.with_tax() - price.unit, "{unit}");
        }
    }

    #[test]
    fn the_price_that_says_most_is_taken() {
        let own = |price: Price| Price { clinic: Some("A".into()), ..price };
        let list = PriceList::new(vec![
            price(1, Tax::Included),
            Price { round: Some(2), ..price(2, Tax::Included) },
            Price { age_from: Some(65), age_until: Some(75), ..price(3, Tax::Included) },
            Price { age_from: Some(75), ..price(4, Tax::Included) },
            Price { from: date(2026, 10, 1), until: Some(date(2026, 12, 31)), ..price(5, Tax::Included) },
            own(price(6, Tax::Included)),
            own(Price { class: ClaimClass::Welfare, ..price(7, Tax::Included) }),
            Price { programme: None, class: ClaimClass::Postponed, ..price(8, Tax::Included) },
        ]);
        let flu = ProgrammeId::from("flu");
        let check = |clinic: &str, round, class, age, day, unit: Option<i64>| {
            let clinic = ClinicCode::from(clinic);
            let found = list.price_of(&Asked { clinic: &clinic, programme: &flu, round, class, age, day });
            assert_eq!(found.map(|price| price.unit.0), unit, "{clinic} {round:?} {class:?} {age} {day}");
        };
        use ClaimClass::*;
        let spring = date(2026, 5, 1);
        check("B", None, General, 40, spring, Some(1));
        check("B", Some(2), General, 40, spring, Some(2));
        check("B", Some(2), General, 70, spring, Some(2));
        check("B", None, General, 65, spring, Some(3));
        check("B", None, General, 74, spring, Some(3));
        check("B", None, General, 75, spring, Some(4));
        check("B", None, General, 40, date(2026, 10, 1), Some(5));
        check("B", None, General, 40, date(2026, 12, 31), Some(5));
        check("B", None, General, 40, date(2027, 1, 1), Some(1));
        check("A", Some(2), General, 70, date(2026, 10, 1), Some(6));
        check("A", None, Welfare, 70, spring, Some(7));
        check("B", None, Welfare, 70, spring, None);
        check("B", Some(1), Postponed, 70, spring, Some(8));
        check("B", None, General, 40, date(2026, 3, 31), None);
    }

    #[test]
    fn a_price_file_is_taken_line_by_line() {
        let text = "programme,round,class,from_day,until_day,unit,tax,tax_rate,self_pay,visit_fee,clinic_code,age_from,age_until\n\
                    flu,,general,2026-10-01,,\"4,500\",税込,,1500,,,65,\n\
                    mr-child,1,一般（課税）,2026-04-01,2027-03-31,9000,excluded,10,,2880,0110113719,,\n\
                    *,,postponed,2026-04-01,,3190,included,10,0,0,*,,\n\
                    flu,,general,2026-10-01,,4600,税込,,,,,65,\n\
                    flu,,rich,2026-10-01,,4500,税込,,,,,,\n\
                    flu,,welfare,2026-10-32,,4500,税込,,,,,,\n\
                    flu,,welfare,2026-10-01,2026-09-30,4500,税込,,,,,,\n\
                    flu,,welfare,2026-10-01,,-1,税込,,,,,,\n\
                    flu,,welfare,2026-10-01,,1000,税込,,1001,,,,\n\
                    flu,,welfare,2026-10-01,,1000,税込,,,,,70,65\n\
                    ,,welfare,2026-10-01,,1000,税込,,,,,,\n\
                    flu,,welfare,2026-10-01,,1000,税込,101,,,,,\n";
        let taken = parse(text.as_bytes()).unwrap();
        assert_eq!(taken.good.len(), 3);
        assert_eq!(taken.good[0].payable(), Yen(3000));
        assert_eq!(taken.good[1].visit_fee_with_tax(), Yen(3168));
        assert_eq!((&taken.good[2].clinic, &taken.good[2].programme), (&None, &None));
        let lines: Vec<u64> = taken.refused.iter().map(|refused| refused.line).collect();
        assert_eq!(lines, [5, 6, 7, 8, 9, 10, 11, 12, 13]);
        assert_eq!(taken.refused[0].reason, "同じ条件・同じ開始日の単価が 2 行目にあります");
        assert!(parse("a,b\n1,2\n".as_bytes()).is_err());
    }
}
