//! `yomitori demo`: a made-up city's mail goes the whole way, every hop the real one.

pub mod city;
mod claims;
mod mail;
mod plan;
mod staff;
mod summary;

use crate::cli::DemoArgs;
use crate::commands::roles;
use crate::config::{Config, Door};
use crate::hub::{self, Hub};
use crate::locks;
use crate::payer::RawPayer;
use anyhow::{Context, Result, bail, ensure};
use claims::Bundles;
use domain::account::Policy;
use indicatif::{ProgressBar, ProgressStyle};
use mail::Dropped;
use plan::Plan;
use press::{Fonts, Printer};
use std::path::Path;
use std::time::Duration;
use summary::Summary;

/// Marks a data directory that the demo made and may empty again.
const MARK: &str = "demo-city";

/// From which account the made-up city pays; in its `yomitori.toml`, so that commands know it, too.
const PAYER: &str = r#"code = "0123456789"
name = "ヨミトリシ カイケイカンリシヤ"
bank_code = "9990"
bank_name = "ヨミトリギンコウ"
branch_code = "001"
branch_name = "ホンテン"
account_kind = "普通"
account_number = "1000000"
letterhead = ["読取市長", "保健福祉部 健康推進課"]
"#;

/// Runs it.
pub fn run(config: &Config, args: &DemoArgs) -> Result<()> {
    let config = Config {
        // The demo's scanner writes whole files at once; nobody wants to wait for them to rest.
        stable: Duration::from_millis(500),
        poll: Duration::from_secs(1),
        payment: toml::from_str::<RawPayer>(PAYER)?.office()?,
        door: Door {
            policy: Policy { second_factor_required: false, ..config.door.policy.clone() },
            // On this machine alone, whatever the settings say.
            ..Door::default()
        },
        ..config.clone()
    };
    tokio::runtime::Runtime::new()?.block_on(city_day(&config, args))
}

/// Makes an empty data directory, or empties one that an earlier demo made.
fn prepare(data_dir: &Path) -> Result<()> {
    let mark = data_dir.join(MARK);
    if mark.is_file() {
        ensure!(
            !locks::in_use(data_dir),
            "a demo is running in {}; stop it, or name another directory with --data-dir",
            data_dir.display()
        );
        std::fs::remove_dir_all(data_dir).with_context(|| format!("cannot empty {}", data_dir.display()))?;
    }
    let taken = data_dir.read_dir().is_ok_and(|mut entries| entries.next().is_some());
    ensure!(
        !taken,
        "{} holds data that no demo made; name another directory with --data-dir",
        data_dir.display()
    );
    hub::make_private(data_dir)?;
    std::fs::write(data_dir.join("yomitori.toml"), format!("[payer]\n{PAYER}"))
        .with_context(|| format!("cannot write into {}", data_dir.display()))?;
    std::fs::write(mark, "made by yomitori demo\n")
        .with_context(|| format!("cannot write into {}", data_dir.display()))
}

async fn city_day(config: &Config, args: &DemoArgs) -> Result<()> {
    // Everything that may refuse comes before the last demo's data is thrown away.
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", args.port))
        .await
        .with_context(|| format!("port {} is taken; choose another with --port", args.port))?;
    prepare(&config.data_dir)?;
    let hub = Hub::open(config)?;
    let address = listener.local_addr()?;
    let plan = plan::make(config, &hub, args)?;
    let logins = staff::hire(&hub)?;
    let office = roles::start(config, &hub, &roles::ALL, Some(listener))?;
    if !args.exit {
        eprintln!("screens: http://{address}");
        staff::print(&logins)?;
    }
    let (bundles, month) = (Bundles::of(&plan)?, plan.month);
    let dropped = post(config, plan, args.seed).await?;
    let claims = bundles.claim(&hub, &dropped)?;
    wait_until_handled(&hub, &dropped).await?;
    let summary = Summary::make(&hub, &dropped)?;
    summary.print()?;
    crate::print_line(&format!(
        "claims      {claims} clinics claim for {month}; their slips wait for a payment clerk"
    ))?;
    if !args.exit {
        staff::print(&logins)?;
        crate::print_line(&format!("\nThe screens are at http://{address} - Ctrl-C ends the demo."))?;
        tokio::signal::ctrl_c().await?;
    }
    office.stop().await?;
    if !summary.adds_up() {
        bail!("the counts do not add up");
    }
    Ok(())
}

/// Prints, fills in, scans and drops every envelope.
async fn post(config: &Config, plan: Plan, seed: u64) -> Result<Dropped> {
    let inbox = hub::inbox(config);
    let bar = ProgressBar::new(plan.envelopes.iter().map(|envelope| envelope.slips.len() as u64).sum());
    bar.set_style(ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} slips, {eta} left")?);
    bar.set_message("printing, filling in, scanning");
    let work = tokio::task::spawn_blocking(move || {
        let printer = Printer::new(Fonts::find()?);
        let mut all = Dropped::default();
        for (index, envelope) in plan.envelopes.iter().enumerate() {
            all.add(mail::post(envelope, index, &plan.ticket_form, &printer, &inbox, seed)?);
            bar.inc(envelope.slips.len() as u64);
        }
        bar.finish_and_clear();
        anyhow::Ok(all)
    });
    work.await.context("the mail broke off")?
}

/// Waits until every file is taken and no page waits for the machine; gives up when nothing moves for two minutes.
async fn wait_until_handled(hub: &Hub, dropped: &Dropped) -> Result<()> {
    const PATIENCE: u32 = 480;
    let bar = ProgressBar::new(dropped.pages);
    bar.set_style(ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} pages")?);
    bar.set_message("reading and matching");
    let (mut last, mut idle) = (u64::MAX, 0);
    loop {
        let counts = hub.store.read(|rows| rows.counts())?;
        let handled = summary::handled(&counts);
        bar.set_position(handled);
        if handled >= dropped.pages && summary::files(&counts) >= dropped.files {
            bar.finish_and_clear();
            return Ok(());
        }
        idle = if handled == last { idle + 1 } else { 0 };
        if idle > PATIENCE {
            bail!("nothing has moved for two minutes: {handled} of {} pages are handled", dropped.pages);
        }
        last = handled;
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}
