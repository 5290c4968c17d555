//! The seal of pictures and scans at rest: XChaCha20-Poly1305 over pieces of 1 MiB, so that a scan of half a gigabyte
//! needs no more memory than a slip.
//!
//! ```text
//! 8  YOMISEAL       1  version, 1
//! 8  id of the key (`Key::id`)
//! 19 nonce, drawn anew at every sealing
//! 32 BLAKE3 of the plain bytes: the name of a picture, the id of a scan
//!    pieces: up to 1 MiB sealed, each followed by its tag of 16 bytes
//! ```
//! Every piece is bound to the whole head and to its place: its nonce is the drawn one, its number (4 bytes, big
//! endian) and 1 for the last piece (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015). So
//! nothing can be changed, moved, cut off, or put under another name unnoticed.
//!
//! The name stays the hash of the plain bytes: it is in rows and messages, must be the same for the same picture
//! whatever the key, and tells nothing to who does not hold the very same scan, down to the noise of its pixels.

use crate::PagesError;
use chacha20poly1305::aead::Generate;
use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305, XNonce};
use domain::ids::ImageHash;
use domain::key::{Key, Keyring};
use std::io::{self, Read, Write};
use std::path::Path;

const MAGIC: [u8; 8] = *b"YOMISEAL";
const VERSION: u8 = 1;
/// Bytes of each part of the head, in their order.
const KEY_ID: usize = 8;
const NONCE: usize = 19;
const HASH: usize = 32;
/// Bytes of the head.
pub(crate) const HEAD: usize = MAGIC.len() + 1 + KEY_ID + NONCE + HASH;
/// Plain bytes of a piece. 1 MiB: one piece for nearly every page.
const PIECE: usize = 1 << 20;
/// Bytes of a tag of Poly1305.
const TAG: usize = 16;

/// Why something sealed does not open.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SealFault {
    /// It does not begin as something sealed does.
    #[error("not sealed")]
    NotSealed,
    /// A version that this program does not know.
    #[error("sealed by a newer version")]
    Newer,
    /// Sealed with the key of this id, which is not among those given.
    #[error("sealed with the key {0}")]
    NoKey(String),
    /// What is there is not what was sealed.
    #[error("changed, or cut off")]
    Damaged,
    /// What shall be sealed is not what its hash says.
    #[error("the bytes changed while they were sealed")]
    Changed,
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl SealFault {
    /// As the error of a picture.
    pub(crate) fn of_picture(self, hash: &ImageHash) -> PagesError {
        match self {
            SealFault::NoKey(key) => PagesError::NoKey { what: format!("page picture {hash}"), key },
            SealFault::Newer => PagesError::Newer { what: format!("page picture {hash}") },
            _ => PagesError::Damaged(hash.clone()),
        }
    }

    /// As the error of a file.
    pub(crate) fn of_file(self, doing: &'static str, path: &Path) -> PagesError {
        let what = path.display().to_string();
        match self {
            SealFault::NotSealed => PagesError::NotSealed { what },
            SealFault::NoKey(key) => PagesError::NoKey { what, key },
            SealFault::Newer => PagesError::Newer { what },
            SealFault::Damaged => PagesError::DamagedFile { path: path.to_owned() },
            SealFault::Changed => {
                PagesError::Io { doing, path: path.to_owned(), source: io::Error::other(self) }
            }
            SealFault::Io(source) => PagesError::Io { doing, path: path.to_owned(), source },
        }
    }
}

/// The head of something sealed.
pub(crate) struct Head {
    bytes: [u8; HEAD],
}

impl Head {
    /// A new one, with a nonce that was never used before.
    fn new(key: &Key, hash: &ImageHash) -> Self {
        let mut bytes = [0; HEAD];
        let drawn = XNonce::generate();
        let parts = [&MAGIC[..], &[VERSION], &from_hex::<KEY_ID>(&key.id()), &drawn[..NONCE]];
        let mut at = 0;
        for part in parts.into_iter().chain([&from_hex::<HASH>(hash.as_str())[..]]) {
            bytes[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        Self { bytes }
    }

    /// Reads one from the front of `source`.
    pub(crate) fn read(source: &mut impl Read) -> Result<Self, SealFault> {
        let mut read = Vec::new();
        take(source, HEAD, &mut read)?;
        if !read.starts_with(&MAGIC) {
            return Err(SealFault::NotSealed);
        }
        let bytes: [u8; HEAD] = read.try_into().map_err(|_| SealFault::Damaged)?;
        if bytes[MAGIC.len()] == VERSION { Ok(Self { bytes }) } else { Err(SealFault::Newer) }
    }

    /// [`Key::id`] of the key that it was sealed with.
    pub(crate) fn key(&self) -> String {
        to_hex(&self.bytes[MAGIC.len() + 1..][..KEY_ID])
    }

    /// The hash of what is sealed, as the head says; known to be true only when all of it has been opened.
    pub(crate) fn hash(&self) -> ImageHash {
        ImageHash(to_hex(&self.bytes[HEAD - HASH..]))
    }

    fn nonce(&self, number: u32, last: bool) -> XNonce {
        let mut nonce = [0; NONCE + 5];
        nonce[..NONCE].copy_from_slice(&self.bytes[MAGIC.len() + 1 + KEY_ID..][..NONCE]);
        nonce[NONCE..NONCE + 4].copy_from_slice(&number.to_be_bytes());
        nonce[NONCE + 4] = u8::from(last);
        XNonce::from(nonce)
    }
}

/// Seals all of `source`, whose BLAKE3 is `hash`, into `sink`.
pub(crate) fn seal_into(
    source: &mut impl Read,
    hash: &ImageHash,
    key: &Key,
    sink: &mut impl Write,
) -> Result<(), SealFault> {
    let head = Head::new(key, hash);
    let cipher = XChaCha20Poly1305::new(key.reveal().into());
    let mut hasher = blake3::Hasher::new();
    sink.write_all(&head.bytes)?;
    pieces(source, PIECE, |number, piece, last| {
        hasher.update(piece);
        cipher
            .encrypt_in_place(&head.nonce(number, last), &head.bytes, piece)
            .map_err(|_| SealFault::Changed)?;
        Ok(sink.write_all(piece)?)
    })?;
    let same = hasher.finalize().to_hex().as_str() == hash.as_str();
    if same { Ok(()) } else { Err(SealFault::Changed) }
}

/// Opens all of `source` into `sink`, and gives the hash of what came out. Every piece is proven before it is written;
/// that none is missing is known at the end: on an error, `sink` is to be thrown away.
pub(crate) fn open_into(
    source: &mut impl Read,
    keys: Option<&Keyring>,
    sink: &mut impl Write,
) -> Result<ImageHash, SealFault> {
    let head = Head::read(source)?;
    let key = keys.and_then(|keys| keys.find(&head.key())).ok_or_else(|| SealFault::NoKey(head.key()))?;
    let cipher = XChaCha20Poly1305::new(key.reveal().into());
    let mut hasher = blake3::Hasher::new();
    pieces(source, PIECE + TAG, |number, piece, last| {
        cipher
            .decrypt_in_place(&head.nonce(number, last), &head.bytes, piece)
            .map_err(|_| SealFault::Damaged)?;
        hasher.update(piece);
        Ok(sink.write_all(piece)?)
    })?;
    let hash = ImageHash(hasher.finalize().to_hex().to_string());
    if hash == head.hash() { Ok(hash) } else { Err(SealFault::Damaged) }
}

/// Seals what is sealed in `source` anew with the current key: plain bytes are only in memory, a piece at a time. As with
/// [`open_into`], `sink` is to be thrown away on an error.
pub(crate) fn reseal_into(
    source: &mut impl Read,
    keys: &Keyring,
    sink: &mut impl Write,
) -> Result<(), SealFault> {
    let from = Head::read(source)?;
    let key = keys.find(&from.key()).ok_or_else(|| SealFault::NoKey(from.key()))?;
    let to = Head::new(keys.current(), &from.hash());
    let (opener, sealer) =
        (XChaCha20Poly1305::new(key.reveal().into()), XChaCha20Poly1305::new(keys.current().reveal().into()));
    let mut hasher = blake3::Hasher::new();
    sink.write_all(&to.bytes)?;
    pieces(source, PIECE + TAG, |number, piece, last| {
        opener
            .decrypt_in_place(&from.nonce(number, last), &from.bytes, piece)
            .map_err(|_| SealFault::Damaged)?;
        hasher.update(piece);
        sealer.encrypt_in_place(&to.nonce(number, last), &to.bytes, piece).map_err(|_| SealFault::Changed)?;
        Ok(sink.write_all(piece)?)
    })?;
    let same = hasher.finalize().to_hex().as_str() == from.hash().as_str();
    if same { Ok(()) } else { Err(SealFault::Damaged) }
}

/// `plain`, whose BLAKE3 is `hash`, sealed.
pub(crate) fn seal(mut plain: &[u8], hash: &ImageHash, key: &Key) -> Result<Vec<u8>, SealFault> {
    let pieces = plain.len().div_ceil(PIECE).max(1);
    let mut sealed = Vec::with_capacity(HEAD + plain.len() + pieces * TAG);
    seal_into(&mut plain, hash, key, &mut sealed)?;
    Ok(sealed)
}

/// What was sealed.
pub(crate) fn open(mut sealed: &[u8], keys: Option<&Keyring>) -> Result<Vec<u8>, SealFault> {
    let mut plain = Vec::new();
    open_into(&mut sealed, keys, &mut plain)?;
    Ok(plain)
}

/// [`Key::id`] of the key that `sealed` was sealed with.
pub(crate) fn key_of(mut sealed: &[u8]) -> Result<String, SealFault> {
    Head::read(&mut sealed).map(|head| head.key())
}

/// Gives `source` to `each` in pieces of `size` bytes (the last may be shorter, or empty when there is nothing at all),
/// with their number from 0 and whether they are the last.
fn pieces(
    source: &mut impl Read,
    size: usize,
    mut each: impl FnMut(u32, &mut Vec<u8>, bool) -> Result<(), SealFault>,
) -> Result<(), SealFault> {
    let (mut piece, mut ahead) = (Vec::new(), Vec::new());
    take(source, size, &mut piece)?;
    for number in 0..u32::MAX {
        take(source, size, &mut ahead)?;
        each(number, &mut piece, ahead.is_empty())?;
        if ahead.is_empty() {
            return Ok(());
        }
        std::mem::swap(&mut piece, &mut ahead);
    }
    Err(io::Error::from(io::ErrorKind::FileTooLarge).into())
}

/// Up to `size` bytes, in the place of what was in `buffer`.
fn take(source: &mut impl Read, size: usize, buffer: &mut Vec<u8>) -> io::Result<()> {
    buffer.clear();
    source.take(size as u64).read_to_end(buffer).map(drop)
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of hex digits that this program wrote.
fn from_hex<const N: usize>(digits: &str) -> [u8; N] {
    std::array::from_fn(|at| {
        digits.get(2 * at..2 * at + 2).map_or(0, |two| u8::from_str_radix(two, 16).unwrap_or(0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash_of;
    use crate::tests::ring;

    #[test]
    fn what_is_sealed_comes_back_whatever_its_size_and_is_never_sealed_alike() {
        let keys = ring(&[1]);
        for size in [0, 1, 1000, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 7] {
            let plain: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
            let sealed = seal(&plain, &hash_of(&plain), keys.current()).unwrap();
            assert_eq!(sealed.len(), HEAD + size + TAG * size.div_ceil(PIECE).max(1));
            assert_eq!(open(&sealed, Some(&keys)).unwrap(), plain, "{size}");
            assert_ne!(sealed, seal(&plain, &hash_of(&plain), keys.current()).unwrap());
            let seen = sealed.windows(64).any(|window| size >= 64 && plain.starts_with(window));
            assert!(!seen, "nothing of it can be read");
        }
    }

    #[test]
    fn any_change_is_noticed() {
        let keys = ring(&[1]);
        let plain = vec![7; 2 * PIECE + 100];
        let sealed = seal(&plain, &hash_of(&plain), keys.current()).unwrap();
        let damaged = |bytes: &[u8]| matches!(open(bytes, Some(&keys)), Err(SealFault::Damaged));
        for at in [17, 36, 67, HEAD, HEAD + PIECE, HEAD + PIECE + TAG + 5, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(damaged(&changed), "byte {at}");
        }
        // Cut off anywhere, also between two pieces; something behind; pieces changed about.
        for end in [HEAD - 1, HEAD, HEAD + PIECE + TAG, HEAD + 2 * (PIECE + TAG), sealed.len() - 1] {
            assert!(damaged(&sealed[..end]), "cut at {end}");
        }
        assert!(damaged(&[&sealed[..], &[0]].concat()));
        let (head, body) = sealed.split_at(HEAD);
        let (first, rest) = body.split_at(PIECE + TAG);
        let (second, third) = rest.split_at(PIECE + TAG);
        assert!(damaged(&[head, second, first, third].concat()));
    }

    #[test]
    fn an_older_key_opens_and_a_foreign_one_is_named() {
        let plain = b"a slip";
        let sealed = seal(plain, &hash_of(plain), ring(&[1]).current()).unwrap();
        assert_eq!(open(&sealed, Some(&ring(&[2, 1]))).unwrap(), plain);
        for keys in [None, Some(ring(&[2]))] {
            let fault = open(&sealed, keys.as_ref());
            assert!(matches!(fault, Err(SealFault::NoKey(key)) if key == ring(&[1]).current().id()));
        }
    }

    #[test]
    fn pictures_are_not_taken_for_sealed_and_newer_seals_not_for_damage() {
        for plain in [&b""[..], b"II*\0", b"YOMISEA", b"\x89PNG"] {
            assert!(matches!(open(plain, None), Err(SealFault::NotSealed)));
        }
        let mut sealed = seal(b"x", &hash_of(b"x"), ring(&[1]).current()).unwrap();
        sealed[MAGIC.len()] = 2;
        assert!(matches!(open(&sealed, Some(&ring(&[1]))), Err(SealFault::Newer)));
    }

    #[test]
    fn bytes_that_are_not_those_of_the_hash_are_not_sealed() {
        assert!(matches!(seal(b"x", &hash_of(b"y"), ring(&[1]).current()), Err(SealFault::Changed)));
    }
}
