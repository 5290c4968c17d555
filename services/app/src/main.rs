//! The one binary: arguments, settings, logs, wiring, commands. Everything else is a room of its own.

mod bench;
mod blanks;
mod cli;
mod commands;
mod config;
mod demo;
mod edition;
mod engine;
mod hub;
mod keeping;
mod keys;
mod load;
mod locks;
mod logs;
mod payer;
mod preview;
mod report;
mod rules;
mod sheets;
mod simulate;
mod templates;
mod watching;

use anyhow::{Context, Result};
use clap::Parser;
use cli::{Cli, Command};
use config::Config;
use std::io::Write;

fn main() -> ! {
    let cli = Cli::parse();
    // What speaks TLS to page store and broker asks for it; whoever came first is as good.
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    logs::start(cli.command.role(), &config::machine_name());
    leave(match run(cli) {
        Ok(()) => 0,
        Err(error) if is_broken_pipe(&error) => 0,
        Err(error) => {
            eprintln!("yomitori: {error:#}");
            1
        }
    })
}

/// Ends the process. Threads of the databases may still be closing them; the usual way out (`exit`) would take their
/// cipher from under them, for SQLCipher and OpenSSL tidy up there: with keys, now and then a command that had done its
/// work ended with a segmentation fault.
fn leave(status: i32) -> ! {
    let _ = std::io::stdout().flush();
    // SAFETY: takes a number and never comes back; what was written is flushed, and nothing else waits for `exit`.
    unsafe { libc::_exit(status) }
}

fn run(cli: Cli) -> Result<()> {
    if let Command::OcrChild = cli.command {
        return engine::serve_ocr();
    }
    // The first key is made when the settings already name a file that is not there yet.
    if let Command::Keys(cli::KeysCommand::New { into }) = &cli.command {
        return commands::keys::new(into.as_deref());
    }
    let config = Config::load(&cli)?;
    match cli.command {
        Command::Demo(args) => demo::run(&config, &args),
        Command::Run(args) => commands::roles::run(&config, &commands::roles::ALL, args.listen),
        Command::Intake => commands::roles::run(&config, &[commands::roles::Role::Intake], None),
        Command::Reader => commands::roles::run(&config, &[commands::roles::Role::Reader], None),
        Command::Matcher => commands::roles::run(&config, &[commands::roles::Role::Matcher], None),
        Command::Web(args) => commands::roles::run(&config, &[commands::roles::Role::Web], args.listen),
        Command::Check { deep: true, json } => keeping::deep::run(&config, json),
        Command::Check { json, .. } => commands::check::run(&config, json),
        Command::Backup(args) => keeping::backup::run(&config, &args),
        Command::Restore(args) => keeping::restore::run(&config, &args),
        Command::Form(command) => commands::form::run(&config, command),
        Command::Issue(args) => commands::issue::run(&config, &args),
        Command::Read(args) => commands::read::run(&config, &args),
        Command::Residents(command) => commands::import::residents(&config, command),
        Command::Clinics(command) => commands::import::clinics(&config, command),
        Command::Contracts(command) => commands::import::contracts(&config, command),
        Command::Programmes(command) => commands::programmes::run(&config, command),
        Command::Lots(command) => commands::import::lots(&config, command),
        Command::History(command) => commands::import::history(&config, command),
        Command::Prices(command) => commands::claims::prices(&config, command),
        Command::Claims(command) => commands::claims::run(&config, command),
        Command::Audit(command) => commands::audit::run(&config, command),
        Command::Users(command) => commands::users::run(&config, command),
        Command::Requeue(args) => commands::requeue::run(&config, &args),
        Command::Keys(command) => commands::keys::run(&config, command),
        Command::Unseal(args) => commands::unseal::run(&config, &args),
        Command::Status { json } => commands::status::run(&config, json),
        Command::Simulate(command) => simulate::run(&config, command),
        Command::Bench(args) => bench::run(&config, &args),
        Command::Load(args) => load::run(&config, &args),
        Command::OcrChild => Ok(()),
    }
}

/// Prints one line of data to standard output.
///
/// # Errors
/// When nobody reads it any more, or the disk behind it is full.
fn print_line(line: &str) -> Result<()> {
    writeln!(std::io::stdout().lock(), "{line}").context("cannot write to standard output")
}

/// Somebody read enough (`yomitori read … | head`): no failure of ours.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
