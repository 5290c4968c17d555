//! Why a file or a page cannot be opened, said to the person at the scanner.

use thiserror::Error;

/// 読込エラー. What is wrong with a file or with one page of it. `Display` is a Japanese sentence for the
/// mailroom: what happened, then what to do. It never holds anything read from the page.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// Nothing in it.
    #[error("ファイルの中身が空です（0バイト）。スキャナーからもう一度送ってください")]
    Empty,
    /// Another kind of file; the word says which.
    #[error("画像ファイルではありません（{0}）。TIFF・JPEG・PNG・PDFのどれかで送ってください")]
    NotAnImage(&'static str),
    /// It ends too early: copied while it was still being written, or a full disk.
    #[error("ファイルが途中で切れています（{0}）。保存が終わってからもう一度送るか、再スキャンしてください")]
    Truncated(&'static str),
    /// Its inner structure or its pixels contradict themselves.
    #[error("画像が壊れていて開けません（{0}）。再スキャンしてください")]
    Broken(&'static str),
    /// More pixels on a page than [`super::Limits::max_pixels`].
    #[error("画像が大きすぎます（{width}×{height}、上限{}画素）。300dpiで再スキャンしてください", rounded(*.limit))]
    TooManyPixels {
        /// Pixels across.
        width: u64,
        /// Pixels down.
        height: u64,
        /// Pixels allowed on a page.
        limit: u64,
    },
    /// A bigger file (or a bigger unpacked part of one) than allowed.
    #[error("ファイルが大きすぎます（上限{}バイト）。ページを分けるか、300dpiで再スキャンしてください", rounded(*.limit))]
    TooManyBytes {
        /// Bytes allowed.
        limit: u64,
    },
    /// More pages than [`super::Limits::max_pages`].
    #[error("ページが多すぎます（上限{limit}ページ）。ファイルを分けて送ってください")]
    TooManyPages {
        /// Pages allowed in one file.
        limit: u32,
    },
    /// A PDF that opens only with a password.
    #[error("パスワード付きのPDFは開けません。パスワードを外して送るか、再スキャンしてください")]
    Encrypted,
    /// A sound file in an encoding we do not read; the words say which.
    #[error(
        "この方式の画像は読めません（{0}）。スキャナーの設定をTIFF（G4）・JPEG・PDFのどれかにして再スキャンしてください"
    )]
    Unsupported(String),
}

/// A count the way people say it: 100000000 as `1億`, 536870912 as `5億3687万`.
fn rounded(count: u64) -> String {
    let (oku, man) = (count / 100_000_000, count / 10_000 % 10_000);
    match (oku, man) {
        (0, 0) => count.to_string(),
        (0, man) => format!("{man}万"),
        (oku, 0) => format!("{oku}億"),
        (oku, man) => format!("{oku}億{man}万"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_too_large_page_says_its_size_and_what_to_do() {
        let error = DecodeError::TooManyPixels { width: 20000, height: 10000, limit: 100_000_000 };
        assert_eq!(
            error.to_string(),
            "画像が大きすぎます（20000×10000、上限1億画素）。300dpiで再スキャンしてください"
        );
    }

    #[test]
    fn limits_are_said_in_the_units_of_the_office() {
        for (count, words) in
            [(500, "500"), (70_000_000, "7000万"), (512 << 20, "5億3687万"), (200_000_000, "2億")]
        {
            assert_eq!(rounded(count), words);
        }
    }
}
