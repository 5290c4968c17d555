//! 二要素認証. Codes that change every thirty seconds, as authenticator apps show them (RFC 6238, SHA-1, six digits).

use crate::error::ScreenError;
use anyhow::anyhow;
use jiff::Timestamp;
use std::fmt::Write;
use totp_rs::{Builder, Secret, Totp};

/// Recovery codes handed out together.
pub const RECOVERY_CODES: usize = 10;
/// Side of the picture in its own units, with a quiet zone of four modules' width around a QR code of some 45 modules.
const PICTURE: f64 = 60.0;
const QUIET: f64 = 5.0;

/// A new secret, base32.
pub fn new_secret() -> String {
    Secret::from(rand::random::<[u8; 20]>()).to_base32()
}

/// The step of time to which `code` belongs: the present one or a neighbour. `None` when it belongs to none.
///
/// # Errors
/// The secret is none of ours.
pub fn step_of(secret: &str, code: &str, now: Timestamp) -> Result<Option<i64>, ScreenError> {
    // Full-width digits, and the gap that apps show in the middle.
    let half_width = |c: char| match c {
        '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')),
        _ => Some(c),
    };
    let digits: String = code.chars().filter_map(half_width).filter(char::is_ascii_digit).collect();
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    Ok(codes(secret)?.check(&digits, seconds).and_then(|step| i64::try_from(step).ok()))
}

fn codes(secret: &str) -> Result<Totp, ScreenError> {
    let secret = Secret::try_from_base32(secret).map_err(|_| anyhow!("a second factor is damaged"))?;
    Builder::new().with_secret(secret).build().map_err(|_| anyhow!("a second factor is too short").into())
}

/// The secret of `id` as a picture (SVG) that authenticator apps take.
///
/// # Errors
/// It could not be drawn.
pub fn picture(secret: &str, id: &str) -> Result<String, ScreenError> {
    let words = format!("otpauth://totp/yomitori:{id}?secret={secret}&issuer=yomitori");
    let dark = press::qr_code(&words, PICTURE).map_err(|error| anyhow!("no QR code: {error}"))?;
    let mut path = String::new();
    for part in dark {
        let (x, y, w, h) = (part.x + QUIET, part.y + QUIET, part.w, part.h);
        write!(path, "M{x:.3} {y:.3}h{w:.3}v{h:.3}h-{w:.3}z")?;
    }
    let side = PICTURE + 2.0 * QUIET;
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}h-{side}z\"/><path d=\"{path}\"/></svg>"
    ))
}

/// The code of this moment, as an app would show it.
#[cfg(test)]
pub fn code_of(secret: &str, at: Timestamp) -> String {
    codes(secret).unwrap().generate(at.as_second() as u64).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, its last six digits.
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        assert_eq!(code_of(secret, at(59)), "287082");
        assert_eq!(step_of(secret, "287 082", at(59)).unwrap(), Some(1));
        assert_eq!(step_of(secret, "２８７０８２", at(89)).unwrap(), Some(1));
        assert_eq!(step_of(secret, "287082", at(120)).unwrap(), None);
        assert_eq!(step_of(secret, "", at(59)).unwrap(), None);
    }

    #[test]
    fn the_picture_holds_no_style_and_no_script() {
        let picture = picture(&new_secret(), "sato").unwrap();
        assert!(picture.starts_with("<svg") && !picture.contains("style") && picture.len() < 60_000);
    }
}
