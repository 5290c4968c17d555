//! A service bureau: one hub, any number of readers, each role a process of its own that may be hurt.

use super::audit::{Books, Difference};
use super::post::Mail;
use super::tally;
use crate::harness;
use crate::whole_way::{LIMIT, drop_in};
use domain::actor::Actor;
use domain::ids::{PageId, ScanId};
use domain::keying::{Keyed, Pass};
use domain::reading::Value;
use queue::{Depth, Policy, Queue, Topic};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::{KeyingTaken, NewKeying, Store};
use tempfile::TempDir;

/// One bad day at a time: two cores are few.
static ALONE: Mutex<()> = Mutex::new(());

/// The processes and their data directory.
pub struct Bureau {
    /// The data directory.
    pub data: PathBuf,
    /// Who works here.
    pub members: Vec<Member>,
    /// How often somebody was killed.
    pub kills: usize,
    /// What is set for every role besides the usual.
    environment: Vec<(String, String)>,
    /// Where these tests look into the queue.
    queue: String,
    /// The pages whose files were dropped.
    dropped: Vec<String>,
    /// The books before the day went bad.
    before: Books,
    store: Option<Store>,
    folder: TempDir,
    _alone: MutexGuard<'static, ()>,
}

/// One role in its process.
pub struct Member {
    /// `intake`, `reader`, `matcher`, `web`.
    pub role: &'static str,
    log: PathBuf,
    /// Bytes of the log that earlier processes wrote.
    said: usize,
    child: Option<Child>,
}

impl Bureau {
    /// An office that has its mail on the table, and nobody at work.
    pub fn open(mail: &Mail) -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        mail.copy_to(&data);
        let (members, environment) = (Vec::new(), vec![set("YOMITORI_LOG", "info")]);
        let before = Books::default();
        Self {
            data,
            members,
            kills: 0,
            environment,
            queue: "sqlite:".to_owned(),
            dropped: Vec::new(),
            before,
            store: None,
            folder,
            _alone: alone,
        }
    }

    /// Sets something for every role that starts from now on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push(set(name, value));
    }

    /// Lets every role that starts from now on use the queue at `address`; these tests reach the same one at `here`.
    pub fn use_queue(&mut self, address: &str, here: &str) {
        self.set("YOMITORI_QUEUE", address);
        here.clone_into(&mut self.queue);
    }

    /// What is set for every role.
    pub fn environment(&self) -> Vec<(String, String)> {
        self.environment.clone()
    }

    /// A folder beside the data directory, for what is no data.
    pub fn aside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Hires one more; its place among [`Bureau::members`].
    pub fn hire(&mut self, role: &'static str) -> usize {
        let log = self.aside(&format!("{role}-{}.log", self.members.len()));
        self.members.push(Member { role, log, said: 0, child: None });
        let at = self.members.len() - 1;
        self.start(at);
        at
    }

    /// The usual staff: intake, two readers, matcher, screens.
    pub fn hire_all(&mut self) {
        for role in ["intake", "reader", "reader", "matcher", "web"] {
            self.hire(role);
        }
    }

    /// Starts a member that does not run.
    pub fn start(&mut self, at: usize) {
        let args: &[&str] = match self.members[at].role {
            "web" => &["web", "--listen", "127.0.0.1:0"],
            "reader" => &["reader"],
            "matcher" => &["matcher"],
            _ => &["intake"],
        };
        let said = self.log(at).len();
        let member = &mut self.members[at];
        member.said = said;
        let log = std::fs::File::options().create(true).append(true).open(&member.log).unwrap();
        let mut command = harness::yomitori(&self.data, args);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        member.child = Some(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap());
    }

    /// `kill -9`.
    pub fn kill(&mut self, at: usize) {
        let mut child = self.members[at].child.take().expect("it runs");
        assert_eq!(
            child.try_wait().unwrap(),
            None,
            "{} ended by itself: {}",
            self.members[at].role,
            self.log(at)
        );
        child.kill().unwrap();
        child.wait().unwrap();
        self.kills += 1;
    }

    /// `kill -SIGNAL`.
    pub fn signal(&self, at: usize, signal: &str) {
        let pid = self.members[at].child.as_ref().expect("it runs").id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// Waits for a member that was asked to stop or has to refuse; its exit status.
    pub fn ended(&mut self, at: usize) -> i32 {
        let mut child = self.members[at].child.take().expect("it runs");
        let mut status = None;
        harness::wait_until("the end of a process", LIMIT, || {
            status = child.try_wait().unwrap();
            status.is_some()
        });
        status.and_then(|status| status.code()).expect("it was not killed")
    }

    /// Everything that a member has said.
    pub fn log(&self, at: usize) -> String {
        let bytes = std::fs::read(&self.members[at].log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits until a member says something new with all of `words` in one line, after `seen` bytes.
    pub fn hear(&self, at: usize, words: &[&str], seen: usize) {
        let start = std::time::Instant::now();
        loop {
            let log = self.log(at);
            let new = log.get(seen..).unwrap_or_default();
            if new.lines().any(|line| words.iter().all(|word| line.contains(word))) {
                return;
            }
            assert!(start.elapsed() < LIMIT, "{} never said {words:?}: {log}", self.members[at].role);
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits until a member says `words` so many times.
    pub fn hear_times(&self, at: usize, words: &[&str], times: usize) {
        harness::wait_until("many words", LIMIT, || {
            let log = self.log(at);
            log.lines().filter(|line| words.iter().all(|word| line.contains(word))).count() >= times
        });
    }

    /// Waits until a member has started (or, having been started anew, has started again).
    pub fn wait_for_work(&self, at: usize) {
        let member = &self.members[at];
        // The screens say where they are; the others that they have started.
        let words = if member.role == "web" { "screens: " } else { "started" };
        self.hear(at, &[words], member.said);
    }

    /// Whoever has borrowed `page`.
    pub fn holder(&self, page: &str) -> usize {
        let borrowed = |at: &usize| {
            let log = self.log(*at);
            log.lines().any(|line| line.contains("page taken") && line.contains(page))
        };
        let mut holder = None;
        harness::wait_until("somebody to take the page", LIMIT, || {
            holder = (0..self.members.len()).find(borrowed);
            holder.is_some()
        });
        holder.expect("somebody has")
    }

    /// Whether every member still runs.
    pub fn everybody_works(&mut self) -> bool {
        self.members
            .iter_mut()
            .filter_map(|member| member.child.as_mut())
            .all(|child| child.try_wait().unwrap().is_none())
    }

    /// The pages whose files were dropped, in that order.
    pub fn pages(&self) -> Vec<String> {
        self.dropped.clone()
    }

    /// The page whose file was dropped last.
    pub fn last_page(&self) -> String {
        self.dropped.last().expect("something was dropped").clone()
    }

    /// Puts a file of the mail into the inbox.
    pub fn drop_in(&mut self, name: &str) {
        let bytes = std::fs::read(self.data.join("mail").join(name)).unwrap();
        let scan = ScanId(pages::hash_of(&bytes).to_string());
        self.dropped.push(PageId::new(&scan, 1).to_string());
        drop_in(&self.data, name);
    }

    /// The rows.
    pub fn store(&mut self) -> Store {
        let path = self.data.join("yomitori.db");
        self.store.get_or_insert_with(|| Store::open(&path).unwrap()).clone()
    }

    /// The queue, as another process on the same one.
    pub fn queue(&self) -> Arc<dyn Queue> {
        queue::open(&self.queue, &self.data, Policy::default(), None).unwrap()
    }

    /// Waits until everything that was dropped is handled and no message is left anywhere.
    pub fn settle(&mut self) {
        self.settle_within(LIMIT);
    }

    fn settle_within(&mut self, limit: Duration) {
        let (store, queue, dropped) = (self.store(), self.queue(), self.dropped.len() as u64);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.unwrap();
        let mut last = String::new();
        let start = std::time::Instant::now();
        loop {
            let (counts, outbox) =
                store.read(|rows| Ok((rows.counts()?, rows.unsent_outbox(1)?.len()))).unwrap();
            let depths = [Topic::ReadPage, Topic::PageRead].map(|topic| runtime.block_on(queue.depth(topic)));
            let left: u64 = depths.iter().map(|depth| depth.as_ref().map_or(1, |depth| depth.total())).sum();
            if counts.pages.paper() == dropped && counts.pages.unhandled() == 0 && outbox == 0 && left == 0 {
                return;
            }
            last.clear();
            let depths: Vec<Depth> = depths.into_iter().flatten().collect();
            last.push_str(&format!("{counts:?} {depths:?} outbox {outbox} of {dropped}"));
            assert!(start.elapsed() < limit, "the mail is not done: {last}\n{}", self.all_logs());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn all_logs(&self) -> String {
        let last = |at: usize| {
            let log = self.log(at);
            let lines: Vec<&str> = log.lines().rev().take(6).collect();
            format!("--- {} {at}\n{}\n", self.members[at].role, lines.join("\n"))
        };
        (0..self.members.len()).map(last).collect()
    }

    /// A person keys a field of every page that waits for one; how many pages.
    pub fn key_by_hand(&mut self) -> usize {
        let form = crate::command_line::form("influenza-elderly");
        let (store, clerk) = (self.store(), Actor::new("verifier", "desk"));
        let waiting = store.read(|rows| rows.open_reviews(100)).unwrap();
        for item in &waiting {
            let day = Keyed::Value(Value::Text("2026-11-02".to_owned()));
            let keying = [NewKeying { field: "visit_date".into(), pass: Pass::First, keyed: day }];
            let now = jiff::Timestamp::now();
            let taken = store.write(|rows| rows.key(&form, &item.page, 0, &keying, &clerk, now)).unwrap();
            assert!(matches!(taken, KeyingTaken::Saved { .. }), "{taken:?}");
        }
        waiting.len()
    }

    /// Notes the books: from now on the day is bad.
    pub fn note_before(&mut self) {
        self.before = Books::read(&self.store());
    }

    /// Compares the books with the calm day's, writes the tally, and fails when anything was lost, doubled or changed.
    pub fn audit(&mut self, scenario: &str, calm: &Books, said: &str) -> Difference {
        let books = Books::read(&self.store());
        let dropped = self.dropped.len();
        let difference = books.against(&calm.only(&self.dropped), &self.before);
        tally::note(scenario, self.kills, dropped, difference, said);
        assert_eq!((difference.lost, difference.doubled, difference.changed), (0, 0, 0), "{scenario}");
        assert_eq!(books.pages(), dropped, "paper = pages");
        assert!(books.imbalances.is_empty(), "{:?}", books.imbalances);
        self.inbox_is_empty();
        difference
    }

    /// No file is left in the inbox or in hand, and every source file lies among the scans once.
    fn inbox_is_empty(&self) {
        let left = files(&self.data.join("inbox"));
        assert!(left.is_empty(), "still in the inbox: {left:?}");
        assert_eq!(
            files(&self.data.join("scans")).len(),
            self.dropped.len(),
            "every source file is kept once"
        );
    }
}

impl Drop for Bureau {
    fn drop(&mut self) {
        for child in self.members.iter_mut().filter_map(|member| member.child.as_mut()) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn set(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Every file below `folder`.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}
