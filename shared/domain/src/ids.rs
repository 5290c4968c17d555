//! One newtype for every kind of identifier, so that they can not be mixed up.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
    };
}

text_id!(
    /// スキャンファイル. Content hash (BLAKE3, 64 hex digits) of a file as the scanner wrote it.
    ScanId
);
text_id!(
    /// ページ画像. Content hash (BLAKE3, 64 hex digits) of one page image in the page store.
    ImageHash
);
text_id!(
    /// ページ. Scan hash and page number within it, `<scan>-<n>` with n from 1.
    PageId
);
text_id!(
    /// 帳票. The folder name of a template, such as `influenza-elderly`.
    FormId
);
text_id!(
    /// 項目. A field of a form, such as `visit_date`; unique within its form.
    FieldId
);
text_id!(
    /// 封筒・束. One clinic's bundle, opened by a batch ticket (束票).
    EnvelopeId
);
text_id!(
    /// 医療機関コード. Ten digits: prefecture 2, fee table 1, number 6, Luhn check digit.
    ClinicCode
);
text_id!(
    /// 事業. A vaccination or screening programme, such as `influenza-elderly`.
    ProgrammeId
);
text_id!(
    /// 職員. Who did it: a staff account, or `system`.
    StaffId
);

/// 宛名番号. The key of a resident in the register. Personal: prints as `***`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResidentId(pub String);

/// 管理番号. The number printed on one slip: form number, serial, check digit; digits only.
/// Names a person through the register, so it prints as `***`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ManagementNumber(pub String);

impl fmt::Debug for ResidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResidentId(***)")
    }
}

impl fmt::Debug for ManagementNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ManagementNumber(***)")
    }
}

impl PageId {
    /// The identifier of page `number` (from 1) of `scan`.
    pub fn new(scan: &ScanId, number: u32) -> Self {
        Self(format!("{scan}-{number}"))
    }
}
