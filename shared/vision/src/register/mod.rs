//! 帳票の識別と位置合わせ. Which form a page is, and where its paper lies in the picture; or why not.
//!
//! [`reduced`] picture -> [`blobs`] like marks -> [`quads`] like a form -> [`pose`] measured exactly ->
//! form code read where the pose puts it -> [`structure`] of the blank found again. Every step may refuse.
//! Pages without marks are then looked at as paper that others print: [`unmarked`].

mod apart;
mod blobs;
#[cfg(test)]
pub(crate) mod drawing;
mod edges;
mod features;
mod fit;
mod pairs;
mod pose;
mod quads;
mod reasons;
mod reduced;
mod search;
mod structure;
#[cfg(test)]
mod tests;
mod unmarked;
#[cfg(test)]
mod unmarked_tests;

use crate::gray::GrayPage;
use crate::template::Template;
use domain::ids::FormId;
use domain::reading::Registration;
use quads::Layout;
use structure::Structure;

/// What came of a page.
#[derive(Clone, Debug, PartialEq)]
pub enum Registered {
    /// A side of a known form, and where it lies.
    Found {
        /// Index of the template.
        template: usize,
        /// Side of the form, from 1.
        side: u8,
        /// Where the paper lies in the picture.
        registration: Registration,
    },
    /// The page is blank, foreign, or a form that is not registered.
    Unrecognised {
        /// Why and what to do, for people.
        reason: String,
    },
    /// The page is one of ours, but where its fields are is not certain.
    Unreadable {
        /// Why and what to do, for people.
        reason: String,
    },
}

/// Registers pages against a fixed set of templates; what can be known of the templates before is kept here.
#[derive(Clone, Debug)]
pub struct Registrar {
    /// Different mark layouts, each once.
    layouts: Vec<Layout>,
    /// Per template: its layout (`None` for paper without our marks) and the structure of each side.
    known: Vec<Known>,
    /// Sides of paper that others print.
    unmarked: Vec<unmarked::Side>,
}

#[derive(Clone, Debug)]
struct Known {
    layout: Option<usize>,
    sides: Vec<Structure>,
}

impl Registrar {
    /// Prepares `templates`; pages are then registered against the same slice.
    pub fn new(templates: &[Template]) -> Self {
        let mut layouts: Vec<Layout> = Vec::new();
        let known = templates.iter().map(|template| {
            let layout = Layout::of(&template.form).map(|layout| {
                layouts.iter().position(|other| other.same_as(&layout)).unwrap_or_else(|| {
                    layouts.push(layout);
                    layouts.len() - 1
                })
            });
            let sides = (1..=template.form.sides).map(|side| Structure::of(template, side)).collect();
            Known { layout, sides }
        });
        let known = known.collect();
        let unmarked =
            templates.iter().enumerate().flat_map(|(at, template)| unmarked::Side::of(at, template));
        Self { layouts, known, unmarked: unmarked.collect() }
    }

    /// Finds out which of `templates` (the slice given to [`Registrar::new`]) the page is and where it lies.
    /// With `assigned`, a person has said which form it is; a form code that says otherwise is still believed.
    pub fn register(&self, page: &GrayPage, templates: &[Template], assigned: Option<&FormId>) -> Registered {
        if let Some(id) = assigned
            && !templates.iter().any(|template| template.form.id == *id)
        {
            return Registered::Unreadable { reason: reasons::assigned_unknown() };
        }
        search::Search::new(self, page, templates, assigned).run()
    }
}

/// [`Registrar::register`] for a single page.
pub fn register(page: &GrayPage, templates: &[Template], assigned: Option<&FormId>) -> Registered {
    Registrar::new(templates).register(page, templates, assigned)
}
