//! The seal of a message's body: a broker keeps readings on its disk, and its administrators may look at them.
//! XChaCha20-Poly1305, the nonce (24 bytes) before what is sealed, bound to the message's key; which key of the
//! installation it was stands in a header.

use chacha20poly1305::aead::{Aead, Generate, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use domain::key::Key;

/// Bytes of the nonce.
const NONCE: usize = 24;

/// Seals `body`, which belongs to the message `name`; `None` when it is longer than the cipher can take (256 GB).
pub(super) fn seal(key: &Key, name: &str, body: &[u8]) -> Option<Vec<u8>> {
    let nonce = XNonce::generate();
    let payload = Payload { msg: body, aad: name.as_bytes() };
    let sealed = cipher(key).encrypt(&nonce, payload).ok()?;
    Some([&nonce[..], &sealed].concat())
}

/// What [`seal`] sealed; `None` when it was changed, or is another message's.
pub(super) fn open(key: &Key, name: &str, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE)?;
    let nonce = XNonce::try_from(nonce).ok()?;
    cipher(key).decrypt(&nonce, Payload { msg: sealed, aad: name.as_bytes() }).ok()
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.reveal().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_message_opens_and_only_with_the_same_key() {
        let (key, other) = (Key::new([1; 32]), Key::new([2; 32]));
        let sealed = seal(&key, "page-1#1", b"1941-02-03").unwrap();
        assert_eq!(open(&key, "page-1#1", &sealed).as_deref(), Some(&b"1941-02-03"[..]));
        assert_eq!(open(&other, "page-1#1", &sealed), None);
        assert_eq!(open(&key, "page-2#1", &sealed), None, "another message's");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(open(&key, "page-1#1", &changed), None, "byte {at}");
        }
        assert_eq!(open(&key, "page-1#1", b"short"), None);
        assert_ne!(seal(&key, "page-1#1", b"1941-02-03").unwrap(), sealed, "a nonce is never used twice");
    }
}
