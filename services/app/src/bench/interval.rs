//! What a share that was counted says about the share that is true.

/// Normal deviate of a two-sided 95 % interval.
const Z95: f64 = 1.959_964;

/// The 95 % interval of a share of which `hits` of `n` were seen, by Wilson's score: it stays honest near 0 and 1,
/// where almost all of our shares lie. `[0, 1]` when nothing was seen.
pub fn wilson(hits: u64, n: u64) -> [f64; 2] {
    if n == 0 {
        return [0.0, 1.0];
    }
    let (n, p) = (n as f64, hits as f64 / n as f64);
    let z2 = Z95 * Z95;
    let middle = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let reach = Z95 / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    // The ends are exact, whatever the rounding: all right means that 1 is possible.
    let low = if hits == 0 { 0.0 } else { (middle - reach).max(0.0) };
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
        // Wilson without continuity correction, as any statistics table has it.
        for (hits, n, low, high) in [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)] {
            let [a, b] = wilson(hits, n);
            assert!((a - low).abs() < 2e-4 && (b - high).abs() < 2e-4, "{hits}/{n}: {a} {b}");
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
}
