//! 出力. Every file that left the house: who, when, why, and a digest of what exactly.

mod bank;

pub use bank::{BankFile, BankOrder, BankRefused, BankTransfer, Unpayable};

use crate::columns::{Columns, all, ms, run};
use crate::{Error, Rows, Writer};
use domain::actor::Actor;
use domain::ids::{ClinicCode, StaffId};
use domain::month::Month;
use domain::yen::Yen;
use jiff::Timestamp;
use rusqlite::{Row, named_params};

/// 出力の種類.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportKind {
    /// 総合振込.
    Bank,
    /// 支払台帳, CSV.
    LedgerCsv,
    /// 支払台帳, workbook.
    LedgerXlsx,
    /// 支払通知書.
    Notice,
    /// 返戻通知.
    ReturnLetter,
    /// ロットから引いた対象者の一覧.
    Recall,
}

impl ExportKind {
    /// Every kind.
    pub const ALL: [ExportKind; 6] = [
        ExportKind::Bank,
        ExportKind::LedgerCsv,
        ExportKind::LedgerXlsx,
        ExportKind::Notice,
        ExportKind::ReturnLetter,
        ExportKind::Recall,
    ];

    /// As written in rows.
    pub fn as_str(self) -> &'static str {
        match self {
            ExportKind::Bank => "bank",
            ExportKind::LedgerCsv => "ledger_csv",
            ExportKind::LedgerXlsx => "ledger_xlsx",
            ExportKind::Notice => "notice",
            ExportKind::ReturnLetter => "return_letter",
            ExportKind::Recall => "recall",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            ExportKind::Bank => "振込ファイル",
            ExportKind::LedgerCsv => "支払台帳（CSV）",
            ExportKind::LedgerXlsx => "支払台帳（Excel）",
            ExportKind::Notice => "支払通知書",
            ExportKind::ReturnLetter => "返戻通知",
            ExportKind::Recall => "ロットの対象者一覧",
        }
    }

    /// The kind with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What is recorded of a file. The bytes themselves are not kept: they are made again from rows that do not change.
#[derive(Clone, Copy, Debug)]
pub struct NewExport<'a> {
    /// What.
    pub kind: ExportKind,
    /// The clinics' month.
    pub month: Month,
    /// Of one clinic only.
    pub clinic: Option<&'a ClinicCode>,
    /// The file.
    pub bytes: &'a [u8],
    /// Its rows: transfers, payments, slips, persons.
    pub rows: usize,
    /// What they come to.
    pub total: Yen,
    /// Why it was taken out.
    pub reason: &'a str,
}

/// 出力の記録.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// Its number.
    pub id: i64,
    /// What.
    pub kind: ExportKind,
    /// The clinics' month.
    pub month: Month,
    /// Of one clinic only.
    pub clinic: Option<ClinicCode>,
    /// BLAKE3 of the bytes, 64 hex digits.
    pub digest: String,
    /// Its rows.
    pub rows: i64,
    /// What they come to.
    pub total: Yen,
    /// Why.
    pub reason: String,
    /// The export that it repeats, byte for byte.
    pub again: Option<i64>,
    /// Who.
    pub staff: StaffId,
    /// From where.
    pub terminal: String,
    /// When.
    pub at: Timestamp,
}

impl Rows<'_> {
    /// What left the house for a month, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn exports(&self, month: Month) -> Result<Vec<Export>, Error> {
        all(
            self.connection,
            "select * from exports where month = ?1 order by id",
            [month.to_string()],
            export,
        )
    }
}

impl Writer<'_> {
    /// Records a file that is about to leave the house; its number. When an earlier file of the same kind, month and
    /// clinic had the same bytes, the row says so.
    ///
    /// # Errors
    /// The database failed; then the file must not leave.
    pub fn record_export(&self, new: &NewExport, actor: &Actor, now: Timestamp) -> Result<i64, Error> {
        let digest = domain::digest::of(new.bytes);
        let earlier = "select min(id) as id from exports
                       where kind = ?1 and month = ?2 and clinic is ?3 and digest = ?4";
        let key = rusqlite::params![
            new.kind.as_str(),
            new.month.to_string(),
            new.clinic.map(ClinicCode::as_str),
            digest
        ];
        let again: Option<i64> =
            crate::columns::first(self.connection, earlier, key, |row| row.col("id"))?.flatten();
        self.add_export(new, &digest, (None, again), actor, now)
    }

    /// Writes the row; `order` is what a bank file is made again from.
    fn add_export(
        &self,
        new: &NewExport,
        digest: &str,
        (order, again): (Option<&str>, Option<i64>),
        actor: &Actor,
        now: Timestamp,
    ) -> Result<i64, Error> {
        run(
            self.connection,
            "insert into exports (kind, month, clinic, digest, rows, total, reason, \"order\", again, staff, terminal, at)
             values (:kind, :month, :clinic, :digest, :rows, :total, :reason, :order, :again, :staff, :terminal, :at)",
            named_params! {
                ":kind": new.kind.as_str(), ":month": new.month.to_string(),
                ":clinic": new.clinic.map(ClinicCode::as_str), ":digest": digest,
                ":rows": i64::try_from(new.rows).unwrap_or(i64::MAX), ":total": new.total.0, ":reason": new.reason,
                ":order": order, ":again": again, ":staff": actor.staff.as_str(), ":terminal": actor.terminal,
                ":at": ms(now),
            },
        )?;
        Ok(self.connection.last_insert_rowid())
    }
}

fn export(row: &Row) -> Result<Export, Error> {
    Ok(Export {
        id: row.col("id")?,
        kind: row.word("kind", ExportKind::parse)?,
        month: row.word("month", |text| text.parse().ok())?,
        clinic: row.id_or_none("clinic")?,
        digest: row.col("digest")?,
        rows: row.col("rows")?,
        total: Yen(row.col("total")?),
        reason: row.col("reason")?,
        again: row.col("again")?,
        staff: row.id("staff")?,
        terminal: row.col("terminal")?,
        at: row.moment("at")?,
    })
}
