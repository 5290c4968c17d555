//! A made-up form, person and page for the tests of this room.

use crate::form::Form;
use crate::ids::{FieldId, ManagementNumber, ResidentId};
use crate::personal::Personal;
use crate::programme::Programmes;
use crate::reading::*;
use crate::resident::{Resident, Sex};
use crate::slip::{IssuedSlip, management_number};
use jiff::civil::{Date, date};

const FORM: &str = r#"
version = 1
number = 7
title = "試験予診票"
programme = "trial"
paper_mm = [210, 297]

[[field]]
id = "management_number"
kind = "barcode"
label = "管理番号"
symbology = "nw7"
length = 11
check = "mod11"
management_number = true
boxes = [[120, 20, 60, 10]]
prefilled = true

[[field]]
id = "name"
kind = "printed"
label = "氏名"
source = "name"
boxes = [[20, 20, 60, 8]]
prefilled = true

[[field]]
id = "kana"
kind = "printed"
label = "フリガナ"
source = "kana"
boxes = [[20, 30, 60, 8]]
prefilled = true

[[field]]
id = "birth_date"
kind = "date"
label = "生年月日"
comb = { at = [60, 40], box = [6, 8], pitch = 6.5, groups = [2, 2, 2], gap = 4 }
options = [{ value = "showa", label = "昭和", box = [20, 40, 10, 6] }, { value = "heisei", label = "平成", box = [40, 40, 10, 6] }]
first = "1926-12-25"
last = "2019-04-30"
required = true
critical = true

[[field]]
id = "temperature"
kind = "digits"
label = "体温"
comb = { at = [20, 60], box = [6, 8], pitch = 6.5, groups = [2, 1], gap = 2 }
decimals = 1
range = [34.0, 42.0]
required = true

[[field]]
id = "consent"
kind = "choice"
label = "同意"
options = [{ value = "agree", label = "する", box = [20, 80, 10, 6] }, { value = "refuse", label = "しない", box = [40, 80, 10, 6] }]
required = true
critical = true

[[field]]
id = "judgement"
kind = "choice"
label = "医師の判断"
options = [{ value = "possible", label = "可能", box = [20, 90, 10, 6] }, { value = "postponed", label = "見合わせ", box = [40, 90, 10, 6] }]
required = true
critical = true

[[field]]
id = "visit_date"
kind = "date"
label = "接種年月日"
comb = { at = [20, 100], box = [6, 8], pitch = 6.5, groups = [4, 2, 2], gap = 4 }
first = "2026-04-01"
last = "2028-03-31"
required = true
critical = true

[[field]]
id = "lot"
kind = "sticker"
label = "ロット番号"
boxes = [[20, 120, 50, 20]]
required = true
critical = true

[[field]]
id = "place"
kind = "choice"
label = "実施場所"
options = [{ value = "clinic", label = "医療機関", box = [20, 150, 5, 5] }, { value = "home", label = "自宅", box = [40, 150, 5, 5] }]

[[field]]
id = "remarks"
kind = "image"
label = "備考"
boxes = [[20, 160, 60, 10]]
"#;

/// The day on which the sample page arrived.
pub const SCANNED_ON: Date = date(2026, 11, 20);

pub fn form() -> Form {
    Form::parse("trial", FORM).expect("the sample form is sound")
}

pub fn programmes() -> Programmes {
    Programmes::built_in()
}

pub fn resident() -> Resident {
    Resident {
        id: ResidentId("10000001".into()),
        name: Personal::new("渡邉 花子".into()),
        kana: Personal::new("ワタナベ ハナコ".into()),
        sex: Sex::F,
        birth_date: Personal::new(date(1947, 3, 4)),
        postal_code: Personal::new("999-0001".into()),
        address: Personal::new("架空市見本町1-2-3".into()),
        resident_since: date(2001, 4, 1),
        resident_until: None,
        until_reason: None,
        household: None,
        tax_exempt: false,
        protected: false,
    }
}

pub fn number() -> ManagementNumber {
    management_number(7, 1).or_else(|| management_number(7, 2)).expect("one of two serials has a check digit")
}

pub fn slip() -> IssuedSlip {
    IssuedSlip {
        number: number(),
        form: "trial".into(),
        form_version: 1,
        resident: resident().id,
        issued_on: date(2026, 9, 1),
    }
}

pub fn field(id: &str, value: Value, decision: Decision) -> FieldReading {
    FieldReading {
        id: id.into(),
        kind: "any".into(),
        value,
        confidence: if decision == Decision::Accept { 0.9999 } else { 0.6 },
        decision,
        reason: (decision == Decision::Review).then(|| "かすれています".to_owned()),
        box_px: [0.0; 4],
        alternatives: Vec::new(),
        labels: Vec::new(),
    }
}

pub fn accepted(id: &str, value: &str) -> FieldReading {
    field(id, Value::Text(value.into()), Decision::Accept)
}

/// A reading of the sample person's slip on which nothing is wrong.
pub fn reading() -> FormReading {
    FormReading {
        form: "trial".into(),
        form_version: 1,
        side: 1,
        registration: Registration {
            method: RegistrationMethod::Marks,
            rotation_deg: 0.0,
            upside_down: false,
            scale: 1.0,
            residual_mm: 0.05,
            inliers: 4,
            px_from_mm: [11.8, 0.0, 0.0, 0.0, 11.8, 0.0],
        },
        management_number: Some(NumberReading {
            value: Some(Personal::new(number().0)),
            sources: vec![NumberSource::Barcode, NumberSource::Digits],
            confidence: 0.999_999,
            decision: Decision::Accept,
            reason: None,
        }),
        fields: vec![
            accepted("name", "渡邊　花子"),
            accepted("kana", "ﾜﾀﾅﾍﾞ ﾊﾅｺ"),
            accepted("birth_date", "1947-03-04"),
            accepted("temperature", "36.5"),
            accepted("consent", "agree"),
            accepted("judgement", "possible"),
            accepted("visit_date", "2026-11-02"),
            accepted("lot", "AB123"),
            accepted("place", "clinic"),
            field("remarks", Value::Blank, Decision::Accept),
        ],
    }
}

impl FormReading {
    /// The reading with one field replaced.
    pub fn with(mut self, field: FieldReading) -> Self {
        self.fields.retain(|old| old.id != field.id);
        self.fields.push(field);
        self
    }

    /// The reading without one field.
    pub fn without(mut self, id: &str) -> Self {
        self.fields.retain(|old| old.id != FieldId::from(id));
        self
    }
}
