//! The price list.

use crate::columns::{Columns, all, run};
use crate::events::About;
use crate::{Error, Rows, Writer};
use domain::actor::Actor;
use domain::claim::ClaimClass;
use domain::claim::price::{ANY, Price, PriceList, Tax};
use domain::clinic::Contract;
use domain::ids::{ClinicCode, ProgrammeId};
use domain::yen::Yen;
use jiff::Timestamp;
use rusqlite::{Row, named_params};

impl Rows<'_> {
    /// Every price, by clinic (the common list first), programme and date.
    ///
    /// # Errors
    /// The database failed.
    pub fn prices(&self) -> Result<Vec<Price>, Error> {
        let sql = "select * from prices order by clinic, programme, round, class, age_from, from_day";
        all(self.connection, sql, [], price)
    }

    /// The same as a list to look prices up in.
    ///
    /// # Errors
    /// The database failed.
    pub fn price_list(&self) -> Result<PriceList, Error> {
        Ok(PriceList::new(self.prices()?))
    }

    /// When `clinic` is under contract; `None` when the office keeps no contracts at all.
    ///
    /// # Errors
    /// The database failed.
    pub(super) fn contracts_of(&self, clinic: &ClinicCode) -> Result<Option<Vec<Contract>>, Error> {
        let kept = all(self.connection, "select 1 as one from contracts limit 1", [], |_| Ok(()))?;
        if kept.is_empty() {
            return Ok(None);
        }
        Ok(Some(self.contracts(Some(clinic))?))
    }
}

impl Writer<'_> {
    /// Adds prices; one with the same clinic, programme, dose, class, ages and first day takes the old one's place. What
    /// is locked was paid at the price of then and stays. How many were taken.
    ///
    /// # Errors
    /// The database failed; then nothing changed.
    pub fn import_prices(&self, prices: &[Price], actor: &Actor, now: Timestamp) -> Result<usize, Error> {
        let detail = format!("{} lines", prices.len());
        let about = About { detail: Some(&detail), ..About::default() };
        let import = self.note("prices_imported", about, actor, now)?;
        for price in prices {
            run(
                self.connection,
                "insert or replace into prices (clinic, programme, round, class, age_from, age_until, from_day,
                                                until_day, unit, tax, tax_rate, self_pay, visit_fee, imported)
                 values (:clinic, :programme, :round, :class, :age_from, :age_until, :from, :until, :unit, :tax,
                         :rate, :self_pay, :visit_fee, :import)",
                named_params! {
                    ":clinic": price.clinic.as_ref().map_or(ANY, ClinicCode::as_str),
                    ":programme": price.programme.as_ref().map_or(ANY, ProgrammeId::as_str),
                    ":round": price.round, ":class": price.class.as_str(),
                    ":age_from": price.age_from, ":age_until": price.age_until,
                    ":from": price.from.to_string(), ":until": price.until.map(|day| day.to_string()),
                    ":unit": price.unit.0, ":tax": price.tax.as_str(), ":rate": price.tax_rate,
                    ":self_pay": price.self_pay.0, ":visit_fee": price.visit_fee.0, ":import": import,
                },
            )?;
        }
        Ok(prices.len())
    }
}

fn any(word: String) -> Option<String> {
    Some(word).filter(|word| word != ANY)
}

fn price(row: &Row) -> Result<Price, Error> {
    Ok(Price {
        clinic: any(row.col("clinic")?).map(ClinicCode),
        programme: any(row.col("programme")?).map(ProgrammeId),
        round: row.col("round")?,
        class: row.word("class", ClaimClass::parse)?,
        age_from: row.col("age_from")?,
        age_until: row.col("age_until")?,
        from: row.date("from_day")?,
        until: row.word_or_none("until_day", |text| text.parse().ok())?,
        unit: Yen(row.col("unit")?),
        tax: row.word("tax", Tax::parse)?,
        tax_rate: row.col("tax_rate")?,
        self_pay: Yen(row.col("self_pay")?),
        visit_fee: Yen(row.col("visit_fee")?),
    })
}
