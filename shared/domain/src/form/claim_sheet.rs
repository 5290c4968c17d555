//! 請求書の読み方. Which fields of a clinic's claim make up its lines.

use super::{FieldKind, Form};
use crate::claim::{Claim, ClaimClass, ClaimLine, ClaimSource, ClinicMonth};
use crate::ids::{FieldId, PageId, ProgrammeId};
use crate::month::Month;
use crate::rules::Values;
use crate::wareki::Era;
use crate::yen::Yen;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// 請求書. A form with this is no slip of a person but a claim of a clinic. Written in the form file as `claim = { … }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimSheet {
    /// 医療機関コード.
    pub clinic: FieldId,
    /// 請求する年, of 令和.
    pub year: FieldId,
    /// 請求する月, 1 to 12.
    pub month: FieldId,
    /// 合計件数.
    pub total_count: Option<FieldId>,
    /// 合計額.
    pub total_amount: Option<FieldId>,
    /// 内訳.
    pub lines: Vec<ClaimSheetLine>,
}

/// 内訳の行. What a printed row speaks of, and its three numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimSheetLine {
    /// What for; left out when the row speaks of every programme.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub programme: Option<ProgrammeId>,
    /// Which dose; left out when the row does not tell doses apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round: Option<u8>,
    /// Which class; left out when the row does not tell them apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<ClaimClass>,
    /// 件数.
    pub count: FieldId,
    /// 単価.
    pub price: FieldId,
    /// 請求額.
    pub amount: FieldId,
}

impl ClaimSheet {
    /// Every field that it names.
    fn fields(&self) -> impl Iterator<Item = &FieldId> {
        let head = [&self.clinic, &self.year, &self.month];
        let totals = self.total_count.iter().chain(&self.total_amount);
        head.into_iter().chain(totals).chain(self.lines.iter().flat_map(|line| line.numbers()))
    }

    /// Fields that are no whole numbers, or that `form` does not have.
    pub(super) fn mistakes(&self, form: &Form) -> Vec<(String, String)> {
        let is_whole = |id: &&FieldId| {
            matches!(form.field(id.as_str()).map(|field| &field.kind),
                Some(FieldKind::Digits(rule)) if rule.decimals == 0)
        };
        let wrong = self.fields().filter(|id| !is_whole(id));
        wrong
            .map(|id| {
                (format!("\"{id}\""), format!("{id}: a claim needs `digits` fields without `decimals`"))
            })
            .collect()
    }

    /// The claim that these values are, as written: nothing is counted anew. Rows of blanks are left out.
    ///
    /// # Errors
    /// What is missing, in Japanese: clinic, month, or a number of a row that is begun.
    pub fn read(
        &self,
        form: &Form,
        values: &Values,
        page: &PageId,
        received_on: Date,
    ) -> Result<Claim, String> {
        let label =
            |id: &FieldId| form.field(id.as_str()).map_or(id.as_str(), |field| &field.label).to_owned();
        let number = |id: &FieldId| -> Result<Option<i64>, String> {
            match values.get(id).and_then(|value| value.text()).filter(|text| !text.is_empty()) {
                None => Ok(None),
                Some(text) => {
                    text.parse().map(Some).map_err(|_| format!("「{}」が数字ではありません。", label(id)))
                }
            }
        };
        let must = |id: &FieldId| number(id)?.ok_or_else(|| format!("「{}」が空欄です。", label(id)));
        let clinic = values.get(&self.clinic).and_then(|value| value.text()).unwrap_or_default();
        if clinic.is_empty() {
            return Err(format!("「{}」が空欄です。", label(&self.clinic)));
        }
        let mut lines = Vec::new();
        for line in &self.lines {
            let written = line.numbers().map(number).into_iter().collect::<Result<Vec<_>, _>>()?;
            if written.iter().all(Option::is_none) {
                continue;
            }
            lines.push(ClaimLine {
                programme: line.programme.clone(),
                round: line.round,
                class: line.class,
                count: count(must(&line.count)?),
                unit_price: Yen(must(&line.price)?),
                amount: Yen(must(&line.amount)?),
            });
        }
        if lines.is_empty() {
            return Err("請求の行が一つもありません。".into());
        }
        Ok(Claim {
            of: ClinicMonth { clinic: clinic.into(), month: month(must(&self.year)?, must(&self.month)?)? },
            received_on,
            source: ClaimSource::Page { page: page.clone() },
            lines,
            total_count: self.total_count.as_ref().map(number).transpose()?.flatten().map(count),
            total_amount: self.total_amount.as_ref().map(number).transpose()?.flatten().map(Yen),
        })
    }
}

impl ClaimSheetLine {
    fn numbers(&self) -> [&FieldId; 3] {
        [&self.count, &self.price, &self.amount]
    }
}

/// No comb has so many boxes.
fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn month(year: i64, month: i64) -> Result<Month, String> {
    let day = i16::try_from(year).ok().zip(i8::try_from(month).ok());
    let day = day.and_then(|(year, month)| Era::Reiwa.date(year, month, 1));
    day.map(Month::of).ok_or_else(|| "請求する年月が正しくありません。".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::Value;
    use jiff::civil::date;

    fn form() -> Form {
        Form::parse("clinic-claim", include_str!("../../../../templates/clinic-claim/form.toml")).unwrap()
    }

    fn values(texts: &[(&str, &str)]) -> Values {
        let head = [("clinic_code", "0110113719"), ("claim_year", "08"), ("claim_month", "10")];
        let all = head.iter().chain(texts);
        all.map(|(id, text)| {
            ((*id).into(), if text.is_empty() { Value::Blank } else { Value::Text((*text).into()) })
        })
        .collect()
    }

    #[test]
    fn a_claim_is_taken_as_it_is_written() {
        let form = form();
        let sheet = form.claim.as_ref().unwrap();
        let written = values(&[
            ("flu_count", "012"),
            ("flu_price", "3670"),
            ("flu_amount", "44041"),
            ("mr2_count", "1"),
            ("mr2_price", "10780"),
            ("mr2_amount", "10780"),
            ("total_count", "13"),
            ("total_amount", "54821"),
        ]);
        let claim = sheet.read(&form, &written, &"p-1".into(), date(2026, 11, 9)).unwrap();
        assert_eq!((claim.of.clinic.as_str(), claim.of.month.to_string()), ("0110113719", "2026-10".into()));
        let [flu, mr] = &claim.lines[..] else { panic!("{:?}", claim.lines) };
        assert_eq!((flu.count, flu.amount), (12, Yen(44_041)), "a wrong product stays as written");
        assert_eq!((mr.programme.as_ref().unwrap().as_str(), mr.round), ("mr-child", Some(2)));
        assert_eq!((claim.total_count, claim.total_amount), (Some(13), Some(Yen(54_821))));
    }

    #[test]
    fn what_is_missing_is_named() {
        let form = form();
        let sheet = form.claim.as_ref().unwrap();
        let read = |texts: &[(&str, &str)]| {
            sheet.read(&form, &values(texts), &"p-1".into(), date(2026, 11, 9)).unwrap_err()
        };
        assert!(read(&[]).contains("一つもありません"));
        assert!(read(&[("flu_count", "12"), ("flu_price", "3670")]).contains("空欄"));
        assert!(
            read(&[("flu_count", "1"), ("flu_price", "1"), ("flu_amount", "1"), ("claim_month", "13")])
                .contains("年月")
        );
        assert!(read(&[("clinic_code", "")]).contains("医療機関コード"));
    }

    #[test]
    fn a_claim_survives_its_form_file_and_names_fields_that_are_there() {
        let form = form();
        assert_eq!(Form::parse("clinic-claim", &form.to_toml("")).unwrap().claim, form.claim);
        let text = include_str!("../../../../templates/clinic-claim/form.toml");
        let errors =
            Form::parse("clinic-claim", &text.replace("count = \"flu_count\"", "count = \"fly_count\""));
        assert!(errors.unwrap_err()[0].reason.contains("fly_count: a claim needs"));
    }
}
