//! Unpacking a strip or tile to its raw samples.

use std::borrow::Cow;

use weezl::BitOrder;

use super::super::DecodeError;
use super::directory::Order;

/// Compression schemes of tag 259 that are told apart here.
pub(super) mod compression {
    pub const NONE: u64 = 1;
    pub const MODIFIED_HUFFMAN: u64 = 2;
    pub const GROUP_3: u64 = 3;
    pub const GROUP_4: u64 = 4;
    pub const LZW: u64 = 5;
    pub const OLD_JPEG: u64 = 6;
    pub const JPEG: u64 = 7;
    pub const DEFLATE: u64 = 8;
    pub const OLD_DEFLATE: u64 = 32946;
    pub const PACK_BITS: u64 = 32773;
}

/// The name of a scheme that is not read, for the person who must change the scanner's settings.
pub(super) fn unsupported(scheme: u64) -> DecodeError {
    DecodeError::Unsupported(match scheme {
        compression::OLD_JPEG => "旧式のJPEG圧縮のTIFF".into(),
        34661 => "JBIG圧縮のTIFF".into(),
        34663 => "JBIG2圧縮のTIFF".into(),
        34712 => "JPEG2000圧縮のTIFF".into(),
        50000 => "ZSTD圧縮のTIFF".into(),
        other => format!("TIFFの圧縮方式{other}"),
    })
}

/// Exactly `length` bytes out of the packed `data`; what follows them is ignored.
/// Errors: fewer bytes than that, codes that do not exist, a scheme that is not one of samples.
pub(super) fn unpack(scheme: u64, data: &[u8], length: usize) -> Result<Cow<'_, [u8]>, DecodeError> {
    const SHORT: DecodeError = DecodeError::Truncated("TIFFの画素");
    let unpacked = match scheme {
        compression::NONE => return data.get(..length).map(Cow::Borrowed).ok_or(SHORT),
        compression::LZW => lzw(data, length),
        compression::DEFLATE | compression::OLD_DEFLATE => inflate(data, length),
        compression::PACK_BITS => pack_bits(data, length),
        other => return Err(unsupported(other)),
    };
    unpacked
        .filter(|samples| samples.len() == length)
        .map(Cow::Owned)
        .ok_or(DecodeError::Broken("TIFFの画素"))
}

fn lzw(data: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut decoder = weezl::decode::Decoder::with_tiff_size_switch(BitOrder::Msb, 8);
    let mut out = vec![0; length];
    let (mut read, mut written) = (0, 0);
    while written < length {
        let step = decoder.decode_bytes(&data[read..], &mut out[written..]);
        read += step.consumed_in;
        written += step.consumed_out;
        if step.status.is_err() || (step.consumed_in == 0 && step.consumed_out == 0) {
            return None;
        }
    }
    Some(out)
}

/// At most `length` bytes out of zlib data; fewer if it ends before. `None` for codes that do not exist.
pub(in super::super) fn inflate(data: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(length);
    // Output beyond the capacity is not made, so that a bomb stays packed.
    flate2::Decompress::new(true).decompress_vec(data, &mut out, flate2::FlushDecompress::Finish).ok()?;
    out.truncate(length);
    Some(out)
}

/// Runs of Apple's PackBits: a signed count, then that many literals or one byte to repeat.
fn pack_bits(mut data: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(length);
    while out.len() < length {
        let (&count, rest) = data.split_first()?;
        let room = length - out.len();
        match count as i8 {
            -128 => data = rest,
            literal @ 0.. => {
                let (bytes, rest) = rest.split_at_checked(literal as usize + 1)?;
                out.extend_from_slice(&bytes[..bytes.len().min(room)]);
                data = rest;
            }
            repeat => {
                let (&byte, rest) = rest.split_first()?;
                out.resize(out.len() + (1 - isize::from(repeat)).unsigned_abs().min(room), byte);
                data = rest;
            }
        }
    }
    Some(out)
}

/// Undoes the horizontal predictor (tag 317 = 2) on one row: every sample was stored as its difference to the
/// same sample of the pixel before. Depths other than 8 and 16 bits have no such predictor.
pub(super) fn undo_differences(row: &mut [u8], bits: u8, samples: usize, order: Order) {
    if bits == 8 {
        for at in samples..row.len() {
            row[at] = row[at].wrapping_add(row[at - samples]);
        }
    } else {
        for at in (samples * 2..row.len().saturating_sub(1)).step_by(2) {
            let read = |at: usize| order.uint(&row[at..at + 2]) as u16;
            let sum = read(at).wrapping_add(read(at - samples * 2));
            row[at..at + 2].copy_from_slice(&order.short(sum));
        }
    }
}

/// The data with the bits of every byte in opposite order, for FillOrder 2.
pub(super) fn reverse_bits(data: &[u8]) -> Vec<u8> {
    data.iter().map(|byte| byte.reverse_bits()).collect()
}
