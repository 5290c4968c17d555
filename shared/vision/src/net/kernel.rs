//! The forward pass: channels last, eight output channels a vector, four pixels at once.
//!
//! The inner loops stand here twice: for AVX2 with fused multiply-add, and for any processor. Convolutions of more
//! than a few channels go the way of [`winograd`].

use super::SIDE;
#[cfg(target_arch = "x86_64")]
use super::vector::Avx2;
use super::winograd;

/// Channels in one vector.
pub(super) const LANES: usize = 8;
pub(super) type Lanes = [f32; LANES];

/// Whether this processor has AVX2 and FMA.
fn has_vectors() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// Vectors of outputs that one pass computes: three of them times four pixels fill 12 of the 16
/// registers, the rest hold weights and inputs.
pub(super) fn vectors_at_once(outputs: usize) -> usize {
    let vectors = outputs / LANES;
    [3, 2].into_iter().find(|&n| vectors.is_multiple_of(n)).unwrap_or(1)
}

/// What flows through the network: `side + 2` squared pixels (a border of zeros) of `channels` values.
#[derive(Clone, Debug)]
pub(super) struct Planes {
    fast: bool,
    side: usize,
    channels: usize,
    now: Vec<f32>,
    next: Vec<f32>,
    work: winograd::Work,
}

impl Default for Planes {
    fn default() -> Self {
        let [now, next] = [Vec::new(), Vec::new()];
        Self { fast: has_vectors(), side: 0, channels: 0, now, next, work: Default::default() }
    }
}

impl Planes {
    /// For a test that compares both.
    #[cfg(test)]
    pub(super) fn use_plain_code(&mut self) {
        self.fast = false;
    }

    /// Starts with one channel of ink, 0..=1.
    pub(super) fn load(&mut self, picture: &[u8; SIDE * SIDE]) {
        (self.side, self.channels) = (SIDE, 1);
        self.now.clear();
        self.now.resize((SIDE + 2) * (SIDE + 2), 0.0);
        for (y, row) in picture.chunks_exact(SIDE).enumerate() {
            let start = (y + 1) * (SIDE + 2) + 1;
            for (value, &pixel) in self.now[start..start + SIDE].iter_mut().zip(row) {
                *value = f32::from(pixel) / 255.0;
            }
        }
    }

    /// A 3x3 convolution that keeps the size.
    pub(super) fn conv(
        &mut self,
        inputs: usize,
        outputs: usize,
        weights: &[Lanes],
        bias: &[Lanes],
        relu: bool,
    ) {
        let wide = vectors_at_once(outputs);
        self.next.clear();
        self.next.resize((self.side + 2) * (self.side + 2) * outputs, 0.0);
        if winograd::suits(self.side, inputs, outputs) {
            let Self { side, now, next, work, fast, .. } = self;
            let conv = winograd::Conv { side: *side, inputs, outputs, from: now, weights, bias, relu };
            run(*fast, &conv, work, next);
            self.channels = outputs;
            std::mem::swap(&mut self.now, &mut self.next);
            return;
        }
        for (block, (weights, bias)) in
            weights.chunks_exact(9 * inputs * wide).zip(bias.chunks_exact(wide)).enumerate()
        {
            let job = Conv {
                side: self.side,
                inputs,
                outputs,
                from: &self.now,
                weights,
                bias,
                first: block * wide * LANES,
                relu,
                fast: self.fast,
            };
            match wide {
                3 => job.run::<3>(&mut self.next),
                2 => job.run::<2>(&mut self.next),
                _ => job.run::<1>(&mut self.next),
            }
        }
        self.channels = outputs;
        std::mem::swap(&mut self.now, &mut self.next);
    }

    /// The largest of each 2x2 pixels.
    pub(super) fn pool(&mut self) {
        let (side, channels) = (self.side / 2, self.channels);
        let (from_row, to_row) = ((self.side + 2) * channels, (side + 2) * channels);
        self.next.clear();
        self.next.resize((side + 2) * to_row, 0.0);
        for y in 0..side {
            for x in 0..side {
                let at = (2 * y + 1) * from_row + (2 * x + 1) * channels;
                let to = (y + 1) * to_row + (x + 1) * channels;
                let (upper, lower) =
                    (&self.now[at..][..2 * channels], &self.now[at + from_row..][..2 * channels]);
                for (c, value) in self.next[to..to + channels].iter_mut().enumerate() {
                    *value = upper[c].max(upper[c + channels]).max(lower[c]).max(lower[c + channels]);
                }
            }
        }
        self.side = side;
        std::mem::swap(&mut self.now, &mut self.next);
    }

    /// Every output from every input; the picture becomes a single pixel of `outputs` channels without a border.
    pub(super) fn dense(&mut self, outputs: usize, weights: &[Lanes], bias: &[Lanes], relu: bool) {
        let mut sums = bias.to_vec();
        let mut rows = weights.chunks_exact(bias.len());
        let border = usize::from(self.side > 1);
        let row = (self.side + 2 * border) * self.channels;
        for y in 0..self.side {
            let start = (y + border) * row + border * self.channels;
            for (&input, weights) in self.now[start..][..self.side * self.channels].iter().zip(&mut rows) {
                // Half of the inputs are zero after a ReLU.
                if input != 0.0 {
                    add_row(self.fast, &mut sums, input, weights);
                }
            }
        }
        self.next.clear();
        self.next.extend(sums.as_flattened().iter().map(|&sum| if relu { sum.max(0.0) } else { sum }));
        self.next.truncate(outputs);
        (self.side, self.channels) = (1, outputs);
        std::mem::swap(&mut self.now, &mut self.next);
    }

    /// What the last layer gave.
    pub(super) fn output(&self) -> &[f32] {
        &self.now
    }
}

fn run(fast: bool, conv: &winograd::Conv, work: &mut winograd::Work, to: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if fast {
        // SAFETY: `fast` is only ever set by `has_vectors`.
        unsafe { run_fast(conv, work, to) };
        return;
    }
    conv.run::<Lanes>(work, to);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn run_fast(conv: &winograd::Conv, work: &mut winograd::Work, to: &mut [f32]) {
    conv.run::<Avx2>(work, to);
}

/// One block of output channels of a convolution.
struct Conv<'a> {
    side: usize,
    inputs: usize,
    outputs: usize,
    from: &'a [f32],
    weights: &'a [Lanes],
    bias: &'a [Lanes],
    first: usize,
    relu: bool,
    fast: bool,
}

impl Conv<'_> {
    fn run<const V: usize>(&self, to: &mut [f32]) {
        for y in 0..self.side {
            for x in (0..self.side).step_by(4) {
                let corner = y * (self.side + 2) + x;
                self.store(&self.four::<V>(corner), corner, to);
            }
        }
    }

    /// The sums of four neighbouring pixels whose upper left tap is pixel `corner` of the input.
    fn four<const V: usize>(&self, corner: usize) -> [[Lanes; V]; 4] {
        #[cfg(target_arch = "x86_64")]
        if self.fast {
            // SAFETY: `fast` is only ever set by `has_vectors`.
            return unsafe { self.four_fast(corner) };
        }
        let mut sums = [[[0.0; LANES]; V]; 4];
        for sums in &mut sums {
            sums.copy_from_slice(self.bias);
        }
        for tap in 0..9 {
            let (weights, inputs) = self.tap::<V>(tap, corner);
            for (sums, inputs) in sums.iter_mut().zip(inputs) {
                for (weights, input) in weights.iter().zip(inputs) {
                    for (sum, weight) in sums.as_flattened_mut().iter_mut().zip(weights.as_flattened()) {
                        *sum += input * weight;
                    }
                }
            }
        }
        sums
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn four_fast<const V: usize>(&self, corner: usize) -> [[Lanes; V]; 4] {
        use std::arch::x86_64::{_mm256_fmadd_ps, _mm256_set1_ps, _mm256_setzero_ps};
        let mut sums = [[_mm256_setzero_ps(); V]; 4];
        for sums in &mut sums {
            for (sum, bias) in sums.iter_mut().zip(self.bias) {
                *sum = load(bias);
            }
        }
        for tap in 0..9 {
            let (weights, [a, b, c, d]) = self.tap::<V>(tap, corner);
            for ((((weights, a), b), c), d) in weights.iter().zip(a).zip(b).zip(c).zip(d) {
                for (sums, input) in sums.iter_mut().zip([a, b, c, d]) {
                    for (sum, weights) in sums.iter_mut().zip(weights) {
                        *sum = _mm256_fmadd_ps(_mm256_set1_ps(*input), load(weights), *sum);
                    }
                }
            }
        }
        let mut stored = [[[0.0; LANES]; V]; 4];
        for (stored, sum) in stored.as_flattened_mut().iter_mut().zip(sums.as_flattened()) {
            *stored = store(*sum);
        }
        stored
    }

    /// One of the nine taps: per input channel its weights, and the inputs of four neighbouring pixels.
    #[inline(always)]
    fn tap<const V: usize>(&self, tap: usize, corner: usize) -> (&[[Lanes; V]], [&[f32]; 4]) {
        let n = self.inputs;
        let (weights, _) = self.weights.as_chunks::<V>();
        let at = (corner + tap / 3 * (self.side + 2) + tap % 3) * n;
        (&weights[tap * n..][..n], [0, 1, 2, 3].map(|p| &self.from[at + p * n..][..n]))
    }

    fn store<const V: usize>(&self, sums: &[[Lanes; V]; 4], corner: usize, to: &mut [f32]) {
        for (p, sums) in sums.iter().enumerate() {
            let at = (corner + self.side + 3 + p) * self.outputs + self.first;
            for (value, &sum) in to[at..at + V * LANES].iter_mut().zip(sums.as_flattened()) {
                *value = if self.relu { sum.max(0.0) } else { sum };
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
#[inline]
fn load(lanes: &Lanes) -> std::arch::x86_64::__m256 {
    // SAFETY: eight f32 are readable there; the load needs no alignment.
    unsafe { std::arch::x86_64::_mm256_loadu_ps(lanes.as_ptr()) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
#[inline]
fn store(vector: std::arch::x86_64::__m256) -> Lanes {
    let mut lanes = [0.0; LANES];
    // SAFETY: eight f32 are writable there; the store needs no alignment.
    unsafe { std::arch::x86_64::_mm256_storeu_ps(lanes.as_mut_ptr(), vector) };
    lanes
}

fn add_row(fast: bool, sums: &mut [Lanes], input: f32, weights: &[Lanes]) {
    #[cfg(target_arch = "x86_64")]
    if fast {
        // SAFETY: `fast` is only ever set by `has_vectors`.
        unsafe { add_row_fast(sums, input, weights) };
        return;
    }
    for (sum, weights) in sums.iter_mut().zip(weights) {
        for (sum, weight) in sum.iter_mut().zip(weights) {
            *sum += input * weight;
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn add_row_fast(sums: &mut [Lanes], input: f32, weights: &[Lanes]) {
    use std::arch::x86_64::{_mm256_fmadd_ps, _mm256_set1_ps};
    let input = _mm256_set1_ps(input);
    for (sum, weights) in sums.iter_mut().zip(weights) {
        *sum = store(_mm256_fmadd_ps(input, load(weights), load(sum)));
    }
}
