//! NW-7 (Codabar) as exact bars: a printer driver that scales a picture of bars makes them unreadable.

use domain::geometry::RectMm;

/// Wide elements are 2.5 narrow ones: the middle of the 2.0 to 3.0 that the code allows.
const WIDE: f64 = 2.5;
/// Start and stop character `A`, and the digits: bar, space, bar, …; a set bit is wide, highest first.
const START_STOP: u8 = 0b001_1010;
const DIGITS: [u8; 10] = [
    0b000_0011, 0b000_0110, 0b000_1001, 0b110_0000, 0b001_0010, 0b100_0010, 0b010_0001, 0b010_0100,
    0b011_0000, 0b100_1000,
];

/// Narrower bars are lost: at 0.19 mm every fifth code is unreadable; printers add their own error.
const NARROWEST_MM: f64 = 0.27;

/// The bars of `number` between `A` and `A`, filling `place` from edge to edge.
///
/// # Errors
/// Anything but digits, or a place too narrow for bars that scanners keep apart.
pub(crate) fn nw7(number: &str, place: &RectMm) -> Result<Vec<RectMm>, String> {
    let pattern = |b: u8| b.checked_sub(b'0').and_then(|digit| DIGITS.get(usize::from(digit)).copied());
    let digits: Option<Vec<u8>> = number.bytes().map(pattern).collect();
    let digits = digits.ok_or("NW-7 holds digits only")?;
    let characters = [&[START_STOP], digits.as_slice(), &[START_STOP]].concat();
    let modules: f64 = characters.iter().map(|&c| width(c)).sum::<f64>() + characters.len() as f64 - 1.0;
    let module = place.w / modules;
    wide_enough(module, place)?;
    let mut bars = Vec::new();
    let mut x = place.x;
    for character in characters {
        for element in 0..7 {
            let wide = character >> (6 - element) & 1 == 1;
            let w = if wide { WIDE * module } else { module };
            if element % 2 == 0 {
                bars.push(RectMm::new(x, place.y, w, place.h));
            }
            x += w;
        }
        x += module;
    }
    Ok(bars)
}

/// Refuses a code in `place` whose narrowest bar would be `module` mm, and says how wide to make it.
pub(crate) fn wide_enough(module: f64, place: &RectMm) -> Result<(), String> {
    if module >= NARROWEST_MM {
        return Ok(());
    }
    let need = (place.w * NARROWEST_MM / module * 10.0).ceil() / 10.0;
    Err(format!(
        "its bars would be {module:.2} mm, thinner than {NARROWEST_MM} mm: make the box {need:.1} mm wide"
    ))
}

/// Modules of one character.
fn width(character: u8) -> f64 {
    let wide = f64::from(character.count_ones());
    wide * WIDE + (7.0 - wide)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_fill_the_box_exactly() {
        let place = RectMm::new(20.0, 30.0, 44.0, 9.0);
        let bars = nw7("01000000018", &place).unwrap();
        assert_eq!(bars.len(), 13 * 4);
        assert!((bars[0].x - 20.0).abs() < 1e-9);
        assert!((bars.last().unwrap().right() - 64.0).abs() < 1e-9);
        assert!((0.30..0.31).contains(&bars[0].w), "narrow bars are 44 mm / 145 modules wide");
        assert!(nw7("01A", &place).is_err());
        assert!(nw7("01000000018", &RectMm::new(20.0, 30.0, 36.0, 9.0)).is_err());
    }
}
