//! [`Form`] -> the text of its `form.toml`: what [`Form::parse`] reads back is the same form.

use super::file::comb_cells;
use super::{
    Align, Art, Calculation, ChoiceOption, ClaimSheet, ClaimSheetLine, DateRule, DigitsRule, Field,
    FieldKind, Form, MarkStyle, NumberRule, Operation,
};
use crate::geometry::{PointMm, RectMm};
use serde::Serialize;

/// A kind of print: its table in the file, and its tables if it is of that kind.
type ArtKind = (&'static str, fn(&Art) -> Option<String>);

impl Form {
    /// The text of a `form.toml`. The lines of `head` stand above it as comments.
    pub fn to_toml(&self, head: &str) -> String {
        let mut text: String = head.lines().map(|line| format!("# {line}\n")).collect();
        let mut put = |key: &str, value: String| text.push_str(&format!("{key} = {value}\n"));
        put("version", self.version.to_string());
        put("number", self.number.to_string());
        put("title", word(&self.title));
        if let Some(programme) = &self.programme {
            put("programme", word(programme));
        }
        put("paper_mm", pair(self.paper_mm));
        match &self.copies {
            None => put("sides", self.sides.to_string()),
            Some(copies) => {
                put("copies", list(copies.names.iter().map(word)));
                put("recorded_copy", copies.recorded.to_string());
            }
        }
        if !self.calculations.is_empty() {
            let lines: String = self.calculations.iter().map(calculation).collect();
            put("calculation", format!("[\n{lines}]"));
        }
        if let Some(claim) = &self.claim {
            put("claim", claim_sheet(claim));
        }
        text.push_str(&art(&self.art));
        if let Some(marks) = &self.marks {
            let [inset, code] = [pair(marks.inset_mm), rect(&marks.code)];
            text.push_str(&format!(
                "\n[marks]\ninset_mm = {inset}\nsize_mm = {}\ncode = {code}\n",
                marks.size_mm
            ));
        }
        for field in &self.fields {
            text.push_str("\n[[field]]\n");
            let side =
                (!field.on_every_copy && (field.side != 1 || self.copies.is_some())).then_some(field.side);
            for (key, value) in entries(field, side) {
                text.push_str(&format!("{key} = {value}\n"));
            }
        }
        text
    }
}

fn claim_sheet(claim: &ClaimSheet) -> String {
    let line = |line: &ClaimSheetLine| {
        let mut entries: Vec<String> = Vec::new();
        entries.extend(line.programme.as_ref().map(|programme| format!("programme = {}", word(programme))));
        entries.extend(line.round.map(|round| format!("round = {round}")));
        entries.extend(line.class.map(|class| format!("class = {}", word(&class))));
        for (key, field) in [("count", &line.count), ("price", &line.price), ("amount", &line.amount)] {
            entries.push(format!("{key} = {}", word(field)));
        }
        format!("    {{ {} }},\n", entries.join(", "))
    };
    let mut entries: Vec<String> =
        [("clinic", &claim.clinic), ("year", &claim.year), ("month", &claim.month)]
            .map(|(key, field)| format!("{key} = {}", word(field)))
            .into();
    entries.extend(claim.total_count.as_ref().map(|field| format!("total_count = {}", word(field))));
    entries.extend(claim.total_amount.as_ref().map(|field| format!("total_amount = {}", word(field))));
    let lines: String = claim.lines.iter().map(line).collect();
    format!("{{ {}, lines = [\n{lines}] }}", entries.join(", "))
}

fn calculation(calculation: &Calculation) -> String {
    let operation = match calculation.operation {
        Operation::Product => "product",
        Operation::Sum => "sum",
    };
    let of = list(calculation.of.iter().map(word));
    format!("    {{ {operation} = {of}, gives = {} }},\n", word(&calculation.gives))
}

/// The keys of one field; what is the default is left out, as the side is when it goes without saying.
fn entries(field: &Field, side: Option<u8>) -> Vec<(&'static str, String)> {
    let mut entries =
        vec![("id", word(&field.id)), ("kind", word(&field.kind.as_str())), ("label", word(&field.label))];
    entries.extend(side.map(|side| ("side", side.to_string())));
    match comb(&field.boxes) {
        Some(comb) => entries.push(("comb", comb)),
        None if field.boxes.is_empty() => {}
        None => entries.push(("boxes", list(field.boxes.iter().map(rect)))),
    }
    if field.style != MarkStyle::Box {
        entries.push(("style", word(&field.style)));
    }
    if !field.options.is_empty() {
        let options: Vec<String> =
            field.options.iter().map(|option| format!("    {},\n", self::option(option))).collect();
        entries.push(("options", format!("[\n{}]", options.concat())));
    }
    entries.extend(match &field.kind {
        FieldKind::Barcode(rule) => barcode(rule),
        FieldKind::Digits(rule) => digits(rule),
        FieldKind::Date(DateRule { range: [first, last], .. }) => {
            vec![("first", word(&first.to_string())), ("last", word(&last.to_string()))]
        }
        FieldKind::Choice { multiple: true } => vec![("multiple", "true".to_owned())],
        FieldKind::Printed { source, size_pt } => {
            let source = source.map(|source| ("source", word(&source)));
            source.into_iter().chain([("size_pt", size_pt.to_string())]).collect()
        }
        _ => Vec::new(),
    });
    entries.extend(flag("required", field.required));
    entries.extend(flag("critical", field.critical));
    entries.extend(flag("prefilled", field.prefilled));
    entries.extend(field.max_wrong.map(|share| ("max_wrong", share.to_string())));
    entries
}

fn barcode(rule: &NumberRule) -> Vec<(&'static str, String)> {
    let mut entries = vec![("symbology", word(&rule.symbology))];
    entries.extend(rule.length.map(|length| ("length", length.to_string())));
    entries.extend(rule.check.map(|check| ("check", word(&check))));
    entries.extend(flag("management_number", rule.is_management_number));
    entries.extend(flag("foreign", rule.is_foreign));
    entries.extend(flag("repeats_number", rule.repeats_number));
    entries.extend(comb(&rule.digit_cells).map(|comb| ("digits", comb)));
    entries
}

fn digits(rule: &DigitsRule) -> Vec<(&'static str, String)> {
    let mut entries = Vec::new();
    if rule.decimals > 0 {
        entries.push(("decimals", rule.decimals.to_string()));
    }
    entries.extend(rule.range.map(|range| ("range", pair(range))));
    entries.extend(rule.check.map(|check| ("check", word(&check))));
    entries.extend(flag("may_be_short", rule.may_be_short));
    entries
}

fn flag(key: &'static str, on: bool) -> Option<(&'static str, String)> {
    on.then(|| (key, "true".to_owned()))
}

fn option(option: &ChoiceOption) -> String {
    let [value, label] = [word(&option.value), word(&option.label)];
    format!("{{ value = {value}, label = {label}, box = {} }}", rect(&option.rect))
}

/// Equal boxes in one row as a comb, if that says exactly the same.
fn comb(boxes: &[RectMm]) -> Option<String> {
    let first = boxes.first().filter(|_| boxes.len() > 1)?;
    // Lengths are written to a ten-thousandth of a mm; what adding them up spoils is rounded off.
    let steps: Vec<f64> =
        boxes.windows(2).map(|pair| ((pair[1].x - pair[0].x) * 1e4).round() / 1e4).collect();
    let pitch = steps.iter().copied().fold(f64::MAX, f64::min);
    let wide = steps.iter().copied().find(|&step| step > pitch);
    let gap = wide.map_or(0.0, |step| ((step - pitch) * 1e4).round() / 1e4);
    let mut groups: Vec<u8> = vec![1];
    for &step in &steps {
        match groups.last_mut() {
            Some(count) if step <= pitch => *count = count.checked_add(1)?,
            _ => groups.push(1),
        }
    }
    let size = [first.w, first.h];
    let at = PointMm::new(first.x, first.y);
    let same = comb_cells(at, size, pitch, &groups, gap) == boxes;
    let gap = if gap > 0.0 { format!(", gap = {gap}") } else { String::new() };
    same.then(|| {
        let groups = list(groups.iter().map(u8::to_string));
        let [at, size] = [pair([at.x, at.y]), pair(size)];
        format!("{{ at = {at}, box = {size}, pitch = {pitch}, groups = {groups}{gap} }}")
    })
}

/// The art, kind by kind, as the file keeps it.
fn art(art: &[Art]) -> String {
    let kinds: [ArtKind; 4] = [
        ("text", |art| match art {
            Art::Text { side, at, size_pt, value, align } => {
                let align = match align {
                    Align::Left => "",
                    Align::Center => ", align = \"center\"",
                    Align::Right => ", align = \"right\"",
                };
                let at = pair([at.x, at.y]);
                Some(format!("side = {side}, at = {at}, size_pt = {size_pt}, value = {}{align}", word(value)))
            }
            _ => None,
        }),
        ("line", |art| match art {
            Art::Line { side, from, to, width_mm } => {
                let [from, to] = [pair([from.x, from.y]), pair([to.x, to.y])];
                Some(format!("side = {side}, from = {from}, to = {to}, width_mm = {width_mm}"))
            }
            _ => None,
        }),
        ("band", |art| match art {
            Art::Band { side, rect, size_pt, value } => {
                let rect = self::rect(rect);
                Some(format!("side = {side}, rect = {rect}, size_pt = {size_pt}, value = {}", word(value)))
            }
            _ => None,
        }),
        ("frame", |art| match art {
            Art::Frame { side, rect, width_mm } => {
                Some(format!("side = {side}, rect = {}, width_mm = {width_mm}", self::rect(rect)))
            }
            _ => None,
        }),
    ];
    let mut text = String::new();
    for (name, write) in kinds {
        let tables: Vec<String> = art.iter().filter_map(write).collect();
        if !tables.is_empty() {
            let tables: String = tables.iter().map(|table| format!("    {{ {table} }},\n")).collect();
            text.push_str(&format!("\n{name} = [\n{tables}]\n"));
        }
    }
    text
}

/// A word of the file in quotes: texts, ids, and the names of settings as their type spells them.
fn word(value: &impl Serialize) -> String {
    // Only strings and unit variants come here, and TOML has both.
    toml::Value::try_from(value).map_or_else(|_| "\"\"".to_owned(), |value| value.to_string())
}

fn pair([a, b]: [f64; 2]) -> String {
    format!("[{a}, {b}]")
}

fn rect(rect: &RectMm) -> String {
    format!("[{}, {}, {}, {}]", rect.x, rect.y, rect.w, rect.h)
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(form: &Form) -> Form {
        let text = form.to_toml("A head\n\nof three lines");
        Form::parse(form.id.as_str(), &text).unwrap_or_else(|errors| panic!("{errors:?}\n{text}"))
    }

    #[test]
    fn words_that_toml_has_signs_for_come_back() {
        let text = "version = 3\nnumber = 7\ntitle = 'a \"b\" \\ c'\npaper_mm = [100, 148.05]\n[[field]]\n\
            id = \"f\"\nkind = \"digits\"\nlabel = \"\"\"行1\n行2 # kein\t\"\"\"\nrange = [0.1, 9]\nmax_wrong = 0.001\n\
            boxes = [[10, 20, 5.25, 8], [15.1, 20, 5.25, 8], [27.123456, 20, 5.25, 8]]\n";
        let form = Form::parse("trial", text).unwrap();
        assert_eq!(again(&form), form);
        assert_eq!(form.title, "a \"b\" \\ c");
    }

    #[test]
    fn a_row_of_equal_boxes_is_written_as_a_comb() {
        let cells = comb_cells(PointMm::new(59.0, 232.75), [6.0, 8.0], 6.5, &[2, 2, 2], 6.5);
        let comb = comb(&cells).unwrap();
        assert!(comb.contains("pitch = 6.5, groups = [2, 2, 2], gap = 6.5"), "{comb}");
    }
}
