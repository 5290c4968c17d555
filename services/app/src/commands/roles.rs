//! `yomitori run`, `intake`, `reader`, `matcher`, `web`: the roles, wired together.

use crate::commands::{audit, status};
use crate::config::{Config, Door, machine_name};
use crate::hub::{self, Hub};
use crate::watching::{Subject, Watching};
use crate::{edition, engine, locks, rules, templates};
use anyhow::{Context, Result, anyhow};
use jiff::Timestamp;
use matcher::Matcher;
use pages::PageStore;
use press::{Fonts, Printer};
use queue::Queue;
use std::net::SocketAddr;
use std::sync::Arc;
use store::Store;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
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
        // First of all: a stop that comes while forms are loaded is a stop too.
        let mut stop = Stop::listen()?;
        let watching = Watching::start(config, role_name(roles)).await?;
        let (mut office, subject) = open(config, roles, listen).await?;
        if let Some(watching) = watching {
            watching.serve(subject, office.shutdown.subscribe());
        }
        tokio::select! {
            () = stop.asked() => tracing::info!("stopping: pages in hand are finished or given back"),
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

/// The word for what this process does.
fn role_name(roles: &[Role]) -> &'static str {
    match roles {
        [Role::Intake] => "intake",
        [Role::Reader] => "reader",
        [Role::Matcher] => "matcher",
        [Role::Web] => "web",
        _ => "run",
    }
}

/// Opens what `roles` need and nothing else, and starts them: a reader never comes near a database.
async fn open(config: &Config, roles: &[Role], listen: Option<SocketAddr>) -> Result<(Office, Subject)> {
    let listener = match roles.contains(&Role::Web) {
        true => Some(bind(&config.door, listen.unwrap_or(config.listen)).await?),
        false => None,
    };
    let mut office = Office::empty();
    match roles {
        [Role::Reader] => {
            warn_of_a_queue_of_its_own(config);
            let (queue, pages) = hub::open_for_reading(config)?;
            office.read(config, queue.clone(), pages.clone())?;
            Ok((office, Subject { store: None, queue, pages: Some(pages), hub: None }))
        }
        [Role::Matcher] => {
            let (store, queue) = (hub::open_store(config)?, hub::open_queue(config)?);
            office.match_pages(config, store.clone(), queue.clone())?;
            Ok((office, Subject { store: Some(store), queue, pages: None, hub: None }))
        }
        _ => {
            let hub = Hub::open(config)?;
            let office = start(config, &hub, roles, listener)?;
            let folder = roles.contains(&Role::Intake).then(|| config.data_dir.clone());
            let subject =
                Subject { store: Some(hub.store), queue: hub.queue, pages: Some(hub.pages), hub: folder };
            Ok((office, subject))
        }
    }
}

/// A reader on another machine whose settings were forgotten would wait forever beside an empty queue.
fn warn_of_a_queue_of_its_own(config: &Config) {
    if config.queue.starts_with("sqlite:") && !config.data_dir.join("yomitori.db").is_file() {
        tracing::warn!(
            "this reader waits for pages in {}, where no hub keeps its data yet; on a machine of its own it needs \
             YOMITORI_QUEUE=amqp://… and YOMITORI_PAGES=s3://…",
            config.data_dir.display()
        );
    }
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
    let mut office = Office::empty();
    for role in roles {
        match role {
            Role::Intake => office.take_in(config, hub)?,
            Role::Reader => office.read(config, hub.queue.clone(), hub.pages.clone())?,
            Role::Matcher => office.match_pages(config, hub.store.clone(), hub.queue.clone())?,
            Role::Web => {
                office.show(config, hub, listener.take().context("the screens need an address")?)?;
            }
        }
    }
    Ok(office)
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

fn intake(config: &Config, hub: &Hub) -> Result<(intake::Config, intake::Deps)> {
    let settings = intake::Config {
        inbox: hub::inbox(config),
        settle: config.stable,
        poll: config.poll,
        keys: config.keys.as_ref().map(|keys| keys.pictures.clone()),
        most_waiting: config.most_waiting,
        ..intake::Config::new(&config.data_dir)
    };
    let deps = intake::Deps {
        store: hub.store.clone(),
        queue: hub.queue.clone(),
        pages: hub.pages.clone(),
        edition: edition::of(&config.templates)?,
        now: Arc::new(Timestamp::now),
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
        queue_depth: status::queue_depth(config, hub.store.clone(), hub.queue.clone()),
        designer: web::Designer {
            drafts: config.data_dir.join("form-drafts"),
            live: config.templates.new_forms()?,
            ocr: Arc::new(engine::spawn_ocr),
        },
        settings: config.door.settings()?,
        mailroom: web::Mailroom::new(hub::inbox(config), intake::Config::new(&config.data_dir).abandoned),
        payment: config.payment.clone(),
    })
}

impl Office {
    fn empty() -> Self {
        Self { shutdown: watch::channel(false).0, roles: JoinSet::new() }
    }

    fn take_in(&mut self, config: &Config, hub: &Hub) -> Result<()> {
        let (settings, deps) = intake(config, hub)?;
        self.roles.spawn(intake::run(settings, deps, self.shutdown.subscribe()));
        Ok(())
    }

    fn read(&mut self, config: &Config, queue: Arc<dyn Queue>, pages: Arc<dyn PageStore>) -> Result<()> {
        let settings = reader::Config {
            threads: config.reader_threads,
            lease: config.lease,
            signature: format!(
                "yomitori {}, digits {}",
                env!("CARGO_PKG_VERSION"),
                vision::net::fingerprint()
            ),
            name: machine_name(),
            edition: edition::of(&config.templates)?,
            ..reader::Config::default()
        };
        let deps = reader::Deps { queue, pages, recognisers: engine::recognisers(&config.templates)? };
        self.roles.spawn(reader::run(settings, deps, self.shutdown.subscribe()));
        Ok(())
    }

    fn match_pages(&mut self, config: &Config, store: Store, queue: Arc<dyn Queue>) -> Result<()> {
        let forms = templates::forms(&config.templates)?;
        let matcher = Matcher::new(store, forms, rules::programmes(config)?)
            .reading_with(edition::of(&config.templates)?);
        let settings = matcher::Config { lease: config.lease, ..matcher::Config::default() };
        let deps = matcher::Deps { queue, matcher };
        let (alone, signal) = (locks::alone(&config.data_dir, "matcher")?, self.shutdown.subscribe());
        self.roles.spawn(async move {
            let _alone = alone;
            matcher::run(settings, deps, signal).await
        });
        Ok(())
    }

    fn show(&mut self, config: &Config, hub: &Hub, listener: TcpListener) -> Result<()> {
        let mut signal = self.shutdown.subscribe();
        let stopped = async move {
            // A sender that is gone says the same as the signal.
            let _ = signal.wait_for(|stop| *stop).await;
        };
        self.roles.spawn(web::serve(listener, screens(config, hub)?, stopped));
        self.roles.spawn(archive_daily(config.clone(), hub.store.clone(), self.shutdown.subscribe()));
        Ok(())
    }

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

/// What asks the roles to stop: Ctrl-C at a terminal, SIGTERM from a service manager.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    /// Listens from now on.
    fn listen() -> Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals to stop");
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
