//! 抜取. Which accepted values go to people.

use crate::ids::{FieldId, PageId};

/// 抜取の割合. How many of the accepted values of one kind of field are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// The share that is always drawn, 0..=1.
    pub share: f64,
    /// Values a month below which more are drawn than `share` says.
    pub floor: u32,
}

/// What the drawing is keyed with. Only the rows of the installation know it.
#[derive(Clone, Copy)]
pub struct Secret(pub [u8; 32]);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Drawn of a month's first values until the floor is reached: one in five, so that still nobody can tell which.
const CATCH_UP: f64 = 0.2;

impl Default for Plan {
    /// One in fifty, and twenty a month: of a kind of which nothing else is seen, twenty without an error say that at
    /// most 16 % are wrong, which is what a broken form would exceed.
    fn default() -> Self {
        Self { share: 0.02, floor: 20 }
    }
}

impl Plan {
    /// The chance of the next value when `drawn` of its kind were drawn this month.
    pub fn chance(&self, drawn: u32) -> f64 {
        let share = self.share.clamp(0.0, 1.0);
        if drawn < self.floor { share.max(CATCH_UP) } else { share }
    }
}

/// Whether this value is drawn: the same answer for the same reading for ever, and nobody without the secret can
/// foretell it. `chance` 0..=1.
pub fn is_drawn(secret: &Secret, page: &PageId, round: u32, field: &FieldId, chance: f64) -> bool {
    let mut hasher = blake3::Hasher::new_keyed(&secret.0);
    for part in [page.as_str().as_bytes(), &round.to_le_bytes(), field.as_str().as_bytes()] {
        // The length before each part: no two values share their bytes.
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let mut first = [0; 8];
    hasher.finalize_xof().fill(&mut first);
    // 53 bits fill a float exactly.
    let draw = (u64::from_le_bytes(first) >> 11) as f64 / (1_u64 << 53) as f64;
    draw < chance
}

/// A word for `text` that is always the same and from which nobody can work back: 16 hex digits.
pub fn opaque(secret: &Secret, text: &str) -> String {
    blake3::keyed_hash(&secret.0, text.as_bytes()).to_hex()[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(secret: u8, chance: f64) -> Vec<bool> {
        let value = |at: u32| {
            let (page, field) = (PageId(format!("page-{}", at / 10)), FieldId(format!("field{}", at % 10)));
            is_drawn(&Secret([secret; 32]), &page, 1, &field, chance)
        };
        (0..50_000).map(value).collect()
    }

    #[test]
    fn the_drawing_is_unbiased_and_never_draws_again() {
        for chance in [0.02, 0.2] {
            let first = drawn(1, chance);
            let share = first.iter().filter(|&&d| d).count() as f64 / first.len() as f64;
            // Five standard errors of a fair drawing.
            let reach = 5.0 * (chance * (1.0 - chance) / first.len() as f64).sqrt();
            assert!((share - chance).abs() < reach, "{share} for {chance}");
            assert_eq!(first, drawn(1, chance), "a restart draws nothing else");
            let neighbours = first.windows(2).filter(|pair| pair[0] && pair[1]).count() as f64;
            assert!(neighbours < 2.0 * chance * chance * first.len() as f64, "fields are drawn one by one");
        }
        let (few, more) = (drawn(1, 0.02), drawn(1, 0.2));
        assert!(
            few.iter().zip(&more).all(|(&few, &more)| !few || more),
            "a higher chance keeps what was drawn"
        );
    }

    #[test]
    fn without_the_secret_nobody_can_tell() {
        let (ours, guessed) = (drawn(1, 0.2), drawn(2, 0.2));
        let both = ours.iter().zip(&guessed).filter(|(a, b)| **a && **b).count();
        assert!((1700..2300).contains(&both), "{both}: another secret agrees by chance only");
        assert!(drawn(1, 0.0).iter().all(|&d| !d) && drawn(1, 1.0).iter().all(|&d| d));
    }

    #[test]
    fn below_the_floor_more_is_drawn() {
        let plan = Plan { share: 0.02, floor: 20 };
        assert_eq!((plan.chance(0), plan.chance(19), plan.chance(20)), (0.2, 0.2, 0.02));
        assert_eq!(Plan { share: 0.5, floor: 20 }.chance(0), 0.5);
        assert_eq!(Plan { share: 0.0, floor: 0 }.chance(0), 0.0);
    }
}
