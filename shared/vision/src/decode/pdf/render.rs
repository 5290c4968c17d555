//! Drawing a page that is not one picture, such as a printed form.

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::page::Page;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};

use super::super::resolution::believable;
use super::super::samples::luma;
use super::super::{DecodeError, Limits};
use super::content::{POINTS_PER_INCH, Placed};
use crate::GrayPage;

/// Resolution for pages that have none of their own: what scanners of forms are set to.
const DPI: f64 = 300.0;
/// Resolutions of a page's only picture at which the page is drawn pixel for pixel.
const PICTURE_DPI: std::ops::RangeInclusive<f64> = 150.0..=600.0;

/// The size in pixels, across and down, at which to draw the page: that of its only picture, or 300 dpi.
pub(super) fn size(page: &Page<'_>, placed: Option<&Placed<'_>>) -> [u64; 2] {
    match placed {
        Some(placed) if placed.dpi.iter().all(|dpi| PICTURE_DPI.contains(dpi)) => {
            let [across, down] = placed.size.map(u64::from);
            if placed.orientation.swaps_axes() { [down, across] } else { [across, down] }
        }
        _ => {
            let (width, height) = page.render_dimensions();
            [width, height].map(|points| ((f64::from(points) / POINTS_PER_INCH * DPI).round() as u64).max(1))
        }
    }
}

/// The page drawn in grey on white paper. Errors: larger than the limits.
pub(super) fn render(page: &Page<'_>, size: [u64; 2], limits: &Limits) -> Result<GrayPage, DecodeError> {
    limits.check_pixels(size[0], size[1])?;
    if size.iter().any(|&side| side > u16::MAX.into()) {
        return Err(DecodeError::TooManyPixels { width: size[0], height: size[1], limit: limits.max_pixels });
    }
    let (width, height) = page.render_dimensions();
    // The renderer cuts fractions of pixels off: a fiftieth more keeps the whole ones.
    let scale = |pixels: u64, points: f32| (pixels as f32 + 0.02) / points;
    let settings =
        PixmapSettings { x_scale: scale(size[0], width), y_scale: scale(size[1], height), bg_color: WHITE };
    let pixmap = hayro::render(
        page,
        &RenderCache::new(),
        &InterpreterSettings::default(),
        &RenderSettings::default(),
        &settings,
    );
    let pixels: Vec<u8> = pixmap.data().iter().map(|pixel| luma([pixel.r, pixel.g, pixel.b])).collect();
    let (across, down) = (u32::from(pixmap.width()), u32::from(pixmap.height()));
    let dpi = |pixels: u32, points: f32| f64::from(pixels) / f64::from(points) * POINTS_PER_INCH;
    Ok(GrayPage {
        width: across,
        height: down,
        dpi: believable([dpi(across, width), dpi(down, height)], across, down),
        bilevel: pixels.iter().all(|&level| level == 0 || level == 255),
        pixels,
    })
}
