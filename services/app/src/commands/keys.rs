//! `yomitori keys new|show|rotate`: makes keys, tells which are in use, and seals everything with the newest.

use crate::cli::KeysCommand;
use crate::config::Config;
use crate::keys::Keys;
use crate::{hub, print_line};
use anyhow::{Context, Result, anyhow, bail, ensure};
use domain::key::{Key, Keyring};
use indicatif::{ProgressBar, ProgressStyle};
use pages::sealed_file::{self, SEALED};
use pages::{Lying, Names, PageStore, PagesError, Pictures};
use rand::TryRng;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use store::Resealed;

/// Pictures sealed anew at the same time: as long as one is on its way to the store, others are being sealed.
const AT_ONCE: usize = 4;
/// Most single faults that are named; the others are counted.
const NAMED: usize = 20;

/// Runs one of them.
pub fn run(config: &Config, command: KeysCommand) -> Result<()> {
    match command {
        KeysCommand::New { into } => new(into.as_deref()),
        KeysCommand::Show { json } => show(config, json),
        KeysCommand::Rotate { json } => rotate(config, json),
    }
}

/// Runs `keys new`, which needs no settings.
///
/// # Errors
/// The key file cannot be written, or is none.
pub fn new(into: Option<&Path>) -> Result<()> {
    let mut bytes = [0; 32];
    rand::rngs::SysRng.try_fill_bytes(&mut bytes).context("the system gives no random numbers")?;
    let key = Key::new(bytes);
    let day = jiff::Zoned::now().date();
    let line = format!("{} # key {}, made {day}", key.to_hex(), key.id());
    let Some(path) = into else {
        return print_line(&line);
    };
    put_first(path, &line)?;
    eprintln!(
        "key {} is the first line of {}. Keep a copy of that file elsewhere, not with the backups: without it nothing \
         that is sealed can ever be opened. Then stop every role and run `yomitori keys rotate`.",
        key.id(),
        path.display()
    );
    Ok(())
}

/// Writes a key file anew with one line more at its top; a crash leaves the old one or the new one.
fn put_first(path: &Path, line: &str) -> Result<()> {
    let cannot = || format!("cannot write the key file {}", path.display());
    let before = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    if !before.trim().is_empty() {
        Keyring::parse(&before).with_context(|| format!("{} is no key file", path.display()))?;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Only this account may read a file that is made so.
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(cannot)?;
    write!(file, "{line}\n{before}").with_context(cannot)?;
    file.as_file().sync_all().with_context(cannot)?;
    file.persist(path).map_err(|error| error.error).with_context(cannot)?;
    File::open(folder).and_then(|folder| folder.sync_all()).with_context(cannot)
}

/// What is sealed with one key, or with none.
#[derive(Default)]
struct Use {
    pictures: u64,
    scans: u64,
    databases: Vec<&'static str>,
}

fn show(config: &Config, as_json: bool) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let mut uses: BTreeMap<Lying, Use> = BTreeMap::new();
    let pictures = hub::open_pictures(config)?;
    runtime.block_on(async {
        let mut names = Names::new(&pictures, None);
        while let Some(name) = names.next().await? {
            match pictures.lying(&name).await {
                Ok(lying) => uses.entry(lying).or_default().pictures += 1,
                // Deleted in this very moment.
                Err(PagesError::Missing(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    })?;
    for scan in scans(config)? {
        let lying = sealed_file::sealed_file(&scan)?.map_or(Lying::Plain, |head| Lying::Sealed(head.key));
        uses.entry(lying).or_default().scans += 1;
    }
    let known = known(config.keys.as_ref());
    for (name, path) in databases(config) {
        let ring =
            config.keys.as_ref().map(|keys| if name == DATABASE { &keys.rows } else { &keys.messages });
        let key = match store::sealed_with(&path, ring)? {
            store::SealedWith::Nothing => Lying::Plain,
            store::SealedWith::Key(id) => Lying::Sealed(id),
            store::SealedWith::Unknown => Lying::Sealed(UNKNOWN.to_owned()),
            store::SealedWith::Missing => continue,
        };
        // Every purpose has a key of its own, derived from the same line of the key file.
        let line = known.iter().find(|line| line.derived.iter().any(|id| Lying::Sealed(id.clone()) == key));
        let key = line.map_or(key, |line| Lying::Sealed(line.pictures().to_owned()));
        uses.entry(key).or_default().databases.push(name);
    }
    for (at, line) in known.iter().enumerate() {
        let used = uses.remove(&Lying::Sealed(line.pictures().to_owned())).unwrap_or_default();
        let role = if at == 0 { "current" } else { "older" };
        print_use(as_json, &format!("key {}", line.id), role, Some(line.pictures()), &used)?;
    }
    for (lying, used) in uses {
        match lying {
            Lying::Plain => print_use(as_json, "no key", "plain", None, &used)?,
            Lying::Sealed(id) => {
                let id = Some(id.as_str()).filter(|id| *id != UNKNOWN);
                print_use(as_json, "a key that was not given", "missing", id, &used)?;
            }
        }
    }
    Ok(())
}

/// The database whose key is not among those given tells nothing about it.
const UNKNOWN: &str = "unknown";

/// One line of the key file.
struct Line {
    id: String,
    /// Ids of the keys derived from it: for pictures, rows and messages.
    derived: [String; 3],
}

impl Line {
    fn pictures(&self) -> &str {
        &self.derived[0]
    }
}

fn known(keys: Option<&Keys>) -> Vec<Line> {
    let Some(keys) = keys else {
        return Vec::new();
    };
    let derived = keys.pictures.all().zip(keys.rows.all()).zip(keys.messages.all());
    let ids = keys.ids.iter().cloned();
    ids.zip(derived).map(|(id, ((p, r), m))| Line { id, derived: [p.id(), r.id(), m.id()] }).collect()
}

fn print_use(as_json: bool, name: &str, role: &str, picture_key: Option<&str>, used: &Use) -> Result<()> {
    let Use { pictures, scans, databases } = used;
    if as_json {
        let line = json!({
            "key": name.strip_prefix("key "), "role": role, "picture_key": picture_key,
            "pictures": pictures, "scans": scans, "databases": databases,
        });
        return print_line(&line.to_string());
    }
    let databases = if databases.is_empty() { "none".to_owned() } else { databases.join(", ") };
    let shown = picture_key.map(|id| format!("; on pictures it is called {id}")).unwrap_or_default();
    print_line(&format!("{name} ({role}): pictures {pictures}, scans {scans}, databases {databases}{shown}"))
}

const DATABASE: &str = "yomitori.db";
const QUEUE: &str = "queue.db";

fn databases(config: &Config) -> [(&'static str, PathBuf); 2] {
    [DATABASE, QUEUE].map(|name| (name, config.data_dir.join(name)))
}

/// Every file in `scans/`, but those that are being written.
fn scans(config: &Config) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![config.data_dir.join("scans")];
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            entries => entries.with_context(|| format!("cannot open {}", folder.display()))?,
        };
        for entry in entries {
            let entry = entry?;
            let unfinished = entry.file_name().to_string_lossy().ends_with(".part");
            match entry.file_type()? {
                kind if kind.is_dir() => folders.push(entry.path()),
                kind if kind.is_file() && !unfinished => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found.sort();
    Ok(found)
}

/// What became of many things.
#[derive(Default)]
struct Tally {
    resealed: u64,
    as_they_were: u64,
    faults: Vec<String>,
}

impl Tally {
    fn note(&mut self, done: Result<bool, PagesError>) {
        match done {
            Ok(true) => self.resealed += 1,
            Ok(false) => self.as_they_were += 1,
            Err(error) => self.faults.push(error.to_string()),
        }
    }

    fn told(&self) -> Value {
        json!({ "resealed": self.resealed, "as_they_were": self.as_they_were, "failed": self.faults.len() })
    }
}

fn rotate(config: &Config, as_json: bool) -> Result<()> {
    let keys = config.keys.as_ref().ok_or_else(|| anyhow!(PagesError::NoKeys))?;
    ensure!(
        config.data_dir.is_dir(),
        "there is no data in {}; name another directory with --data-dir",
        config.data_dir.display()
    );
    // First what nobody may have open: then nothing has been done when somebody has.
    let mut told = BTreeMap::new();
    for (name, path) in databases(config) {
        let ring = if name == DATABASE { &keys.rows } else { &keys.messages };
        let became = match store::reseal(&path, ring)? {
            Resealed::Missing => "missing",
            Resealed::AsItWas => "as_it_was",
            Resealed::FromPlain => "from_plain",
            Resealed::FromOlder => "from_older",
        };
        told.insert(name, became);
    }
    let pictures = tokio::runtime::Runtime::new()?.block_on(pictures(&hub::open_pictures(config)?))?;
    let scans = reseal_scans(config, &keys.pictures)?;
    if as_json {
        let told = json!({ "databases": told, "pictures": pictures.told(), "scans": scans.told() });
        print_line(&told.to_string())?;
    } else {
        for (name, became) in &told {
            print_line(&format!("{name}: {}", became.replace('_', " ")))?;
        }
        for (what, tally) in [("pictures", &pictures), ("scans", &scans)] {
            let Tally { resealed, as_they_were, faults } = tally;
            let failed = faults.len();
            print_line(&format!(
                "{what}: sealed anew {resealed}, as they were {as_they_were}, failed {failed}"
            ))?;
        }
    }
    let faults: Vec<&String> = pictures.faults.iter().chain(&scans.faults).collect();
    for fault in faults.iter().take(NAMED) {
        eprintln!("yomitori: {fault}");
    }
    if !faults.is_empty() {
        bail!(
            "{} could not be sealed anew and stay as they were; keep every key in the key file",
            faults.len()
        );
    }
    eprintln!("everything is sealed with the first key; older ones are needed for older backups only");
    Ok(())
}

async fn pictures(pictures: &Pictures) -> Result<Tally> {
    let bar = bar("pictures", count(pictures).await?)?;
    let (mut tally, mut tasks) = (Tally::default(), tokio::task::JoinSet::new());
    let mut names = Names::new(pictures, None);
    loop {
        let next = names.next().await?;
        if let Some(name) = &next {
            let (pictures, name) = (pictures.clone(), name.clone());
            tasks.spawn(async move { pictures.reseal(&name).await });
        }
        while tasks.len() >= if next.is_some() { AT_ONCE } else { 1 } {
            match tasks.join_next().await {
                // Deleted meanwhile: nothing of it is left to be read.
                Some(Ok(Err(PagesError::Missing(_)))) | None => {}
                Some(done) => tally.note(done.context("sealing broke off")?),
            }
            bar.inc(1);
        }
        if next.is_none() {
            bar.finish_and_clear();
            return Ok(tally);
        }
    }
}

async fn count(pages: &dyn PageStore) -> Result<u64> {
    let (mut names, mut count) = (Names::new(pages, None), 0);
    while names.next().await?.is_some() {
        count += 1;
    }
    Ok(count)
}

fn reseal_scans(config: &Config, keys: &Keyring) -> Result<Tally> {
    let scans = scans(config)?;
    let bar = bar("scans", scans.len() as u64)?;
    let mut tally = Tally::default();
    for scan in scans {
        let sealed = scan.extension().is_some_and(|extension| extension == SEALED);
        tally.note(if sealed { sealed_file::reseal_file(&scan, keys) } else { seal_scan(&scan, keys) });
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(tally)
}

/// A scan that lies there as it came.
fn seal_scan(scan: &Path, keys: &Keyring) -> Result<bool, PagesError> {
    let hash = sealed_file::hash_of_file(scan)?;
    let (folder, name) = (scan.parent().unwrap_or(Path::new(".")), scan.file_name().unwrap_or_default());
    sealed_file::seal_away(scan, folder, name, &hash, keys).map(|_| true)
}

fn bar(what: &str, length: u64) -> Result<ProgressBar> {
    let bar = ProgressBar::new(length);
    let style = format!("sealing {what} [{{bar:30}}] {{pos}}/{{len}}, {{eta}} left");
    bar.set_style(ProgressStyle::with_template(&style)?);
    Ok(bar)
}
