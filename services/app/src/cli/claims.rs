//! The commands of claims, prices and the rules behind them, as typed.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `yomitori prices …`.
#[derive(Debug, Subcommand)]
pub enum PricesCommand {
    /// Takes in a price file (CSV with `programme,class,from_day,unit,tax`, UTF-8 or CP932) and reports every refused line.
    Import {
        /// The file.
        file: PathBuf,
    },
}

/// `yomitori contracts …`.
#[derive(Debug, Subcommand)]
pub enum ContractsCommand {
    /// Takes in a contract file (CSV with `clinic_code,programme,from` and optionally `until`; `*` is every programme).
    Import {
        /// The file.
        file: PathBuf,
    },
}

/// `yomitori claims …`.
#[derive(Debug, Subcommand)]
pub enum ClaimsCommand {
    /// Names the clinics of a month: state, count, amount, due date.
    List(MonthArgs),
    /// Shows one clinic's month line by line, and every slip with a finding.
    Show(MonthArgs),
    /// Holds claims against slips and prices, keeps the result, and tells what was found.
    Reconcile(MonthArgs),
    /// Confirms in the name of a person; the second person's run locks.
    Confirm {
        /// Which months.
        #[command(flatten)]
        month: MonthArgs,
        /// Account of the person who confirms.
        #[arg(long, value_name = "ID")]
        staff: String,
    },
    /// Writes the bank's transfer file (全銀 総合振込) of what is locked and not transferred yet; asked again for the same
    /// day, the same bytes.
    BankFile(BankFileArgs),
    /// Fails, naming them, while clinics of the month are not locked.
    Lock(MonthArgs),
    /// Takes in claims (CSV with `clinic_code,programme,round,class,count,unit_price,amount`, one line a line, UTF-8 or
    /// CP932) as they are written, and reports every refused line.
    Import {
        /// The file.
        file: PathBuf,
        /// Which months.
        #[command(flatten)]
        month: MonthArgs,
        /// Day on which the claims came in, 2026-11-10; without it, today.
        #[arg(long, value_name = "DAY")]
        received_on: Option<jiff::civil::Date>,
    },
}

/// A month, and perhaps one clinic of it.
#[derive(Clone, Debug, Args)]
pub struct MonthArgs {
    /// The month of the claims, 2026-10.
    #[arg(long, value_name = "MONTH")]
    pub month: domain::month::Month,
    /// Only this clinic.
    #[arg(long, value_name = "CODE")]
    pub clinic: Option<String>,
    /// Machine-readable output.
    #[arg(long)]
    pub json: bool,
}

/// `yomitori claims bank-file`.
#[derive(Debug, Args)]
pub struct BankFileArgs {
    /// The clinics' month, 2026-10.
    #[arg(long, value_name = "MONTH")]
    pub month: domain::month::Month,
    /// Only this clinic.
    #[arg(long, value_name = "CODE")]
    pub clinic: Option<String>,
    /// 振込指定日, a day on which banks work.
    #[arg(long, value_name = "DAY")]
    pub pay_on: jiff::civil::Date,
    /// Who takes it out: an account with the duty `payment`.
    #[arg(long, value_name = "ID")]
    pub staff: String,
    /// Why.
    #[arg(long, value_name = "WHY")]
    pub reason: String,
    /// The file to write.
    #[arg(long, value_name = "F")]
    pub out: PathBuf,
    /// Machine-readable output.
    #[arg(long)]
    pub json: bool,
}

/// `yomitori simulate …`.
#[derive(Debug, Subcommand)]
pub enum SimulateCommand {
    /// A city year from committed slips to the bank's file, with errors of every kind: which are found, what is doubted
    /// without reason, whether anything is paid twice.
    Claims(SimulateClaimsArgs),
}

/// `yomitori simulate claims`.
#[derive(Debug, Args)]
pub struct SimulateClaimsArgs {
    /// Residents; not fewer than slips.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1_000..=5_000_000))]
    pub residents: u32,
    /// Clinics.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(4..=2_000))]
    pub clinics: u16,
    /// Slips of the year.
    #[arg(long, value_name = "N", default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1_000..=5_000_000))]
    pub slips: u32,
    /// The same seed gives the same city.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// An empty directory to keep the year in; without it, nowhere.
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// Machine-readable output.
    #[arg(long)]
    pub json: bool,
}

/// `yomitori programmes …`.
#[derive(Debug, Subcommand)]
pub enum ProgrammesCommand {
    /// Every programme, and the vaccines that rules name.
    List {
        /// Machine-readable output.
        #[arg(long)]
        json: bool,
    },
    /// One programme in words.
    Show {
        /// Its id.
        id: String,
        /// Only the rules for services on this day.
        #[arg(long, value_name = "DAY")]
        day: Option<jiff::civil::Date>,
        /// Machine-readable output.
        #[arg(long)]
        json: bool,
    },
    /// Looks for mistakes in the data directory's `programmes.toml`, or in FILE.
    Check {
        /// A file of rules.
        file: Option<PathBuf>,
    },
}

/// `yomitori lots …`.
#[derive(Debug, Subcommand)]
pub enum LotsCommand {
    /// Takes in a file of lots (CSV with `vaccine,lot,expiry`); known lots get the new expiry.
    Import {
        /// The file.
        file: PathBuf,
    },
}

/// `yomitori history …`.
#[derive(Debug, Subcommand)]
pub enum HistoryCommand {
    /// Takes in what a former system held (CSV with `resident_id,programme,service_date`, optionally
    /// `round,vaccine,lot`). It counts as history everywhere and is never paid; what is known already stays.
    Import {
        /// The file.
        file: PathBuf,
    },
}
