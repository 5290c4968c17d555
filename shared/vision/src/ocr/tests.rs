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

/// `7` three times, as a seven-segment display draws it, 20 px wide strokes.
fn sevens() -> (Vec<u8>, usize) {
    let (width, height) = (360, 140);
    let mut pixels = vec![255; width * height];
    for digit in 0..3 {
        for y in 20..120 {
            for x in 0..70 {
                let top = y < 38;
                let slanted = (x as f64 - (58.0 - (y as f64 - 20.0) * 0.42)).abs() < 9.0;
                if top || slanted {
                    pixels[y * width + 30 + digit * 105 + x] = 10;
                }
            }
        }
    }
    (pixels, width)
}

#[test]
fn a_child_reads_print_and_comes_back_after_it_was_killed() {
    let mut ocr = Ocr::spawn(child()).unwrap();
    let (pixels, width) = sevens();
    let text = ocr.read(&pixels, width, "eng", Layout::Line).unwrap();
    assert_eq!(text.text.trim(), "777");
    assert!(text.confidence > 30.0);
    ocr.kill_child();
    assert_eq!(ocr.read(&pixels, width, "eng", Layout::Line).unwrap().text.trim(), "777");
}

#[test]
fn a_language_without_data_is_an_error_and_the_child_lives_on() {
    let mut ocr = Ocr::spawn(child()).unwrap();
    let (pixels, width) = sevens();
    for language in ["xyz", "../eng", ""] {
        assert!(matches!(ocr.read(&pixels, width, language, Layout::Line), Err(OcrError::Tesseract(_))));
    }
    assert_eq!(ocr.read(&pixels, width, "eng", Layout::Line).unwrap().text.trim(), "777");
}

#[test]
fn a_program_that_hangs_dies_or_is_missing_gives_an_error() {
    let (pixels, width) = sevens();
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
    let request = Request { language: "eng".into(), layout: Layout::Block, width: 2, pixels: vec![1, 2, 3, 4] };
    assert_eq!(Request::from_bytes(&request.to_bytes()).unwrap(), request);
}
