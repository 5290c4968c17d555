//! 職務・権限. Who may do what. The table is fixed in the program; which duties a member of staff has is a row.

use serde::{Deserialize, Serialize};

/// 職務. What a member of staff is there for; one person may have several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// 受付係. Scans, sorts envelopes, sends paper back.
    Mailroom,
    /// 確認係. Keys what the machine would not decide.
    Verifier,
    /// 裁定係. Decides where two people keyed different values.
    Arbiter,
    /// 支払係. Confirms what clinics claim.
    Payment,
    /// 帳票係. Prints slips, makes forms, watches the quality of reading.
    Planner,
    /// 管理者. Accounts, settings; sees no values because of this duty alone.
    Administrator,
    /// 監査担当. Sees who did what; changes nothing.
    Auditor,
}

/// 権限. One thing that may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// See scanned pages and their envelopes.
    SeePages,
    /// Upload, sort, assign, rotate, split, return, rescan and discard pages; print batch tickets.
    HandleMail,
    /// Key and confirm values, first and second.
    Verify,
    /// Decide between two keyings.
    Arbitrate,
    /// Search residents and see a person's ledger.
    SeePeople,
    /// See the address of a protected person.
    SeeProtected,
    /// Start the correction of a committed record.
    Correct,
    /// Ask clinics and residents, and write their answers down.
    Enquire,
    /// Work on claims.
    HandleClaims,
    /// Confirm a clinic's month.
    ConfirmClaims,
    /// Unlock a confirmed month.
    UnlockClaims,
    /// Print slips and sample sheets.
    PrintPaper,
    /// Make and change forms.
    DesignForms,
    /// See how well machine and people read.
    SeeQuality,
    /// Move thresholds and second-keying settings.
    SetQuality,
    /// Add, change and disable accounts; end sessions.
    ManageStaff,
    /// See who looked at whom, and who has which duty.
    SeeAccessLog,
    /// Take files with personal data out.
    Export,
}

use Duty::{Administrator, Arbiter, Auditor, Mailroom, Payment, Planner, Verifier};

impl Duty {
    /// Every duty, in the order of screens.
    pub const ALL: [Duty; 7] = [Mailroom, Verifier, Arbiter, Payment, Planner, Administrator, Auditor];

    /// As written in rows and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Mailroom => "mailroom",
            Verifier => "verifier",
            Arbiter => "arbiter",
            Payment => "payment",
            Planner => "planner",
            Administrator => "administrator",
            Auditor => "auditor",
        }
    }

    /// The duty with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|duty| duty.as_str() == word)
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Mailroom => "受付係",
            Verifier => "確認係",
            Arbiter => "裁定係",
            Payment => "支払係",
            Planner => "帳票係",
            Administrator => "管理者",
            Auditor => "監査担当",
        }
    }

    /// Whether this duty carries `right`.
    pub fn may(self, right: Right) -> bool {
        right.duties().contains(&self)
    }
}

impl Right {
    /// Every right, in the order of screens.
    pub const ALL: [Right; 18] = [
        Right::SeePages,
        Right::HandleMail,
        Right::Verify,
        Right::Arbitrate,
        Right::SeePeople,
        Right::SeeProtected,
        Right::Correct,
        Right::Enquire,
        Right::HandleClaims,
        Right::ConfirmClaims,
        Right::UnlockClaims,
        Right::PrintPaper,
        Right::DesignForms,
        Right::SeeQuality,
        Right::SetQuality,
        Right::ManageStaff,
        Right::SeeAccessLog,
        Right::Export,
    ];

    /// The duties that carry it.
    pub fn duties(self) -> &'static [Duty] {
        match self {
            Right::SeePages => &[Mailroom, Verifier, Arbiter, Payment, Planner, Auditor],
            Right::HandleMail => &[Mailroom],
            Right::Verify => &[Verifier],
            Right::Arbitrate => &[Arbiter],
            Right::SeePeople => &[Verifier, Arbiter, Payment, Auditor],
            Right::SeeProtected => &[Arbiter],
            Right::Correct => &[Verifier, Arbiter],
            Right::Enquire => &[Mailroom, Verifier, Arbiter, Payment],
            Right::HandleClaims | Right::ConfirmClaims => &[Payment],
            Right::UnlockClaims => &[Administrator],
            Right::PrintPaper => &[Mailroom, Planner],
            Right::DesignForms => &[Planner],
            Right::SeeQuality => &[Arbiter, Planner, Administrator, Auditor],
            Right::SetQuality => &[Planner],
            Right::ManageStaff => &[Administrator],
            Right::SeeAccessLog => &[Administrator, Auditor],
            Right::Export => &[Payment, Planner],
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Right::SeePages => "ページと束を見る",
            Right::HandleMail => "受付・束・ページの整理",
            Right::Verify => "確認入力（一次・二次）",
            Right::Arbitrate => "不一致の裁定",
            Right::SeePeople => "住民の検索と台帳",
            Right::SeeProtected => "保護対象者の住所",
            Right::Correct => "確定済みの記録の訂正",
            Right::Enquire => "問合せの登録と回答",
            Right::HandleClaims => "請求の審査",
            Right::ConfirmClaims => "請求の確定",
            Right::UnlockClaims => "確定した請求の解除",
            Right::PrintPaper => "帳票の印刷",
            Right::DesignForms => "帳票の作成",
            Right::SeeQuality => "読取品質を見る",
            Right::SetQuality => "しきい値・二次入力の設定",
            Right::ManageStaff => "職員アカウントの管理",
            Right::SeeAccessLog => "閲覧記録を見る",
            Right::Export => "個人データの書き出し",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_who_gives_rights_keys_values_and_an_auditor_changes_nothing() {
        for right in [Right::Verify, Right::Arbitrate, Right::HandleMail, Right::ConfirmClaims] {
            assert!(!Duty::Administrator.may(right) && !Duty::Auditor.may(right), "{right:?}");
        }
        assert!(Right::ALL.iter().all(|right| !right.duties().is_empty()));
        assert!(Duty::ALL.iter().all(|&duty| Duty::parse(duty.as_str()) == Some(duty)));
    }
}
