//! CCITT fax codes (T.4 and T.6) straight to grey rows.

use hayro_ccitt::{DecodeSettings, Decoder, DecoderContext, EncodingMode};

use super::DecodeError;

/// How the rows of a fax picture are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    /// Run lengths only, every row beginning on a byte (TIFF compression 2).
    ModifiedHuffman,
    /// Group 3, one-dimensional.
    Group3,
    /// Group 3, rows after a key row coded by their difference.
    Group3TwoDimensional,
    /// Group 4.
    Group4,
}

/// Levels of the two colours that the codes know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Levels {
    pub white: u8,
    pub black: u8,
}

/// Decodes into `grey`, rows of `width` pixels, most significant bit first. Errors: codes that do not exist, or
/// fewer rows than `grey` has room for.
pub(super) fn decode(
    data: &[u8],
    scheme: Scheme,
    width: u32,
    levels: Levels,
    grey: &mut [u8],
) -> Result<(), DecodeError> {
    let rows = grey.len() / width.max(1) as usize;
    let settings = DecodeSettings {
        columns: width,
        rows: rows as u32,
        end_of_block: scheme != Scheme::ModifiedHuffman,
        end_of_line: false,
        rows_are_byte_aligned: scheme == Scheme::ModifiedHuffman,
        encoding: match scheme {
            Scheme::ModifiedHuffman | Scheme::Group3 => EncodingMode::Group3_1D,
            Scheme::Group3TwoDimensional => EncodingMode::Group3_2D,
            Scheme::Group4 => EncodingMode::Group4,
        },
        // Fax lines lose a row now and then: Group 3 goes on with the next one.
        strict: false,
    };
    let mut sheet = Sheet { rows: grey.chunks_exact_mut(width as usize), levels, written: 0 };
    let result = hayro_ccitt::decode(data, &mut sheet, &mut DecoderContext::new(settings));
    // Codes after the last row are of no interest.
    if sheet.written == rows {
        return Ok(());
    }
    match result {
        Ok(_) => Err(DecodeError::Truncated("FAX符号")),
        Err(_) => Err(DecodeError::Broken("FAX符号")),
    }
}

struct Sheet<'a> {
    rows: std::slice::ChunksExactMut<'a, u8>,
    levels: Levels,
    written: usize,
}

impl Decoder for Sheet<'_> {
    fn push_row(&mut self, changes: &[u32]) {
        let Some(row) = self.rows.next() else { return };
        row.fill(self.levels.white);
        for run in changes.chunks(2) {
            let start = run[0] as usize;
            let end = run.get(1).map_or(row.len(), |&end| end as usize);
            if let Some(run) = row.get_mut(start..end) {
                run.fill(self.levels.black);
            }
        }
        self.written += 1;
    }
}
