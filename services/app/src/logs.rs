//! Logs: to standard error, filtered by `YOMITORI_LOG`; JSON when it is no terminal.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts logging; `quiet` keeps only warnings unless `YOMITORI_LOG` says otherwise.
pub fn start(quiet: bool) {
    let default = if quiet { "warn" } else { "info" };
    let filter = EnvFilter::try_from_env("YOMITORI_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        builder.with_target(false).init();
    } else {
        builder.json().init();
    }
}
