//! まとめて確認. Crops of one field that were read alike, side by side: the odd ones are taken out, the rest is keyed.

use super::items::{LEASE, machine_says};
use super::place::{Mode, is_groupable, place};
use super::save::key;
use crate::Screens;
use crate::error::{ScreenError, show};
use crate::frame::{Frame, Person};
use crate::review::settle::Ruled;
use crate::words;
use askama::Template;
use axum::extract::{Form as Body, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::actor::Actor;
use domain::form::{Field, Form};
use domain::keying::{Keyed, Pass};
use domain::quality::{Secret, is_drawn, opaque};
use domain::reading::Value;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeSet;
use store::{Error, FieldWork, Group, KeyingTaken, RunItem, Writer};

/// Crops at once: few enough that each is judged, not swept over.
const CROPS: u32 = 36;
/// A known odd crop is mixed in only where it does not stand out by the smallness of the group,
const CROPS_WITH_CONTROL: usize = 8;
/// ... and in so many groups.
const CONTROLS: f64 = 0.34;

#[derive(Template)]
#[template(path = "groups.html")]
struct GroupsScreen {
    frame: Frame,
    form: String,
    label: String,
    run: String,
    critical: bool,
    groups: Vec<GroupRow>,
    told: Told,
}

struct GroupRow {
    address: String,
    value: String,
    fields: u32,
}

#[derive(Template)]
#[template(path = "group.html")]
struct GroupScreen {
    frame: Frame,
    form: String,
    label: String,
    value: String,
    address: String,
    back: String,
    tokens: Vec<String>,
    critical: bool,
    /// How much room a crop needs: `narrow`, `wide`, `widest`.
    shape: &'static str,
}

/// What the last group came to.
#[derive(Default, Deserialize)]
pub struct Told {
    /// Fields keyed.
    #[serde(default)]
    kept: Option<u32>,
    /// Taken out, for single work.
    #[serde(default)]
    odd: u32,
    /// `seen` or `missed`: the planted crop.
    #[serde(default)]
    control: String,
}

/// `GET /groups/{form}/{field}`
pub async fn list(
    State(screens): State<Screens>,
    person: Person,
    Path((form, field)): Path<(String, String)>,
    Query(told): Query<Told>,
) -> Result<Response, ScreenError> {
    person.require(Mode::First.right())?;
    let (form, field) = groupable(&screens, &form, &field)?;
    let (groups, secret) = groups(&screens, form, field, &person).await?;
    let address = format!("/groups/{}/{}", form.id, field.id);
    let row = |group: &Group| GroupRow {
        address: format!("{address}/{}", name(&secret, form, field, &group.value)),
        value: words::value(field, &group.value),
        fields: group.fields,
    };
    show(&GroupsScreen {
        frame: Frame::new(&screens, &person, "runs").await?,
        form: form.title.clone(),
        label: field.label.clone(),
        run: format!("/runs/{}/{}/first", form.id, field.id),
        critical: needs_second(&screens, form, field).await?,
        groups: groups.iter().map(row).collect(),
        told,
    })
}

/// `GET /groups/{form}/{field}/{group}`: the crops of a group, leased and each under a token.
pub async fn grid(
    State(screens): State<Screens>,
    person: Person,
    Path((form, field, group)): Path<(String, String, String)>,
) -> Result<Response, ScreenError> {
    person.require(Mode::First.right())?;
    let (form, field) = groupable(&screens, &form, &field)?;
    let back = format!("/groups/{}/{}", form.id, field.id);
    let (known, secret) = groups(&screens, form, field, &person).await?;
    let wanted = known.into_iter().find(|known| name(&secret, form, field, &known.value) == group);
    let Some(Group { value, .. }) = wanted else { return Ok(Redirect::to(&back).into_response()) };
    let (form_taken, field_taken, shown, actor) =
        (form.clone(), field.clone(), value.clone(), person.actor.clone());
    let take = move |rows: &Writer| lay_out(rows, &form_taken, &field_taken, &shown, &secret, &actor);
    let tokens = screens.store.write_async(take).await?;
    if tokens.is_empty() {
        return Ok(Redirect::to(&back).into_response());
    }
    show(&GroupScreen {
        frame: Frame::new(&screens, &person, "runs").await?,
        form: form.title.clone(),
        label: field.label.clone(),
        value: words::value(field, &value),
        address: format!("{back}/{group}"),
        back,
        tokens,
        critical: needs_second(&screens, form, field).await?,
        shape: shape(field),
    })
}

/// A row of options is long and low: side by side with five others nobody could see a tick in it.
fn shape(field: &Field) -> &'static str {
    let area = field.area();
    match area.w / area.h.max(1.0) {
        long if long > 9.0 => "widest",
        long if long > 4.0 => "wide",
        _ => "narrow",
    }
}

/// Takes the crops onto the screen, now and then with a known odd one among them.
fn lay_out(
    rows: &Writer,
    form: &Form,
    field: &Field,
    value: &Value,
    secret: &Secret,
    actor: &Actor,
) -> Result<Vec<String>, Error> {
    let now = Timestamp::now();
    let mut tokens = Vec::new();
    for work in rows.group_work(&form.id, &field.id, value, &actor.staff, CROPS, now)? {
        if rows.hold_field_work(&work, actor, now + LEASE + LEASE, now)? {
            tokens.push(rows.put_on_screen(&work, Some(value), false, actor, now)?);
        }
    }
    let Some(first) = tokens.first().filter(|_| tokens.len() >= CROPS_WITH_CONTROL) else {
        return Ok(tokens);
    };
    // The tokens are random: drawn from one of them, nobody foresees in which groups a crop is planted, or where.
    if is_drawn(secret, &first.as_str().into(), 0, &field.id, CONTROLS)
        && let Some((page, _)) = rows.odd_one(&form.id, &field.id, value)?
    {
        let planted =
            FieldWork { page, request: 0, field: field.id.clone(), pass: Pass::First, form: form.id.clone() };
        let token = rows.put_on_screen(&planted, Some(value), true, actor, now)?;
        let place = usize::from_str_radix(&token[..4], 16).unwrap_or(0) % tokens.len();
        tokens.insert(place, token);
    }
    Ok(tokens)
}

/// `POST /groups/{form}/{field}/{group}` with `all` (the tokens shown) and `odd` (those taken out). What is not odd is
/// keyed as this person's first keying; what changed meanwhile, or lies on another screen now, is left for single work.
pub async fn save(
    State(screens): State<Screens>,
    person: Person,
    Path((form, field, _)): Path<(String, String, String)>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, ScreenError> {
    person.require(Mode::First.right())?;
    let (form, field) = groupable(&screens, &form, &field)?;
    let back = format!("/groups/{}/{}", form.id, field.id);
    let named = |wanted: &str| -> BTreeSet<String> {
        pairs.iter().filter(|(name, _)| name == wanted).map(|(_, token)| token.clone()).collect()
    };
    let (all, odd) = (named("all"), named("odd"));
    if all.len() > CROPS as usize + 1 {
        return Err(ScreenError::Refused(
            "一度に確認できる枚数を超えています。画面を開き直してください。".into(),
        ));
    }
    let (form, field, actor) = (form.clone(), field.clone(), person.actor);
    let programmes = screens.programmes.clone();
    let keep = move |rows: &Writer| {
        let ruled = Ruled { form: &form, programmes: &programmes };
        let mut sum = Sum::default();
        for token in &all {
            let Some(item) = rows.run_item(token, &actor.staff)? else { continue };
            sum.add(rows, ruled, &field, &item, odd.contains(token), &actor)?;
        }
        Ok(sum)
    };
    let sum = screens.store.write_async(keep).await?;
    let control = sum.control.map(|seen| if seen { "&control=seen" } else { "&control=missed" });
    let place = format!("{back}?kept={}&odd={}{}", sum.kept, sum.odd, control.unwrap_or_default());
    Ok(Redirect::to(&place).into_response())
}

/// What a group came to.
#[derive(Default)]
struct Sum {
    kept: u32,
    odd: u32,
    control: Option<bool>,
}

impl Sum {
    fn add(
        &mut self,
        rows: &Writer,
        ruled: Ruled,
        field: &Field,
        item: &RunItem,
        is_odd: bool,
        actor: &Actor,
    ) -> Result<(), Error> {
        let form = ruled.form;
        let now = Timestamp::now();
        if item.control {
            self.control = Some(is_odd);
            return rows.note_control(item, is_odd, actor, now);
        }
        if item.save.is_some() || item.work.field != field.id || item.work.form != form.id {
            return Ok(());
        }
        let says = machine_says(rows, form, field, &item.work)?;
        if is_odd || says != item.shown {
            self.odd += 1;
            return rows.release_field_work(std::slice::from_ref(&item.work), actor);
        }
        let keyed = Keyed::Value(says.unwrap_or_default());
        if let KeyingTaken::Saved { save, .. } = key(rows, ruled, field, &item.work, &keyed, actor, now)? {
            rows.note_run_save(&item.token, Some(save))?;
            self.kept += 1;
        }
        Ok(())
    }
}

fn groupable<'a>(
    screens: &'a Screens,
    form: &str,
    field: &str,
) -> Result<(&'a Form, &'a Field), ScreenError> {
    let (form, field) = place(screens, form, field)?;
    if is_groupable(field) { Ok((form, field)) } else { Err(ScreenError::NotFound) }
}

async fn groups(
    screens: &Screens,
    form: &Form,
    field: &Field,
    person: &Person,
) -> Result<(Vec<Group>, Secret), ScreenError> {
    let (form, field, staff) = (form.id.clone(), field.id.clone(), person.actor.staff.clone());
    let read = move |rows: &store::Rows| Ok((rows.groups(&form, &field, &staff)?, rows.quality_secret()?));
    Ok(screens.store.read_async(read).await?)
}

async fn needs_second(screens: &Screens, form: &Form, field: &Field) -> Result<bool, ScreenError> {
    let settings = screens.store.read_async(|rows| rows.second_keying()).await?;
    Ok(settings.needs_second(form, &field.id))
}

/// What a group is called in its address: values belong into no address.
fn name(secret: &Secret, form: &Form, field: &Field, value: &Value) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    opaque(secret, &format!("{}/{}/{text}", form.id, field.id))
}
