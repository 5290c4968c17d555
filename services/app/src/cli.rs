//! The command line as typed. What each command does is in [`crate::commands`].

mod claims;
mod keeping;
mod load;

pub use claims::{
    BankFileArgs, ClaimsCommand, ContractsCommand, HistoryCommand, LotsCommand, MonthArgs, PricesCommand,
    ProgrammesCommand, SimulateClaimsArgs, SimulateCommand,
};
pub use keeping::{BackupArgs, KeysCommand, RequeueArgs, RestoreArgs, UnsealArgs};
pub use load::LoadArgs;

use clap::{Args, Parser, Subcommand};
use domain::duty::Duty;
use std::path::PathBuf;

/// 読取り: paper slips in, proven records out.
#[derive(Debug, Parser)]
#[command(name = "yomitori", version, about, max_term_width = 100)]
pub struct Cli {
    /// Where everything is kept: inbox, databases, pages, settings.
    #[arg(
        long,
        global = true,
        env = "YOMITORI_DATA_DIR",
        default_value = "yomitori-data",
        value_name = "DIR"
    )]
    pub data_dir: PathBuf,
    /// Forms to use instead of the built-in ones: a folder with one folder a form.
    #[arg(long, global = true, value_name = "DIR")]
    pub templates: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands of the contract.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// A made-up city: prints, fills in, scans, reads, matches; then the screens.
    Demo(DemoArgs),
    /// All roles in one process.
    Run(WebArgs),
    /// Only the role that watches the inbox.
    Intake,
    /// Only the role that reads pages.
    Reader,
    /// Only the role that matches readings with residents.
    Matcher,
    /// Only the screens.
    Web(WebArgs),
    /// Tests folders, database, queue, page store, forms, fonts and OCR data; says what to do.
    Check {
        /// Looks through everything instead: every hash, every count, every reference. May run beside the roles.
        #[arg(long)]
        deep: bool,
        /// Machine-readable output.
        #[arg(long)]
        json: bool,
    },
    /// Forms: list, check, show, preview, new.
    #[command(subcommand)]
    Form(FormCommand),
    /// Prints slips with new management numbers.
    Issue(IssueArgs),
    /// Reads image files, with no database at all.
    Read(ReadArgs),
    /// The resident register.
    #[command(subcommand)]
    Residents(ResidentsCommand),
    /// The clinics under contract.
    #[command(subcommand)]
    Clinics(ClinicsCommand),
    /// For what clinics are under contract, and when.
    #[command(subcommand)]
    Contracts(ContractsCommand),
    /// The rules of vaccination and screening programmes: list, show, check.
    #[command(subcommand)]
    Programmes(ProgrammesCommand),
    /// Vaccine lots and their expiry, as makers publish them.
    #[command(subcommand)]
    Lots(LotsCommand),
    /// What a former system held of vaccinations and screenings.
    #[command(subcommand)]
    History(HistoryCommand),
    /// The price list.
    #[command(subcommand)]
    Prices(PricesCommand),
    /// What clinics claim: held against the slips, confirmed by two people, paid once.
    #[command(subcommand)]
    Claims(ClaimsCommand),
    /// The access log: who saw, searched, changed, printed or took out data of whom.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Staff accounts: who may log in to the screens.
    #[command(subcommand)]
    Users(UsersCommand),
    /// Keys that seal databases, pictures and scans at rest: make one, show which are in use, seal all with the newest.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Opens a sealed scan or picture into a file. It is noted in the access log.
    Unseal(UnsealArgs),
    /// Counts of pages, files, records and messages.
    Status {
        /// Machine-readable output.
        #[arg(long)]
        json: bool,
    },
    /// Copies rows, pictures, settings and forms into a folder, while everything runs.
    Backup(BackupArgs),
    /// Makes a new data directory of a backup.
    Restore(RestoreArgs),
    /// Asks anew for pages whose request was sent and never answered: a broker or a queue that was lost.
    Requeue(RequeueArgs),
    /// Made-up years with planted errors.
    #[command(subcommand)]
    Simulate(SimulateCommand),
    /// Accuracy, automation and time on labelled samples.
    Bench(BenchArgs),
    /// Made-up mail at a given pace through real roles: pages a second, memory and CPU of every role.
    Load(LoadArgs),
    /// Reads print for a reader process, over its standard input and output.
    #[command(hide = true)]
    OcrChild,
}

impl Command {
    /// What the process does for the house until it is stopped; `None` for commands that end by themselves.
    pub fn role(&self) -> Option<&'static str> {
        match self {
            Command::Run(_) => Some("run"),
            Command::Intake => Some("intake"),
            Command::Reader => Some("reader"),
            Command::Matcher => Some("matcher"),
            Command::Web(_) => Some("web"),
            _ => None,
        }
    }
}

/// `yomitori demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Port of the screens on this machine; 0 takes any free one.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Slips to print, fill in and scan (5 to 20,000).
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(5..=20_000))]
    pub pages: u32,
    /// The same seed gives the same city.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// End when every page has been handled; fail when the counts do not add up.
    #[arg(long)]
    pub exit: bool,
}

/// The screens' address.
#[derive(Debug, Args)]
pub struct WebArgs {
    /// Address of the screens; without it the one in the settings, else 127.0.0.1:8080.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<std::net::SocketAddr>,
}

/// `yomitori form …`.
#[derive(Debug, Subcommand)]
pub enum FormCommand {
    /// Names every form.
    List {
        /// Machine-readable output.
        #[arg(long)]
        json: bool,
    },
    /// Explains every mistake in form files, with line and reason.
    Check {
        /// `form.toml` files or form folders; without any: all forms in use.
        paths: Vec<PathBuf>,
    },
    /// Prints the geometry of a form.
    Show {
        /// Form id.
        id: String,
        /// Machine-readable output.
        #[arg(long)]
        json: bool,
    },
    /// Prints the empty sheet as a PDF.
    Preview {
        /// Form id.
        id: String,
        /// The PDF to write.
        #[arg(long, value_name = "F.pdf")]
        out: PathBuf,
    },
    /// Makes a form of paper that others print from its empty sheet, with a field for every box found.
    New(NewFormArgs),
}

/// `yomitori form new`.
#[derive(Debug, Args)]
pub struct NewFormArgs {
    /// Id of the new form: a-z, 0-9 and -. Its folder is made in `--templates`, else in `templates/` of the data directory.
    pub id: String,
    /// The empty sheet: PDF, TIFF, PNG or JPEG, one page a side.
    #[arg(long, value_name = "BLANK")]
    pub from: PathBuf,
    /// Resolution of the picture, dots per inch, when the file does not say it or says it wrongly.
    #[arg(long, value_name = "N")]
    pub dpi: Option<f64>,
    /// Number of the form, 1 to 99; without it, a free one.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=99))]
    pub number: Option<u8>,
    /// What people call the form; without it, its id.
    #[arg(long, value_name = "T")]
    pub title: Option<String>,
}

/// `yomitori issue`.
#[derive(Debug, Args)]
pub struct IssueArgs {
    /// Form id.
    #[arg(long)]
    pub form: String,
    /// Residents to print for, CSV as for `residents import`.
    #[arg(long, value_name = "F.csv")]
    pub residents: PathBuf,
    /// The PDF to write.
    #[arg(long, value_name = "S.pdf")]
    pub out: PathBuf,
    /// One JSON line a slip.
    #[arg(long, value_name = "M.jsonl")]
    pub manifest: PathBuf,
}

/// `yomitori read`.
#[derive(Debug, Args)]
pub struct ReadArgs {
    /// One JSON line a page (otherwise a table for people).
    #[arg(long)]
    pub json: bool,
    /// TIFF, JPEG, PNG or PDF files.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
}

/// `yomitori residents …`.
#[derive(Debug, Subcommand)]
pub enum ResidentsCommand {
    /// Takes in a resident file (CSV, UTF-8 or CP932) and reports every refused line.
    Import {
        /// The file.
        file: PathBuf,
        /// The file holds changes only; without it, the file is the whole register.
        #[arg(long)]
        diff: bool,
        /// A whole register may lack so many of the present residents; without it, at most 20 or 2 in 100.
        #[arg(long, value_name = "N", default_value_t = 0)]
        allow_departures: u64,
    },
}

/// `yomitori clinics …`.
#[derive(Debug, Subcommand)]
pub enum ClinicsCommand {
    /// Takes in a clinic file (CSV with `clinic_code,name`, optionally `address,phone`, the bank account and
    /// `invoice_number`; UTF-8 or CP932). What a file does not say of a known clinic stays as it is.
    Import {
        /// The file.
        file: PathBuf,
    },
}

/// `yomitori audit …`.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Proves that no line was changed, removed, put in, moved or cut off; names the first that does not follow.
    Verify {
        /// Machine-readable output.
        #[arg(long)]
        json: bool,
        /// A file kept elsewhere with the heads of earlier proofs: they are compared, and the present head is added.
        #[arg(long, value_name = "FILE")]
        noted: Option<PathBuf>,
    },
    /// Tells who saw or changed a person's data, also from the archive. The question itself is logged.
    Who {
        /// 宛名番号 of the person.
        resident: String,
        /// First day, 2026-10-01.
        #[arg(long, value_name = "DAY")]
        from: Option<jiff::civil::Date>,
        /// Last day.
        #[arg(long, value_name = "DAY")]
        to: Option<jiff::civil::Date>,
        /// Why it is asked.
        #[arg(long, default_value = "", value_name = "WHY")]
        reason: String,
        /// Machine-readable output.
        #[arg(long)]
        json: bool,
    },
    /// Writes the log as CSV for spreadsheets. The export itself is logged.
    Export {
        /// The file to write.
        #[arg(long, value_name = "F.csv")]
        out: PathBuf,
        /// Why it is taken out.
        #[arg(long, value_name = "WHY")]
        reason: String,
        /// First day, 2026-10-01.
        #[arg(long, value_name = "DAY")]
        from: Option<jiff::civil::Date>,
        /// Last day.
        #[arg(long, value_name = "DAY")]
        to: Option<jiff::civil::Date>,
    },
    /// Moves lines older than `access_log_days` into a file of `access-archive/`; `run` does so once a day.
    Archive,
}

/// `yomitori users …`.
#[derive(Debug, Subcommand)]
pub enum UsersCommand {
    /// Makes an account, and prints the one-time code with which its person chooses a password within 24 hours.
    Add(NewUserArgs),
    /// Names every account.
    List {
        /// Machine-readable output, one JSON line an account.
        #[arg(long)]
        json: bool,
    },
    /// Shuts a leaver out at once: sessions end.
    Disable {
        /// Account id.
        id: String,
    },
    /// Lets a disabled account in again.
    Enable {
        /// Account id.
        id: String,
    },
    /// Takes a lost second factor away; a new one is set up at the next log-in.
    ResetTotp {
        /// Account id.
        id: String,
    },
    /// Takes a forgotten password away, and prints a one-time code for a new one.
    ResetPassword {
        /// Account id.
        id: String,
    },
}

/// `yomitori users add`.
#[derive(Debug, Args)]
pub struct NewUserArgs {
    /// Account id: 2 to 32 of a-z, 0-9, `.`, `_` and `-`, beginning with a letter. It is never changed.
    pub id: String,
    /// Name of the person.
    #[arg(long, value_name = "名前")]
    pub name: String,
    /// 所属: the section of the person.
    #[arg(long, value_name = "課", default_value = "")]
    pub section: String,
    /// What the person does; may be given several times.
    #[arg(long = "duty", value_name = "DUTY", required = true, value_parser = parse_duty)]
    pub duties: Vec<Duty>,
}

fn parse_duty(word: &str) -> Result<Duty, String> {
    Duty::parse(word).ok_or_else(|| {
        let words: Vec<&str> = Duty::ALL.iter().map(|duty| duty.as_str()).collect();
        format!("a duty is one of {}", words.join(", "))
    })
}

/// `yomitori bench`.
#[derive(Clone, Debug, Args)]
pub struct BenchArgs {
    /// A folder of cases, each with a page image and `expected.json`.
    #[arg(long, value_name = "DIR")]
    pub samples: Option<PathBuf>,
    /// Simulated pages to print, fill in, degrade and read beside the samples.
    #[arg(long, default_value_t = 0)]
    pub simulate: u32,
    /// Simulates only these forms (may be given several times).
    #[arg(long, value_name = "ID")]
    pub form: Vec<String>,
    /// Real handwritten digits for the simulated pages: PREFIX-images.idx3.gz and PREFIX-labels.idx1.gz, as MNIST has them.
    #[arg(long, value_name = "PREFIX")]
    pub handwriting: Option<PathBuf>,
    /// Writes the shipped samples anew into this folder instead of measuring.
    #[arg(long, value_name = "DIR", hide = true)]
    pub write_samples: Option<PathBuf>,
    /// Writes every crop of every field as HTML pages into this folder, the least sure first.
    #[arg(long, value_name = "DIR")]
    pub gallery: Option<PathBuf>,
    /// Writes every value with its truth into this file, one JSON line each, to tabulate what no figure shows.
    #[arg(long, value_name = "FILE", hide = true)]
    pub values: Option<PathBuf>,
    /// Times every screen instead, over a made-up season with so many pages and ten times as many residents.
    #[arg(long, value_name = "PAGES", value_parser = clap::value_parser!(u32).range(1_000..=1_000_000))]
    pub screens: Option<u32>,
    /// Measures the engines of the queue instead: messages a second, and so many pages of the samples read over each.
    #[arg(long, value_name = "PAGES", value_parser = clap::value_parser!(u32).range(10..=100_000))]
    pub engines: Option<u32>,
    /// Where `--screens` keeps its season for the next run; without it, nowhere.
    #[arg(long, value_name = "DIR", requires = "screens")]
    pub keep: Option<PathBuf>,
    /// Seed of the simulated pages.
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Machine-readable output.
    #[arg(long)]
    pub json: bool,
}
