//! Who sits there, and what every screen shows around its content.

use crate::Screens;
use crate::error::ScreenError;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::actor::Actor;
use domain::duty::{Duty, Right};

/// The person behind a request, put beside it before any screen is reached. Every write takes it, so that who, when
/// and from where is always recorded.
#[derive(Clone, Debug)]
pub struct Person {
    /// Goes with every write.
    pub actor: Actor,
    /// What colleagues call this person.
    pub name: String,
    /// 所属.
    pub section: String,
    /// What this person is there for.
    pub duties: Vec<Duty>,
}

impl Person {
    /// Whether one of the duties carries `right`.
    pub fn may(&self, right: Right) -> bool {
        self.duties.iter().any(|duty| duty.may(right))
    }

    /// Goes on only with `right`.
    ///
    /// # Errors
    /// [`ScreenError::Forbidden`], which names the right.
    pub fn require(&self, right: Right) -> Result<(), ScreenError> {
        if self.may(right) { Ok(()) } else { Err(ScreenError::Forbidden(right)) }
    }
}

impl<S: Sync> FromRequestParts<S> for Person {
    type Rejection = ScreenError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ScreenError> {
        // Every address that takes a person lies behind the door.
        parts.extensions.get::<Person>().cloned().ok_or(ScreenError::NoPerson)
    }
}

/// One entry of the bar.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// As screens name it in [`Frame::new`].
    pub id: &'static str,
    /// Where it leads.
    pub address: &'static str,
    /// For people.
    pub label: &'static str,
    /// Shown to whoever has one of these rights; to everybody when there is none.
    rights: &'static [Right],
}

/// The bar, from left to right.
const PLACES: &[Place] = &[
    Place { id: "home", address: "/", label: "ホーム", rights: &[] },
    Place { id: "inbox", address: "/inbox", label: "受信箱", rights: &[Right::SeePages] },
    Place {
        id: "reviews",
        address: "/reviews",
        label: "確認一覧",
        rights: &[Right::Verify, Right::Arbitrate],
    },
    Place {
        id: "runs", address: "/runs", label: "続けて確認", rights: &[Right::Verify, Right::Arbitrate]
    },
    Place { id: "enquiries", address: "/enquiries", label: "問合せ", rights: &[Right::Enquire] },
    Place { id: "corrections", address: "/corrections", label: "訂正", rights: &[Right::Correct] },
    Place {
        id: "claims",
        address: "/claims",
        label: "請求",
        rights: &[Right::HandleClaims, Right::UnlockClaims],
    },
    Place { id: "lots", address: "/lots", label: "ロット検索", rights: &[Right::Export] },
    Place { id: "residents", address: "/residents", label: "台帳", rights: &[Right::SeePeople] },
    Place { id: "quality", address: "/quality", label: "品質", rights: &[Right::SeeQuality] },
    Place {
        id: "paper",
        address: "/paper",
        label: "束票・帳票",
        rights: &[Right::PrintPaper, Right::DesignForms],
    },
    Place {
        id: "programmes",
        address: "/programmes",
        label: "事業・規則",
        rights: &[Right::DesignForms, Right::HandleClaims],
    },
    Place {
        id: "operations",
        address: "/operations",
        label: "稼働状況",
        rights: &[Right::HandleMail, Right::SetQuality, Right::ManageStaff],
    },
    Place { id: "access", address: "/access-log", label: "閲覧記録", rights: &[Right::SeeAccessLog] },
    Place {
        id: "second_keying",
        address: "/settings/second-keying",
        label: "二次入力の設定",
        rights: &[Right::SetQuality],
    },
    Place { id: "staff", address: "/staff", label: "職員・権限", rights: &[Right::ManageStaff] },
];

/// The bar above every screen.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// Which part of the bar is current.
    pub place: &'static str,
    /// The parts that this person may open.
    pub places: Vec<Place>,
    /// Pages that wait for a person.
    pub waiting: u32,
    /// Who, for people.
    pub staff: String,
    /// 所属.
    pub section: String,
    /// The screen covers itself after so long without a key or a click, seconds.
    pub idle_seconds: i64,
    /// The terminal's address.
    pub terminal: String,
}

impl Frame {
    /// The bar for a screen of `place`.
    pub async fn new(screens: &Screens, person: &Person, place: &'static str) -> Result<Self, ScreenError> {
        let waiting = screens.store.read_async(|rows| rows.reviews_waiting()).await?;
        let open =
            |place: &&Place| place.rights.is_empty() || place.rights.iter().any(|&right| person.may(right));
        Ok(Self {
            place,
            places: PLACES.iter().filter(open).copied().collect(),
            waiting,
            staff: person.name.clone(),
            section: person.section.clone(),
            idle_seconds: screens.settings.policy.lock_after.as_secs(),
            terminal: person.actor.terminal.clone(),
        })
    }
    /// The bar without places when there is something to do before: none of them would open.
    pub fn bare_if(mut self, owed: bool) -> Self {
        if owed {
            self.places.clear();
        }
        self
    }
}
