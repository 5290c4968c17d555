//! 数字認識網. The small network that reads one digit: file -> layers -> forward pass, without any crate.
//!
//! The file, the picture it takes and how it was trained are described in `models/digits/README.md`.

mod file;
mod kernel;
mod vector;
mod winograd;

use kernel::{Lanes, Planes};
use std::fmt;

/// Pixels along an edge of the picture that the network takes.
pub const SIDE: usize = 32;
/// Ten digits and "not one clean digit".
pub const CLASSES: usize = 11;
/// Index of the class "not one clean digit".
pub const REJECT: usize = 10;

/// The model in this repository.
static DIGITS: &[u8] = include_bytes!("../models/digits/digits.bin");

/// Names the model by its content (CRC-32, 8 hex digits), so that every reading can say by which model it was made.
pub fn fingerprint() -> String {
    let mut crc = flate2::Crc::new();
    crc.update(DIGITS);
    format!("{:08x}", crc.sum())
}

/// 画質. How a cell was scanned, by which its probabilities are calibrated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
    /// Grey, even, unbroken.
    Clean,
    /// One bit a pixel.
    OneBit,
    /// Faint, speckled or broken.
    Degraded,
}

/// A model file that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadModel(&'static str);

impl fmt::Display for BadModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the digit model is damaged: {}", self.0)
    }
}

impl std::error::Error for BadModel {}

/// A network and the memory of its forward pass.
#[derive(Clone, Debug)]
pub struct Network {
    layers: Vec<Layer>,
    temperatures: [f32; 3],
    planes: Planes,
}

/// One step of the forward pass; ReLU is folded into the step before it.
#[derive(Clone, Debug)]
enum Layer {
    Conv { inputs: usize, outputs: usize, weights: Vec<Lanes>, bias: Vec<Lanes>, relu: bool },
    Pool,
    Dense { outputs: usize, weights: Vec<Lanes>, bias: Vec<Lanes>, relu: bool },
}

impl Network {
    /// The digit network of this repository.
    pub fn digits() -> Self {
        Self::parse(DIGITS).expect("the model in the repository is parsed by a test")
    }

    /// Reads a model file.
    ///
    /// # Errors
    /// When it is no such file, or its layers do not fit a picture of 32x32 and 11 classes.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadModel> {
        let (layers, temperatures) = file::parse(bytes)?;
        Ok(Self { layers, temperatures, planes: Planes::default() })
    }

    /// The network's raw answers to one picture (255 ink, 0 paper, row by row).
    pub fn logits(&mut self, picture: &[u8; SIDE * SIDE]) -> [f32; CLASSES] {
        self.planes.load(picture);
        let Self { layers, planes, .. } = self;
        for layer in layers.iter() {
            match layer {
                Layer::Conv { inputs, outputs, weights, bias, relu } => {
                    planes.conv(*inputs, *outputs, weights, bias, *relu);
                }
                Layer::Pool => planes.pool(),
                Layer::Dense { outputs, weights, bias, relu } => planes.dense(*outputs, weights, bias, *relu),
            }
        }
        let mut logits = [0.0; CLASSES];
        logits.copy_from_slice(&planes.output()[..CLASSES]);
        logits
    }

    /// Calibrated probabilities of the classes: they sum to 1.
    pub fn probabilities(&mut self, picture: &[u8; SIDE * SIDE], quality: Quality) -> [f32; CLASSES] {
        let temperature = self.temperatures[quality as usize];
        let logits = self.logits(picture);
        let highest = logits.iter().copied().fold(f32::MIN, f32::max);
        let weights = logits.map(|logit| ((logit - highest) / temperature).exp());
        let sum: f32 = weights.iter().sum();
        weights.map(|weight| weight / sum)
    }
}

#[cfg(test)]
mod tests;
