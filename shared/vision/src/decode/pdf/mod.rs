//! PDF: pages that are one scanned picture give that picture as it is; all others are drawn.

mod content;
mod guard;
mod lift;
mod render;

use hayro::hayro_syntax::page::Page;
use hayro::hayro_syntax::{LoadPdfError, Pdf};

use super::{DecodeError, Limits, Media, encode_png};

/// Whether the bytes are a PDF: its mark may stand anywhere in the first kilobyte.
pub(super) fn sniff(bytes: &[u8]) -> bool {
    memchr::memmem::find(&bytes[..bytes.len().min(1024)], b"%PDF-").is_some()
}

/// An opened PDF.
pub(super) struct PdfFile {
    pdf: Pdf,
}

impl PdfFile {
    /// Reads the structure, not yet the pages. Errors: cut short, locked, broken, or too many pages.
    pub fn open(bytes: &[u8], limits: &Limits) -> Result<Self, DecodeError> {
        // The end mark stands in the last kilobyte; some writers pad behind it. Without it pages may be missing
        // that nobody would miss, since readers rebuild what they find.
        let tail = &bytes[bytes.len().saturating_sub(4096)..];
        if memchr::memmem::rfind(tail, b"%%EOF").is_none() {
            return Err(DecodeError::Truncated("PDFの終わりがありません"));
        }
        guard::check_streams(bytes, limits)?;
        let pdf = Pdf::new(bytes.to_vec()).map_err(|error| match error {
            LoadPdfError::Decryption(_) => DecodeError::Encrypted,
            LoadPdfError::Invalid => DecodeError::Broken("PDFの構造"),
        })?;
        match pdf.pages().len() {
            0 => Err(DecodeError::Broken("PDFにページがありません")),
            pages if pages > limits.max_pages as usize => {
                Err(DecodeError::TooManyPages { limit: limits.max_pages })
            }
            _ => Ok(Self { pdf }),
        }
    }

    /// Pages in the file.
    pub fn len(&self) -> usize {
        self.pdf.pages().len()
    }

    /// The picture of a page, from 0.
    pub fn page(&self, index: usize, limits: &Limits) -> Result<(Media, Vec<u8>), DecodeError> {
        let page: &Page<'_> = &self.pdf.pages()[index];
        guard::check_page(page, limits)?;
        let placed = content::sole_picture(page);
        if let Some(placed) = &placed
            && let Some(picture) = lift::lift(placed)?
        {
            return Ok(picture);
        }
        let size = render::size(page, placed.as_ref());
        let grey = render::render(page, size, limits)?;
        Ok((Media::Png, encode_png(&grey)))
    }
}
