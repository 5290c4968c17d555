//! The search on one page: cheap looks first, dear ones only for pages that would otherwise be refused.

use super::blobs;
use super::pose::{MAX_RESIDUAL_MM, MIN_DPI, Misfit, Pose, poses};
use super::quads::hypotheses;
use super::reasons;
use super::reduced::Reduced;
use super::unmarked;
use super::{Registered, Registrar};
use crate::affine::Affine;
use crate::barcode::{self, Effort};
use crate::gray::GrayPage;
use crate::number;
use crate::registered::RegisteredPage;
use crate::template::Template;
use domain::form::{Form, Symbology};
use domain::geometry::RectMm;
use domain::ids::FormId;

/// Ink against paper: marks are solid black on a good scan; on a faint or rasterised one they are half grey; on
/// coloured paper before a white lid the lid passes for paper near the edges.
const LEVELS: [f64; 3] = [0.5, 0.78, 0.3];
/// Pixels across per pixel down of coarse fax, 204x98 dpi.
const COARSE_FAX: f64 = 204.0 / 98.0;
/// Believable pixel shapes of a file's resolution tag.
const SHAPES: std::ops::Range<f64> = 0.4..2.5;
/// Correlation of the print with the blank below which four marks and a form code are not believed. On 108 filled-in
/// simulated scans of our three forms the right blank gave 0.77 to 0.97, another blank or way up at most 0.21.
const MIN_PRINT: f64 = 0.35;
/// ... and below which the print alone does not say what page it is.
const MIN_PRINT_ALONE: f64 = 0.55;
/// How far print may lie from where three marks put it, mm: with three, nothing else would tell.
const MAX_SHIFT_MM: f64 = 0.65;
/// Below this share of ink a page is blank: a line of print on an A4 page is 0.1 %.
const BLANK_INK: f64 = 0.0004;
/// Paler than this share of the paper's brightness is show-through or dirt, not print ...
const INK: f64 = 0.7;
/// ... unless there is so much of it that it may be a carbon copy: a form covers 2 % of its page.
const PALE_INK: f64 = 0.9;
const PALE_PRINT: f64 = 0.008;

/// Print that fits this much worse may still be the right version of a form.
const VERSION_MARGIN: f64 = 0.05;

/// One page on its way.
pub(super) struct Search<'a> {
    registrar: &'a Registrar,
    page: &'a GrayPage,
    templates: &'a [Template],
    assigned: Option<&'a FormId>,
    views: Vec<View>,
    /// Poses whose form code a quick look did not read, with the view they were found in.
    unread: Vec<(usize, Pose)>,
    /// Poses looked at: blobs at several levels lead to the same ones.
    seen: Vec<Pose>,
    /// Why poses that were read or printed like ours are not believed.
    refusal: Option<String>,
    /// Why marks made no pose; told only of pages that are ours.
    misfit: Option<Misfit>,
}

/// The reduced page for one shape of its pixels.
struct View {
    /// Divides pixels into square ones.
    dense: [f64; 2],
    reduced: Reduced,
}

/// What a form code says: form number, version, side.
type FormCode = (u8, u32, u8);

/// A side of a template whose print fits a pose.
#[derive(Clone, Copy)]
struct Print {
    template: usize,
    side: u8,
    correlation: f64,
}

impl<'a> Search<'a> {
    pub fn new(
        registrar: &'a Registrar,
        page: &'a GrayPage,
        templates: &'a [Template],
        assigned: Option<&'a FormId>,
    ) -> Self {
        let (views, unread, seen) = (Vec::new(), Vec::new(), Vec::new());
        Self { registrar, page, templates, assigned, views, unread, seen, refusal: None, misfit: None }
    }

    pub fn run(mut self) -> Registered {
        for aspect in aspects(self.page) {
            let Some(reduced) = Reduced::new(self.page, aspect) else { continue };
            let dense = if aspect >= 1.0 { [aspect, 1.0] } else { [1.0, 1.0 / aspect] };
            self.views.push(View { dense, reduced });
            for level in LEVELS {
                let found = self.quick(self.views.len() - 1, level).or_else(|| self.thorough());
                if let Some(found) = found {
                    return found;
                }
            }
        }
        let Some(first) = self.views.first() else {
            return Registered::Unrecognised { reason: reasons::tiny() };
        };
        if let Some(reason) = self.refusal {
            return Registered::Unreadable { reason };
        }
        let ink = first.reduced.ink_share(INK);
        if (ink >= BLANK_INK || first.reduced.ink_share(PALE_INK) >= PALE_PRINT)
            && let Some(found) = self.unmarked(first)
        {
            return found;
        }
        if ink < BLANK_INK {
            return Registered::Unrecognised { reason: reasons::blank() };
        }
        if self.code_anywhere() {
            let reason = reasons::misfit(self.misfit.unwrap_or(Misfit::FewMarks));
            return Registered::Unreadable { reason };
        }
        Registered::Unrecognised { reason: reasons::foreign() }
    }

    /// Paper that others print, which has none of our marks.
    fn unmarked(&self, view: &View) -> Option<Registered> {
        let View { dense, reduced } = view;
        let Self { registrar, page, templates, assigned, .. } = self;
        let found = unmarked::search(registrar, page, reduced, *dense, templates, *assigned);
        let is_assigned =
            |template: &Template| Some(&template.form.id) == *assigned && template.form.is_third_party();
        let absent = || Registered::Unreadable { reason: reasons::assigned_not_there() };
        found.or_else(|| templates.iter().any(is_assigned).then(absent))
    }

    /// Marks, then one look at the form code of each pose.
    fn quick(&mut self, view: usize, level: f64) -> Option<Registered> {
        let View { dense, reduced } = &self.views[view];
        let dense = *dense;
        let unit = [reduced.factor[0] as f64 / dense[0], reduced.factor[1] as f64 / dense[1]];
        let candidates = blobs::squares(reduced, &reduced.solid_ink(level), unit);
        for hypothesis in hypotheses(&candidates, &self.registrar.layouts, dense) {
            let layout = &self.registrar.layouts[hypothesis.layout];
            let poses = match poses(self.page, &hypothesis, layout, dense) {
                Ok(poses) => poses,
                Err(misfit) => {
                    self.misfit.get_or_insert(misfit);
                    continue;
                }
            };
            let mut coded = Vec::new();
            for pose in poses {
                if self.seen.iter().any(|known| known.same_as(&pose, &self.registrar.layouts)) {
                    continue;
                }
                self.seen.push(pose.clone());
                match self.code_at(&pose, Effort::Once) {
                    Some(code) => coded.push((code, pose)),
                    None => self.unread.push((view, pose)),
                }
            }
            let found = self.coded(view, coded);
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// Poses that carry the print of one of our blanks although their code was not read: a longer look at the code,
    /// then the management number or the person's word instead.
    fn thorough(&mut self) -> Option<Registered> {
        let unread = std::mem::take(&mut self.unread).into_iter();
        let printed = unread.map(|(view, pose)| (self.prints(view, &pose), view, pose));
        let mut printed: Vec<_> = printed.filter(|(prints, ..)| !prints.is_empty()).collect();
        // A page upside down has some of its print too: the right way up has more.
        printed.sort_by(|(a, ..), (b, ..)| best_of(b).total_cmp(&best_of(a)));
        for (prints, view, pose) in printed {
            let found = match self.code_at(&pose, Effort::Retry) {
                Some(code) => self.coded(view, vec![(code, pose)]),
                None => self.uncoded(view, &pose, &prints),
            };
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// The best of the poses whose form code was read, if print agrees with any.
    fn coded(&mut self, view: usize, poses: Vec<(FormCode, Pose)>) -> Option<Registered> {
        let mut best: Option<(f64, Registered)> = None;
        for (code, pose) in poses {
            let (template, side) = match self.named(code) {
                Ok(named) => named,
                Err(refused) => return Some(refused),
            };
            match self.print(view, &pose, template, side).filter(|fit| self.believable(view, &pose, fit)) {
                Some(print) if best.as_ref().is_none_or(|(fit, _)| print.correlation > *fit) => {
                    best = Some((print.correlation, self.found(view, &pose, print)));
                }
                Some(_) => {}
                None => self.refuse(reasons::structure()),
            }
        }
        best.map(|(_, found)| found)
    }

    /// A pose with our print but no form code: the number's first digits name the form, or a person did.
    fn uncoded(&self, view: usize, pose: &Pose, prints: &[Print]) -> Option<Registered> {
        let best = prints.iter().max_by(|a, b| a.correlation.total_cmp(&b.correlation))?;
        if best.correlation < MIN_PRINT_ALONE || !self.believable(view, pose, best) {
            return None;
        }
        let form = |print: &Print| &self.templates[print.template].form;
        let rival = prints.iter().any(|other| {
            form(other).number == form(best).number
                && (form(other).version, other.side) != (form(best).version, best.side)
                && other.correlation > best.correlation - VERSION_MARGIN
        });
        let named = self.assigned == Some(&form(best).id) || self.numbered(pose, best);
        if !rival && named {
            return Some(self.found(view, pose, *best));
        }
        Some(Registered::Unreadable { reason: reasons::code_unreadable() })
    }

    /// Whether the slip carries a sound management number of this very form.
    fn numbered(&self, pose: &Pose, print: &Print) -> bool {
        let form = &self.templates[print.template].form;
        let page = RegisteredPage { page: self.page, px_from_mm: pose.px_from_mm };
        form.number_field()
            .filter(|(field, _)| field.is_on(print.side))
            .is_some_and(|(field, rule)| number::bars(&page, form, field, rule).is_some())
    }

    /// The form code where `pose` puts it.
    fn code_at(&self, pose: &Pose, effort: Effort) -> Option<FormCode> {
        let page = RegisteredPage { page: self.page, px_from_mm: pose.px_from_mm };
        let mut places: Vec<RectMm> = Vec::new();
        let of_layout = self.templates_of(pose.layout).filter_map(|t| self.templates[t].form.marks.as_ref());
        for marks in of_layout {
            if !places.contains(&marks.code) {
                places.push(marks.code);
            }
        }
        let sound = |text: &str| Form::parse_code(text).is_some();
        places.into_iter().find_map(|place| {
            let code = barcode::look(&page, place, Symbology::DataMatrix, effort, sound)?;
            Form::parse_code(&code.text)
        })
    }

    /// Templates that share a layout.
    fn templates_of(&self, layout: usize) -> impl Iterator<Item = usize> {
        let known = self.registrar.known.iter().enumerate();
        known.filter(move |(_, known)| known.layout == Some(layout)).map(|(template, _)| template)
    }

    /// The template and side that a form code names, or what is to be said of the page.
    fn named(&self, (number, version, side): FormCode) -> Result<(usize, u8), Registered> {
        let forms = || self.templates.iter().map(|template| &template.form);
        let unreadable = |reason| Err(Registered::Unreadable { reason });
        if let Some(assigned) = self.assigned.and_then(|id| forms().find(|form| form.id == *id))
            && assigned.number != number
        {
            return unreadable(reasons::other_form(assigned, number));
        }
        if !forms().any(|form| form.number == number) {
            return Err(Registered::Unrecognised { reason: reasons::unknown_form(number) });
        }
        let Some(template) = forms().position(|form| form.number == number && form.version == version) else {
            return unreadable(reasons::unknown_version(number, version));
        };
        if !(1..=self.templates[template].form.sides).contains(&side) {
            return unreadable(reasons::unknown_side(number, side));
        }
        Ok((template, side))
    }

    /// Every side of every possible template whose print fits `pose` at all.
    fn prints(&self, view: usize, pose: &Pose) -> Vec<Print> {
        let possible = self
            .templates_of(pose.layout)
            .filter(|&template| self.assigned.is_none_or(|id| self.templates[template].form.id == *id));
        let sides = possible.flat_map(|t| (1..=self.templates[t].form.sides).map(move |side| (t, side)));
        sides
            .filter_map(|(template, side)| self.print(view, pose, template, side))
            .filter(|print| print.correlation >= MIN_PRINT)
            .collect()
    }

    /// How well the print of one side fits; `None` when the template has another layout.
    /// A template without a blank fits as well as it must, so that marks and code decide.
    fn print(&self, view: usize, pose: &Pose, template: usize, side: u8) -> Option<Print> {
        let known = &self.registrar.known[template];
        let structure =
            known.sides.get(usize::from(side) - 1).filter(|_| known.layout == Some(pose.layout))?;
        let correlation = match structure.is_empty() {
            true => MIN_PRINT,
            false => structure.correlation(&self.views[view].reduced, &pose.px_from_mm),
        };
        Some(Print { template, side, correlation })
    }

    /// Whether print says that a pose is where it claims to be; three marks need more than four.
    fn believable(&self, view: usize, pose: &Pose, print: &Print) -> bool {
        let structure = &self.registrar.known[print.template].sides[usize::from(print.side) - 1];
        let sure = pose.marks >= 4
            || structure
                .greatest_shift(&self.views[view].reduced, &pose.px_from_mm)
                .is_some_and(|shift| shift <= MAX_SHIFT_MM);
        print.correlation >= MIN_PRINT && pose.residual_mm <= MAX_RESIDUAL_MM && sure
    }

    fn found(&self, view: usize, pose: &Pose, print: Print) -> Registered {
        if pose.dpi < MIN_DPI {
            return Registered::Unreadable { reason: reasons::coarse(pose.dpi) };
        }
        let registration = pose.registration(self.page, self.views[view].dense);
        Registered::Found { template: print.template, side: print.side, registration }
    }

    /// The first reason is kept: it belongs to the likeliest pose.
    fn refuse(&mut self, reason: String) {
        self.refusal.get_or_insert(reason);
    }

    /// Whether one of our form codes is anywhere on the page.
    fn code_anywhere(&self) -> bool {
        let page = RegisteredPage { page: self.page, px_from_mm: Affine::scale(1.0) };
        let codes = barcode::read_page(&page, Symbology::DataMatrix);
        codes.iter().any(|code| Form::parse_code(&code.text).is_some())
    }
}

/// The best correlation among `prints`.
fn best_of(prints: &[Print]) -> f64 {
    prints.iter().map(|print| print.correlation).fold(0.0, f64::max)
}

/// Pixels across per pixel down: what the file says, then square, then coarse fax.
fn aspects(page: &GrayPage) -> Vec<f64> {
    let tagged = page.dpi.map(|[x, y]| f64::from(x) / f64::from(y)).filter(|shape| SHAPES.contains(shape));
    let mut aspects: Vec<f64> = Vec::new();
    for aspect in tagged.into_iter().chain([1.0, COARSE_FAX]) {
        // Marks forgive a shape that is a twentieth off.
        if aspects.iter().all(|known| (known / aspect).ln().abs() > 0.05) {
            aspects.push(aspect);
        }
    }
    aspects
}
