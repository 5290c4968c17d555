//! Proposals -> fields that a planner can go on with: ids `field_1`…, kinds as far as the shape tells.

use super::{Found, Proposal, Shape};
use domain::form::{ChoiceOption, DateRule, DigitsRule, Field, FieldKind, MarkStyle, YearStyle};
use domain::geometry::RectMm;
use jiff::civil::date;

/// No field nearer to the paper edge than this, mm: the check of forms refuses it.
const EDGE_MM: f64 = 5.0;
/// A comb whose boxes are this near to a regular one is regular, mm: rules are found to half of it.
const REGULAR_MM: f64 = 0.15;
/// Boxes are drawn in by this much, mm, so that neighbours with one wall do not lie over each other.
const APART_MM: f64 = 0.02;
/// Frames are drawn in by this much, mm: the line itself is none of the field.
const FRAME_INSET_MM: f64 = 0.3;
/// Longest label that is taken over, characters; more is a sentence.
const LABEL_CHARS: usize = 24;

/// The fields of one side; `number` is that of the first one. `read` says what is printed in a place, if it can.
/// What lies too near to the paper's edge is left out.
pub fn fields(
    found: &Found,
    side: u8,
    paper_mm: [f64; 2],
    number: usize,
    read: &mut dyn FnMut(&RectMm) -> Option<String>,
) -> Vec<Field> {
    let on_paper = |rect: &RectMm| {
        rect.x >= EDGE_MM
            && rect.y >= EDGE_MM
            && rect.right() <= paper_mm[0] - EDGE_MM
            && rect.bottom() <= paper_mm[1] - EDGE_MM
    };
    let kept = found.proposals.iter().filter(|proposal| proposal.boxes.iter().all(on_paper));
    kept.enumerate().map(|(at, proposal)| field(proposal, side, number + at, read)).collect()
}

fn field(
    proposal: &Proposal,
    side: u8,
    number: usize,
    read: &mut dyn FnMut(&RectMm) -> Option<String>,
) -> Field {
    let mut said = |rect: Option<&RectMm>| rect.and_then(&mut *read).and_then(|text| tidy(&text));
    let label = said(proposal.label.as_ref());
    let mut field = Field {
        id: format!("field_{number}").into(),
        side,
        on_every_copy: false,
        label: label.clone().unwrap_or_else(|| format!("項目{number}")),
        kind: kind(proposal, label.as_deref().unwrap_or_default()),
        boxes: Vec::new(),
        options: Vec::new(),
        style: MarkStyle::Box,
        required: false,
        critical: false,
        prefilled: false,
        max_wrong: None,
    };
    match proposal.shape {
        Shape::Comb => field.boxes = comb(proposal),
        Shape::Mark => {
            field.boxes = vec![rounded(&proposal.boxes[0].grown(-APART_MM))];
            // The words behind a lone box say more than those before it.
            if let Some(words) = said(proposal.words.first().and_then(Option::as_ref)) {
                field.label = words;
            }
        }
        Shape::Choice => {
            let words = proposal.words.iter().chain(std::iter::repeat(&None));
            let options = proposal.boxes.iter().zip(words).zip(1..).map(|((rect, words), at)| ChoiceOption {
                value: format!("option_{at}"),
                label: said(words.as_ref()).unwrap_or_else(|| format!("選択肢{at}")),
                rect: rounded(&rect.grown(-APART_MM)),
            });
            field.options = options.collect();
        }
        Shape::Frame => field.boxes = vec![rounded(&proposal.boxes[0].grown(-FRAME_INSET_MM))],
    }
    field
}

/// The kind that the shape, and the label if it could be read, speak for. Where a wrong guess would let a wrong
/// value pass, the weaker kind is taken: six boxes are digits, because nothing says which era their year has.
fn kind(proposal: &Proposal, label: &str) -> FieldKind {
    let says = |words: &[&str]| words.iter().any(|word| label.contains(word));
    match proposal.shape {
        Shape::Comb if proposal.groups == [4, 2, 2] => FieldKind::Date(DateRule {
            year: YearStyle::Civil,
            range: [date(1900, 1, 1), date(2099, 12, 31)],
        }),
        Shape::Comb => FieldKind::Digits(DigitsRule::default()),
        Shape::Mark => FieldKind::Mark,
        Shape::Choice => FieldKind::Choice { multiple: false },
        Shape::Frame if says(&["署名", "サイン", "押印", "捺印", "印鑑"]) => FieldKind::Stamp,
        Shape::Frame if says(&["ロット", "シール", "ラベル", "貼付", "Lot", "LOT"]) => {
            FieldKind::Sticker
        }
        Shape::Frame => FieldKind::Image,
    }
}

/// What was read, without blanks and the signs around it; `None` when nothing is left.
fn tidy(text: &str) -> Option<String> {
    let around = |c: char| "・、。，．.,:：;|｜()（）「」[]【】-ー_~'\"*".contains(c);
    let text: String = text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    let text: String = text.trim_matches(around).chars().take(LABEL_CHARS).collect();
    text.chars().any(char::is_alphanumeric).then_some(text)
}

/// To a hundredth of a mm.
fn cent(mm: f64) -> f64 {
    (mm * 100.0).round() / 100.0
}

fn rounded(rect: &RectMm) -> RectMm {
    let [x, y] = [cent(rect.x), cent(rect.y)];
    RectMm::new(x, y, cent(rect.right() - x), cent(rect.bottom() - y))
}

/// The boxes of a comb, regular if they nearly are.
fn comb(proposal: &Proposal) -> Vec<RectMm> {
    let found: Vec<RectMm> = proposal.boxes.iter().map(|rect| rounded(&rect.grown(-APART_MM))).collect();
    let count = found.len() as f64;
    let mean = |of: fn(&RectMm) -> f64| cent(found.iter().map(of).sum::<f64>() / count);
    let (w, h, y) = (mean(|rect| rect.w), mean(|rect| rect.h), mean(|rect| rect.y));
    // Steps within groups, and the room that is added between groups.
    let (mut within, mut across) = (Vec::new(), Vec::new());
    let mut at = 0;
    for &group in &proposal.groups {
        let group = usize::from(group);
        if at > 0 && at < found.len() {
            across.push(found[at].x - found[at - 1].x);
        }
        let boxes = found.iter().skip(at).take(group).collect::<Vec<_>>();
        within.extend(boxes.windows(2).map(|pair| pair[1].x - pair[0].x));
        at += group;
    }
    let average = |steps: &[f64]| steps.iter().sum::<f64>() / steps.len().max(1) as f64;
    let thousandth = |mm: f64| (mm * 1000.0).round() / 1000.0;
    let pitch = thousandth(average(if within.is_empty() { &across } else { &within }));
    let gap = thousandth(average(&across) - pitch).max(0.0);
    let mut regular = Vec::with_capacity(found.len());
    let mut x = found[0].x;
    for &group in &proposal.groups {
        for _ in 0..group {
            regular.push(RectMm::new(x, y, w, h));
            x += pitch;
        }
        x += gap;
    }
    let fits = regular.len() == found.len()
        && regular.iter().zip(&found).all(|(a, b)| {
            [a.x - b.x, a.y - b.y, a.w - b.w, a.h - b.h].iter().all(|off| off.abs() < REGULAR_MM)
        });
    if fits { regular } else { found }
}
