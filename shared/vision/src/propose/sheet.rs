//! A file with an empty sheet -> its paper, its sides laid straight, and what was found on them.

use super::{Found, propose, straighten};
use crate::affine::Affine;
use crate::decode::{DecodeError, Limits, decode_pages};
use crate::gray::GrayPage;
use crate::ocr::{Layout, Ocr};
use crate::registered::RegisteredPage;
use domain::form::Field;
use domain::geometry::RectMm;
use std::fmt;

/// Paper that forms are printed on, mm, narrow side first.
const PAPERS: [(&str, [f64; 2]); 7] = [
    ("A4", [210.0, 297.0]),
    ("A5", [148.0, 210.0]),
    ("B5", [182.0, 257.0]),
    ("A3", [297.0, 420.0]),
    ("B4", [257.0, 364.0]),
    ("A6", [105.0, 148.0]),
    // はがき.
    ("postcard", [100.0, 148.0]),
];
/// A picture is of such a paper when it is this near to it, mm: scanners cut a little off or add a little.
const SNAP_MM: f64 = 2.4;
/// ... and its sides stand in this ratio, when nothing says how large it is.
const SNAP_RATIO: f64 = 0.012;
/// Smallest and largest paper, mm.
const PAPER_MM: std::ops::RangeInclusive<f64> = 50.0..=450.0;
/// Resolutions that boxes can be found at, dots per inch.
const DPI: std::ops::RangeInclusive<f64> = 100.0..=1250.0;
/// Two sides of one sheet differ by less than this, mm.
const SAME_PAPER_MM: f64 = 4.0;

/// Print is read at 300 dpi, with a little paper around it; a label higher than this has several lines.
const PRINT_PX_PER_MM: f64 = 300.0 / 25.4;
const PRINT_MARGIN_MM: f64 = 1.0;
const ONE_LINE_MM: f64 = 5.5;
/// A text that tesseract is less sure of than this (0..=100) is rather noise than a label.
const PRINT_SURE: f64 = 45.0;

/// 白紙. An empty sheet as a file shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct EmptySheet {
    /// Width and height, mm.
    pub paper_mm: [f64; 2],
    /// What the paper is called, when it is a usual one: `A4`.
    pub paper_name: Option<&'static str>,
    /// Whether the file says how large it is; else A4 or its kin is taken from the shape.
    pub size_is_known: bool,
    /// One or two.
    pub sides: Vec<EmptySide>,
}

/// One side of an [`EmptySheet`].
#[derive(Clone, Debug, PartialEq)]
pub struct EmptySide {
    /// The picture; the paper fills it.
    pub page: GrayPage,
    /// Pixels per mm.
    pub px_per_mm: f64,
    /// How far it was turned back, degrees clockwise.
    pub turned_deg: f64,
    /// What was found on it.
    pub found: Found,
}

/// Why a file gives no empty sheet.
#[derive(Clone, Debug, PartialEq)]
pub enum SheetError {
    /// The file or a page of it cannot be opened.
    Decode(DecodeError),
    /// More pages than a form has sides (two), or none.
    Pages,
    /// The file does not say how large the paper is, and its shape is none that is known.
    NoSize,
    /// No paper of forms is that large or small, mm.
    Paper([f64; 2]),
    /// Too coarse or too fine to find boxes, dots per inch.
    Resolution(f64),
    /// Front and back are of different sizes.
    SidesDiffer,
}

impl fmt::Display for SheetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SheetError::Decode(error) => write!(f, "the file cannot be opened: {error}"),
            SheetError::Pages => {
                write!(f, "a form has one or two sides, one page each: give a file with only the empty sheet")
            }
            SheetError::NoSize => write!(
                f,
                "the file does not say its resolution and its shape is no usual paper: say it with --dpi"
            ),
            SheetError::Paper([w, h]) => write!(
                f,
                "the paper would be {w:.0} x {h:.0} mm, but forms are 50 to 450 mm: say the resolution with --dpi"
            ),
            SheetError::Resolution(dpi) => write!(
                f,
                "a picture of {dpi:.0} dpi does not show boxes well: scan the empty sheet at 300 dpi"
            ),
            SheetError::SidesDiffer => write!(
                f,
                "the two pages are of different sizes: give a file with front and back of one sheet"
            ),
        }
    }
}

impl std::error::Error for SheetError {}

impl EmptySide {
    /// What is printed in `rect`, read by tesseract; `None` when it is sure of nothing.
    pub fn read_print(&self, ocr: &mut Ocr, rect: &RectMm) -> Option<String> {
        let page = RegisteredPage { page: &self.page, px_from_mm: Affine::scale(self.px_per_mm) };
        let patch = page.sample(rect.grown(PRINT_MARGIN_MM), PRINT_PX_PER_MM);
        let layout = if rect.h > ONE_LINE_MM { Layout::Block } else { Layout::Line };
        let text = ocr.read(&patch.pixels, patch.width, "jpn", layout).ok()?;
        (text.confidence >= PRINT_SURE).then_some(text.text)
    }
}

impl EmptySheet {
    /// Every box that was found, as a field; `ocr` reads the labels, without it they are numbers.
    pub fn fields(&self, mut ocr: Option<Ocr>) -> Vec<Field> {
        let mut fields = Vec::new();
        for (number, side) in (1..).zip(&self.sides) {
            let mut read = |rect: &RectMm| side.read_print(ocr.as_mut()?, rect);
            fields.extend(super::fields(&side.found, number, self.paper_mm, fields.len() + 1, &mut read));
        }
        fields
    }

    /// Opens a PDF, TIFF, PNG or JPEG of an empty sheet, one page a side. `dpi` is what a person says of its
    /// resolution; without it, what the file says.
    ///
    /// # Errors
    /// See [`SheetError`].
    pub fn open(bytes: &[u8], dpi: Option<f64>, limits: &Limits) -> Result<Self, SheetError> {
        let mut pages = Vec::new();
        for page in decode_pages(bytes, limits).map_err(SheetError::Decode)? {
            // The third page says enough; the other thousands are not opened.
            if pages.len() == 2 {
                return Err(SheetError::Pages);
            }
            pages.push(page.map_err(SheetError::Decode)?);
        }
        let front = size(pages.first().ok_or(SheetError::Pages)?, dpi)?;
        if let Some(back) = pages.get(1) {
            let back = size(back, dpi)?;
            if (0..2).any(|axis| (back.mm[axis] - front.mm[axis]).abs() > SAME_PAPER_MM) {
                return Err(SheetError::SidesDiffer);
            }
        }
        let side = |page: &GrayPage| {
            let px_per_mm = size(page, dpi)?.px_per_mm;
            let straight = straighten(page, px_per_mm, front.paper_mm);
            let found = propose(&straight.page, straight.px_per_mm);
            let super::Straightened { page, px_per_mm, turned_deg } = straight;
            Ok(EmptySide { page, px_per_mm, turned_deg, found })
        };
        Ok(Self {
            paper_mm: front.paper_mm,
            paper_name: front.name,
            size_is_known: front.is_known,
            sides: pages.iter().map(side).collect::<Result<_, _>>()?,
        })
    }
}

/// How large a picture is.
struct Size {
    /// As it is, mm.
    mm: [f64; 2],
    /// The paper it shows, mm.
    paper_mm: [f64; 2],
    name: Option<&'static str>,
    px_per_mm: [f64; 2],
    is_known: bool,
}

fn size(page: &GrayPage, dpi: Option<f64>) -> Result<Size, SheetError> {
    let pixels = [f64::from(page.width), f64::from(page.height)];
    let stated = dpi.map(|dpi| [dpi, dpi]).or(page.dpi.map(|dpi| dpi.map(f64::from)));
    let Some(stated) = stated else { return by_shape(pixels) };
    if let Some(bad) = stated.iter().find(|dpi| !DPI.contains(*dpi)) {
        return Err(SheetError::Resolution(*bad));
    }
    let px_per_mm = stated.map(|dpi| dpi / 25.4);
    let mm = [pixels[0] / px_per_mm[0], pixels[1] / px_per_mm[1]];
    if mm.iter().any(|mm| !PAPER_MM.contains(mm)) {
        return Err(SheetError::Paper(mm));
    }
    let near = |paper: &[f64; 2]| (0..2).map(|axis| (paper[axis] - mm[axis]).abs()).fold(0.0, f64::max);
    let usual = usual().filter(|(_, paper)| near(paper) < SNAP_MM);
    let usual = usual.min_by(|a, b| near(&a.1).total_cmp(&near(&b.1)));
    let paper_mm = usual.map_or(mm.map(|mm| (mm * 10.0).round() / 10.0), |(_, paper)| paper);
    Ok(Size { mm, paper_mm, name: usual.map(|(name, _)| name), px_per_mm, is_known: true })
}

/// Every usual paper, upright and on its side.
fn usual() -> impl Iterator<Item = (&'static str, [f64; 2])> {
    PAPERS.into_iter().flat_map(|(name, [w, h])| [(name, [w, h]), (name, [h, w])])
}

fn by_shape(pixels: [f64; 2]) -> Result<Size, SheetError> {
    let ratio = pixels[0] / pixels[1];
    // A sizes share one shape: the first that fits is A4, the most usual.
    let found = usual().find(|(_, [w, h])| (w / h / ratio - 1.0).abs() < SNAP_RATIO);
    let (name, paper_mm) = found.ok_or(SheetError::NoSize)?;
    let px_per_mm = [pixels[0] / paper_mm[0], pixels[1] / paper_mm[1]];
    if !DPI.contains(&(px_per_mm[0] * 25.4)) {
        return Err(SheetError::Resolution(px_per_mm[0] * 25.4));
    }
    Ok(Size { mm: paper_mm, paper_mm, name: Some(name), px_per_mm, is_known: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::encode_png;

    fn png(width: u32, height: u32, dpi: Option<f32>) -> Vec<u8> {
        let mut page = GrayPage::white(width, height);
        page.dpi = dpi.map(|dpi| [dpi, dpi]);
        encode_png(&page)
    }

    fn open(bytes: &[u8], dpi: Option<f64>) -> Result<EmptySheet, SheetError> {
        EmptySheet::open(bytes, dpi, &Limits::default())
    }

    #[test]
    fn the_paper_follows_from_the_resolution_or_from_the_shape() {
        let table = [
            (png(1654, 2339, Some(200.0)), None, Some("A4"), [210.0, 297.0], true),
            (png(1660, 2330, Some(200.0)), None, Some("A4"), [210.0, 297.0], true),
            (png(1754, 1240, Some(150.0)), None, Some("A4"), [297.0, 210.0], true),
            (png(787, 1165, Some(200.0)), None, Some("postcard"), [100.0, 148.0], true),
            (png(1000, 1500, Some(200.0)), None, None, [127.0, 190.5], true),
            (png(1654, 2339, None), None, Some("A4"), [210.0, 297.0], false),
            (png(1166, 1654, None), Some(200.0), Some("A5"), [148.0, 210.0], true),
        ];
        for (bytes, dpi, name, paper, known) in table {
            let sheet = open(&bytes, dpi).unwrap();
            assert_eq!((sheet.paper_name, sheet.paper_mm, sheet.size_is_known), (name, paper, known));
            let side = &sheet.sides[0];
            let wide = f64::from(side.page.width) / side.px_per_mm;
            assert!((wide - paper[0]).abs() < 0.1, "the paper fills the picture: {wide}");
        }
    }

    #[test]
    fn what_is_no_empty_sheet_is_refused_with_a_reason() {
        assert_eq!(open(&png(1000, 1000, None), None), Err(SheetError::NoSize));
        assert_eq!(open(&png(1654, 2339, Some(200.0)), Some(30.0)), Err(SheetError::Resolution(30.0)));
        assert!(matches!(open(&png(300, 100, Some(200.0)), None), Err(SheetError::Paper(_))));
        assert!(matches!(open(b"no picture", None), Err(SheetError::Decode(_))));
    }
}
