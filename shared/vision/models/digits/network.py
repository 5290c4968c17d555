"""The network: five 3x3 convolutions and two dense layers, 215,000 weights.

32x32 -> conv 16 -> pool -> conv 24, conv 24 -> pool -> conv 48, conv 48 -> pool
-> dense 224 -> dense 11. 4.6 million multiply-adds. ReLU after all but the last.
Trained with batch norm after each convolution; `fold` puts it into the weights.
"""

import jax
import jax.numpy as jnp
import numpy as np

CONVS = ((1, 16, True), (16, 24, False), (24, 24, True), (24, 48, False), (48, 48, True))
HIDDEN, CLASSES, FLAT = 224, 11, 48 * 4 * 4
DROP = 0.25
EPSILON = 1e-5


def initial(key):
    keys = jax.random.split(key, 7)
    convs = [{"w": jax.random.normal(k, (3, 3, a, b)) * np.sqrt(2 / (9 * a)),
              "scale": jnp.ones(b), "shift": jnp.zeros(b)}
             for k, (a, b, _) in zip(keys, CONVS)]
    dense = [{"w": jax.random.normal(keys[5], (FLAT, HIDDEN)) * np.sqrt(2 / FLAT), "b": jnp.zeros(HIDDEN)},
             {"w": jax.random.normal(keys[6], (HIDDEN, CLASSES)) * np.sqrt(1 / HIDDEN), "b": jnp.zeros(CLASSES)}]
    stats = [{"mean": jnp.zeros(b), "var": jnp.ones(b)} for _, b, _ in CONVS]
    return {"convs": convs, "dense": dense}, stats


def convolve(x, w):
    return jax.lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def pool(x):
    x = jnp.maximum(x[:, 0::2], x[:, 1::2])
    return jnp.maximum(x[:, :, 0::2], x[:, :, 1::2])


def train_forward(params, stats, x, key):
    """Logits of a training batch, and the moved batch-norm statistics."""
    moved = []
    for layer, stat, (_, _, pooled) in zip(params["convs"], stats, CONVS):
        x = convolve(x, layer["w"])
        mean, var = x.mean((0, 1, 2)), x.var((0, 1, 2))
        moved.append({"mean": 0.98 * stat["mean"] + 0.02 * mean, "var": 0.98 * stat["var"] + 0.02 * var})
        x = (x - mean) * (layer["scale"] * jax.lax.rsqrt(var + EPSILON)) + layer["shift"]
        x = jax.nn.relu(pool(x) if pooled else x)
    first, last = params["dense"]
    x = x.reshape(x.shape[0], -1)
    x = jnp.where(jax.random.bernoulli(key, 1 - DROP, x.shape), x / (1 - DROP), 0)
    x = jax.nn.relu(x @ first["w"] + first["b"])
    return x @ last["w"] + last["b"], moved


def fold(params, stats):
    """Layers as exported: convs [out][in][3][3] + bias, dense [out][in] + bias,
    the first dense layer's inputs in the order channel, row, column."""
    layers = []
    for layer, stat, (_, _, pooled) in zip(params["convs"], stats, CONVS):
        gain = np.asarray(layer["scale"]) / np.sqrt(np.asarray(stat["var"]) + EPSILON)
        w = np.asarray(layer["w"]).transpose(3, 2, 0, 1) * gain[:, None, None, None]
        layers.append(("conv", w, np.asarray(layer["shift"]) - np.asarray(stat["mean"]) * gain))
        layers.append(("relu",))
        if pooled:
            layers.append(("pool",))
    first, last = params["dense"]
    w = np.asarray(first["w"]).reshape(4, 4, 48, HIDDEN).transpose(3, 2, 0, 1).reshape(HIDDEN, FLAT)
    layers += [("dense", w, np.asarray(first["b"])), ("relu",),
               ("dense", np.asarray(last["w"]).T, np.asarray(last["b"]))]
    return layers


@jax.jit
def run(weights, x):
    """The exported network, in the exported order (channels first)."""
    x = x[:, None]
    at = 0
    for _, _, pooled in CONVS:
        w, b = weights[at]
        x = jax.lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=("NCHW", "OIHW", "NCHW"))
        x = jax.nn.relu(x + b[:, None, None])
        if pooled:
            n, c, h, wide = x.shape
            x = x.reshape(n, c, h // 2, 2, wide // 2, 2).max((3, 5))
        at += 1
    x = x.reshape(x.shape[0], -1)
    x = jax.nn.relu(x @ weights[5][0].T + weights[5][1])
    return x @ weights[6][0].T + weights[6][1]


def predict(layers, pictures: np.ndarray) -> np.ndarray:
    """Logits of uint8 pictures, by the folded layers."""
    weights = [(jnp.asarray(l[1]), jnp.asarray(l[2])) for l in layers if len(l) == 3]
    parts = [np.asarray(run(weights, jnp.asarray(pictures[i:i + 512], jnp.float32) / 255))
             for i in range(0, len(pictures), 512)]
    return np.concatenate(parts) if parts else np.zeros((0, CLASSES), np.float32)
