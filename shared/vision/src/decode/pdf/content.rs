//! Does a page show one scanned picture over its whole area, and nothing else?

use hayro::hayro_syntax::content::ops::TypedInstruction;
use hayro::hayro_syntax::object::{Array, Name, Number, Stream};
use hayro::hayro_syntax::page::Page;
use hayro::kurbo::{Affine, Point, Rect};

use super::super::orientation::Orientation;

/// How far, as a part of the page's side, a full-page picture may miss or overhang the page's edge. Scanners
/// round paper to whole points and pixels to whole bytes; 3 % of A4 is the 6 mm margin of others.
const EDGE: f64 = 0.03;
/// Points in an inch.
pub(super) const POINTS_PER_INCH: f64 = 72.0;
/// Text rendering mode of the words that text recognition lays under a scan.
const INVISIBLE: i64 = 3;

/// A picture and how it lies on its page.
pub(super) struct Placed<'a> {
    /// The picture's dictionary and encoded data.
    pub stream: Stream<'a>,
    /// Pixels across and down, as stored.
    pub size: [u32; 2],
    /// How the stored rows lie on the upright page.
    pub orientation: Orientation,
    /// Dots per inch along the stored rows and across them.
    pub dpi: [f64; 2],
    /// Whether a colour was chosen before: then a stencil need not be black.
    pub coloured: bool,
}

/// The page's only picture, if it covers the page and nothing else is visible.
pub(super) fn sole_picture<'a>(page: &'a Page<'a>) -> Option<Placed<'a>> {
    if page.raw().get::<Array<'_>>("Annots").is_some_and(|notes| notes.raw_iter().next().is_some()) {
        return None;
    }
    let mut walk = Walk::new(page);
    let mut instructions = page.typed_operations();
    while let Some(instruction) = instructions.next() {
        walk.step(&instruction)?;
    }
    walk.finish()
}

/// The part of the graphics state that matters here.
#[derive(Clone)]
struct State {
    /// From the units of the content to points of the upright page, y down.
    to_page: Affine,
    text_mode: i64,
    coloured: bool,
}

struct Walk<'a> {
    page: &'a Page<'a>,
    state: State,
    saved: Vec<State>,
    /// Rectangles of the path being built, on the page; `None` once it holds anything else.
    path: Option<Vec<Rect>>,
    /// What may be seen of the page so far.
    clip: Rect,
    found: Option<(Stream<'a>, State)>,
}

impl<'a> Walk<'a> {
    fn new(page: &'a Page<'a>) -> Self {
        let (width, height) = page.render_dimensions();
        let to_page = Affine::new(page.initial_transform(true).as_coeffs());
        Self {
            page,
            state: State { to_page, text_mode: 0, coloured: false },
            saved: Vec::new(),
            path: Some(Vec::new()),
            clip: Rect::new(0.0, 0.0, width.into(), height.into()),
            found: None,
        }
    }

    /// Follows one instruction; `None` as soon as the page is anything but one picture.
    fn step(&mut self, instruction: &TypedInstruction<'_, 'a>) -> Option<()> {
        use TypedInstruction as Do;
        /// Deeper than any page's states are nested.
        const MOST_SAVED: usize = 64;
        match instruction {
            Do::SaveState(_) if self.saved.len() < MOST_SAVED => self.saved.push(self.state.clone()),
            Do::RestoreState(_) => self.state = self.saved.pop().unwrap_or_else(|| self.state.clone()),
            Do::Transform(t) => {
                let matrix = [t.0, t.1, t.2, t.3, t.4, t.5].map(|n: Number| n.as_f64());
                self.state.to_page *= Affine::new(matrix);
            }
            Do::XObject(name) => {
                let picture = self.page.resources().get_x_object(name.0)?;
                let subtype = picture.dict().get::<Name<'_>>("Subtype")?;
                if subtype.as_ref() != b"Image" || self.found.is_some() {
                    return None;
                }
                self.found = Some((picture, self.state.clone()));
            }
            Do::RectPath(r) => {
                let [x, y, w, h] = [r.0, r.1, r.2, r.3].map(|n: Number| n.as_f64());
                let on_page = self.state.to_page.transform_rect_bbox(Rect::new(x, y, x + w, y + h));
                self.path.as_mut()?.push(on_page);
            }
            Do::MoveTo(_) | Do::LineTo(_) | Do::CubicTo(_) | Do::CubicStartTo(_) | Do::CubicEndTo(_) => {
                self.path = None;
            }
            Do::ClosePath(_) => {}
            Do::ClipNonZero(_) | Do::ClipEvenOdd(_) => match self.path.as_deref()? {
                [only] => self.clip = self.clip.intersect(*only),
                _ => return None,
            },
            Do::EndPath(_) => self.path = Some(Vec::new()),
            Do::TextRenderingMode(mode) => self.state.text_mode = mode.0.as_i64(),
            Do::ShowText(_)
            | Do::ShowTexts(_)
            | Do::NextLineAndShowText(_)
            | Do::ShowTextWithParameters(_) => {
                return (self.state.text_mode == INVISIBLE).then_some(());
            }
            Do::ColorSpaceNonStroke(_)
            | Do::NonStrokeColor(_)
            | Do::NonStrokeColorNamed(_)
            | Do::NonStrokeColorDeviceGray(_)
            | Do::NonStrokeColorDeviceRgb(_)
            | Do::NonStrokeColorCmyk(_) => self.state.coloured = true,
            other => return is_harmless(other).then_some(()),
        }
        Some(())
    }

    fn finish(self) -> Option<Placed<'a>> {
        let (stream, state) = self.found?;
        let side = |key: &str| stream.dict().get::<u32>(key).filter(|&pixels| pixels > 0);
        let size = [side("Width")?, side("Height")?];
        let picture = state.to_page.transform_rect_bbox(Rect::new(0.0, 0.0, 1.0, 1.0));
        let (width, height) = self.page.render_dimensions();
        let sheet = Rect::new(0.0, 0.0, width.into(), height.into());
        let seen = picture.intersect(self.clip);
        if !nearly(picture, sheet) || !nearly(seen, sheet) {
            return None;
        }
        // The unit square has its first row at the top, where y is 1.
        let corner = state.to_page * Point::new(0.0, 1.0);
        let along = state.to_page * Point::new(1.0, 1.0) - corner;
        let down = state.to_page * Point::new(0.0, 0.0) - corner;
        let dpi = |pixels: u32, points: f64| f64::from(pixels) / points * POINTS_PER_INCH;
        Some(Placed {
            orientation: Orientation::from_axes((along.x, along.y), (down.x, down.y))?,
            dpi: [dpi(size[0], along.hypot()), dpi(size[1], down.hypot())],
            coloured: state.coloured,
            stream,
            size,
        })
    }
}

/// Whether two rectangles differ by no more than the edge of the second.
fn nearly(a: Rect, b: Rect) -> bool {
    let (x, y) = (b.width() * EDGE, b.height() * EDGE);
    (a.x0 - b.x0).abs() <= x
        && (a.x1 - b.x1).abs() <= x
        && (a.y0 - b.y0).abs() <= y
        && (a.y1 - b.y1).abs() <= y
}

/// Instructions that neither paint nor change how a picture is painted.
fn is_harmless(instruction: &TypedInstruction<'_, '_>) -> bool {
    use TypedInstruction as Do;
    matches!(
        instruction,
        Do::LineWidth(_)
            | Do::LineCap(_)
            | Do::LineJoin(_)
            | Do::MiterLimit(_)
            | Do::DashPattern(_)
            | Do::RenderingIntent(_)
            | Do::FlatnessTolerance(_)
            | Do::ColorSpaceStroke(_)
            | Do::StrokeColor(_)
            | Do::StrokeColorNamed(_)
            | Do::StrokeColorDeviceGray(_)
            | Do::StrokeColorDeviceRgb(_)
            | Do::StrokeColorCmyk(_)
            | Do::CharacterSpacing(_)
            | Do::WordSpacing(_)
            | Do::HorizontalScaling(_)
            | Do::TextLeading(_)
            | Do::TextFont(_)
            | Do::TextRise(_)
            | Do::BeginText(_)
            | Do::EndText(_)
            | Do::NextLine(_)
            | Do::NextLineAndSetLeading(_)
            | Do::SetTextMatrix(_)
            | Do::NextLineUsingLeading(_)
            | Do::MarkedContentPoint(_)
            | Do::MarkedContentPointWithProperties(_)
            | Do::BeginMarkedContent(_)
            | Do::BeginMarkedContentWithProperties(_)
            | Do::EndMarkedContent(_)
            | Do::BeginCompatibility(_)
            | Do::EndCompatibility(_)
    )
}
