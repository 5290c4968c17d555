//! A labelled sample: a file as a scanner wrote it, and what truly stands on its pages.

use anyhow::{Context, Result};
use domain::ids::FieldId;
use domain::reading::Value;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// `expected.json` of one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// File name of the scan beside `expected.json`.
    pub file: String,
    /// Encoding, such as `tiff-g4`.
    pub format: String,
    /// What is particular about it.
    pub note: String,
    /// What the scanner did to it, in a word that many cases share; without it, the note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// The clinic that sent it; without it, the clinic code that stands on the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clinic: Option<String>,
    /// What stands on each page, in order.
    pub pages: Vec<ExpectedPage>,
}

impl Case {
    /// What the scanner did to it.
    pub fn condition(&self) -> &str {
        self.condition.as_deref().unwrap_or(&self.note)
    }
}

/// What truly stands on one page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExpectedPage {
    /// The form; `None` for a page that must not be read as any.
    pub form: Option<String>,
    /// The number of the slip.
    pub management_number: Option<String>,
    /// The fields that ink decides.
    #[serde(default)]
    pub fields: BTreeMap<FieldId, Value>,
    /// Where the paper lies in the picture, mm to pixels, when the scanner was a simulated one.
    #[serde(skip)]
    pub px_from_mm: Option<[f64; 6]>,
}

/// All cases below `folder`, two levels deep at most, with the bytes of their files, by name.
///
/// # Errors
/// When a case cannot be read.
pub fn load(folder: &Path) -> Result<Vec<(String, Case, Vec<u8>)>> {
    let mut cases = Vec::new();
    collect(folder, 2, &mut cases)?;
    cases.sort_by(|a, b| a.0.cmp(&b.0));
    anyhow::ensure!(
        !cases.is_empty(),
        "no case in {}: a case is a folder with expected.json and a page image",
        folder.display()
    );
    Ok(cases)
}

fn collect(folder: &Path, depth: u32, cases: &mut Vec<(String, Case, Vec<u8>)>) -> Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let truth = path.join("expected.json");
        if truth.is_file() {
            let text = std::fs::read_to_string(&truth)
                .with_context(|| format!("cannot read {}", truth.display()))?;
            let case: Case =
                serde_json::from_str(&text).with_context(|| format!("{} is not right", truth.display()))?;
            let scan = path.join(&case.file);
            let bytes = std::fs::read(&scan).with_context(|| format!("cannot read {}", scan.display()))?;
            cases.push((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), case, bytes));
        } else if path.is_dir() && depth > 1 {
            collect(&path, depth - 1, cases)?;
        }
    }
    Ok(())
}
