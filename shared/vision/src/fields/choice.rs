//! 選択. One of several boxes or words, or any number of them.

use super::calibration as c;
use super::circle;
use super::finding::Finding;
use super::is_circled;
use super::mark::{self, Judged, Mark};
use super::region::{PPM, Region};
use super::sheet::Sheet;
use domain::form::{ChoiceOption, Field};
use domain::reading::Value;

/// Reads a choice.
pub(crate) fn read(sheet: &mut Sheet, region: &mut Region, field: &Field, multiple: bool) -> Finding {
    match judge(sheet, region, field) {
        Err(reason) => Finding::doubtful(reason),
        Ok(judged) if multiple => several(&field.options, &judged),
        Ok(judged) => one(&field.options, &judged),
    }
}

/// What became of each option of a field; a reason when its print is not where it should be.
pub(crate) fn judge(
    sheet: &mut Sheet,
    region: &mut Region,
    field: &Field,
) -> Result<Vec<Judged>, &'static str> {
    let mut all = Vec::with_capacity(field.options.len());
    for rect in field.options.iter().map(|option| option.rect) {
        let margin = if is_circled(field) { c::CIRCLE_MARGIN_MM } else { c::BOX_MARGIN_MM };
        if region.look(sheet, rect.grown(margin), PPM).is_missing() {
            return Err(mark::MISSING);
        }
        all.push(if is_circled(field) {
            circle::decide(circle::measure(region, rect, &sheet.words_near(rect)))
        } else {
            mark::decide(mark::measure(region, rect))
        });
    }
    Ok(all)
}

/// The one option that is on while the others are off or struck out; none on is a blank.
pub(crate) fn one(options: &[ChoiceOption], judged: &[Judged]) -> Finding {
    let is_on = |judged: &Judged| judged.mark == Mark::On;
    let chosen: Vec<usize> = (0..judged.len()).filter(|&i| is_on(&judged[i])).collect();
    match chosen[..] {
        [] => {
            let wrong: f64 = judged.iter().map(|j| j.wrong).sum();
            let doubt = judged.iter().find_map(|j| j.doubt);
            Finding::new(Value::Blank, wrong).doubted(doubt)
        }
        [i] => {
            let others = judged.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, judged)| judged);
            let second: f64 = others.clone().map(|j| j.wrong).sum::<f64>() * c::SECOND_ANSWER;
            // A struck-out word beside a circled one is how people correct themselves.
            let doubt =
                judged[i].doubt.or_else(|| others.clone().filter(|j| j.mark == Mark::Off).find_map(in_box));
            Finding::new(Value::Text(options[i].value.clone()), judged[i].wrong + second).doubted(doubt)
        }
        [first, ..] => {
            let share = 1.0 / chosen.len() as f64;
            let alternatives = chosen.iter().map(|&i| (options[i].value.clone(), share)).collect();
            Finding::new(Value::Text(options[first].value.clone()), 1.0 - share)
                .doubted(Some("二つ以上選ばれています"))
                .with_alternatives(alternatives)
        }
    }
}

/// What makes an empty option doubtful beside one that is chosen: ink next to its box is the chosen one's own tail.
fn in_box(judged: &Judged) -> Option<&'static str> {
    judged.doubt.filter(|doubt| *doubt != mark::BESIDE)
}

/// All options that are on.
fn several(options: &[ChoiceOption], judged: &[Judged]) -> Finding {
    let on = options.iter().zip(judged).filter(|(_, judged)| judged.mark == Mark::On);
    let chosen: Vec<String> = on.map(|(option, _)| option.value.clone()).collect();
    let wrong = judged.iter().map(|j| j.wrong).sum();
    let value = if chosen.is_empty() { Value::Blank } else { Value::Several(chosen) };
    Finding::new(value, wrong).doubted(judged.iter().find_map(|j| j.doubt))
}
