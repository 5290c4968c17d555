//! What all scenarios come to. `scripts/faults` reads the lines and adds up.

use super::audit::Difference;
use std::io::Write;

/// Writes one scenario down: on the terminal, and in the file that `FAULTS_TALLY` names.
pub fn note(scenario: &str, kills: usize, pages: usize, difference: Difference, said: &str) {
    let Difference { lost, doubled, changed, given_up } = difference;
    let line = format!(
        "{scenario}: kills {kills}, pages {pages}, lost {lost}, doubled {doubled}, changed {changed}"
    );
    eprintln!("{line}; left to a person {given_up}{said}");
    if let Ok(path) = std::env::var("FAULTS_TALLY") {
        let file = std::fs::File::options().create(true).append(true).open(path);
        let written = file.and_then(|mut file| writeln!(file, "{line}"));
        written.expect("the tally can be written");
    }
}
