//! `yomitori users`: accounts from the command line, as the first administrator needs it.

use crate::cli::{NewUserArgs, UsersCommand};
use crate::commands::import::actor;
use crate::config::Config;
use crate::{hub, print_line};
use anyhow::{Context, Result, bail};
use domain::account::SETUP_LASTS;
use domain::duty::Duty;
use domain::ids::StaffId;
use jiff::Timestamp;
use serde_json::json;
use store::{Account, AccountData, Store};
use web::accounts::{self, AccountError};

/// Runs it.
pub fn run(config: &Config, command: UsersCommand) -> Result<()> {
    let store = hub::open_store(config)?;
    let now = Timestamp::now();
    match command {
        UsersCommand::Add(args) => add(config, &store, args, now),
        UsersCommand::List { json } => list(&store, json),
        UsersCommand::Disable { id } => {
            said(accounts::enable(&store, &id.as_str().into(), false, &actor(), now))?;
            print_line(&format!("{id} is disabled; sessions have ended"))
        }
        UsersCommand::Enable { id } => {
            said(accounts::enable(&store, &id.as_str().into(), true, &actor(), now))?;
            print_line(&format!("{id} is enabled"))
        }
        UsersCommand::ResetTotp { id } => {
            said(accounts::reset_second_factor(&store, &id.as_str().into(), &actor(), now))?;
            print_line(&format!("the second factor of {id} is gone; a new one is set up at the next log-in"))
        }
        UsersCommand::ResetPassword { id } => {
            let code = said(accounts::reset_password(&store, &id.as_str().into(), &actor(), now))?;
            tell_code(config, &id, &code)
        }
    }
}

fn add(config: &Config, store: &Store, args: NewUserArgs, now: Timestamp) -> Result<()> {
    let NewUserArgs { id, name, section, mut duties } = args;
    duties.sort_unstable();
    duties.dedup();
    let data = AccountData { name, section, duties };
    let code = said(accounts::add(store, &id, &data, &actor(), now))?;
    tell_code(config, &id, &code)
}

/// The refusal in its own words; what people read on the screen is what they read here.
fn said<T>(result: Result<T, AccountError>) -> Result<T> {
    match result {
        Ok(done) => Ok(done),
        Err(AccountError::Refused(words)) => bail!("{words}"),
        Err(AccountError::Rows(error)) => Err(error).context("the account was left as it is"),
    }
}

fn tell_code(config: &Config, id: &str, code: &str) -> Result<()> {
    print_line(&format!("account:     {id}"))?;
    print_line(&format!("set-up code: {code}"))?;
    print_line(&format!(
        "Give the code to this person alone. It is good once, for {} hours, at {}/setup",
        SETUP_LASTS.as_hours(),
        config.door.address(config.listen)
    ))
}

fn list(store: &Store, as_json: bool) -> Result<()> {
    for account in store.read(|rows| rows.accounts())? {
        let Account { id, name, section, duties, enabled, last_login, .. } = &account;
        let words: Vec<&str> = duties.iter().map(|duty: &Duty| duty.as_str()).collect();
        let (has_password, has_second) = (account.password.is_some(), account.totp.is_some());
        let line = if as_json {
            json!({
                "id": id, "name": name, "section": section, "duties": words, "enabled": enabled,
                "password": has_password, "second_factor": has_second, "last_login": last_login,
            })
            .to_string()
        } else {
            let state = match (enabled, has_password) {
                (false, _) => "disabled",
                (true, false) => "waits for its person",
                (true, true) => "in use",
            };
            format!("{:<16} {state:<20} {:<28} {name} {section}", StaffId::as_str(id), words.join(","))
        };
        print_line(&line)?;
    }
    Ok(())
}
