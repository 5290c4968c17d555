//! Drawn sheets through all three steps: what a pen did, and what must be read.

use super::drawing::{Drawing, SCALE, form, read, read_at};
use crate::Affine;
use domain::reading::{Decision, FieldReading};

const MARK: &str = "[[field]]\nid = \"m\"\nkind = \"mark\"\nlabel = \"印\"\nboxes = [[40, 25, 4, 4]]\n";
const CHOICE: &str = r#"[[field]]
id = "c"
kind = "choice"
label = "回答"
style = "circle"
options = [
    { value = "yes", label = "はい", box = [25, 25, 10, 6] },
    { value = "no", label = "いいえ", box = [50, 25, 10, 6] },
]
"#;
const STAMP: &str = "[[field]]\nid = \"s\"\nkind = \"stamp\"\nlabel = \"印\"\nboxes = [[30, 20, 30, 15]]\n";

fn square() -> Drawing {
    let mut sheet = Drawing::white();
    sheet.frame([40.0, 25.0, 4.0, 4.0]).line(&[(46.0, 26.0), (56.0, 26.0)], 0.3, 20);
    sheet
}

fn words() -> Drawing {
    let mut sheet = Drawing::white();
    sheet.word([25.0, 25.0]).word([50.0, 25.0]);
    sheet
}

fn accepted(reading: &FieldReading) -> Option<String> {
    let text = reading.value.text().unwrap_or("blank").to_owned();
    (reading.decision == Decision::Accept).then_some(text)
}

#[track_caller]
fn mark(draw: impl Fn(&mut Drawing), expected: Option<&str>) {
    let mut page = square();
    draw(&mut page);
    let reading = read(&form(MARK), &square(), &page);
    assert_eq!(accepted(&reading).as_deref(), expected, "{:?} {}", reading.reason, reading.confidence);
    assert!(expected.is_some() || reading.reason.is_some());
}

#[test]
fn boxes_are_read_however_a_pen_marks_them() {
    mark(|_| (), Some("off"));
    mark(
        |page| {
            page.pen(&[(40.4, 27.0), (41.6, 28.6), (44.6, 24.4)]);
        },
        Some("on"),
    );
    mark(
        |page| {
            page.pen(&[(40.4, 25.4), (43.6, 28.6)]).pen(&[(43.6, 25.4), (40.4, 28.6)]);
        },
        Some("on"),
    );
    mark(
        |page| {
            page.pen(&[(43.8, 24.8), (40.2, 29.2)]);
        },
        Some("on"),
    );
    // A light pencil.
    mark(
        |page| {
            page.line(&[(40.4, 27.0), (41.6, 28.6), (44.6, 24.4)], 0.5, 170);
        },
        Some("on"),
    );
    let fill: Vec<_> =
        (0..12).map(|row| (if row % 2 == 0 { 40.5 } else { 43.5 }, 25.5 + f64::from(row) * 0.27)).collect();
    mark(
        |page| {
            page.pen(&fill);
        },
        Some("on"),
    );
}

#[test]
fn a_cross_that_leaves_its_box_is_a_mark_until_two_lines_go_through_it() {
    let flat = |page: &mut Drawing| {
        page.pen(&[(39.2, 25.5), (44.8, 28.5)]).pen(&[(44.8, 25.5), (39.2, 28.5)]);
    };
    mark(flat, Some("on"));
    mark(
        |page| {
            page.line(&[(39.1, 24.9), (44.9, 29.1)], 0.8, 30).line(&[(44.9, 24.9), (39.1, 29.1)], 0.8, 30);
        },
        Some("on"),
    );
    let struck = |page: &mut Drawing| {
        flat(page);
        page.pen(&[(38.8, 26.4), (45.3, 26.5)]).pen(&[(38.7, 27.7), (45.2, 27.6)]);
    };
    mark(struck, None);
}

#[test]
fn bars_of_a_label_that_overhangs_mark_nothing() {
    let bars = |page: &mut Drawing| {
        for (i, width) in [0.3, 0.6, 0.3, 0.9, 0.3].into_iter().enumerate() {
            let x = 39.0 + 1.3 * i as f64;
            page.line(&[(x, 15.0), (x + 0.4, 27.5)], width, 20);
        }
    };
    mark(bars, None);
    mark(
        |page| {
            bars(page);
            page.pen(&[(40.4, 27.0), (41.6, 28.6), (44.6, 24.4)]);
        },
        None,
    );
}

#[test]
fn a_ring_in_a_box_is_a_mark_and_a_frame_printed_thick_is_none() {
    mark(
        |page| {
            page.arc((42.0, 27.0), (1.35, 1.3), [0.0, 1.02]);
        },
        Some("on"),
    );
    mark(
        |page| {
            page.line(&[(40.4, 25.4), (43.6, 25.4), (43.6, 28.6), (40.4, 28.6), (40.4, 25.4)], 0.3, 20);
        },
        Some("off"),
    );
}

#[test]
fn doubtful_boxes_go_to_people() {
    // A short slip of the pen; a line struck through; a mark struck out twice; one blotted out.
    mark(
        |page| {
            page.pen(&[(41.5, 27.0), (42.3, 27.4)]);
        },
        None,
    );
    let tick = [(40.4, 27.0), (41.6, 28.6), (44.6, 24.4)];
    mark(
        |page| {
            page.pen(&tick).pen(&[(38.9, 27.0), (45.2, 27.1)]);
        },
        None,
    );
    mark(
        |page| {
            page.pen(&tick).pen(&[(38.9, 26.2), (45.2, 26.4)]).pen(&[(38.9, 27.8), (45.2, 27.6)]);
        },
        None,
    );
    let blot: Vec<_> =
        (0..30).map(|row| (if row % 2 == 0 { 38.9 } else { 45.0 }, 24.0 + f64::from(row) * 0.2)).collect();
    mark(
        |page| {
            page.pen(&blot);
        },
        None,
    );
    // A tick beside the box.
    mark(
        |page| {
            page.pen(&[(36.6, 27.0), (37.8, 28.6), (39.8, 25.0)]);
        },
        None,
    );
    // A wiped-out pencil: a faint tick.
    mark(
        |page| {
            page.line(&tick, 0.6, 222);
        },
        None,
    );
}

#[test]
fn dust_streaks_and_neighbours_do_not_mark_a_box() {
    mark(
        |page| {
            page.dot((41.2, 26.3), 0.18, 30).dot((43.0, 28.0), 0.2, 30);
        },
        Some("off"),
    );
    mark(
        |page| {
            page.line(&[(42.0, -1.0), (42.0, 61.0)], 0.12, 100);
        },
        Some("off"),
    );
    // A tick that begins in the box survives the streak.
    mark(
        |page| {
            page.line(&[(43.0, -1.0), (43.0, 61.0)], 0.12, 100);
            page.pen(&[(40.4, 27.0), (41.6, 28.6), (44.6, 24.4)]);
        },
        Some("on"),
    );
    // A long stroke that ends at the corner: a neighbour's, or a tick beside the box? Nobody knows.
    mark(
        |page| {
            page.pen(&[(30.0, 20.0), (40.3, 25.2)]);
        },
        None,
    );
}

#[test]
fn a_box_is_found_again_where_the_scan_has_moved_it_and_refused_where_it_is_not() {
    let mut page = square();
    page.pen(&[(40.4, 25.4), (43.6, 28.6)]).pen(&[(43.6, 25.4), (40.4, 28.6)]);
    for shift in [[1.1, -0.9], [-1.2, 0.4], [0.0, 1.3]] {
        let moved = Affine([SCALE, 0.0, shift[0] * SCALE, 0.0, SCALE, shift[1] * SCALE]);
        assert_eq!(
            accepted(&read_at(&form(MARK), &square(), &page, moved)).as_deref(),
            Some("on"),
            "{shift:?}"
        );
    }
    let reading = read(&form(MARK), &square(), &Drawing::white());
    assert_eq!(reading.reason.as_deref(), Some(super::mark::MISSING));
    assert!(reading.value.is_blank() && reading.confidence < 0.5);
}

#[test]
fn print_that_a_one_bit_scan_tore_is_found_where_it_should_lie() {
    // Of what is printed three pixels in four are gone.
    let torn = |sheet: Drawing| {
        let mut page = sheet;
        page.page.bilevel = true;
        let width = page.page.width as usize;
        for (at, pixel) in page.page.pixels.iter_mut().enumerate() {
            if (at % width * 7 + at / width * 3) % 16 >= 4 {
                *pixel = 255;
            }
        }
        page
    };
    let mut page = torn(square());
    page.pen(&[(40.4, 27.0), (41.6, 28.6), (44.6, 24.4)]);
    assert_eq!(accepted(&read(&form(MARK), &square(), &page)).as_deref(), Some("on"));
    // A tick alone is no frame; and a grey scan does not lose print.
    let mut lost = Drawing::white();
    lost.page.bilevel = true;
    lost.pen(&[(40.4, 27.0), (41.6, 28.6), (44.6, 24.4)]);
    assert_eq!(read(&form(MARK), &square(), &lost).reason.as_deref(), Some(super::mark::MISSING));
    page.page.bilevel = false;
    page.line(&[(60.0, 5.0), (90.0, 50.0)], 3.0, 120);
    assert_eq!(read(&form(MARK), &square(), &page).reason.as_deref(), Some(super::mark::MISSING));
}

#[test]
fn what_a_one_bit_scan_may_have_lost_is_not_said_to_be_absent() {
    let mut sheet = Drawing::white();
    sheet.frame([30.0, 20.0, 30.0, 15.0]);
    let mut page = sheet.clone();
    page.page.bilevel = true;
    let reading = read(&form(STAMP), &sheet, &page);
    assert_eq!((reading.decision, reading.value.text()), (Decision::Review, Some("absent")));
    // A mark that is there is there.
    let mut page = square();
    page.page.bilevel = true;
    page.pen(&[(40.4, 27.0), (41.6, 28.6), (44.6, 24.4)]);
    assert_eq!(accepted(&read(&form(MARK), &square(), &page)).as_deref(), Some("on"));
}

#[track_caller]
fn choice(draw: impl Fn(&mut Drawing), expected: Option<&str>) {
    let mut page = words();
    draw(&mut page);
    let reading = read(&form(CHOICE), &words(), &page);
    assert_eq!(accepted(&reading).as_deref(), expected, "{:?} {}", reading.reason, reading.confidence);
    assert!(expected.is_some() || reading.reason.is_some());
}

const YES: (f64, f64) = (30.0, 28.0);
const NO: (f64, f64) = (55.0, 28.0);

#[test]
fn circled_words_are_read_however_round_the_circle_is() {
    choice(|_| (), Some("blank"));
    choice(
        |page| {
            page.arc(YES, (5.5, 3.6), [0.0, 1.0]);
        },
        Some("yes"),
    );
    choice(
        |page| {
            page.arc(NO, (6.5, 4.6), [0.3, 1.45]);
        },
        Some("no"),
    );
    // Not closed; tight, cutting the corners of the word; drawn twice.
    choice(
        |page| {
            page.arc(NO, (5.8, 3.8), [0.1, 0.96]);
        },
        Some("no"),
    );
    choice(
        |page| {
            page.arc(YES, (4.8, 3.0), [0.0, 1.0]);
        },
        Some("yes"),
    );
    choice(
        |page| {
            page.arc(YES, (5.5, 3.6), [0.0, 1.0]).arc((30.2, 28.1), (5.9, 3.9), [0.2, 1.2]);
        },
        Some("yes"),
    );
    // So large that it reaches towards the neighbour.
    choice(
        |page| {
            page.arc((31.5, 28.0), (8.5, 5.2), [0.0, 1.0]);
        },
        Some("yes"),
    );
}

#[test]
fn words_that_are_not_clearly_circled_go_to_people() {
    // Half a circle, a tick on the word, a slash, an underline, two circles, one circle around both.
    choice(
        |page| {
            page.arc(YES, (5.5, 3.6), [0.0, 0.5]);
        },
        None,
    );
    choice(
        |page| {
            page.pen(&[(27.0, 28.0), (29.0, 30.5), (34.0, 25.0)]);
        },
        None,
    );
    choice(
        |page| {
            page.pen(&[(26.0, 31.0), (34.0, 25.0)]);
        },
        None,
    );
    choice(
        |page| {
            page.arc(YES, (5.5, 3.6), [0.0, 1.0]).arc(NO, (5.5, 3.6), [0.0, 1.0]);
        },
        None,
    );
    choice(
        |page| {
            page.arc((42.5, 28.0), (19.0, 5.5), [0.0, 1.0]);
        },
        None,
    );
}

#[test]
fn a_word_struck_out_beside_a_circled_one_is_a_correction() {
    let strike = |page: &mut Drawing| {
        page.arc(YES, (5.5, 3.6), [0.0, 1.0]);
        page.pen(&[(24.2, 27.2), (35.8, 27.4)]).pen(&[(24.2, 28.8), (35.8, 28.7)]);
    };
    choice(
        |page| {
            strike(page);
            page.arc(NO, (5.7, 3.7), [0.0, 1.0]);
        },
        Some("no"),
    );
    // Struck out, and nothing else chosen.
    choice(strike, None);
}

#[test]
fn an_unmarked_field_is_absent_and_a_pale_seal_is_present() {
    let frame = || {
        let mut sheet = Drawing::white();
        sheet.frame([30.0, 20.0, 30.0, 15.0]);
        sheet
    };
    assert_eq!(accepted(&read(&form(STAMP), &frame(), &frame())).as_deref(), Some("absent"));
    let mut seal = frame();
    let ring: Vec<_> = (0..=40)
        .map(|i| f64::from(i) * std::f64::consts::TAU / 40.0)
        .map(|a| (45.0 + 5.0 * a.cos(), 27.0 + 5.0 * a.sin()))
        .collect();
    seal.line(&ring, 0.6, 150).line(&[(42.0, 25.0), (48.0, 25.0)], 0.6, 150);
    assert_eq!(accepted(&read(&form(STAMP), &frame(), &seal)).as_deref(), Some("present"));
    // So pale that nobody can be sure.
    let mut pale = frame();
    pale.line(&ring, 1.2, 228).line(&[(42.0, 25.0), (48.0, 25.0), (42.0, 29.0), (48.0, 29.0)], 1.2, 228);
    assert_eq!(read(&form(STAMP), &frame(), &pale).decision, Decision::Review);
}

#[test]
fn a_dirty_scan_changes_nothing() {
    let mut page = words();
    page.arc(NO, (5.8, 3.8), [0.0, 1.0]);
    // Dark paper, pale print, coarse noise: the same on every machine.
    let mut state = 12345u32;
    for pixel in &mut page.page.pixels {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (state >> 24) as i32 % 41 - 20;
        *pixel = (70 + i32::from(*pixel) * 140 / 255 + noise).clamp(0, 255) as u8;
    }
    assert_eq!(accepted(&read(&form(CHOICE), &words(), &page)).as_deref(), Some("no"));
}
