//! `yomitori programmes`: the rules of programmes, as data and in words.

use crate::cli::ProgrammesCommand;
use crate::config::Config;
use crate::rules;
use anyhow::{Context, Result, bail};
use domain::ids::ProgrammeId;
use domain::programme::{Programme, Programmes, Version};
use jiff::civil::Date;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Runs it.
pub fn run(config: &Config, command: ProgrammesCommand) -> Result<()> {
    let programmes = || rules::programmes(config);
    match command {
        ProgrammesCommand::List { json } => list(programmes()?.as_ref(), json),
        ProgrammesCommand::Show { id, day, json } => show(programmes()?.as_ref(), &id.into(), day, json),
        ProgrammesCommand::Check { file } => check(config, file),
    }
}

fn list(programmes: &Programmes, as_json: bool) -> Result<()> {
    for programme in programmes.all() {
        let (id, name, kind) = (&programme.id, &programme.name, programme.kind.label());
        crate::print_line(&if as_json {
            json!({ "id": id, "name": name, "kind": programme.kind, "versions": programme.versions.len() })
                .to_string()
        } else {
            format!("{id:<24} {kind}  {name}")
        })?;
    }
    if !as_json {
        crate::print_line("")?;
        for (id, name) in programmes.vaccines() {
            crate::print_line(&format!("{id:<24} ワクチン  {name}"))?;
        }
    }
    Ok(())
}

fn show(programmes: &Programmes, id: &ProgrammeId, day: Option<Date>, as_json: bool) -> Result<()> {
    let programme = programmes.get(id).with_context(|| {
        format!("there is no programme `{id}`; `yomitori programmes list` names them all")
    })?;
    let versions =
        programme.versions.iter().filter(|version| day.is_none_or(|day| version.period.contains(day)));
    let versions: Vec<&Version> = versions.collect();
    if as_json {
        let versions: Vec<Value> = versions.iter().map(|version| described(version, programmes)).collect();
        let whole = json!({ "id": id, "name": programme.name, "kind": programme.kind, "versions": versions });
        return crate::print_line(&whole.to_string());
    }
    crate::print_line(&format!("{}（{}、{}）", programme.name, programme.id, what(programme)))?;
    for version in versions {
        let period = version.period_words();
        crate::print_line(&format!("\n{}", if period.is_empty() { "期間の定めなし" } else { &period }))?;
        for line in version.lines(programmes) {
            crate::print_line(&format!("  {}: {}", line.about, line.text))?;
        }
        crate::print_line(&format!("  出典: {}", version.source))?;
    }
    if programme.vaccine.is_some() {
        crate::print_line("\nほかのワクチンとの間隔")?;
        for rule in programmes.between() {
            crate::print_line(&format!("  {}", rule.text()))?;
        }
    }
    Ok(())
}

fn what(programme: &Programme) -> String {
    match programme.vaccine {
        Some(vaccine) => format!("{}・{}", programme.kind.label(), vaccine.label()),
        None => programme.kind.label().to_owned(),
    }
}

fn described(version: &Version, programmes: &Programmes) -> Value {
    let period = version.period;
    json!({
        "from": period.from, "until": period.until,
        "rules": version.lines(programmes), "source": version.source,
    })
}

fn check(config: &Config, file: Option<PathBuf>) -> Result<()> {
    let own = rules::file(config);
    let Some(path) = file.or_else(|| own.is_file().then_some(own)) else {
        return crate::print_line("no programmes.toml in the data directory: the built-in rules hold");
    };
    match rules::parsed(&path)? {
        Ok(city) => {
            let ids: Vec<&str> = city.all().map(|programme| programme.id.as_str()).collect();
            crate::print_line(&format!("{}: sound; {}", path.display(), ids.join(", ")))
        }
        Err(faults) => {
            for fault in &faults {
                eprintln!("{}:{}: {}", path.display(), fault.line, fault.reason);
            }
            bail!("{} mistakes in {}", faults.len(), path.display())
        }
    }
}
