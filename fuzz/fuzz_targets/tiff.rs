//! TIFF in both byte orders: the first bytes are given, so that no time is lost at the front door.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((order, rest)) = bytes.split_first() else { return };
    let start: &[u8] = if order & 1 == 0 { b"II*\0" } else { b"MM\0*" };
    fuzz::decode_whole(&[start, rest].concat());
});
