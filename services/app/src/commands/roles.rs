//! `yomitori run`, `intake`, `reader`, `matcher`, `web`: the roles, wired together.

use crate::commands::{audit, status};
use crate::config::{Config, Door};
use crate::hub::{self, Hub};
use crate::{engine, locks, rules, templates};
use anyhow::{Context, Result, anyhow};
use jiff::Timestamp;
use matcher::Matcher;
use press::{Fonts, Printer};
use std::net::SocketAddr;
use std::sync::Arc;
use store::Store;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// 役割. A part of the way that can run by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Watches the inbox.
    Intake,
    /// Reads pages.
    Reader,
    /// Matches readings.
    Matcher,
    /// Shows the screens.
    Web,
}

/// All of them.
pub const ALL: [Role; 4] = [Role::Intake, Role::Reader, Role::Matcher, Role::Web];

/// Roles that are running.
pub struct Office {
    shutdown: watch::Sender<bool>,
    roles: JoinSet<Result<()>>,
}

/// Runs roles until Ctrl-C, SIGTERM, or the failure of one of them.
pub fn run(config: &Config, roles: &[Role], listen: Option<SocketAddr>) -> Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let hub = Hub::open(config)?;
        let listener = if roles.contains(&Role::Web) {
            Some(bind(&config.door, listen.unwrap_or(config.listen)).await?)
        } else {
            None
        };
        let mut office = start(config, &hub, roles, listener)?;
        tokio::select! {
            () = asked_to_stop() => tracing::info!("stopping: pages in hand are finished"),
            ended = office.roles.join_next() => {
                return Err(match ended {
                    Some(Ok(Err(error))) => error,
                    _ => anyhow!("a role ended by itself"),
                });
            }
        }
        office.stop().await
    })
}

async fn bind(door: &Door, address: SocketAddr) -> Result<TcpListener> {
    door.check(address)?;
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; choose another with --listen"))?;
    eprintln!("screens: {}", door.address(listener.local_addr()?));
    Ok(listener)
}

/// Starts roles on one hub; `listener` is needed for [`Role::Web`].
///
/// # Errors
/// When a role lacks what it needs.
pub fn start(
    config: &Config,
    hub: &Hub,
    roles: &[Role],
    mut listener: Option<TcpListener>,
) -> Result<Office> {
    let (shutdown, signal) = watch::channel(false);
    let mut tasks = JoinSet::new();
    for role in roles {
        let signal = signal.clone();
        match role {
            Role::Intake => {
                let (settings, deps) = intake(config, hub);
                tasks.spawn(intake::run(settings, deps, signal));
            }
            Role::Reader => {
                let (settings, deps) = reader(config, hub)?;
                tasks.spawn(reader::run(settings, deps, signal));
            }
            Role::Matcher => {
                let forms = templates::forms(&config.templates)?;
                let deps = matcher::Deps {
                    queue: hub.queue.clone(),
                    matcher: Matcher::new(hub.store.clone(), forms, rules::programmes(config)?),
                };
                let settings = matcher::Config { lease: config.lease, ..matcher::Config::default() };
                let alone = locks::alone(&config.data_dir, "matcher")?;
                tasks.spawn(async move {
                    let _alone = alone;
                    matcher::run(settings, deps, signal).await
                });
            }
            Role::Web => {
                let listener = listener.take().context("the screens need an address")?;
                let mut signal = signal;
                let stopped = async move {
                    // A sender that is gone says the same as the signal.
                    let _ = signal.wait_for(|stop| *stop).await;
                };
                tasks.spawn(web::serve(listener, screens(config, hub)?, stopped));
                tasks.spawn(archive_daily(config.clone(), hub.store.clone(), shutdown.subscribe()));
            }
        }
    }
    Ok(Office { shutdown, roles: tasks })
}

/// Takes old lines of the access log off the table: once at the start, then every day. It never ends by itself.
async fn archive_daily(config: Config, store: Store, mut signal: watch::Receiver<bool>) -> Result<()> {
    loop {
        let (config, store) = (config.clone(), store.clone());
        // Failing leaves the lines on the table; the next day tries again.
        match tokio::task::spawn_blocking(move || audit::archive(&config, &store)).await {
            Ok(Ok(Some(part))) => {
                tracing::info!(last = part.last.seq, "archived old lines of the access log")
            }
            Ok(Ok(None)) => {}
            Ok(Err(error)) => {
                tracing::error!(error = format!("{error:#}"), "the access log was not archived")
            }
            Err(error) => tracing::error!(%error, "the access log was not archived"),
        }
        let a_day = std::time::Duration::from_secs(24 * 60 * 60);
        if tokio::time::timeout(a_day, signal.wait_for(|stop| *stop)).await.is_ok() {
            return Ok(());
        }
    }
}

fn intake(config: &Config, hub: &Hub) -> (intake::Config, intake::Deps) {
    let settings = intake::Config {
        inbox: hub::inbox(config),
        settle: config.stable,
        poll: config.poll,
        keys: config.keys.as_ref().map(|keys| keys.pictures.clone()),
        ..intake::Config::new(&config.data_dir)
    };
    let deps = intake::Deps {
        store: hub.store.clone(),
        queue: hub.queue.clone(),
        pages: hub.pages.clone(),
        now: Arc::new(Timestamp::now),
    };
    (settings, deps)
}

fn reader(config: &Config, hub: &Hub) -> Result<(reader::Config, reader::Deps)> {
    let signature = format!("yomitori {}, digits {}", env!("CARGO_PKG_VERSION"), vision::net::fingerprint());
    let settings = reader::Config {
        threads: config.reader_threads,
        lease: config.lease,
        signature,
        ..reader::Config::default()
    };
    let deps = reader::Deps {
        queue: hub.queue.clone(),
        pages: hub.pages.clone(),
        recognisers: engine::recognisers(&config.templates)?,
    };
    Ok((settings, deps))
}

/// What the screens stand on.
///
/// # Errors
/// When the forms are not right.
pub fn screens(config: &Config, hub: &Hub) -> Result<web::Deps> {
    let fonts = Fonts::find().inspect_err(|error| tracing::warn!(%error, "the screens cannot print"));
    Ok(web::Deps {
        store: hub.store.clone(),
        pages: hub.pages.clone(),
        forms: templates::forms(&config.templates)?,
        programmes: rules::programmes(config)?,
        printer: fonts.ok().map(Printer::new),
        queue_depth: status::queue_depth(hub.store.clone(), hub.queue.clone()),
        designer: web::Designer {
            drafts: config.data_dir.join("form-drafts"),
            live: config.templates.new_forms()?,
            ocr: Arc::new(engine::spawn_ocr),
        },
        settings: config.door.settings()?,
        mailroom: web::Mailroom::new(hub::inbox(config), intake(config, hub).0.abandoned),
        payment: config.payment.clone(),
    })
}

impl Office {
    /// Asks every role to finish what is in its hands, and waits for it.
    ///
    /// # Errors
    /// The first failure of a role.
    pub async fn stop(mut self) -> Result<()> {
        // A closed channel says the same as the signal.
        let _ = self.shutdown.send(true);
        while let Some(ended) = self.roles.join_next().await {
            ended.context("a role broke off")??;
        }
        Ok(())
    }
}

async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}
