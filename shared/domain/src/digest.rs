//! 要約値. Stands for bytes that left the house: the same digest, the same file.

/// BLAKE3 of `bytes`, 64 hex digits.
pub fn of(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}
