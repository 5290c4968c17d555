//! The directories (IFDs) of a TIFF: classic and BigTIFF, both byte orders. EXIF blocks have the same shape.
//! Every offset and count comes from outside, so every read is checked against the file's length.

use std::collections::HashSet;

use super::super::DecodeError;

/// Most entries a directory may have: real ones have 10 to 40.
const MAX_ENTRIES: u64 = 4096;

/// Byte order of a file, from its first two bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Order {
    /// `II`.
    Little,
    /// `MM`.
    Big,
}

impl Order {
    /// An unsigned number of 1, 2, 4 or 8 bytes.
    pub fn uint(self, bytes: &[u8]) -> u64 {
        let push = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        match self {
            Order::Little => bytes.iter().rev().fold(0, push),
            Order::Big => bytes.iter().fold(0, push),
        }
    }

    /// `value` as two bytes.
    pub fn short(self, value: u16) -> [u8; 2] {
        match self {
            Order::Little => value.to_le_bytes(),
            Order::Big => value.to_be_bytes(),
        }
    }

    /// `value` as four bytes.
    pub fn long(self, value: u32) -> [u8; 4] {
        match self {
            Order::Little => value.to_le_bytes(),
            Order::Big => value.to_be_bytes(),
        }
    }
}

/// Field types of the TIFF 6.0 and BigTIFF specifications that this module names.
pub(in super::super) mod kind {
    pub const SHORT: u16 = 3;
    pub const LONG: u16 = 4;
    pub const RATIONAL: u16 = 5;
    pub const FLOAT: u16 = 11;
    pub const DOUBLE: u16 = 12;
    pub const LONG8: u16 = 16;
}

/// Bytes of one value of a field type; `None` for a type that does not exist.
pub(super) fn kind_size(kind: u16) -> Option<usize> {
    match kind {
        1 | 2 | 6 | 7 => Some(1),
        3 | 8 => Some(2),
        4 | 9 | 11 | 13 => Some(4),
        5 | 10 | 12 | 16 | 17 | 18 => Some(8),
        _ => None,
    }
}

/// One tag with its values, still in the file's byte order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub tag: u16,
    pub kind: u16,
    pub value: &'a [u8],
}

/// One directory: the description of one picture.
#[derive(Clone, Debug)]
pub(in super::super) struct Directory<'a> {
    pub(super) order: Order,
    pub(super) entries: Vec<Entry<'a>>,
}

impl<'a> Directory<'a> {
    /// The tag with its values as they lie in the file.
    pub(super) fn entry(&self, tag: u16) -> Option<&Entry<'a>> {
        self.entries.iter().find(|entry| entry.tag == tag)
    }

    /// All values of a tag of whole numbers; empty when the tag is missing or holds something else.
    pub fn uints(&self, tag: u16) -> Vec<u64> {
        let Some(entry) = self.entry(tag) else { return Vec::new() };
        match (entry.kind, kind_size(entry.kind)) {
            (kind::RATIONAL | 10 | kind::FLOAT | kind::DOUBLE, _) | (_, None) => Vec::new(),
            (_, Some(size)) => entry.value.chunks_exact(size).map(|v| self.order.uint(v)).collect(),
        }
    }

    /// The first value of a tag of whole numbers.
    pub fn uint(&self, tag: u16) -> Option<u64> {
        self.uints(tag).first().copied()
    }

    /// The first value of a tag that should be a rational; whole numbers and floats are accepted too.
    pub fn real(&self, tag: u16) -> Option<f64> {
        let entry = self.entry(tag)?;
        let value = entry.value.get(..kind_size(entry.kind)?)?;
        match entry.kind {
            kind::RATIONAL => Some(self.order.uint(&value[..4]) as f64 / self.order.uint(&value[4..]) as f64),
            kind::FLOAT => Some(f64::from(f32::from_bits(self.order.uint(value) as u32))),
            kind::DOUBLE => Some(f64::from_bits(self.order.uint(value))),
            _ => Some(self.order.uint(value) as f64),
        }
    }

    /// The bytes of a tag.
    pub fn bytes(&self, tag: u16) -> Option<&'a [u8]> {
        self.entry(tag).map(|entry| entry.value)
    }
}

/// A file with a TIFF header.
pub(in super::super) struct Reader<'a> {
    bytes: &'a [u8],
    order: Order,
    big: bool,
    first: u64,
}

impl<'a> Reader<'a> {
    /// Reads the header. Errors: the bytes are no TIFF, or end inside the header.
    pub fn open(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        const HEADER: DecodeError = DecodeError::Truncated("TIFFの先頭");
        let order = match bytes.get(..2) {
            Some(b"II") => Order::Little,
            Some(b"MM") => Order::Big,
            _ => return Err(DecodeError::Broken("TIFFの先頭")),
        };
        let number = |range: std::ops::Range<usize>| bytes.get(range).map(|b| order.uint(b)).ok_or(HEADER);
        let (big, first) = match number(2..4)? {
            42 => (false, number(4..8)?),
            43 => (true, number(8..16)?),
            _ => return Err(DecodeError::Broken("TIFFの先頭")),
        };
        Ok(Self { bytes, order, big, first })
    }

    /// Every directory of the chain, at most `most`. A chain that loops, or leaves the file, ends with an
    /// error in the place of the page that cannot be found.
    pub fn directories(&self, most: usize) -> Vec<Result<Directory<'a>, DecodeError>> {
        let (mut found, mut seen, mut next) = (Vec::new(), HashSet::new(), self.first);
        while next != 0 && found.len() < most {
            if !seen.insert(next) {
                found.push(Err(DecodeError::Broken("ページの一覧が輪になっています")));
                break;
            }
            match self.directory(next) {
                Ok((directory, following)) => {
                    found.push(Ok(directory));
                    next = following;
                }
                Err(error) => {
                    found.push(Err(error));
                    break;
                }
            }
        }
        found
    }

    /// The first directory, if there is one.
    pub fn first(&self) -> Option<Directory<'a>> {
        self.directory(self.first).ok().map(|(directory, _)| directory)
    }

    /// `length` bytes of the file, if it has them.
    pub(super) fn slice(&self, offset: u64, length: u64) -> Option<&'a [u8]> {
        let start = usize::try_from(offset).ok()?;
        let end = usize::try_from(offset.checked_add(length)?).ok()?;
        self.bytes.get(start..end)
    }

    /// The bytes from `offset` to the end of the file, if there are any.
    pub(super) fn tail(&self, offset: u64) -> Option<&'a [u8]> {
        self.bytes.get(usize::try_from(offset).ok()?..).filter(|tail| !tail.is_empty())
    }

    /// The directory at `offset`, and the offset of the one after it (0 for none).
    fn directory(&self, offset: u64) -> Result<(Directory<'a>, u64), DecodeError> {
        const LIST: DecodeError = DecodeError::Truncated("TIFFのページの一覧");
        let (count_size, entry_size, pointer) = if self.big { (8, 20, 8) } else { (2, 12, 4) };
        let count = self.order.uint(self.slice(offset, count_size).ok_or(LIST)?);
        if count > MAX_ENTRIES {
            return Err(DecodeError::Broken("TIFFのページの一覧"));
        }
        let start = offset + count_size;
        let table = self.slice(start, count * entry_size).ok_or(LIST)?;
        let next = self.slice(start + count * entry_size, pointer).map_or(0, |b| self.order.uint(b));
        let entries = table.chunks_exact(entry_size as usize).filter_map(|raw| self.parse(raw)).collect();
        Ok((Directory { order: self.order, entries }, next))
    }

    /// One entry; `None` when its values lie outside the file, which is then as if the tag were missing.
    fn parse(&self, raw: &'a [u8]) -> Option<Entry<'a>> {
        let uint = |range: std::ops::Range<usize>| self.order.uint(&raw[range]);
        let (tag, kind) = (uint(0..2) as u16, uint(2..4) as u16);
        let (count, field) = if self.big { (uint(4..12), &raw[12..]) } else { (uint(4..8), &raw[8..]) };
        let length = count.checked_mul(kind_size(kind)? as u64)?;
        let value = if length <= field.len() as u64 {
            &field[..length as usize]
        } else {
            self.slice(self.order.uint(field), length)?
        };
        Some(Entry { tag, kind, value })
    }
}
