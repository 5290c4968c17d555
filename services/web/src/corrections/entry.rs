//! One field to be keyed for a correction: what is offered, and what was sent.

use crate::keyed;
use domain::correction::{KEEP, RECORD, TAKE_BACK};
use domain::form::{Field, FieldKind, Form, PrintSource};
use domain::ids::FieldId;
use domain::keying::{Keyed, PERSON};
use domain::reading::Value;

/// A field as a person is asked for it.
#[derive(Debug)]
pub struct Entry {
    /// The field, or who it is, or the record as a whole.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// Fields whose ink is shown beside it.
    pub pictures: Vec<String>,
    /// What can be chosen: value, label. Empty for a typed value.
    pub options: Vec<(String, String)>,
    /// Whether several can be chosen.
    pub several: bool,
    /// How to type it.
    pub hint: &'static str,
    /// Whether nobody may be able to read it.
    pub may_be_illegible: bool,
}

/// What a browser sent, in order.
pub type Sent = Vec<(String, String)>;

impl Entry {
    /// The entry of `id`; `None` when the form has no such field.
    pub fn of(form: &Form, id: &FieldId) -> Option<Self> {
        let fixed = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(value, label)| ((*value).to_owned(), (*label).to_owned())).collect()
        };
        let plain = |label: &str| Self {
            id: id.to_string(),
            label: label.to_owned(),
            pictures: Vec::new(),
            options: Vec::new(),
            several: false,
            hint: "",
            may_be_illegible: false,
        };
        match id.as_str() {
            PERSON => {
                let sources = [PrintSource::Name, PrintSource::Kana, PrintSource::BirthDate];
                let printed = sources.into_iter().filter_map(|source| form.printed(source));
                let pictures = printed.map(|field| field.id.to_string()).collect();
                return Some(Self { pictures, hint: "宛名番号", ..plain("本人（宛名番号）") });
            }
            RECORD => {
                let options = fixed(&[(TAKE_BACK, "取り消す"), (KEEP, "そのまま残す")]);
                return Some(Self { options, ..plain("この記録") });
            }
            _ => {}
        }
        let field = form.field(id.as_str())?;
        let (options, several) = match &field.kind {
            FieldKind::Choice { multiple } => {
                let options = field.options.iter().map(|o| (o.value.clone(), o.label.clone())).collect();
                (options, *multiple)
            }
            FieldKind::Mark => (fixed(&[("on", "印あり"), ("off", "印なし"), ("cancelled", "取消")]), false),
            FieldKind::Stamp => (fixed(&[("present", "あり"), ("absent", "なし")]), false),
            FieldKind::Image => (fixed(&[("present", "記入あり")]), false),
            _ => (Vec::new(), false),
        };
        let hint = if matches!(field.kind, FieldKind::Date(_)) { "例 R8.10.3" } else { "" };
        let pictures = vec![field.id.to_string()];
        Some(Self { pictures, options, several, hint, may_be_illegible: true, ..plain(&field.label) })
    }

    /// What was keyed for this entry.
    ///
    /// # Errors
    /// What is wrong and how to type it.
    pub fn keyed(&self, form: &Form, sent: &Sent) -> Result<Keyed, String> {
        if was_sent(sent, &format!("no.{}", self.id)) {
            return Ok(Keyed::Illegible);
        }
        let name = format!("v.{}", self.id);
        let typed: Vec<&str> =
            sent.iter().filter(|(known, _)| *known == name).map(|(_, value)| value.as_str()).collect();
        let text = |text: &str| Keyed::Value(Value::Text(text.to_owned()));
        let first = keyed::fold(typed.first().copied().unwrap_or_default());
        match self.id.as_str() {
            PERSON if first.is_empty() => Err("宛名番号を入力してください。".into()),
            PERSON => Ok(text(&first)),
            RECORD if self.options.iter().any(|(value, _)| *value == first) => Ok(text(&first)),
            RECORD => Err("どちらかを選んでください。".into()),
            id => {
                let field = form.field(id).ok_or("この項目は帳票にありません。画面を開き直してください。")?;
                keyed::check(field, &typed).map(Keyed::Value)
            }
        }
    }
}

/// Whether a box of this name was ticked.
pub fn was_sent(sent: &Sent, name: &str) -> bool {
    sent.iter().any(|(known, _)| known == name)
}

/// The first value of this name.
pub fn value<'a>(sent: &'a Sent, name: &str) -> &'a str {
    sent.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim())
}

/// What was keyed, in words.
pub fn told(form: &Form, id: &FieldId, keyed: &Keyed) -> String {
    match (keyed, form.field(id.as_str())) {
        (Keyed::Illegible, _) => "判読不能".to_owned(),
        (Keyed::NoneOfThese, _) => "該当なし".to_owned(),
        (Keyed::Value(value), Some(field)) => crate::words::value(field, value),
        (Keyed::Value(Value::Text(word)), None) => match (id.as_str(), word.as_str()) {
            (RECORD, TAKE_BACK) => "取り消す".to_owned(),
            (RECORD, KEEP) => "そのまま残す".to_owned(),
            (_, word) => word.to_owned(),
        },
        (Keyed::Value(_), None) => "（空欄）".to_owned(),
    }
}

/// Fields that may be corrected: what the record keeps on this side, without where a protected person lives.
pub fn correctable(form: &Form, side: u8, hidden: bool) -> Vec<FieldId> {
    let fields = domain::record::recorded_fields(form).filter(|field: &&Field| field.is_on(side));
    let shown = fields.filter(|field| !(hidden && crate::protected::tells_address(form, field)));
    shown.map(|field| field.id.clone()).chain([FieldId::from(PERSON)]).collect()
}
