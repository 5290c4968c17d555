//! 確認理由. Why a person must look at a page.

use crate::enquiry::EnquiryKind;
use crate::ids::{FieldId, PageId};
use crate::record::CommitRefused;
use crate::rules::Finding;
use serde::{Deserialize, Serialize};

/// 確認理由. Without personal values; `field` and `label` say where to look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum ReviewReason {
    /// The picture is no page of a form we know.
    Unrecognised {
        /// The reader's words.
        reason: String,
    },
    /// The picture can not be opened or registered.
    Unreadable {
        /// The reader's words.
        reason: String,
    },
    /// The program gave up on the page.
    GivenUp {
        /// Why.
        reason: String,
    },
    /// A person took a disposal or a record back.
    Reopened {
        /// Why it had been put aside, or why the record was taken back.
        reason: String,
    },
    /// The page is of a form or version that this installation does not have.
    UnknownForm,
    /// Front and back have to be brought together by a person.
    TwoSided,
    /// A copy of a carbon-copy set that makes no record.
    UnrecordedCopy {
        /// What it is called.
        copy: String,
        /// What the copy that makes the record is called.
        recorded: String,
    },
    /// Somebody answered what the office had asked about the page.
    Answered {
        /// Who had been asked, and what for.
        kind: EnquiryKind,
    },
    /// The form belongs to no resident.
    NotOfResident {
        /// What the form is called.
        title: String,
    },
    /// A clinic's claim: people look through it before it counts.
    ClinicClaim {
        /// What the form is called.
        title: String,
    },
    /// No management number could be read.
    NumberMissing,
    /// The management number is not certain.
    NumberDoubtful {
        /// The reader's words.
        reason: Option<String>,
    },
    /// No slip was issued under this number.
    NumberUnknown,
    /// The number was issued for another form or version.
    NumberOfOtherForm,
    /// The person of the slip is not in the register.
    OwnerMissing,
    /// The same number was read on another page.
    DuplicateSlip {
        /// That page.
        page: PageId,
    },
    /// The birth date on the paper is not the register's.
    BirthDateDiffers {
        /// The field on the paper.
        field: FieldId,
    },
    /// The birth date could not be read well enough to confirm the person.
    BirthDateUnconfirmed {
        /// The field on the paper.
        field: FieldId,
    },
    /// Nothing on the paper but the number says who it is.
    PersonUnconfirmed,
    /// What is printed on the slip is not what the register says.
    PrintedDiffers {
        /// The printed field.
        field: FieldId,
        /// Its words on the form.
        label: String,
    },
    /// A field could not be read with certainty.
    FieldDoubtful {
        /// The field.
        field: FieldId,
        /// Its words on the form.
        label: String,
        /// The reader's words.
        reason: Option<String>,
    },
    /// A rule is broken.
    Finding {
        /// Which and how.
        finding: Finding,
    },
    /// The values do not make a record.
    CannotCommit {
        /// Why not.
        refused: CommitRefused,
    },
    /// The code of the batch ticket could not be read.
    TicketUnread,
    /// The ticket's code, its number and the tickets issued do not agree.
    TicketDiffers,
}

impl ReviewReason {
    /// The sentence for people.
    pub fn text(&self) -> String {
        let with = |words: &str, reason: &Option<String>| match reason {
            Some(reason) => format!("{words}（{reason}）"),
            None => words.to_owned(),
        };
        match self {
            Self::Unrecognised { reason } => format!("帳票を判別できません（{reason}）"),
            Self::Unreadable { reason } => format!("画像を読み取れません（{reason}）"),
            Self::GivenUp { reason } => format!("自動処理を中止しました（{reason}）"),
            Self::Reopened { reason } => format!("確認に戻されました（{reason}）"),
            Self::UnknownForm => "登録されていない帳票または版です".into(),
            Self::TwoSided => "両面の帳票です。表と裏が同じ人のものか確認してください".into(),
            Self::UnrecordedCopy { copy, recorded } => {
                format!("{copy}の控えです。記録には使いません。{recorded}の票を読み取ってください")
            }
            Self::NotOfResident { title } => {
                format!("{title}は個人の記録になりません。値を確かめ、請求の担当へ回してください")
            }
            Self::ClinicClaim { title } => {
                format!("{title}です。値を確かめて保存すると、医療機関の請求として登録されます")
            }
            Self::Answered { kind } => format!("問合せに回答がありました（{}）", kind.label()),
            Self::NumberMissing => "管理番号を読み取れません".into(),
            Self::NumberDoubtful { reason } => with("管理番号の読取りが確実ではありません", reason),
            Self::NumberUnknown => "この管理番号の用紙は発行されていません".into(),
            Self::NumberOfOtherForm => "管理番号は別の帳票または版のものです".into(),
            Self::OwnerMissing => "用紙の本人が住民データにありません".into(),
            Self::DuplicateSlip { .. } => "同じ管理番号のページがほかにもあります（重複）".into(),
            Self::BirthDateDiffers { .. } => "生年月日が住民データと一致しません".into(),
            Self::BirthDateUnconfirmed { .. } => "生年月日で本人を確認できません".into(),
            Self::PersonUnconfirmed => "管理番号のほかに本人を確認できる項目がありません".into(),
            Self::PrintedDiffers { label, .. } => format!("印字された「{label}」が住民データと一致しません"),
            Self::FieldDoubtful { label, reason, .. } => {
                with(&format!("「{label}」の読取りが確実ではありません"), reason)
            }
            Self::Finding { finding } => finding.text.clone(),
            Self::CannotCommit { refused } => refused.text(),
            Self::TicketUnread => "束票のコードを読み取れません".into(),
            Self::TicketDiffers => "束票のコード・番号・発行記録が一致しません".into(),
        }
    }

    /// The field to look at, if it is about one.
    pub fn field(&self) -> Option<&FieldId> {
        match self {
            Self::BirthDateDiffers { field }
            | Self::BirthDateUnconfirmed { field }
            | Self::PrintedDiffers { field, .. }
            | Self::FieldDoubtful { field, .. } => Some(field),
            Self::Finding { finding } => finding.field.as_ref(),
            Self::CannotCommit { refused: CommitRefused::BadValue { field, .. } } => Some(field),
            _ => None,
        }
    }

    /// Smaller is looked at first: 10 tickets (they sort the pages behind them), 15 answers, 20 who it is,
    /// 30 duplicates and rules, 40 single fields.
    pub fn priority(&self) -> u32 {
        match self {
            Self::TicketUnread | Self::TicketDiffers => 10,
            Self::Answered { .. } => 15,
            Self::DuplicateSlip { .. } | Self::Finding { .. } | Self::CannotCommit { .. } => 30,
            Self::FieldDoubtful { .. } => 40,
            _ => 20,
        }
    }
}
