//! Eight bilinear samples at once, on processors with AVX2; elsewhere nothing, and the plain code does it all.

/// Samples the beginning of `row` like [`super::sample_inside`] does; says how many pixels that were.
pub(super) fn sample_inside(
    pixels: &[u8],
    stride: usize,
    start: [i64; 2],
    step: [i64; 2],
    row: &mut [u8],
) -> usize {
    #[cfg(target_arch = "x86_64")]
    if row.len() >= avx2::ABREAST
        && is_x86_feature_detected!("avx2")
        && let Some(path) = avx2::Path::new(pixels.len(), stride, start, step, row.len())
    {
        // SAFETY: the processor has AVX2, and the path was made for this picture and this many pixels.
        return unsafe { avx2::sample(pixels, &path, row) };
    }
    let _ = (pixels, stride, start, step, row);
    0
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::*;

    /// Pixels at once.
    pub(super) const ABREAST: usize = 8;

    /// A way through the picture in 16.16 fixed point, every pixel of which can be read with its neighbours.
    pub(super) struct Path {
        start: [i32; 2],
        step: [i32; 2],
        stride: i32,
    }

    impl Path {
        /// `None` when some pixel of it lies too near to the end of the picture, or the picture is too large.
        pub(super) fn new(
            size: usize,
            stride: usize,
            start: [i64; 2],
            step: [i64; 2],
            count: usize,
        ) -> Option<Self> {
            let steps = i64::try_from(count).ok()?.checked_sub(1)?;
            let end = [0, 1].map(|axis| step[axis].checked_mul(steps)?.checked_add(start[axis]));
            let [Some(x_end), Some(y_end)] = end else { return None };
            let (left, right) = (start[0].min(x_end), start[0].max(x_end));
            let (top, bottom) = (start[1].min(y_end), start[1].max(y_end));
            // Every coordinate, and the one a full vector further than the last, fits 32 bits.
            let room = i64::from(i32::MAX) - ABREAST as i64 * step[0].abs().max(step[1].abs());
            let fits = left >= 0 && top >= 0 && right < room && bottom < room;
            let stride_px = i64::try_from(stride).ok()?;
            // The last read takes four bytes, one row below the pixel.
            let last = ((bottom >> 16) + 1).checked_mul(stride_px)?.checked_add((right >> 16) + 4)?;
            let inside = (right >> 16) + 1 < stride_px && last <= i64::try_from(size).ok()?;
            let small = size <= i32::MAX as usize;
            (fits && inside && small).then_some(Self {
                start: start.map(|v| v as i32),
                step: step.map(|v| v as i32),
                stride: stride_px as i32,
            })
        }
    }

    /// # Safety
    /// The processor has AVX2; `path` was made by [`Path::new`] for a picture of `pixels.len()` bytes and a row of
    /// `row.len()` pixels.
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn sample(pixels: &[u8], path: &Path, row: &mut [u8]) -> usize {
        let counting = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        let at = |axis: usize| {
            let first = _mm256_set1_epi32(path.start[axis]);
            let step = _mm256_set1_epi32(path.step[axis]);
            let stride = _mm256_set1_epi32(path.step[axis].wrapping_mul(ABREAST as i32));
            (_mm256_add_epi32(first, _mm256_mullo_epi32(counting, step)), stride)
        };
        let ((mut x, x_step), (mut y, y_step)) = (at(0), at(1));
        let across = _mm256_set1_epi32(path.stride);
        let mut near = Near { x: path.start[0], y: path.start[1] };
        near.announce(pixels, path, row.len());
        let (chunks, _) = row.as_chunks_mut::<ABREAST>();
        for chunk in chunks.iter_mut() {
            let (upper, lower) = match near.rows(pixels, path) {
                // Eight gathered reads cost more than one read and a shuffle.
                Some(rows) => {
                    let picks = picks(_mm256_sub_epi32(_mm256_srai_epi32::<16>(x), rows.first));
                    match rows.far {
                        None => (pick(rows.upper, picks), pick(rows.lower, picks)),
                        Some([upper, lower]) => {
                            (pick_far(rows.upper, upper, picks), pick_far(rows.lower, lower, picks))
                        }
                    }
                }
                None => {
                    let rows = _mm256_mullo_epi32(_mm256_srai_epi32::<16>(y), across);
                    let upper = _mm256_add_epi32(rows, _mm256_srai_epi32::<16>(x));
                    let lower = _mm256_add_epi32(upper, across);
                    let picture = pixels.as_ptr().cast::<i32>();
                    // SAFETY: every index of a path lies at least four bytes before the end of the picture.
                    unsafe {
                        (
                            side_by_side(_mm256_i32gather_epi32::<1>(picture, upper)),
                            side_by_side(_mm256_i32gather_epi32::<1>(picture, lower)),
                        )
                    }
                }
            };
            let weights = weights(x);
            let (upper, lower) = (_mm256_madd_epi16(upper, weights), _mm256_madd_epi16(lower, weights));
            let below = _mm256_and_si256(_mm256_srli_epi32::<8>(y), _mm256_set1_epi32(255));
            let above = _mm256_sub_epi32(_mm256_set1_epi32(256), below);
            let sum = _mm256_add_epi32(_mm256_mullo_epi32(upper, above), _mm256_mullo_epi32(lower, below));
            let grey = _mm256_srli_epi32::<16>(_mm256_add_epi32(sum, _mm256_set1_epi32(1 << 15)));
            let words = _mm_packus_epi32(_mm256_castsi256_si128(grey), _mm256_extracti128_si256::<1>(grey));
            let bytes = _mm_packus_epi16(words, words);
            *chunk = _mm_cvtsi128_si64(bytes).to_le_bytes();
            (x, y) = (_mm256_add_epi32(x, x_step), _mm256_add_epi32(y, y_step));
            near.go_on(path);
        }
        chunks.len() * ABREAST
    }

    /// The first of eight neighbouring samples.
    struct Near {
        x: i32,
        y: i32,
    }

    /// Sixteen pixels of two rows of the picture, and the next sixteen where they are needed.
    struct Rows {
        upper: __m128i,
        lower: __m128i,
        far: Option<[__m128i; 2]>,
        /// Column of the first of them, in every lane.
        first: __m256i,
    }

    impl Near {
        fn go_on(&mut self, path: &Path) {
            self.x = self.x.wrapping_add(path.step[0].wrapping_mul(ABREAST as i32));
            self.y = self.y.wrapping_add(path.step[1].wrapping_mul(ABREAST as i32));
        }

        /// Asks for the two rows below those of this row of samples, which the next row of samples will need: a cut
        /// jumps down the picture faster than the processor foresees.
        #[target_feature(enable = "avx2")]
        fn announce(&self, pixels: &[u8], path: &Path, count: usize) {
            const LINE: usize = 64;
            let last = self.x.wrapping_add(path.step[0].wrapping_mul(count as i32 - 1));
            let (first, last) = (self.x.min(last) >> 16, self.x.max(last) >> 16);
            for below in [2, 3] {
                let row = ((self.y >> 16) + below) as usize * path.stride as usize;
                let needed = pixels.get(row + first as usize..=row + last as usize).unwrap_or_default();
                for line in needed.chunks(LINE) {
                    _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast());
                }
            }
        }

        /// The pixels around eight samples, when all of them lie between the same two rows and in 32 columns.
        #[target_feature(enable = "avx2")]
        fn rows(&self, pixels: &[u8], path: &Path) -> Option<Rows> {
            const STEPS: i32 = ABREAST as i32 - 1;
            let x_last = self.x.wrapping_add(path.step[0].wrapping_mul(STEPS));
            let y_last = self.y.wrapping_add(path.step[1].wrapping_mul(STEPS));
            let (first, last) = (self.x.min(x_last) >> 16, self.x.max(x_last) >> 16);
            let span = last.wrapping_sub(first);
            if self.y >> 16 != y_last >> 16 || span > 30 || first < 0 {
                return None;
            }
            let upper = (self.y >> 16) as usize * path.stride as usize + first as usize;
            let upper = pixels.get(upper..)?;
            let lower = upper.get(path.stride as usize..)?;
            let far = match span {
                ..=14 => None,
                _ => Some([sixteen(upper.get(16..)?)?, sixteen(lower.get(16..)?)?]),
            };
            let (upper, lower) = (sixteen(upper)?, sixteen(lower)?);
            Some(Rows { upper, lower, far, first: _mm256_set1_epi32(first) })
        }
    }

    /// The first sixteen bytes, if there are as many.
    #[target_feature(enable = "avx2")]
    fn sixteen(bytes: &[u8]) -> Option<__m128i> {
        let bytes = bytes.first_chunk::<16>()?;
        // SAFETY: sixteen bytes are readable; the load needs no alignment.
        Some(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
    }

    /// Eight columns, 0..=30, as a shuffle that picks each of them and its neighbour.
    #[target_feature(enable = "avx2")]
    fn picks(columns: __m256i) -> __m128i {
        let (low, high) = (_mm256_castsi256_si128(columns), _mm256_extracti128_si256::<1>(columns));
        let columns = _mm_packs_epi32(low, high);
        let neighbours = _mm_slli_epi16::<8>(_mm_add_epi16(columns, _mm_set1_epi16(1)));
        _mm_or_si128(columns, neighbours)
    }

    /// The picked bytes, two 16-bit halves a lane.
    #[target_feature(enable = "avx2")]
    fn pick(row: __m128i, picks: __m128i) -> __m256i {
        _mm256_cvtepu8_epi16(_mm_shuffle_epi8(row, picks))
    }

    /// The same from 32 bytes: a shuffle gives 0 where the highest bit of a pick is set.
    #[target_feature(enable = "avx2")]
    fn pick_far(near: __m128i, far: __m128i, picks: __m128i) -> __m256i {
        let near = _mm_shuffle_epi8(near, _mm_adds_epu8(picks, _mm_set1_epi8(0x70)));
        let far = _mm_shuffle_epi8(far, _mm_sub_epi8(picks, _mm_set1_epi8(16)));
        _mm256_cvtepu8_epi16(_mm_or_si128(near, far))
    }

    /// The two lowest bytes of every lane as its two 16-bit halves.
    #[target_feature(enable = "avx2")]
    fn side_by_side(bytes: __m256i) -> __m256i {
        let left = _mm256_and_si256(bytes, _mm256_set1_epi32(0xFF));
        let right = _mm256_slli_epi32::<8>(_mm256_and_si256(bytes, _mm256_set1_epi32(0xFF00)));
        _mm256_or_si256(left, right)
    }

    /// How much the left and the right pixel count, of 256, as the fraction of `x` says.
    #[target_feature(enable = "avx2")]
    fn weights(x: __m256i) -> __m256i {
        let beyond = _mm256_and_si256(_mm256_srli_epi32::<8>(x), _mm256_set1_epi32(255));
        let short = _mm256_sub_epi32(_mm256_set1_epi32(256), beyond);
        _mm256_or_si256(short, _mm256_slli_epi32::<16>(beyond))
    }
}
