//! The forward pass against stored answers of the training program, and against the plainest possible code.

use super::*;

#[derive(serde::Deserialize)]
struct Document {
    vectors: Vec<Vector>,
}

#[derive(serde::Deserialize)]
struct Vector {
    label: usize,
    input: Vec<u8>,
    logits: Vec<f32>,
}

fn vectors() -> Vec<Vector> {
    let document: Document = serde_json::from_str(include_str!("../../models/digits/digits.json")).unwrap();
    document.vectors
}

fn picture(vector: &Vector) -> [u8; SIDE * SIDE] {
    vector.input.as_slice().try_into().unwrap()
}

#[test]
fn logits_are_those_of_the_training_program() {
    let mut network = Network::digits();
    let vectors = vectors();
    assert!(vectors.len() >= 30);
    for vector in &vectors {
        let logits = network.logits(&picture(vector));
        for (mine, stored) in logits.iter().zip(&vector.logits) {
            assert!((mine - stored).abs() < 2e-3, "{mine} for {stored}");
        }
    }
}

#[test]
fn clear_digits_are_read_and_probabilities_sum_to_one() {
    let mut network = Network::digits();
    let (mut right, mut digits) = (0, 0);
    for vector in vectors().iter().filter(|vector| vector.label < REJECT) {
        let p = network.probabilities(&picture(vector), Quality::Clean);
        assert!((p.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        let best = (0..CLASSES).max_by(|&a, &b| p[a].total_cmp(&p[b])).unwrap();
        right += usize::from(best == vector.label);
        digits += 1;
    }
    assert!(right * 10 >= digits * 9, "{right} of {digits}");
}

#[test]
fn every_processor_computes_the_same() {
    let vectors = vectors();
    for vector in vectors.iter().take(4) {
        let mut fast = Network::digits();
        let mut plain = Network::digits();
        plain.planes.use_plain_code();
        let pairs = fast.logits(&picture(vector)).into_iter().zip(plain.logits(&picture(vector)));
        for (fast, plain) in pairs {
            assert!((fast - plain).abs() < 1e-3, "{fast} {plain}");
        }
    }
}

#[test]
fn a_damaged_file_is_refused() {
    let good = DIGITS;
    let mut wrong_magic = good.to_vec();
    wrong_magic[0] = b'X';
    let mut wrong_size = good.to_vec();
    wrong_size[16] = 200;
    let mut no_number = good.to_vec();
    no_number[24..28].copy_from_slice(&f32::NAN.to_le_bytes());
    let mut longer = good.to_vec();
    longer.push(0);
    for bad in [&good[..good.len() - 1], &good[..40], &[], &wrong_magic, &wrong_size, &no_number, &longer] {
        assert!(Network::parse(bad).is_err());
    }
    assert!(Network::parse(good).is_ok());
}
