//! Which way up the rows of a file are, and turning them upright.

use crate::GrayPage;

/// 画像の向き. The eight values of the TIFF and EXIF tag 274, by what must be done to see the page upright.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Orientation {
    /// 1: as stored.
    #[default]
    Upright,
    /// 2: mirrored left to right.
    Mirrored,
    /// 3: turned by half a turn.
    UpsideDown,
    /// 4: mirrored top to bottom.
    Flipped,
    /// 5: rows are columns.
    Transposed,
    /// 6: must be turned a quarter clockwise.
    TurnRight,
    /// 7: rows are columns, both from the far end.
    Transverse,
    /// 8: must be turned a quarter anticlockwise.
    TurnLeft,
}

impl Orientation {
    const ALL: [Orientation; 8] = [
        Orientation::Upright,
        Orientation::Mirrored,
        Orientation::UpsideDown,
        Orientation::Flipped,
        Orientation::Transposed,
        Orientation::TurnRight,
        Orientation::Transverse,
        Orientation::TurnLeft,
    ];

    /// From the tag's value; anything unknown means as stored, as in every viewer.
    pub fn from_tag(value: u64) -> Self {
        usize::try_from(value)
            .ok()
            .and_then(|v| Self::ALL.get(v.checked_sub(1)?))
            .copied()
            .unwrap_or_default()
    }

    /// The tag's value, 1 to 8.
    pub fn tag(self) -> u16 {
        self as u16 + 1
    }

    /// From the directions on the upright page (x right, y down) in which the stored rows run to the right
    /// (`along`) and follow each other (`down`). Only the signs matter; `None` for a slanted picture.
    pub fn from_axes(along: (f64, f64), down: (f64, f64)) -> Option<Self> {
        let straight = |(x, y): (f64, f64)| {
            let (ax, ay) = (x.abs(), y.abs());
            // 0.1 % is 3 px across an A4 page at 300 dpi: less than any scanner's own skew.
            if ay <= ax * 1e-3 {
                Some((x.signum() as i8, 0))
            } else if ax <= ay * 1e-3 {
                Some((0, y.signum() as i8))
            } else {
                None
            }
        };
        match (straight(along)?, straight(down)?) {
            ((1, 0), (0, 1)) => Some(Orientation::Upright),
            ((-1, 0), (0, 1)) => Some(Orientation::Mirrored),
            ((-1, 0), (0, -1)) => Some(Orientation::UpsideDown),
            ((1, 0), (0, -1)) => Some(Orientation::Flipped),
            ((0, 1), (1, 0)) => Some(Orientation::Transposed),
            ((0, 1), (-1, 0)) => Some(Orientation::TurnRight),
            ((0, -1), (-1, 0)) => Some(Orientation::Transverse),
            ((0, -1), (1, 0)) => Some(Orientation::TurnLeft),
            _ => None,
        }
    }

    /// Whether the stored rows are the columns of the upright page.
    pub fn swaps_axes(self) -> bool {
        self as u16 >= Orientation::Transposed as u16
    }

    /// The page turned upright, its resolution with it.
    pub fn apply(self, page: GrayPage) -> GrayPage {
        match self {
            Orientation::Upright => page,
            Orientation::UpsideDown => {
                let mut page = page;
                page.pixels.reverse();
                page
            }
            Orientation::Mirrored => {
                let mut page = page;
                page.pixels.chunks_exact_mut(page.width as usize).for_each(<[u8]>::reverse);
                page
            }
            Orientation::Flipped => Orientation::Mirrored.apply(Orientation::UpsideDown.apply(page)),
            Orientation::Transposed => transpose(&page),
            Orientation::TurnRight => Orientation::Mirrored.apply(transpose(&page)),
            Orientation::Transverse => Orientation::UpsideDown.apply(transpose(&page)),
            Orientation::TurnLeft => Orientation::Flipped.apply(transpose(&page)),
        }
    }
}

/// Rows become columns. Worked in blocks of 32 by 32 so that both sides stay in the cache.
fn transpose(page: &GrayPage) -> GrayPage {
    const BLOCK: usize = 32;
    let (width, height) = (page.width as usize, page.height as usize);
    let mut pixels = vec![0; page.pixels.len()];
    for top in (0..height).step_by(BLOCK) {
        for left in (0..width).step_by(BLOCK) {
            for y in top..(top + BLOCK).min(height) {
                for x in left..(left + BLOCK).min(width) {
                    pixels[x * height + y] = page.pixels[y * width + x];
                }
            }
        }
    }
    GrayPage {
        width: page.height,
        height: page.width,
        pixels,
        dpi: page.dpi.map(|[across, down]| [down, across]),
        bilevel: page.bilevel,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The upright page is `ab/cd/ef`; each entry is how that page is stored under the tag's value.
    #[test]
    fn every_orientation_comes_out_upright() {
        let stored: [(&str, u32); 8] = [
            ("abcdef", 2),
            ("badcfe", 2),
            ("fedcba", 2),
            ("efcdab", 2),
            ("acebdf", 3),
            ("bdface", 3),
            ("fdbeca", 3),
            ("ecafdb", 3),
        ];
        for (value, (rows, width)) in (1..).zip(stored) {
            let page = GrayPage {
                width,
                height: 6 / width,
                pixels: rows.bytes().collect(),
                dpi: Some(if width == 2 { [204.0, 98.0] } else { [98.0, 204.0] }),
                bilevel: false,
            };
            let orientation = Orientation::from_tag(value);
            assert_eq!(u64::from(orientation.tag()), value);
            let upright = orientation.apply(page);
            assert_eq!(String::from_utf8_lossy(&upright.pixels), "abcdef", "tag {value}");
            assert_eq!((upright.width, upright.height, upright.dpi), (2, 3, Some([204.0, 98.0])));
        }
    }

    #[test]
    fn axes_name_the_same_orientation_as_the_tag() {
        assert_eq!(Orientation::from_axes((3.0, 0.0), (0.0, 2.0)), Some(Orientation::Upright));
        assert_eq!(Orientation::from_axes((0.0, 3.0), (-2.0, 0.0)), Some(Orientation::TurnRight));
        assert_eq!(Orientation::from_axes((-3.0, 0.0), (0.0, -2.0)), Some(Orientation::UpsideDown));
        assert_eq!(Orientation::from_axes((3.0, 0.5), (-0.5, 3.0)), None, "slanted");
    }

    #[test]
    fn an_unknown_tag_means_as_stored() {
        assert_eq!(Orientation::from_tag(0), Orientation::Upright);
        assert_eq!(Orientation::from_tag(9), Orientation::Upright);
    }
}
