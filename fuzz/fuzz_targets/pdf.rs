//! PDF: the first line is given, so that no time is lost at the front door.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    fuzz::decode_whole(&[b"%PDF-1.4\n", bytes].concat());
});
