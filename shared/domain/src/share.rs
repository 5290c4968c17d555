//! 割合. What a share that was counted says about the share that is true.

/// Normal deviate of a two-sided 95 % interval.
const Z95: f64 = 1.959_964;

/// 割合の推定. A share with its 95 % interval, and what it rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// Values looked at.
    pub n: u64,
    /// Of these, how many have the mark that is counted.
    pub hits: u64,
    /// The share in the population, 0..=1; weighted when the values were drawn at different rates.
    pub share: f64,
    /// Lower and upper end of the 95 % interval, 0..=1; `[0, 1]` when nothing was looked at.
    pub interval: [f64; 2],
}

impl Estimate {
    /// Of values that all had the same chance to be looked at.
    pub fn counted(hits: u64, n: u64) -> Self {
        let share = if n == 0 { 0.0 } else { hits as f64 / n as f64 };
        Self { n, hits, share, interval: wilson(hits, n) }
    }

    /// Of values each of which was drawn with a chance of its own (above 0, at most 1): every value stands for
    /// `1 / chance` values, so that a kind that is drawn more often does not speak louder (the ratio estimator of
    /// Horvitz–Thompson totals; Särndal, Swensson & Wretman 1992, 5.7). The interval is Wilson's for as many values as
    /// the weights are worth, n' = (Σw)² / Σw² (Kish 1965, 11.7).
    pub fn drawn(values: impl IntoIterator<Item = (f64, bool)>) -> Self {
        let (mut n, mut hits) = (0_u64, 0_u64);
        let [mut all, mut squares, mut hit] = [0.0; 3];
        for (chance, is_hit) in values {
            let weight = 1.0 / chance;
            n += 1;
            all += weight;
            squares += weight * weight;
            if is_hit {
                hits += 1;
                hit += weight;
            }
        }
        if n == 0 {
            return Self::counted(0, 0);
        }
        let share = hit / all;
        Self { n, hits, share, interval: score(share, all * all / squares) }
    }
}

/// The 95 % interval of a share of which `hits` of `n` were seen, by Wilson's score (Wilson 1927, J. Am. Stat. Assoc.
/// 22:209; without continuity correction, method 3 of Newcombe 1998, Stat. Med. 17:857): it stays honest near 0 and 1,
/// where almost all of our shares lie. `[0, 1]` when nothing was seen.
pub fn wilson(hits: u64, n: u64) -> [f64; 2] {
    if n == 0 {
        return [0.0, 1.0];
    }
    score(hits as f64 / n as f64, n as f64)
}

fn score(p: f64, n: f64) -> [f64; 2] {
    let z2 = Z95 * Z95;
    let middle = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let reach = Z95 / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    // The ends are exact, whatever the rounding: all right means that 1 is possible.
    let low = if p <= 0.0 { 0.0 } else { (middle - reach).max(0.0) };
    let high = if p >= 1.0 { 1.0 } else { (middle + reach).min(1.0) };
    [low, high]
}

/// How many standard errors two counted shares lie apart; 0 when either was not counted.
pub fn apart([hits, n]: [u64; 2], [other_hits, other_n]: [u64; 2]) -> f64 {
    if n == 0 || other_n == 0 {
        return 0.0;
    }
    let [n, other_n] = [n, other_n].map(|n| n as f64);
    let (p, q) = (hits as f64 / n, other_hits as f64 / other_n);
    let all = (hits + other_hits) as f64 / (n + other_n);
    let error = (all * (1.0 - all) * (1.0 / n + 1.0 / other_n)).sqrt();
    if error > 0.0 { (p - q) / error } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_the_tables() {
        // Newcombe 1998, table I, method 3; the others as any statistics table has them.
        for (hits, n, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
            (0, 10, 0.0, 0.2775),
            (10, 10, 0.7225, 1.0),
        ] {
            let [a, b] = wilson(hits, n);
            assert!((a - low).abs() < 1e-4 && (b - high).abs() < 1e-4, "{hits}/{n}: {a} {b}");
        }
        // The claim of 1 in 10,000 needs some 37,000 values without an error.
        assert!(wilson(0, 30_000)[1] > 1e-4 && wilson(0, 39_000)[1] < 1e-4);
    }

    #[test]
    fn equal_shares_do_not_lie_apart() {
        assert!(apart([10, 100], [100, 1000]).abs() < 1e-9);
        assert!(apart([30, 100], [100, 1000]) > 4.0);
        assert_eq!(apart([0, 0], [100, 1000]), 0.0);
    }

    #[test]
    fn drawn_at_one_rate_counts_as_counted() {
        let values = (0..50).map(|at| (0.02, at < 3));
        let (drawn, counted) = (Estimate::drawn(values), Estimate::counted(3, 50));
        assert_eq!((drawn.n, drawn.hits), (50, 3));
        assert!((drawn.share - counted.share).abs() < 1e-12);
        assert!((drawn.interval[1] - counted.interval[1]).abs() < 1e-9);
        assert_eq!(Estimate::drawn([]), Estimate::counted(0, 0));
    }

    #[test]
    fn what_is_drawn_often_does_not_speak_louder() {
        // 1,000 values of which 100 are wrong were all looked at; of 49,000 sound ones 1 in 50 was.
        let often = (0..1000).map(|at| (1.0, at < 100));
        let seldom = (0..980).map(|_| (0.02, false));
        let both = Estimate::drawn(often.chain(seldom));
        assert!((both.share - 100.0 / 50_000.0).abs() < 1e-9, "{both:?}");
        let [low, high] = both.interval;
        assert!(low < 0.002 && 0.002 < high);
        let plain = wilson(100, 1980);
        assert!(high - low > (plain[1] - plain[0]) * both.share / (100.0 / 1980.0), "weights cost certainty");
    }
}
