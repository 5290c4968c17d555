//! Owns: the screens: what clerks see, what they type, and the HTML and JSON between.
//! Never: decides a rule (that is `domain`), speaks SQL, or writes without an actor.
//! Start reading at: `routes` (every address and the right it needs), then `review` (the screen that people work in).

mod access;
mod api;
mod assets;
mod cache;
mod claims;
mod corrections;
mod dates;
mod enquiries;
mod error;
mod followed;
mod forms;
mod frame;
mod gate;
mod guard;
mod home;
mod inbox;
mod keyed;
mod ledger;
mod mailroom;
mod operations;
mod origin;
mod page;
mod paper;
mod paying;
mod people;
mod pictures;
mod programmes;
mod protected;
mod quality;
mod review;
mod routes;
mod runs;
mod sheet;
mod status;
#[cfg(test)]
mod tests;
mod trace;
mod words;

pub use forms::{Designer, OcrFactory};
pub use gate::accounts;
pub use gate::{Certificate, GateSettings, Proxies};
pub use mailroom::Mailroom;
pub use operations::{Inbox, ReaderState, free_room};
pub use status::{QueueDepth, Status};

use axum::Router;
use axum::middleware;
use axum::serve::ListenerExt;
use cache::ByteCache;
use domain::form::Form;
use domain::ids::ImageHash;
use domain::programme::Programmes;
use gate::{Gate, Secured};
use pages::PageStore;
use pictures::PictureKey;
use press::Printer;
use std::future::Future;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use store::{Rulebook, Store};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use vision::GrayPage;

/// Fifteen A4 pages of 300 dpi: what a few clerks look at, and the pages next to them.
const SCAN_BYTES: usize = 128 << 20;
/// Some two thousand thumbnails and pages as they were sent.
const PICTURE_BYTES: usize = 64 << 20;
/// A dozen scans that a new form was tried on; they are nowhere else.
const TRIAL_BYTES: usize = 128 << 20;
/// Pictures made at the same time: half of a small office machine stays free for reading.
const PICTURES_AT_ONCE: usize = 2;

/// What the screens stand on.
pub struct Deps {
    /// The rows.
    pub store: Store,
    /// The pictures.
    pub pages: Arc<dyn PageStore>,
    /// Every form of this installation.
    pub forms: Vec<Form>,
    /// The rules of every programme.
    pub programmes: Arc<Programmes>,
    /// Prints batch tickets and previews; `None` when this machine has no fonts (the screen says so).
    pub printer: Option<Printer>,
    /// How full the queue is.
    pub queue_depth: QueueDepth,
    /// What forms of somebody else's paper are made with.
    pub designer: Designer,
    /// Who may come in, and how.
    pub settings: GateSettings,
    /// Where the mailroom's files arrive.
    pub mailroom: Mailroom,
    /// From which account clinics are paid, and whose name stands on letters to them.
    pub payment: domain::zengin::PaymentOffice,
}

/// [`Deps`] with what the screens remember between requests. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Screens(Arc<Inner>);

pub(crate) struct Inner {
    deps: Deps,
    scans: ByteCache<(ImageHash, u16), Arc<GrayPage>>,
    pictures: ByteCache<PictureKey, Arc<Vec<u8>>>,
    picture_turns: Semaphore,
    trials: ByteCache<u32, Arc<forms::Trial>>,
    gate: Gate,
}

impl Deref for Inner {
    type Target = Deps;

    fn deref(&self) -> &Deps {
        &self.deps
    }
}

impl Deref for Screens {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Screens {
    fn new(deps: Deps) -> Self {
        Self(Arc::new(Inner {
            deps,
            scans: ByteCache::new(SCAN_BYTES),
            pictures: ByteCache::new(PICTURE_BYTES),
            picture_turns: Semaphore::new(PICTURES_AT_ONCE),
            trials: ByteCache::new(TRIAL_BYTES),
            gate: Gate::default(),
        }))
    }

    /// What claims are judged by.
    fn rulebook(&self) -> Rulebook<'_> {
        Rulebook::new(&self.forms, &self.programmes)
    }

    /// The form with this id.
    fn form(&self, id: &str) -> Option<&Form> {
        self.forms.iter().find(|form| form.id.as_str() == id)
    }
}

/// Every address of the screens, behind the door.
pub fn router(deps: Deps) -> Router {
    let screens = Screens::new(deps);
    let door = middleware::from_fn_with_state(screens.clone(), gate::enter);
    let all = routes::routes().layer(door).merge(routes::open());
    let limits = middleware::from_fn_with_state(screens.clone(), gate::limited);
    let identity = middleware::from_fn_with_state(screens.clone(), gate::identify);
    let secure = screens.settings.is_secure();
    guard::answered(guard::guarded(all).layer(limits).layer(identity), secure).with_state(screens)
}

/// The same without the door: tests put the person there themselves.
#[cfg(test)]
pub(crate) fn open_router(deps: Deps) -> Router {
    let all = routes::routes().merge(routes::open());
    guard::answered(guard::guarded(all), false).with_state(Screens::new(deps))
}

/// Serves the screens on `listener` until `shutdown` ends; open requests are finished first.
///
/// # Errors
/// The listener failed.
pub async fn serve(
    listener: TcpListener,
    deps: Deps,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let certificate = deps.settings.certificate.clone();
    let service = router(deps).into_make_service_with_connect_info::<SocketAddr>();
    match certificate {
        Some(certificate) => {
            // Tapped, so that connections tell their address.
            let listener = Secured::new(listener, &certificate)?.tap_io(|_| {});
            axum::serve(listener, service).with_graceful_shutdown(shutdown).await?;
        }
        None => axum::serve(listener, service).with_graceful_shutdown(shutdown).await?,
    }
    Ok(())
}
