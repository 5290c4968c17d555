//! 較正. The one table of numbers that turn measurements into probabilities.
//!
//! Lengths are mm, areas mm², darkness is a share: 0 local paper, 1 printed black of the same page.

// ---- Grey levels ----

/// Paper is brighter than this share of a part of the page: print and writing cover less than a quarter.
pub const PAPER_QUANTILE: f64 = 0.75;
/// Printed black of a page: a form has 2-6 % of print, half of it soft edges.
pub const BLACK_QUANTILE: f64 = 0.005;
/// From the median of noisy paper up to [`PAPER_QUANTILE`], standard deviations of a bell curve.
pub const SIGMAS_TO_PAPER_QUANTILE: f32 = 0.67;
/// Grey levels; a page noisier than this is taken for shaded instead.
pub const NOISE_MOST: f32 = 14.0;
/// Grey levels between paper and black; less is not stretched (a blank or washed-out page).
pub const MIN_RANGE: f32 = 60.0;
/// Local paper is at most this much darker than the page's, grey levels (book fold, tape, shade).
pub const SHADE: f32 = 50.0;

// ---- Finding print again ----

/// Print is looked for this far from where the registration puts it, mm: corner marks fix the sheet to
/// 0.1 mm, a jerky feed moves single lines by up to 1 mm.
pub const SEARCH_MM: f64 = 1.5;
/// First look this far around where the neighbours were found, mm.
pub const NEAR_MM: f64 = 0.5;
/// Grey level of the empty sheet below which a pixel is surely printed.
pub const PRINT_CORE_BELOW: u8 = 140;
/// ... and above which it is surely paper.
pub const PAPER_ABOVE: u8 = 225;
/// Points that the fit looks at, at most and at least.
pub const PRINT_POINTS: usize = 150;
/// See [`PRINT_POINTS`]; fewer (3 mm of a hair line) do not tell a place.
pub const PRINT_POINTS_LEAST: usize = 40;
/// Share of the expected contrast that makes a place near the neighbours' sure without a wider search.
pub const PRINT_SURE: f32 = 0.60;
/// Share of the expected contrast below which the print is missing: half of the contrast is lost when
/// everything inside a box is filled with ink.
pub const PRINT_FOUND: f32 = 0.33;
/// ... and below which broken print of a 1-bit scan is missing even within [`NEAR_MM`] of its place: dust covers 1 %
/// of the points, a stroke that crosses a box 10 %.
pub const PRINT_BROKEN: f32 = 0.14;
/// A straight line at least this long is the rule of a table, mm: hair-thin, while boxes to mark are up to 5 mm wide.
pub const RULE_LENGTH_MM: f64 = 6.0;
/// Print may be hidden under a blot when this share of it is dark.
pub const PRINT_COVERED: f64 = 0.93;
/// A place needs at least this contrast, grey levels.
pub const PRINT_CONTRAST: f32 = 18.0;

// ---- Ink ----

/// Grey level of the empty sheet below which print may lie.
pub const PRINT_BELOW: u8 = 215;
/// Print is widened by this, mm: fit 0.06, blur 0.1, local stretch 0.1.
pub const PRINT_REACH_MM: f64 = 0.25;
/// Darkness above which a pixel is ink.
pub const INK_SHARE: f32 = 0.18;
/// ... but at least this many standard deviations of the paper,
pub const INK_NOISE: f32 = 4.5;
/// ... and never more than this: pencil must stay visible.
pub const INK_SHARE_MOST: f32 = 0.32;
/// A stroke has one pixel at least this dark.
pub const FIRM_SHARE: f32 = 0.28;
/// ... at least this many standard deviations of the paper,
pub const FIRM_NOISE: f32 = 6.5;
/// ... and never more than this.
pub const FIRM_SHARE_MOST: f32 = 0.42;
/// Smaller specks are dust, mm² of black (0.25 mm across).
pub const DUST_MM2: f64 = 0.05;
/// Shorter specks are dust, mm: no pen makes a mark shorter than its own width.
pub const DUST_MM: f64 = 0.30;
/// A dirt line on the sensor is at most this wide, share of the picture's width: 0.4 mm of A4.
pub const STREAK_WIDTH: f64 = 0.0019;
/// It is darker than the paper on both sides by this, grey levels,
pub const STREAK_CONTRAST: u8 = 24;
/// ... along this share of its length.
pub const STREAK_INKED: f64 = 0.72;

// ---- Probabilities ----

/// A curve from a measurement to the probability of being wrong: straight in the logarithm between its
/// points, flat beyond its ends. Points in rising order of the measurement.
pub struct Curve(pub &'static [(f64, f64)]);

impl Curve {
    /// The probability at `x`, 0..=1.
    pub fn at(&self, x: f64) -> f64 {
        let Some(after) = self.0.iter().position(|&(at, _)| x < at) else {
            return self.0.last().map_or(1.0, |&(_, p)| p);
        };
        let (x1, p1) = self.0[after];
        let Some(before) = after.checked_sub(1) else {
            return p1;
        };
        let (x0, p0) = self.0[before];
        (p0.ln() + (p1.ln() - p0.ln()) * (x - x0) / (x1 - x0)).exp()
    }
}

// ---- Boxes to mark ----

/// Paper looked at around a box, mm: room for ticks that leave it and for lines that strike it out.
pub const BOX_MARGIN_MM: f64 = 2.5;
/// The inside of a box begins this far from the middle of its line, mm: half a line and its blur.
pub const BOX_INSET_MM: f64 = 0.35;
/// ... and at most this far where print came out thick: the frame is followed inwards along its sides.
pub const BOX_INSET_MOST_MM: f64 = 0.85;
/// A side follows the frame when this share of it is inked.
pub const FRAME_INKED: f64 = 0.55;
/// The middle of a box begins this share of its side from the frame,
pub const BOX_CORE: f64 = 0.24;
/// ... and a mark inks at least this much of it, mm².
pub const BOX_CORE_LEAST_MM2: f64 = 0.12;
/// A stroke with less than this share of itself inside the box belongs to a neighbour.
pub const VISITOR_SHARE: f64 = 0.20;
/// A stroke of a neighbour that reaches further than this into a box (diagonal per side) may be meant for it.
pub const VISITOR_REACH: f64 = 0.30;
/// That a box is empty is wrong: by ink inside, mm². Dust is not counted; the shortest ticks seen have 0.5 mm².
pub const OFF_BY_AREA: Curve =
    Curve(&[(0.0, 5e-6), (0.06, 1e-5), (0.12, 1e-4), (0.25, 1e-2), (0.45, 0.3), (0.8, 1.0)]);
/// ... and by haze: mean darkness inside above that around the box, as a wiped or faint pencil leaves it.
pub const OFF_BY_HAZE: Curve = Curve(&[(0.008, 1e-6), (0.014, 1e-4), (0.03, 2e-2), (0.06, 0.3)]);
/// That a box is marked is wrong: by how far its ink reaches, diagonal of the ink per side of the box.
pub const ON_BY_REACH: Curve = Curve(&[(0.25, 0.5), (0.4, 5e-2), (0.55, 1e-3), (0.7, 5e-5), (0.9, 1e-5)]);
/// ... and by its area, mm².
pub const ON_BY_AREA: Curve = Curve(&[(0.2, 0.7), (0.4, 3e-2), (0.6, 1e-3), (0.9, 5e-5), (1.2, 1e-5)]);
/// Above this neither state is worth a value: a person looks.
pub const MARK_UNSURE: f64 = 2e-2;
/// Share of the inside that makes a box filled.
pub const FILLED: f64 = 0.80;
/// A filled box with more than this share of the 1.2 mm around it inked was blotted out.
pub const BLOT: f64 = 0.30;
/// With more than this share of the same ring inked (0.5 mm²), an empty box may have been meant: a tick beside it.
pub const BESIDE: f64 = 0.012;
/// The ring looked at for blots, mm.
pub const BLOT_RING_MM: f64 = 1.2;

/// As many strokes over one edge of the paper around a box are bars or print of a label that overhangs: a neighbour's
/// cross has two.
pub const LABEL_STROKES: usize = 3;
/// Bars that ran into one another are wider than this, mm; a felt pen that comes in at 30 degrees has 2.2.
pub const LABEL_WIDE_MM: f64 = 2.3;
/// ... looked at within this of the edge, mm.
pub const LABEL_STRIP_MM: f64 = 1.0;
/// The arms of a cross are looked for on a circle of this radius around the middle of the box, share of its side;
pub const CROSS_RADIUS: f64 = 0.34;
/// ... none of them is wider than this there (a felt pen of 1.1 mm with its soft edge),
pub const CROSS_ARM_WIDE: f64 = 1.25;
/// ... two opposite ones make a line that bends by this at most,
pub const CROSS_BEND: f64 = 0.6;
/// ... and is this far from level and from upright, radians. Lines that strike out are nearly level.
pub const CROSS_SLANT: f64 = 0.42;
/// A ring in a box begins this far from its middle, share of its side: smaller ones are dots.
pub const RING_LEAST: f64 = 0.12;
/// It is met in this share of all directions,
pub const RING_MET: f64 = 0.93;
/// ... and towards the corners at most this much farther out than towards the sides: a circle 1.0, a square 1.3.
pub const RING_ROUND: f64 = 1.1;

// ---- What a scan may have lost ----

/// Levels that black pixels of a 1-bit scan keep through JPEG, grey levels.
pub const BILEVEL_BLACK: usize = 9;
/// Levels between black and white,
pub const BILEVEL_BETWEEN: std::ops::Range<usize> = 64..192;
/// ... of which a 1-bit scan has at most this share of all pixels below white: JPEG of quality 50 to 90 leaves under
/// 0.7 %, in 29 grey scans they were 65 % and more.
pub const BILEVEL_BETWEEN_MOST: f64 = 0.05;
/// Mean width from which on a pen came through whole, mm: on simulated 1-bit scans ball pens have 0.32 and more, what a
/// threshold tore to pieces 0.10 to 0.25.
pub const PEN_WHOLE_MM: f64 = 0.30;
/// Less ink tells nothing of its pen, mm².
pub const PEN_LEAST_MM2: f64 = 0.8;
/// That what a 1-bit scan does not show is there nevertheless, where the pens beside it came through whole,
pub const LOST_BESIDE_WHOLE: f64 = 3e-6;
/// ... and where they are broken, or nobody knows them.
pub const LOST_BESIDE_BROKEN: f64 = 2e-3;
/// That the lines that strike an answer out are lost, or a second answer, while the first one is seen: by the mean width
/// of its strokes, mm. Measured on 1,080 simulated 1-bit pages on which every second answer was a corrected one (10
/// wrong of 41 below 0.16, 3 of 62, 2 of 174, 1 of 458 between 0.25 and 0.30, none of 4,000 above), for one
/// corrected answer in fifty.
pub const LOST_BY_WIDTH: Curve = Curve(&[
    (0.10, 2e-2),
    (0.14, 9e-3),
    (0.18, 2e-3),
    (0.225, 4.5e-4),
    (0.275, 9e-5),
    (0.32, 1.2e-5),
    (0.37, 3e-6),
]);
/// ... and that a seal is lost: red is pale, one simulated seal in three vanished.
pub const SEAL_LOST_IN_BILEVEL: f64 = 0.1;
/// That an empty field is not empty, in a stretch of the form where a required one is empty too.
pub const EMPTY_BESIDE_REQUIRED_BLANK: f64 = 0.1;
/// Written fields in a row that end such a stretch: one alone may be from another pen than its neighbours.
pub const WRITTEN_IN_A_ROW: usize = 2;

// ---- Lines that strike out ----

/// That something struck out twice was meant nevertheless.
pub const CANCELLED_WRONG: f64 = 1e-3;
/// A line that strikes something out is seen at one of these distances to its left and right, mm.
pub const STRIKE_OUT_MM: [f64; 3] = [0.45, 0.6, 0.75];
/// A line that is thicker than this where it leaves is two that run into one another (a felt pen has 1.1), mm.
pub const STRIKE_THICK_MM: f64 = 1.6;
/// Where a line is thicker than this two may meet, mm.
pub const STRIKE_MET_MM: f64 = 0.8;
/// It rises or falls by at most this share of the height.
pub const STRIKE_RISE: f64 = 0.55;
/// ... and by at most this one where a cross stands in the box.
pub const STRIKE_LEVEL: f64 = 0.25;
/// It is inked along this share of what print does not hide.
pub const STRIKE_INKED: f64 = 0.85;
/// At least this share must not be hidden.
pub const STRIKE_OPEN: f64 = 0.12;
/// Between this share of its way and the same share before its end it goes over the thing itself,
pub const STRIKE_MIDDLE: f64 = 0.25;
/// ... where it is inked along at least this share of the pixels that print leaves open, if there are this many.
pub const STRIKE_MIDDLE_INKED: f64 = 0.6;
pub const STRIKE_MIDDLE_OPEN: usize = 3;
/// Through a box, at least this share of that way must lie open: a line along the frame strikes nothing out.
pub const STRIKE_MIDDLE_SEEN: f64 = 0.35;

/// Over a word, a line is followed from this share of its width on to the same share before its end.
pub const OVER_INSET: f64 = 0.08;
/// ... and between this share of its height and the same share above its foot.
pub const OVER_TOP: f64 = 0.22;
/// A line over a word that is thicker than this is two that run into one another, mm.
pub const OVER_THICK_MM: f64 = 1.5;
/// Less ink over the middle of a word is no line, mm².
pub const OVER_CORE_MM2: f64 = 0.3;

// ---- Circled words ----

/// Paper looked at around a word, mm.
pub const CIRCLE_MARGIN_MM: f64 = 3.6;
/// Rays from the middle of the word.
pub const RAYS: usize = 48;
/// A circle may cut into the word's box by this share of its half axes.
pub const CIRCLE_INNER: f64 = 0.72;
/// ... and lies at most this far outside, mm.
pub const CIRCLE_OUTER_MM: f64 = 3.2;
/// A ray ends this far into the gap towards a neighbouring word: its own circle lies behind.
pub const CIRCLE_GAP_SHARE: f64 = 0.75;
/// The core of a word, share of its half axes: a circle leaves it alone, a line through it does not.
pub const CORE: f64 = 0.62;
/// That a word is circled is wrong: by the share of rays that meet the stroke.
pub const CIRCLED_BY_COVERAGE: Curve =
    Curve(&[(0.55, 0.5), (0.65, 2e-2), (0.72, 1e-3), (0.80, 8e-5), (0.90, 1e-5), (0.97, 3e-6)]);
/// ... and by ink in its core, mm²: a tick, a slash, a scribble.
pub const CIRCLED_BY_CORE: Curve = Curve(&[(0.3, 1e-6), (0.8, 5e-5), (1.6, 5e-3), (3.0, 0.2)]);
/// ... and by the share of neighbouring rays that meet it at one distance (a drawn ring is smooth).
pub const CIRCLED_BY_ROUGHNESS: Curve = Curve(&[(0.10, 1e-6), (0.2, 3e-5), (0.35, 1e-2), (0.6, 0.5)]);
/// That a word is not circled is wrong: by the share of rays.
pub const CLEAR_BY_COVERAGE: Curve =
    Curve(&[(0.10, 2e-6), (0.25, 1e-5), (0.35, 3e-4), (0.45, 2e-2), (0.6, 0.5)]);
/// ... and by ink in its core, mm²: a tick or a slash may mean it.
pub const CLEAR_BY_CORE: Curve = Curve(&[(0.1, 1e-6), (0.25, 1e-4), (0.6, 5e-2), (1.2, 0.4)]);
/// Beside a word that is surely circled another meant one is rarer by this: one answer is asked for.
pub const SECOND_ANSWER: f64 = 0.05;
/// A printed line may hide a circle along this many rays on either side.
pub const BRIDGE_RAYS: usize = 7;
/// Two neighbouring rays that meet ink further apart than this are not one smooth stroke, mm.
pub const CIRCLE_JUMP_MM: f64 = 0.9;

// ---- Digits ----

/// Paper cut around the inside of a cell, mm: strokes leave their box, and what enters from the next one must be seen
/// whole enough to be told from them.
pub const CELL_MARGIN_MM: f64 = 1.0;
/// From the middle of a printed box line to its inner edge, mm: half of 0.2-0.3.
pub const CELL_INSET_MM: f64 = 0.12;
/// Pixels per mm at which cells are cut: the scan's own, within what the model was trained on.
pub const CELL_PPM: [f64; 2] = [7.5, 12.5];
/// No network is surer than this of a cell: what is left is spread over all digits.
pub const CELL_DOUBT: f64 = 1.0e-5;
/// ... and of a cell that is faint, speckled or broken: the model's samples of these are drawn, scans may be worse.
pub const CELL_DOUBT_DEGRADED: f64 = 5.0e-3;
/// Weight of "not one clean digit" against a digit: 12 % of the model's training cells were none, about 0.3 % of the
/// written cells of a form are (struck out, written over), so the odds shrink by 0.12/0.88 : 0.003/0.997.
pub const REFUSED_SHARE: f64 = 0.0216;
/// Ink that is no clean digit (mostly written over, or two strokes too many) still means the digit it looks like
/// this often; else it may mean any.
pub const REFUSED_MEANS_ITS_LIKENESS: f64 = 0.5;
/// Whatever the rule says, refused ink makes the whole value doubtful by this share of itself: two digits in one
/// box shift all others.
pub const REFUSED_HARM: f64 = 0.1;
/// That a cell without counted ink is a faint digit, and that a speck was taken for one.
pub const CELL_BLANK_WRONG: f64 = 1e-5;
/// That counted ink in a cell is only dirt: by its area, mm². A small 1 by ball pen has 0.8.
pub const CELL_SPECK_BY_AREA: Curve =
    Curve(&[(0.06, 0.3), (0.15, 5e-2), (0.3, 1e-3), (0.5, 1e-5), (0.8, 1e-7)]);
/// Paper looked at around a comb, mm: room to tell a dirt line from a 1.
pub const COMB_MARGIN_MM: f64 = 2.2;
/// A chosen digit that the cell itself gives less than this was chosen by a rule, not by the ink.
pub const CELL_REFUSES: f64 = 0.5;
/// Share of numbers that break their own rule (wrong check digit, out of range) when written.
pub const WRITTEN_WRONG: f64 = 2e-3;

/// The target is a share of all accepted values, and most written numbers lie far below it: when values up to five
/// times the target are accepted, the accepted ones together are claimed wrong 8 in 100,000 times (hands of Japanese
/// faxes, 246 numbers of simulated scans; of 1,300 numbers claimed right at .99 and more, none was wrong).
pub const DIGITS_REACH: f64 = 5.0;
/// The same for dates, of which more lie near the target: 10 in 100,000 (136 dates).
pub const DATE_REACH: f64 = 3.5;

/// Weight of a day outside the form's range against one inside with the same ink: one slip in 200 bears such a
/// day, and there are about ten times as many of them.
pub const DAY_OUT_OF_RANGE: f64 = 5e-4;
/// ... and of a day that no calendar has (31 June, 昭和70年): people do write them.
pub const NO_DAY: f64 = 2e-4;

// ---- Blank or present ----

/// That an area is empty is wrong: by ink, mm².
pub const EMPTY_BY_AREA: Curve = Curve(&[(0.0, 1e-5), (0.3, 2e-5), (0.8, 1e-4), (2.0, 2e-2), (4.0, 0.5)]);
/// That something is there is wrong: by ink, mm².
pub const PRESENT_BY_AREA: Curve = Curve(&[(0.5, 0.8), (1.5, 0.1), (3.0, 2e-3), (5.0, 8e-5), (8.0, 1e-5)]);
/// ... and by paper that is darker than the rest without being a stroke, mm²: a pale seal has 30 and more.
pub const EMPTY_BY_PALE: Curve = Curve(&[(2.0, 1e-6), (5.0, 1e-4), (12.0, 5e-2), (25.0, 0.5)]);
/// A mm² is pale when its mean is darker than that of the clear third by this.
pub const PALE_SHARE: f32 = 0.06;
/// Paper looked at around an area, mm.
pub const AREA_MARGIN_MM: f64 = 1.5;
/// The inside of an area begins this far from the middle of its frame, mm: strokes of neighbours end here.
pub const AREA_INSET_MM: f64 = 0.6;
/// Shorter pieces of ink are dirt there, mm.
pub const AREA_STROKE_MM: f64 = 0.8;

// ---- Print ----

/// That a text is right, by what tesseract says of it (0-100): it errs far more often than it says, and a
/// name it reads is only ever a hint for the register.
pub const TEXT_WRONG: Curve = Curve(&[(0.0, 0.9), (60.0, 0.6), (80.0, 0.3), (90.0, 0.1), (96.0, 0.04)]);
/// A text that has the shape it must have (a day of the calendar, seven digits) is less often wrong.
pub const PRINTED_SHAPE_FACTOR: f64 = 0.05;
/// Less ink than this is no text, mm²: one small character has 0.6.
pub const TEXT_LEAST_MM2: f64 = 0.5;
/// Pixels per mm of crops for tesseract: 300 dpi, what it was trained on.
pub const TEXT_PPM: f64 = 300.0 / 25.4;
/// mm in a typographic point.
pub const MM_PER_POINT: f64 = 25.4 / 72.0;
/// An area holds two lines from twice this many font sizes of height on.
pub const LINE_HEIGHT: f64 = 1.05;

// ---- Codes on labels ----

/// A GS1 code that passes its own error correction says the wrong lot.
pub const CODE_WRONG: f64 = 2e-5;
/// A lot number taken from the print of a label is wrong: capitals and figures without a check.
pub const LABEL_PRINT_WRONG: f64 = 0.2;
/// Pixels per mm at most for reading codes.
pub const CODE_PPM: f64 = 16.0;
