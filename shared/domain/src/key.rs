//! 暗号鍵. The keys that seal rows, messages and pictures at rest, as plain data: who encrypts is another room's matter.

use std::fmt;

/// Bytes of a key: the size that SQLCipher and XChaCha20-Poly1305 both take.
const LENGTH: usize = 32;
/// Hex digits of a [`Key::id`].
const ID_DIGITS: usize = 16;

/// A secret of 32 bytes. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; LENGTH]);

/// The keys of an installation: what is written is sealed with the first, what lies there may need an older one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyring(Vec<Key>);

/// Why a text holds no keys. Never quotes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFault {
    /// There is no key in it.
    Empty,
    /// The key at this place, from 1, is not 64 hex digits.
    Shape(usize),
    /// The key at this place, from 1, came before.
    Twice(usize),
}

impl fmt::Display for KeyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyFault::Empty => write!(f, "there is no key: one line of 64 hex digits is needed"),
            KeyFault::Shape(place) => write!(f, "key {place} is not 64 hex digits"),
            KeyFault::Twice(place) => write!(f, "key {place} stands there twice"),
        }
    }
}

impl std::error::Error for KeyFault {}

impl Key {
    /// A key of these bytes, which somebody drew at random.
    pub fn new(bytes: [u8; LENGTH]) -> Self {
        Self(bytes)
    }

    /// The bytes, for a cipher only.
    pub fn reveal(&self) -> &[u8; LENGTH] {
        &self.0
    }

    /// As it stands in a key file: 64 hex digits.
    pub fn to_hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A name that gives nothing of the key away: 16 hex digits of its BLAKE3 in derive-key mode.
    pub fn id(&self) -> String {
        let name = Key(blake3::derive_key("yomitori 2026 key id", &self.0)).to_hex();
        name[..ID_DIGITS].to_owned()
    }

    /// The key for one `purpose`, so that no two ciphers share one (BLAKE3 in derive-key mode).
    pub fn derive(&self, purpose: &str) -> Key {
        Key(blake3::derive_key(purpose, &self.0))
    }

    fn parse(word: &str) -> Option<Self> {
        let mut bytes = [0; LENGTH];
        if word.len() != 2 * LENGTH || !word.is_ascii() {
            return None;
        }
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&word[2 * at..2 * at + 2], 16).ok()?;
        }
        word.bytes().all(|b| b.is_ascii_hexdigit()).then_some(Self(bytes))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.id())
    }
}

impl Keyring {
    /// A ring of one key.
    pub fn of(key: Key) -> Self {
        Self(vec![key])
    }

    /// The keys in `text`: a line each, newest first; what follows a `#` is a remark.
    ///
    /// # Errors
    /// There is none, one has another shape, or one stands there twice.
    pub fn parse(text: &str) -> Result<Self, KeyFault> {
        let words = text.lines().map(|line| line.split('#').next().unwrap_or("").trim());
        let mut keys: Vec<Key> = Vec::new();
        for (at, word) in words.filter(|word| !word.is_empty()).enumerate() {
            let key = Key::parse(word).ok_or(KeyFault::Shape(at + 1))?;
            if keys.contains(&key) {
                return Err(KeyFault::Twice(at + 1));
            }
            keys.push(key);
        }
        if keys.is_empty() { Err(KeyFault::Empty) } else { Ok(Self(keys)) }
    }

    /// The key for everything that is written.
    pub fn current(&self) -> &Key {
        &self.0[0]
    }

    /// Every key, newest first.
    pub fn all(&self) -> impl Iterator<Item = &Key> {
        self.0.iter()
    }

    /// The key of this [`Key::id`].
    pub fn find(&self, id: &str) -> Option<&Key> {
        self.0.iter().find(|key| key.id() == id)
    }

    /// Every key derived for `purpose`.
    pub fn derive(&self, purpose: &str) -> Keyring {
        Self(self.0.iter().map(|key| key.derive(purpose)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_read_newest_first_and_tells_what_is_wrong() {
        let (new, old) = ("ab".repeat(32), "01".repeat(32));
        let ring = Keyring::parse(&format!("# made 2026-11\r\n{new}\n\n  {old} # last year\n")).unwrap();
        assert_eq!(ring.current().to_hex(), new);
        assert_eq!(ring.all().map(Key::to_hex).collect::<Vec<_>>(), [new.clone(), old.clone()]);
        assert_eq!(Keyring::parse("# nothing\n"), Err(KeyFault::Empty));
        assert_eq!(Keyring::parse(&format!("{new}\n{}", &old[1..])), Err(KeyFault::Shape(2)));
        assert_eq!(Keyring::parse(&format!("{new}\n+{}", &old[1..])), Err(KeyFault::Shape(2)));
        assert_eq!(Keyring::parse(&format!("{new}\n{new}")), Err(KeyFault::Twice(2)));
    }

    #[test]
    fn a_key_is_never_printed_and_each_purpose_has_its_own() {
        let key = Key::new([7; 32]);
        assert!(!format!("{:?}", Keyring::of(key.clone())).contains("0707"));
        assert_eq!(key.id().len(), ID_DIGITS);
        assert_ne!(key.derive("rows"), key.derive("pages"));
        assert_ne!(key.derive("rows").id(), key.id());
        assert_eq!(Keyring::of(key.clone()).find(&key.id()), Some(&key));
    }
}
