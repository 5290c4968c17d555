//! Whatever the picture, what a lossless format was given comes back.

use proptest::prelude::*;

use super::super::encode_png;
use super::made::plain_tiff;
use super::page_of;
use crate::GrayPage;

/// A picture of any small size; black and white only, or any grey.
fn picture() -> impl Strategy<Value = GrayPage> {
    (1..70u32, 1..40u32, any::<bool>()).prop_flat_map(|(width, height, bilevel)| {
        let count = (width * height) as usize;
        proptest::collection::vec(any::<u8>(), count).prop_map(move |mut pixels| {
            if bilevel {
                pixels.iter_mut().for_each(|grey| *grey = if *grey < 128 { 0 } else { 255 });
            }
            GrayPage { width, height, pixels, dpi: None, bilevel }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_png_gives_back_every_pixel(page in picture()) {
        let back = page_of(&encode_png(&page));
        prop_assert_eq!((back.width, back.height, back.bilevel), (page.width, page.height, page.bilevel));
        prop_assert!(back.pixels == page.pixels);
    }

    #[test]
    fn a_tiff_gives_back_every_pixel(page in picture()) {
        let back = page_of(&plain_tiff(&page));
        prop_assert_eq!((back.width, back.height), (page.width, page.height));
        prop_assert!(back.pixels == page.pixels);
    }
}
