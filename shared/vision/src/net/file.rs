//! `digits.bin`: bytes -> layers, rearranged for the kernel.

use super::kernel::{LANES, Lanes};
use super::{BadModel, CLASSES, Layer, SIDE};

/// A layer holds a few hundred thousand weights at most; more is a damaged file.
const MAX_CHANNELS: usize = 4096;

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take(&mut self, count: usize) -> Result<&[u8], BadModel> {
        let (head, rest) = self.0.split_at_checked(count).ok_or(BadModel("it ends early"))?;
        self.0 = rest;
        Ok(head)
    }

    fn word(&mut self) -> Result<u32, BadModel> {
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn channels(&mut self) -> Result<usize, BadModel> {
        let count = self.word()? as usize;
        if (1..=MAX_CHANNELS).contains(&count) {
            Ok(count)
        } else {
            Err(BadModel("a layer has no sane size"))
        }
    }

    fn floats(&mut self, count: usize) -> Result<Vec<f32>, BadModel> {
        let bytes = self.take(4 * count)?;
        let floats: Vec<f32> =
            bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        if floats.iter().all(|f| f.is_finite()) { Ok(floats) } else { Err(BadModel("a weight is no number")) }
    }
}

/// Channels, and pixels along an edge, of what flows between two layers.
#[derive(Clone, Copy)]
struct Shape {
    channels: usize,
    side: usize,
}

pub(super) fn parse(bytes: &[u8]) -> Result<(Vec<Layer>, [f32; 3]), BadModel> {
    let mut bytes = Bytes(bytes);
    if bytes.take(4)? != b"YMDN" {
        return Err(BadModel("it does not begin with YMDN"));
    }
    if bytes.word()? != 1 {
        return Err(BadModel("its format is not version 1"));
    }
    let count = bytes.word()?;
    let mut shape = Shape { channels: 1, side: SIDE };
    let mut layers = Vec::new();
    for _ in 0..count {
        match bytes.word()? {
            0 => layers.push(conv(&mut bytes, &mut shape)?),
            1 if shape.side > 2 && shape.side.is_multiple_of(2) => {
                shape.side /= 2;
                layers.push(Layer::Pool);
            }
            2 => layers.push(dense(&mut bytes, &mut shape)?),
            3 => match layers.last_mut() {
                Some(Layer::Conv { relu, .. } | Layer::Dense { relu, .. }) => *relu = true,
                _ => return Err(BadModel("a ReLU follows nothing")),
            },
            _ => return Err(BadModel("it has a layer of unknown kind")),
        }
    }
    if shape.side != 1 || shape.channels != CLASSES {
        return Err(BadModel("it does not end in 11 classes"));
    }
    if bytes.word()? != 3 {
        return Err(BadModel("it does not hold three temperatures"));
    }
    let temperatures = bytes.floats(3)?;
    if !bytes.0.is_empty() || temperatures.iter().any(|&t| t <= 0.0) {
        return Err(BadModel("its end is not as expected"));
    }
    Ok((layers, [temperatures[0], temperatures[1], temperatures[2]]))
}

/// `[out][in][3][3]` -> one lane vector of outputs per (block of outputs, tap, input).
fn conv(bytes: &mut Bytes, shape: &mut Shape) -> Result<Layer, BadModel> {
    let (inputs, outputs) = (bytes.channels()?, bytes.channels()?);
    if inputs != shape.channels || !outputs.is_multiple_of(LANES) || !shape.side.is_multiple_of(4) {
        return Err(BadModel("a convolution does not fit the layer before it"));
    }
    let raw = bytes.floats(outputs * inputs * 9)?;
    let bias = lanes(&bytes.floats(outputs)?);
    if super::winograd::suits(shape.side, inputs, outputs) {
        shape.channels = outputs;
        let weights = super::winograd::transformed(&raw, inputs, outputs);
        return Ok(Layer::Conv { inputs, outputs, weights, bias, relu: false });
    }
    let wide = super::kernel::vectors_at_once(outputs);
    let mut weights = Vec::with_capacity(raw.len() / LANES);
    for block in (0..outputs).step_by(wide * LANES) {
        for tap in 0..9 {
            for input in 0..inputs {
                for first in (block..block + wide * LANES).step_by(LANES) {
                    weights
                        .push(std::array::from_fn(|lane| raw[((first + lane) * inputs + input) * 9 + tap]));
                }
            }
        }
    }
    shape.channels = outputs;
    Ok(Layer::Conv { inputs, outputs, weights, bias, relu: false })
}

/// `[out][in]`, inputs in the order channel, row, column -> lane vectors of outputs per input,
/// inputs in the kernel's order row, column, channel.
fn dense(bytes: &mut Bytes, shape: &mut Shape) -> Result<Layer, BadModel> {
    let (inputs, outputs) = (bytes.channels()?, bytes.channels()?);
    let area = shape.side * shape.side;
    if inputs != shape.channels * area {
        return Err(BadModel("a dense layer does not fit the layer before it"));
    }
    let raw = bytes.floats(outputs * inputs)?;
    let bias = lanes(&bytes.floats(outputs)?);
    let mut weights = Vec::with_capacity(inputs * outputs.div_ceil(LANES));
    for place in 0..area {
        for channel in 0..shape.channels {
            let input = channel * area + place;
            for first in (0..outputs).step_by(LANES) {
                weights.push(std::array::from_fn(|lane| {
                    if first + lane < outputs { raw[(first + lane) * inputs + input] } else { 0.0 }
                }));
            }
        }
    }
    *shape = Shape { channels: outputs, side: 1 };
    Ok(Layer::Dense { outputs, weights, bias, relu: false })
}

/// Eight at a time, the last filled up with zeros.
fn lanes(values: &[f32]) -> Vec<Lanes> {
    values
        .chunks(LANES)
        .map(|chunk| std::array::from_fn(|lane| chunk.get(lane).copied().unwrap_or(0.0)))
        .collect()
}
