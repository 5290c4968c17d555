//! Eight numbers at once: one set of operations for AVX2 with fused multiply-add, and one for any processor.

use super::kernel::{LANES, Lanes};

/// Eight numbers. The methods are always inlined, so that they become single instructions in a caller that was
/// compiled for the processor they need.
pub(super) trait Vector: Copy {
    /// From memory.
    fn load(lanes: &Lanes) -> Self;
    /// To memory.
    fn store(self, lanes: &mut Lanes);
    /// The same number in every lane.
    fn splat(value: f32) -> Self;
    /// `self + other`.
    fn plus(self, other: Self) -> Self;
    /// `self - other`.
    fn minus(self, other: Self) -> Self;
    /// `self + a * b`.
    fn plus_product(self, a: Self, b: Self) -> Self;
    /// The larger of both, lane by lane.
    fn larger(self, other: Self) -> Self;
}

impl Vector for Lanes {
    #[inline(always)]
    fn load(lanes: &Lanes) -> Self {
        *lanes
    }

    #[inline(always)]
    fn store(self, lanes: &mut Lanes) {
        *lanes = self;
    }

    #[inline(always)]
    fn splat(value: f32) -> Self {
        [value; LANES]
    }

    #[inline(always)]
    fn plus(mut self, other: Self) -> Self {
        for lane in 0..LANES {
            self[lane] += other[lane];
        }
        self
    }

    #[inline(always)]
    fn minus(mut self, other: Self) -> Self {
        for lane in 0..LANES {
            self[lane] -= other[lane];
        }
        self
    }

    #[inline(always)]
    fn plus_product(mut self, a: Self, b: Self) -> Self {
        for lane in 0..LANES {
            self[lane] += a[lane] * b[lane];
        }
        self
    }

    #[inline(always)]
    fn larger(mut self, other: Self) -> Self {
        for lane in 0..LANES {
            self[lane] = self[lane].max(other[lane]);
        }
        self
    }
}

/// Eight numbers in a register. Only code that was compiled for AVX2 with FMA may touch it.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(super) struct Avx2(std::arch::x86_64::__m256);

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{Avx2, Lanes, Vector};
    use std::arch::x86_64::*;

    // SAFETY of all of them: the only callers are compiled with AVX2 and FMA and run after a test for both; eight
    // f32 are readable and writable behind a `Lanes`, and neither load nor store needs an alignment.
    impl Vector for Avx2 {
        #[inline(always)]
        fn load(lanes: &Lanes) -> Self {
            Self(unsafe { _mm256_loadu_ps(lanes.as_ptr()) })
        }

        #[inline(always)]
        fn store(self, lanes: &mut Lanes) {
            unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), self.0) }
        }

        #[inline(always)]
        fn splat(value: f32) -> Self {
            Self(unsafe { _mm256_set1_ps(value) })
        }

        #[inline(always)]
        fn plus(self, other: Self) -> Self {
            Self(unsafe { _mm256_add_ps(self.0, other.0) })
        }

        #[inline(always)]
        fn minus(self, other: Self) -> Self {
            Self(unsafe { _mm256_sub_ps(self.0, other.0) })
        }

        #[inline(always)]
        fn plus_product(self, a: Self, b: Self) -> Self {
            Self(unsafe { _mm256_fmadd_ps(a.0, b.0, self.0) })
        }

        #[inline(always)]
        fn larger(self, other: Self) -> Self {
            Self(unsafe { _mm256_max_ps(self.0, other.0) })
        }
    }
}
