//! 項目の役割. Which field of a form plays which part for matching and rules.
//!
//! Printed fields say it by what `issue` prints there; written ones by their id.

use crate::form::{Field, FieldKind, Form, PrintSource};

/// 役割. A part that a written field plays, known by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// 生年月日, written by hand: the second witness of the person.
    BirthDate,
    /// 性別.
    Sex,
    /// 接種年月日・受診年月日: the day that the record is about.
    ServiceDate,
    /// 体温.
    Temperature,
    /// 医師の判断: `possible` or `postponed`.
    Judgement,
    /// 同意: `agree` or `refuse`.
    Consent,
    /// 医療機関コード of the clinic that gave the service.
    ClinicCode,
    /// ワクチンのロット番号.
    Lot,
    /// 束票のQRコード.
    Ticket,
    /// 接種回数・期: which dose of the programme.
    Round,
    /// 自己負担の区分.
    SelfPay,
    /// 接種量, mL.
    Volume,
    /// ワクチン, where a form offers several.
    Vaccine,
    /// 検査方法.
    Method,
    /// 本人・保護者の署名.
    Signature,
    /// 医師の署名または記名押印.
    DoctorSignature,
}

/// The doctor's judgement that the vaccination was put off (見合わせ).
pub const POSTPONED: &str = "postponed";
/// The doctor's judgement that the vaccination can be given (可能).
pub const POSSIBLE: &str = "possible";
/// The answer by which the person does not consent (同意しない).
pub const REFUSE: &str = "refuse";

impl Role {
    /// The field ids that play this part.
    pub(crate) fn ids(self) -> &'static [&'static str] {
        match self {
            Role::BirthDate => &["birth_date"],
            Role::Sex => &["sex"],
            Role::ServiceDate => &["visit_date", "exam_date"],
            Role::Temperature => &["temperature"],
            Role::Judgement => &["judgement"],
            Role::Consent => &["consent"],
            Role::ClinicCode => &["clinic_code"],
            Role::Lot => &["lot"],
            Role::Ticket => &["ticket"],
            Role::Round => &["dose_number"],
            Role::SelfPay => &["self_pay"],
            Role::Volume => &["volume"],
            Role::Vaccine => &["vaccine"],
            Role::Method => &["exam_method", "method"],
            Role::Signature => &["signature"],
            Role::DoctorSignature => &["doctor_signature"],
        }
    }
}

impl Form {
    /// The written field that plays `role`; prefilled fields never do.
    pub fn role(&self, role: Role) -> Option<&Field> {
        self.fields.iter().find(|field| {
            let printed = field.prefilled && !matches!(field.kind, FieldKind::Barcode(_));
            !printed && role.ids().contains(&field.id.as_str())
        })
    }

    /// The field in which `issue` prints `source`.
    pub fn printed(&self, source: PrintSource) -> Option<&Field> {
        self.fields.iter().find(
            |field| matches!(field.kind, FieldKind::Printed { source: Some(found), .. } if found == source),
        )
    }

    /// Whether this form is a batch ticket (束票).
    pub fn is_ticket(&self) -> bool {
        self.role(Role::Ticket).is_some_and(|field| matches!(field.kind, FieldKind::Barcode(_)))
    }
}
