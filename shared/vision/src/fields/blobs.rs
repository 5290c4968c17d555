//! Connected ink.

/// One 8-connected piece of ink: bounds in pixels (`x1`, `y1` excluded) and its area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Blob {
    pub x0: usize,
    pub y0: usize,
    pub x1: usize,
    pub y1: usize,
    /// Pixels.
    pub area: usize,
}

impl Blob {
    /// The longer side of its bounds, pixels.
    pub fn length(&self) -> usize {
        (self.x1 - self.x0).max(self.y1 - self.y0)
    }
}

/// The pieces of ink of one picture; the memory is reused from picture to picture.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blobs {
    /// Per pixel: 0 for paper, else 1 + index in `list`.
    pub labels: Vec<u16>,
    /// Every piece, in the order of its first pixel.
    pub list: Vec<Blob>,
    stack: Vec<[usize; 2]>,
}

/// More pieces than this are noise; the rest is left unlabelled.
const MOST: usize = u16::MAX as usize - 1;

impl Blobs {
    /// Labels the pixels of a picture `width` across for which `is_ink` holds.
    pub fn find(&mut self, width: usize, height: usize, is_ink: impl Fn(usize) -> bool) {
        self.labels.clear();
        self.labels.resize(width * height, 0);
        self.list.clear();
        for start in 0..width * height {
            if self.labels[start] == 0 && self.list.len() < MOST && is_ink(start) {
                self.follow(start, width, height, &is_ink);
            }
        }
    }

    /// The same for the pixels of `picture` that are `ink`: paper, which is most of it, is skipped over.
    pub fn find_equal(&mut self, width: usize, picture: &[u8], ink: u8) {
        self.labels.clear();
        self.labels.resize(picture.len(), 0);
        self.list.clear();
        let height = picture.len() / width.max(1);
        for start in memchr::memchr_iter(ink, picture) {
            if self.labels[start] == 0 && self.list.len() < MOST {
                self.follow(start, width, height, &|at| picture[at] == ink);
            }
        }
    }

    fn follow(&mut self, start: usize, width: usize, height: usize, is_ink: &impl Fn(usize) -> bool) {
        let label = self.list.len() as u16 + 1;
        let mut blob = Blob { x0: width, y0: height, x1: 0, y1: 0, area: 0 };
        self.labels[start] = label;
        self.stack.push([start % width, start / width]);
        while let Some([x, y]) = self.stack.pop() {
            blob.area += 1;
            (blob.x0, blob.x1) = (blob.x0.min(x), blob.x1.max(x + 1));
            (blob.y0, blob.y1) = (blob.y0.min(y), blob.y1.max(y + 1));
            for ny in y.saturating_sub(1)..(y + 2).min(height) {
                for nx in x.saturating_sub(1)..(x + 2).min(width) {
                    let near = ny * width + nx;
                    if self.labels[near] == 0 && is_ink(near) {
                        self.labels[near] = label;
                        self.stack.push([nx, ny]);
                    }
                }
            }
        }
        self.list.push(blob);
    }

    /// The piece that a pixel belongs to.
    pub fn at(&self, pixel: usize) -> Option<usize> {
        (self.labels[pixel] as usize).checked_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_connect_and_gaps_do_not() {
        let picture = b"#..#
                        .#.#
                        #..#";
        let rows: Vec<u8> = picture.iter().copied().filter(|b| b"#.".contains(b)).collect();
        let mut blobs = Blobs::default();
        blobs.find(4, 3, |i| rows[i] == b'#');
        assert_eq!(
            blobs.list,
            [Blob { x0: 0, y0: 0, x1: 2, y1: 3, area: 3 }, Blob { x0: 3, y0: 0, x1: 4, y1: 3, area: 3 },]
        );
        assert_eq!((blobs.at(5), blobs.at(7), blobs.at(1)), (Some(0), Some(1), None));
        assert_eq!(blobs.list[0].length(), 3);
    }
}
