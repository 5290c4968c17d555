//! JPEG: the first bytes are given, so that no time is lost at the front door.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    fuzz::decode_whole(&[b"\xff\xd8", bytes].concat());
});
