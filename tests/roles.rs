//! Each role as a process of its own: what it needs, how it stops, and how a page is followed through all of them.

use crate::browser::PASSWORD;
use crate::harness::{self, Running};
use crate::whole_way::{LIMIT, drop_in, post, settings};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The hub's data directory and, elsewhere, the folder that a reader's machine has.
struct Machines {
    _folder: tempfile::TempDir,
    hub: PathBuf,
    far: PathBuf,
}

impl Machines {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (hub, far) = (folder.path().join("hub"), folder.path().join("far"));
        std::fs::create_dir(&hub).unwrap();
        settings(&hub);
        Self { _folder: folder, hub, far }
    }

    fn log(&self, role: &str) -> PathBuf {
        self.hub.join(format!("{role}.log"))
    }

    fn start(&self, role: &str, more: &[&str]) -> Running {
        let args: Vec<&str> = [role].into_iter().chain(more.iter().copied()).collect();
        let mut command = harness::yomitori(&self.hub, &args);
        command.env("YOMITORI_METRICS", "127.0.0.1:0");
        Running::with(command, &self.log(role))
    }

    /// A reader that is told of queue and pages and has no data directory.
    fn start_reader(&self, more: &[&str]) -> Running {
        let args: Vec<&str> = ["reader"].into_iter().chain(more.iter().copied()).collect();
        let mut command = harness::yomitori(&self.far, &args);
        command
            .env("YOMITORI_METRICS", "127.0.0.1:0")
            .env("YOMITORI_QUEUE", format!("sqlite:{}", self.hub.join("queue.db").display()))
            .env("YOMITORI_PAGES", format!("file:{}", self.hub.join("pages").display()))
            .env("YOMITORI_NAME", "reader-07");
        Running::with(command, &self.log("reader"))
    }

    /// Whether so many pages have come and none of them waits for the machine.
    fn handled(&self, pages: usize) -> bool {
        if !self.hub.join("yomitori.db").is_file() {
            return false;
        }
        harness::pages(&harness::status(&self.hub)) == (pages as u64, 0)
    }

    /// What a role answers where it told that metrics and health are answered.
    fn ask(&self, role: &str, path: &str) -> String {
        let lines = self.lines(role);
        let told = lines.iter().find(|line| line["message"] == "metrics and health are answered");
        let address = told.and_then(|line| line["address"].as_str()).expect("a role tells where it answers");
        curl(&["--silent", &format!("http://{address}{path}")])
    }

    /// Whether a figure, written `name{label="value"}`, has this value; every figure has the role's label, too.
    fn has(&self, metrics: &str, role: &str, figure: &str, value: usize) -> bool {
        let (name, label) = figure.trim_end_matches('}').split_once('{').unwrap_or((figure, ""));
        metrics.lines().any(|line| {
            line.starts_with(&format!("{name}{{"))
                && line.contains(&format!("role=\"{role}\""))
                && line.contains(label)
                && line.ends_with(&format!(" {value}"))
        })
    }

    /// A member of staff comes in and looks at a page.
    fn look_at(&self, page: &str) {
        let code = harness::hire(&self.hub, "sato", &["verifier"]);
        let log = std::fs::read_to_string(self.log("web")).unwrap();
        let address = log.lines().find_map(|line| line.strip_prefix("screens: ")).unwrap().to_owned();
        let (jar, origin) = (self.hub.join("cookies"), format!("Origin: {address}"));
        let jar = jar.to_str().unwrap();
        let entries = [("id", "sato"), ("code", &code), ("password", PASSWORD), ("again", PASSWORD)];
        let entries = entries.map(|(name, value)| format!("{name}={value}"));
        let setup = format!("{address}/setup");
        let mut args = vec!["--silent", "--cookie-jar", jar, "--header", &origin];
        args.extend(entries.iter().flat_map(|entry| ["--data-urlencode", entry.as_str()]));
        args.push(&setup);
        curl(&args);
        let shown = curl(&["--silent", "--cookie", jar, &format!("{address}/pages/{page}")]);
        assert!(shown.contains("<h1"), "{shown}");
    }

    /// Lines of a role's log.
    fn lines(&self, role: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.log(role)).unwrap();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The pages that a role's log speaks of.
    fn pages_in(&self, role: &str) -> BTreeSet<String> {
        let lines = self.lines(role);
        lines.iter().filter_map(|line| Some(line["page.id"].as_str()?.to_owned())).collect()
    }
}

/// What curl says.
fn curl(args: &[&str]) -> String {
    let output = Command::new("curl").args(args).output().expect("curl can be run (`make test` installs it)");
    assert!(output.status.success(), "curl {args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn every_role_runs_alone_and_a_page_can_be_followed_through_all_of_them() {
    const PAGES: usize = 3;
    let machines = Machines::new();
    let names = post(&machines.hub, PAGES, 21, None);
    let (intake, matcher) = (machines.start("intake", &[]), machines.start("matcher", &[]));
    let web = machines.start("web", &["--listen", "127.0.0.1:0"]);
    let reader = machines.start_reader(&[]);
    names.iter().for_each(|name| drop_in(&machines.hub, name));
    harness::wait_until("all pages", LIMIT, || machines.handled(PAGES));
    let pages = harness::status(&machines.hub)["pages"].clone();
    let count = |state: &str| pages[state].as_u64().unwrap() as usize;
    for (role, figure, value) in [
        ("intake", "yomitori_pages{state=\"committed\"}", count("committed")),
        ("intake", "yomitori_pages{state=\"in_review\"}", count("in_review")),
        ("intake", "yomitori_files{state=\"taken\"}", PAGES),
        ("reader", "yomitori_pages_read_total{outcome=\"read\"}", PAGES),
        ("matcher", "yomitori_way_seconds_count", PAGES),
    ] {
        let metrics = machines.ask(role, "/metrics");
        assert!(machines.has(&metrics, role, figure, value), "{role}: {figure} {value}: {metrics}");
        assert!(!metrics.contains("花子"), "no name reaches a metric");
    }
    for role in ["intake", "reader", "matcher", "web"] {
        assert_eq!(machines.ask(role, "/health/live"), "ok\n");
        let ready: Value = serde_json::from_str(&machines.ask(role, "/health/ready")).unwrap();
        assert_eq!(ready["ready"], true, "{role}: {ready}");
    }
    let page = machines.pages_in("intake").pop_first().unwrap();
    machines.look_at(&page);
    for (role, process) in [("intake", intake), ("reader", reader), ("matcher", matcher), ("web", web)] {
        assert_eq!(process.terminate().code(), Some(0), "{role} stops when it is asked to");
    }
    assert_eq!(
        files_in(&machines.far),
        Vec::<PathBuf>::new(),
        "a reader makes no database and keeps nothing"
    );
    let taken = machines.pages_in("intake");
    assert_eq!(taken.len(), PAGES);
    for role in ["reader", "matcher"] {
        assert_eq!(machines.pages_in(role), taken, "{role} says which pages it had in hand");
        assert!(machines.lines(role).iter().all(|line| line["role"] == role), "a line says who wrote it");
    }
    assert_eq!(machines.pages_in("web"), [page].into(), "who looked at a page is in the log of the screens");
    assert!(machines.lines("reader").iter().all(|line| line["name"] == "reader-07"));
    let everything = ["intake", "reader", "matcher", "web"]
        .map(|role| std::fs::read_to_string(machines.log(role)).unwrap());
    assert!(everything.iter().all(|log| !log.contains("花子")), "no name reaches a log");
}

#[test]
fn a_role_that_is_stopped_in_the_middle_of_its_work_gives_it_back() {
    const PAGES: usize = 12;
    let machines = Machines::new();
    let names = post(&machines.hub, PAGES, 22, None);
    let (intake, matcher) = (machines.start("intake", &[]), machines.start("matcher", &[]));
    let mut reader = Some(machines.start_reader(&[]));
    names.iter().for_each(|name| drop_in(&machines.hub, name));
    let mut stops = 0;
    harness::wait_until("all pages", LIMIT, || {
        // Whenever it has a page in hand, it is told to stop, and another one goes on.
        if stops < 4 && machines.lines("reader").iter().any(|line| line["message"] == "page taken") {
            let ended = reader.take().map(Running::terminate);
            assert_eq!(ended.and_then(|status| status.code()), Some(0));
            reader = Some(machines.start_reader(&[]));
            stops += 1;
        }
        machines.handled(PAGES)
    });
    assert!(stops > 0);
    let status = harness::status(&machines.hub);
    for topic in ["read-page", "page-read"] {
        let queue = &status["queue"][topic];
        assert_eq!((&queue["leased"], &queue["dead"]), (&0.into(), &0.into()), "{status}");
    }
    assert_eq!(status["records"], status["pages"]["committed"], "one record a committed page");
    assert_eq!(matcher.terminate().code(), Some(0));
    assert_eq!(intake.terminate().code(), Some(0));
}

#[test]
fn a_reader_that_was_left_out_of_an_upgrade_reads_nothing_and_says_so() {
    let machines = Machines::new();
    let names = post(&machines.hub, 1, 23, None);
    // The forms of before: one of them was another one then.
    let old = machines.hub.join("old-templates");
    let form =
        std::fs::read_to_string(harness::root().join("templates/influenza-elderly/form.toml")).unwrap();
    std::fs::create_dir_all(old.join("influenza-elderly")).unwrap();
    std::fs::write(old.join("influenza-elderly/form.toml"), format!("{form}\n# as it was\n")).unwrap();
    let _hub = [machines.start("intake", &[]), machines.start("matcher", &[])];
    let left_out = machines.start_reader(&["--templates", old.to_str().unwrap()]);
    names.iter().for_each(|name| drop_in(&machines.hub, name));
    let refusal = "the hub asks for forms, others than this reader has";
    harness::wait_until("the refusal", LIMIT, || {
        machines.lines("reader").iter().any(|line| line["message"].as_str().unwrap().starts_with(refusal))
    });
    let status = harness::status(&machines.hub);
    assert_eq!((&status["pages"]["received"], &status["records"]), (&1.into(), &0.into()), "{status}");
    assert_eq!(left_out.terminate().code(), Some(0));
    let _reader = machines.start_reader(&[]);
    harness::wait_until("the page", LIMIT, || machines.handled(1));
    assert_eq!(harness::status(&machines.hub)["queue"]["read-page"]["dead"], 0);
}
