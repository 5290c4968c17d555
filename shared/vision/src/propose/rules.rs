//! Level rules of a page; its upright ones are the level ones of the page turned over.

use super::Rule;
use super::ink::Ink;

/// Shorter strokes are letters, mm.
const SHORTEST_MM: f64 = 2.0;
/// A solid line is torn this far at most, mm: fax rows, dust.
const TEAR_MM: f64 = 0.15;
/// Gaps of a dashed or dotted rule, mm, and the shortest such rule: letters in a row have gaps as well.
const DASH_GAP_MM: f64 = 1.3;
const SHORTEST_DASHED_MM: f64 = 4.0;
/// At least so much of a dashed rule is ink.
const DASH_SHARE: f64 = 0.3;
/// Thicker than this is a bar, whose edges are rules, mm.
const THICKEST_MM: f64 = 1.6;
/// Ends of one rule further apart are two rules, mm.
const JOIN_MM: f64 = 0.4;
/// Beside a dashed rule there is paper: this far from its middle, mm, with so much ink at most.
const BESIDE_MM: f64 = 0.55;
const BESIDE_SHARE: f64 = 0.12;

/// Ink in one row, ends at the pixel behind the last.
#[derive(Clone, Copy, Debug)]
struct Run {
    row: usize,
    from: usize,
    to: usize,
    ink: usize,
}

/// Runs in touching rows.
struct Strip {
    from: usize,
    to: usize,
    top: usize,
    bottom: usize,
    /// Pixels of ink, and the sum of their rows.
    ink: usize,
    row_sum: f64,
    last: Run,
}

/// All level rules, from top to bottom.
pub(super) fn level(ink: &Ink) -> Vec<Rule> {
    let solid = strips(ink, TEAR_MM, SHORTEST_MM);
    let mut rules: Vec<Rule> = solid.iter().flat_map(|strip| strip.rules(ink.px_per_mm)).collect();
    let dashed = strips(ink, DASH_GAP_MM, SHORTEST_DASHED_MM);
    for rule in dashed.iter().filter(|strip| strip.is_dashed(ink)).flat_map(|s| s.rules(ink.px_per_mm)) {
        let known = rules.iter().any(|other| {
            (other.at - rule.at).abs() < BESIDE_MM
                && other.from < rule.from + JOIN_MM
                && other.to > rule.to - JOIN_MM
        });
        if !known {
            rules.push(rule);
        }
    }
    joined(rules)
}

fn strips(ink: &Ink, gap_mm: f64, shortest_mm: f64) -> Vec<Strip> {
    let gap = ((gap_mm * ink.px_per_mm) as usize).max(1);
    let shortest = (shortest_mm * ink.px_per_mm) as usize;
    let mut done: Vec<Strip> = Vec::new();
    let mut open: Vec<Strip> = Vec::new();
    for (row, line) in ink.dark.chunks_exact(ink.width).enumerate() {
        let (ended, mut still): (Vec<_>, Vec<_>) = open.into_iter().partition(|strip| strip.bottom + 1 < row);
        done.extend(ended);
        for run in runs(line, row, gap).into_iter().filter(|run| run.to - run.from >= shortest) {
            match still.iter_mut().find(|strip| strip.goes_on(&run)) {
                Some(strip) => strip.add(run),
                None => still.push(Strip::new(run)),
            }
        }
        open = still;
    }
    done.extend(open);
    done
}

fn runs(line: &[bool], row: usize, gap: usize) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for x in (0..line.len()).filter(|&x| line[x]) {
        match runs.last_mut() {
            Some(run) if x - run.to <= gap => (run.to, run.ink) = (x + 1, run.ink + 1),
            _ => runs.push(Run { row, from: x, to: x + 1, ink: 1 }),
        }
    }
    runs
}

impl Strip {
    fn new(run: Run) -> Self {
        let row_sum = run.row as f64 * run.ink as f64;
        Self { from: run.from, to: run.to, top: run.row, bottom: run.row, ink: run.ink, row_sum, last: run }
    }

    /// A rule that is not quite level goes on a row further, beside its last run. A bar that hangs on a longer rule
    /// does not go on with it: at least half of the longer run lies beside the other one.
    fn goes_on(&self, run: &Run) -> bool {
        let last = &self.last;
        let beside = run.to.min(last.to).saturating_sub(run.from.max(last.from));
        let longer = (run.to - run.from).max(last.to - last.from);
        last.row < run.row && 2 * beside + 4 >= longer
    }

    fn add(&mut self, run: Run) {
        self.from = self.from.min(run.from);
        self.to = self.to.max(run.to);
        self.bottom = run.row;
        self.ink += run.ink;
        self.row_sum += run.row as f64 * run.ink as f64;
        self.last = run;
    }

    /// One rule, or both edges of a bar.
    fn rules(&self, px_per_mm: f64) -> Vec<Rule> {
        let [from, to] = [self.from, self.to].map(|px| px as f64 / px_per_mm);
        let high = (self.bottom + 1 - self.top) as f64 / px_per_mm;
        let width = self.ink as f64 / (self.to - self.from) as f64 / px_per_mm;
        let rule = |at: f64, width: f64| Rule { at, from, to, width };
        if high > THICKEST_MM && width > THICKEST_MM / 2.0 {
            let [top, bottom] = [self.top, self.bottom + 1].map(|px| px as f64 / px_per_mm);
            return vec![rule(top, 0.0), rule(bottom, 0.0)];
        }
        vec![rule((self.row_sum / self.ink as f64 + 0.5) / px_per_mm, width)]
    }

    fn is_dashed(&self, ink: &Ink) -> bool {
        let long = (self.to - self.from) as f64;
        let high = (self.bottom + 1 - self.top) as f64;
        let thin = high / ink.px_per_mm < BESIDE_MM;
        let middle = (self.row_sum / self.ink as f64).round() as i64;
        let off = (BESIDE_MM * ink.px_per_mm).round() as i64;
        let beside = |row: i64| {
            let Some(row) = usize::try_from(row).ok().filter(|&row| row < ink.height) else { return 0.0 };
            let line = &ink.dark[row * ink.width..][self.from..self.to];
            line.iter().filter(|&&ink| ink).count() as f64 / long
        };
        thin && self.ink as f64 > DASH_SHARE * long
            && beside(middle - off) < BESIDE_SHARE
            && beside(middle + off) < BESIDE_SHARE
    }
}

/// Pieces of one rule made one.
fn joined(mut rules: Vec<Rule>) -> Vec<Rule> {
    rules.sort_by(|a, b| a.from.total_cmp(&b.from));
    let mut joined: Vec<Rule> = Vec::new();
    for rule in rules {
        let piece = joined.iter_mut().find(|known| {
            (known.at - rule.at).abs() < 0.2 && rule.from - known.to < JOIN_MM && rule.from >= known.from
        });
        match piece {
            Some(known) => {
                let (a, b) = (known.to - known.from, rule.to - rule.from);
                known.at = (known.at * a + rule.at * b) / (a + b);
                known.width = known.width.max(rule.width);
                known.to = known.to.max(rule.to);
            }
            None => joined.push(rule),
        }
    }
    joined.sort_by(|a, b| a.at.total_cmp(&b.at));
    joined
}
