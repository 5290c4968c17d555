//! Writing a classic TIFF of one directory around picture data that already is encoded.

use super::directory::{Entry, Order, kind, kind_size};

/// A tag and its values in the byte order of the file to be written.
pub(in super::super) struct Field {
    tag: u16,
    kind: u16,
    count: u32,
    value: Vec<u8>,
}

impl Field {
    /// A tag with one 16-bit number.
    pub fn short(order: Order, tag: u16, value: u16) -> Self {
        Self::raw(tag, kind::SHORT, order.short(value).to_vec())
    }

    /// A tag with 32-bit numbers.
    pub fn longs(order: Order, tag: u16, values: impl IntoIterator<Item = u32>) -> Self {
        Self::raw(tag, kind::LONG, values.into_iter().flat_map(|v| order.long(v)).collect())
    }

    /// A tag with one fraction, to the thousandth.
    pub fn rational(order: Order, tag: u16, value: f64) -> Self {
        let thousandths = (value * 1000.0).round() as u32;
        Self::raw(tag, kind::RATIONAL, [order.long(thousandths), order.long(1000)].concat())
    }

    /// A tag of another file of the same byte order. The 64-bit numbers of a BigTIFF become 32-bit ones:
    /// of the tags that are copied none has values beyond that.
    pub(super) fn copy(order: Order, entry: &Entry<'_>) -> Self {
        match entry.kind {
            kind::LONG8 => {
                let values = entry.value.chunks_exact(8).map(|v| order.uint(v).min(u32::MAX.into()) as u32);
                Self::longs(order, entry.tag, values)
            }
            kind => Self::raw(entry.tag, kind, entry.value.to_vec()),
        }
    }

    /// A tag with values of the field type `kind`, already in the file's byte order.
    pub fn raw(tag: u16, kind: u16, value: Vec<u8>) -> Self {
        let size = kind_size(kind).unwrap_or(1);
        Self { tag, kind, count: (value.len() / size) as u32, value }
    }
}

/// The strips or tiles of a picture, with the two tags that list them.
pub(in super::super) struct Chunks<'a> {
    /// 273 for strips, 324 for tiles.
    pub offsets_tag: u16,
    /// 279 for strips, 325 for tiles.
    pub lengths_tag: u16,
    /// Encoded bytes in the order of the list.
    pub data: Vec<&'a [u8]>,
}

/// A file of one directory. Chunks begin on even offsets, as the specification asks.
pub(in super::super) fn write(order: Order, mut fields: Vec<Field>, chunks: Option<Chunks<'_>>) -> Vec<u8> {
    const HEADER: usize = 8;
    if let Some(chunks) = &chunks {
        fields.push(Field::longs(order, chunks.lengths_tag, chunks.data.iter().map(|c| c.len() as u32)));
        fields.push(Field::longs(order, chunks.offsets_tag, chunks.data.iter().map(|_| 0)));
    }
    fields.sort_by_key(|field| field.tag);
    let directory = 2 + 12 * fields.len() + 4;
    let values: usize = fields.iter().map(|f| f.value.len()).filter(|&l| l > 4).map(even).sum();
    if let Some(chunks) = &chunks {
        let mut next = even(HEADER + directory) + values;
        let offsets = chunks.data.iter().map(|chunk| {
            let offset = next;
            next += even(chunk.len());
            offset as u32
        });
        let offsets = Field::longs(order, chunks.offsets_tag, offsets);
        if let Some(field) = fields.iter_mut().find(|field| field.tag == chunks.offsets_tag) {
            *field = offsets;
        }
    }
    let mark: &[u8] = if order == Order::Little { b"II" } else { b"MM" };
    let mut file = [mark, &order.short(42), &order.long(HEADER as u32)].concat();
    write_directory(&mut file, order, &fields);
    for chunk in chunks.iter().flat_map(|chunks| &chunks.data) {
        file.extend_from_slice(chunk);
        file.resize(even(file.len()), 0);
    }
    file
}

/// The table of fields, then the values that do not fit into it.
fn write_directory(file: &mut Vec<u8>, order: Order, fields: &[Field]) {
    let mut value_at = even(file.len() + 2 + 12 * fields.len() + 4);
    file.extend(order.short(fields.len() as u16));
    for field in fields {
        file.extend(order.short(field.tag));
        file.extend(order.short(field.kind));
        file.extend(order.long(field.count));
        if field.value.len() <= 4 {
            let mut inline = field.value.clone();
            inline.resize(4, 0);
            file.extend(inline);
        } else {
            file.extend(order.long(value_at as u32));
            value_at += even(field.value.len());
        }
    }
    file.extend(order.long(0));
    for field in fields.iter().filter(|field| field.value.len() > 4) {
        file.resize(even(file.len()), 0);
        file.extend_from_slice(&field.value);
    }
    file.resize(even(file.len()), 0);
}

/// The next even number.
fn even(length: usize) -> usize {
    length + length % 2
}
