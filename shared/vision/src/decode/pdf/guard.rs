//! What a PDF may ask for, found out before anything of it is unpacked.

use std::collections::HashSet;

use flate2::{Decompress, FlushDecompress, Status};
use hayro::hayro_syntax::content::ops::TypedInstruction;
use hayro::hayro_syntax::object::{Array, Dict, MaybeRef, Name, Object, Stream};
use hayro::hayro_syntax::page::Page;
use memchr::memmem;

use super::super::{DecodeError, Limits, jpeg};

/// Bytes a pixel that one unpacked stream may have: colour with alpha.
const BYTES_PER_PIXEL: u64 = 4;
/// Dictionaries, arrays and streams that a page may use: a busy vector page has some hundreds.
const MAX_OBJECTS: usize = 50_000;
/// Nesting of dictionaries and arrays that is followed: pictures lie within ten levels.
const MAX_DEPTH: usize = 40;

/// Refuses a file in which a deflated stream grows beyond any page. It looks at the raw bytes, since the lists
/// of a PDF's objects may be deflated themselves.
pub(super) fn check_streams(bytes: &[u8], limits: &Limits) -> Result<(), DecodeError> {
    let limit = limits.max_pixels.saturating_mul(BYTES_PER_PIXEL);
    let mut sink = vec![0; 256 << 10];
    let mut done = 0;
    for mark in memmem::find_iter(bytes, b"stream") {
        let data = bytes[mark + b"stream".len()..].trim_ascii_start();
        let start = bytes.len() - data.len();
        // The low half of the first byte of zlib data is 8.
        if start < done || data.first().is_none_or(|first| first & 0x0f != 8) {
            continue;
        }
        done = start + inflated_within(data, limit, &mut sink)?;
    }
    Ok(())
}

/// Inflates into nothing; the number of bytes used, or an error once there are more than `limit`.
fn inflated_within(data: &[u8], limit: u64, sink: &mut [u8]) -> Result<usize, DecodeError> {
    let mut inflate = Decompress::new(true);
    loop {
        let (read, written) = (inflate.total_in(), inflate.total_out());
        if written > limit {
            return Err(DecodeError::TooManyBytes { limit });
        }
        let step = inflate.decompress(&data[read as usize..], sink, FlushDecompress::None);
        let stuck = (inflate.total_in(), inflate.total_out()) == (read, written);
        if stuck || !matches!(step, Ok(Status::Ok)) {
            // Finished, or no deflated data after all: then other readers stop here too.
            return Ok(inflate.total_in() as usize);
        }
    }
}

/// Refuses a page that uses a picture larger than the limits, however deeply it hides it.
pub(super) fn check_page(page: &Page<'_>, limits: &Limits) -> Result<(), DecodeError> {
    let mut guard = Guard { limits, seen: HashSet::new(), objects: 0 };
    let used = page.resources();
    for dict in
        [&used.x_objects, &used.patterns, &used.fonts, &used.ext_g_states, &used.shadings, &used.color_spaces]
    {
        guard.dict(dict, 0)?;
    }
    for note in page.raw().get::<Array<'_>>("Annots").iter().flat_map(|notes| notes.iter::<Dict<'_>>()) {
        if let Some(looks) = note.get::<Dict<'_>>("AP") {
            guard.dict(&looks, 0)?;
        }
    }
    let mut instructions = page.typed_operations();
    while let Some(instruction) = instructions.next() {
        if let TypedInstruction::InlineImage(picture) = instruction {
            guard.picture(picture.0)?;
        }
    }
    Ok(())
}

struct Guard<'l> {
    limits: &'l Limits,
    seen: HashSet<(u32, i32)>,
    objects: usize,
}

impl Guard<'_> {
    fn dict(&mut self, dict: &Dict<'_>, depth: usize) -> Result<(), DecodeError> {
        // These lead back to pages or to other documents, never to what is drawn.
        const ELSEWHERE: [&[u8]; 4] = [b"Parent", b"P", b"Dest", b"A"];
        for key in dict.keys().filter(|key| !ELSEWHERE.contains(&key.as_ref())) {
            if let Some(value) = dict.get_raw::<Object<'_>>(key.as_ref()) {
                let is_new = self.is_new(&value);
                if is_new && let Some(object) = dict.get::<Object<'_>>(key.as_ref()) {
                    self.object(&object, depth)?;
                }
            }
        }
        Ok(())
    }

    fn object(&mut self, object: &Object<'_>, depth: usize) -> Result<(), DecodeError> {
        if !matches!(object, Object::Dict(_) | Object::Array(_) | Object::Stream(_)) {
            return Ok(());
        }
        self.objects += 1;
        if self.objects > MAX_OBJECTS || depth > MAX_DEPTH {
            return Err(DecodeError::Broken("PDFのページの構造が複雑すぎます"));
        }
        match object {
            Object::Dict(dict) => self.dict(dict, depth + 1),
            Object::Stream(stream) => {
                self.picture(stream)?;
                self.dict(stream.dict(), depth + 1)
            }
            Object::Array(array) => {
                let raw = array.raw_iter();
                for (value, object) in raw.zip(array.iter::<Object<'_>>()) {
                    if self.is_new(&value) {
                        self.object(&object, depth + 1)?;
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether the value stands here or is a reference that was not followed yet.
    fn is_new<T>(&mut self, value: &MaybeRef<T>) -> bool {
        value.as_obj_ref().is_none_or(|r| self.seen.insert((r.obj_number, r.gen_number)))
    }

    /// Sizes as the dictionary says, and as the encoded data itself says where that is a picture format.
    fn picture(&self, stream: &Stream<'_>) -> Result<(), DecodeError> {
        let dict = stream.dict();
        let side = |long: &str, short: &str| dict.get::<u32>(long).or_else(|| dict.get::<u32>(short));
        let (Some(width), Some(height)) = (side("Width", "W"), side("Height", "H")) else { return Ok(()) };
        if width == 0 || height == 0 {
            return Ok(());
        }
        self.limits.check_pixels(width.into(), height.into())?;
        if let Some(columns) = super::lift::fax_columns(dict) {
            self.limits.check_pixels(columns.max(1).into(), height.into())?;
        }
        let data = stream.raw_data();
        if let Some(name) = super::lift::last_filter(dict).as_ref().map(Name::as_ref) {
            match name {
                b"DCTDecode" | b"DCT" => {
                    if let Ok(header) = jpeg::Header::parse(&data) {
                        self.limits.check_pixels(header.width.into(), header.height.into())?;
                    }
                }
                b"JPXDecode" => self.jpeg_2000(&data)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// The size marker of JPEG 2000 comes right after the start of the code stream.
    fn jpeg_2000(&self, data: &[u8]) -> Result<(), DecodeError> {
        let Some(at) = memmem::find(data, b"\xff\x4f\xff\x51") else { return Ok(()) };
        // Length and capabilities take two bytes each.
        let number = |from: usize| data.get(at + from..).and_then(|b| b.first_chunk::<4>()).copied();
        if let (Some(width), Some(height)) = (number(8), number(12)) {
            let [width, height] = [width, height].map(|side| u64::from(u32::from_be_bytes(side).max(1)));
            self.limits.check_pixels(width, height)?;
        }
        Ok(())
    }
}
