//! The program as its users meet it: started, fed, asked, killed.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

/// The workspace root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace").to_owned()
}

/// The program beside the test binary; `make test` builds it first.
pub fn program() -> PathBuf {
    let tests = std::env::current_exe().expect("a test has a path");
    let folder = tests.ancestors().nth(2).expect("tests lie in target/PROFILE/deps");
    let program = folder.join("yomitori");
    assert!(
        program.is_file(),
        "{} is missing: run `make test`, or `cargo build --release` first",
        program.display()
    );
    program
}

/// `yomitori ARGS…` with a data directory, without the caller's settings.
pub fn yomitori(data: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(program());
    let settings = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("YOMITORI_"));
    for (name, _) in settings {
        command.env_remove(name);
    }
    command.arg("--data-dir").arg(data).args(args);
    command
}

/// Runs a command to its end.
pub fn run(data: &Path, args: &[&str]) -> Output {
    yomitori(data, args).stdin(Stdio::null()).output().expect("the program starts")
}

/// Runs a command that must succeed, and gives what it printed.
pub fn succeed(data: &Path, args: &[&str]) -> String {
    let output = run(data, args);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "yomitori {args:?} failed: {errors}");
    String::from_utf8(output.stdout).expect("output is UTF-8")
}

/// Makes the account `id`; the one-time code with which its person chooses a password.
pub fn hire(data: &Path, id: &str, duties: &[&str]) -> String {
    let name = format!("試験 {id}");
    let mut args = vec!["users", "add", id, "--name", &name];
    args.extend(duties.iter().flat_map(|duty| ["--duty", duty]));
    let said = succeed(data, &args);
    let code = said.lines().find_map(|line| line.strip_prefix("set-up code: "));
    code.expect("`users add` prints a code").to_owned()
}

/// `yomitori status --json`.
pub fn status(data: &Path) -> serde_json::Value {
    serde_json::from_str(&succeed(data, &["status", "--json"])).expect("status prints JSON")
}

/// All pages in any state, and those that the machine has still to handle.
pub fn pages(status: &serde_json::Value) -> (u64, u64) {
    let states = status["pages"].as_object().expect("status has pages");
    let count = |name: &str| states[name].as_u64().expect("a count");
    (states.values().map(|n| n.as_u64().expect("a count")).sum(), count("received") + count("read"))
}

/// A program in the background that is killed when it goes out of scope.
pub struct Running(pub Child);

impl Running {
    /// Starts `yomitori ARGS…` with its output thrown away.
    pub fn start(data: &Path, args: &[&str]) -> Self {
        Self::with(yomitori(data, args), &data.join("test.log"))
    }

    /// Starts a command; what it says on standard error goes to `log`.
    pub fn with(mut command: Command, log: &Path) -> Self {
        let log = std::fs::File::create(log).expect("the log can be written");
        Self(
            command
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(log)
                .spawn()
                .expect("the program starts"),
        )
    }

    /// SIGTERM, as a service manager sends it; how the program ended.
    pub fn terminate(mut self) -> ExitStatus {
        let id = self.0.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().expect("`kill` can be run");
        assert!(sent.success(), "the program still runs");
        self.0.wait().expect("a program that is stopped ends")
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.0.kill().expect("the program still runs");
        self.0.wait().expect("a killed program ends");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Asks again and again until `done`; fails with `what` after `limit`.
pub fn wait_until(what: &str, limit: Duration, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < limit, "still waiting for: {what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}
