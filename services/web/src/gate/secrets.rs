//! Passwords, tokens and codes: made at random, kept as hashes.

use anyhow::anyhow;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use std::sync::LazyLock;

/// Letters of codes that people type: none is taken for another.
const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/// Four groups of four: 80 bits.
const GROUPS: usize = 4;

/// What a guess for an account that does not exist is compared with.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| hash_password(&token()).ok());

/// The Argon2id hash of a password, with its salt and parameters.
///
/// # Errors
/// The system has no randomness.
pub fn hash_password(password: &str) -> anyhow::Result<String> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    Ok(hash.map_err(|error| anyhow!("cannot hash a password: {error}"))?.to_string())
}

/// Whether `password` is that of `hash`; without a hash it takes as long, and is wrong.
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    let Some(known) = hash.or(NOBODY.as_deref()) else { return false };
    let Ok(parsed) = PasswordHash::new(known) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && hash.is_some()
}

/// 256 random bits, as a browser holds them.
pub fn token() -> String {
    let bytes: [u8; 32] = rand::random();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A one-time code for people: `AB2C-9XYZ-…`.
pub fn code() -> String {
    let bytes: [u8; 4 * GROUPS] = rand::random();
    let groups = bytes.chunks(4).map(|group| {
        group.iter().map(|&byte| char::from(LETTERS[usize::from(byte) % LETTERS.len()])).collect::<String>()
    });
    groups.collect::<Vec<_>>().join("-")
}

/// What is kept of a token or a code: as random as it was, so that a quick hash is enough. Codes are compared as
/// people type them, with or without hyphens, in any case.
pub fn digest(secret: &str) -> String {
    let plain = secret.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_uppercase());
    blake3::hash(plain.collect::<String>().as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash_alone() {
        let hash = hash_password("correct horse 8").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$") && !hash.contains("horse"));
        assert!(verify("correct horse 8", Some(&hash)) && !verify("correct horse 9", Some(&hash)));
        assert!(!verify("anything", None) && !verify("anything", Some("not a hash")));
    }

    #[test]
    fn codes_are_compared_as_people_type_them() {
        let code = code();
        assert_eq!(code.len(), 19);
        assert_eq!(digest(&code), digest(&code.to_lowercase().replace('-', " ")));
        assert_ne!(digest(&code), digest(&super::code()));
        assert_eq!(token().len(), 64);
    }
}
