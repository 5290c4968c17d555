//! With a real tesseract: the test program starts itself as the child.

use super::*;
use std::process::Command;
use std::time::Duration;

const CHILD: &str = "ocr::tests::child_of_the_tests";

/// Not a test: the body of the child that the tests below start.
#[test]
#[ignore = "run by the other tests as their child process"]
fn child_of_the_tests() {
    if std::env::var_os("YOMITORI_OCR_CHILD").is_some() {
        // What libtest has printed by now is passed over by the parent.
        serve(std::io::stdin().lock(), std::io::stdout()).unwrap();
        std::process::exit(0);
    }
}

fn child() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([CHILD, "--exact", "--ignored", "--nocapture"]).env("YOMITORI_OCR_CHILD", "1");
    command
}

/// The word TILE in letters made of bars.
fn tile() -> (Vec<u8>, usize) {
    const LETTERS: [&[[usize; 4]]; 4] = [
        &[[0, 0, 60, 14], [23, 0, 14, 100]],
        &[[20, 0, 14, 100]],
        &[[5, 0, 14, 100], [5, 86, 50, 14]],
        &[[5, 0, 14, 100], [5, 0, 50, 14], [5, 43, 46, 14], [5, 86, 50, 14]],
    ];
    let (width, height) = (340, 140);
    let mut pixels = vec![255; width * height];
    for (i, letter) in LETTERS.iter().enumerate() {
        for &[x, y, w, h] in letter.iter() {
            for row in 0..h {
                pixels[(20 + y + row) * width + 30 + i * 75 + x..][..w].fill(10);
            }
        }
    }
    (pixels, width)
}

#[test]
fn a_child_reads_print_and_comes_back_after_it_was_killed() {
    let mut ocr = Ocr::spawn(child()).unwrap();
    let (pixels, width) = tile();
    let text = ocr.read(&pixels, width, "eng", Layout::Line).unwrap();
    assert_eq!(text.text.trim(), "TILE");
    assert!(text.confidence > 30.0);
    ocr.kill_child();
    assert_eq!(ocr.read(&pixels, width, "eng", Layout::Line).unwrap().text.trim(), "TILE");
}

#[test]
fn a_language_without_data_is_an_error_and_the_child_lives_on() {
    let mut ocr = Ocr::spawn(child()).unwrap();
    let (pixels, width) = tile();
    for language in ["xyz", "../eng", ""] {
        assert!(matches!(ocr.read(&pixels, width, language, Layout::Line), Err(OcrError::Tesseract(_))));
    }
    assert_eq!(ocr.read(&pixels, width, "eng", Layout::Line).unwrap().text.trim(), "TILE");
}

#[test]
fn a_program_that_hangs_dies_or_is_missing_gives_an_error() {
    let (pixels, width) = tile();
    let mut hangs = Command::new("sleep");
    hangs.arg("60");
    let mut ocr = Ocr::spawn(hangs).unwrap().with_patience(Duration::from_millis(50));
    assert!(matches!(ocr.read(&pixels, width, "eng", Layout::Line), Err(OcrError::Timeout)));
    let mut ocr = Ocr::spawn(Command::new("true")).unwrap();
    assert!(matches!(ocr.read(&pixels, width, "eng", Layout::Line), Err(OcrError::Child(_))));
    assert!(matches!(Ocr::spawn(Command::new("/no/such/program")), Err(OcrError::Child(_))));
}

#[test]
fn nonsense_on_the_streams_ends_the_child_without_a_panic() {
    use super::protocol::{Request, read_frame, write_frame};
    for body in [&[][..], &[9, 1], &[3, b'e', b'n', b'g', 7], &[3, b'e', b'n', b'g', 0, 0, 0, 0, 0, 1]] {
        let mut frame = Vec::new();
        write_frame(&mut frame, body).unwrap();
        assert!(serve(&frame[..], Vec::new()).is_err());
        assert!(read_frame(&mut &frame[..frame.len() - 1]).is_err() || body.is_empty());
    }
    assert!(serve(&b"stray bytes"[..], Vec::new()).is_ok());
    let request =
        Request { language: "eng".into(), layout: Layout::Block, width: 2, pixels: vec![1, 2, 3, 4] };
    assert_eq!(Request::from_bytes(&request.to_bytes()).unwrap(), request);
}
