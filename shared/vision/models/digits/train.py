"""Trains the digit network and writes `digits.bin` and `digits.json`.

    python train.py --data ../shared/data --work ../digits-work

Draws the samples (2 processes), trains (JAX on the CPU), folds the batch norms
into the weights, calibrates, exports. `report.py` then measures.
"""

import argparse
import multiprocessing
import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
import jax
import jax.numpy as jnp
import numpy as np
import optax

import export
import network
import samples

SHARD = 4096
BATCH = 128
CHECK_SHARDS = 16       # 65,536 samples each to calibrate and to check


def make_samples(folder: Path, work: Path, part: str, shards: int, seed: int):
    """All samples of one part; kept in `work`, drawn once."""
    work.mkdir(parents=True, exist_ok=True)
    jobs = [(str(folder), part, seed, i, SHARD, str(work / f"{part}-{seed}-{i:04d}.npz"))
            for i in range(shards)]
    missing = [j for j in jobs if not Path(j[-1]).exists()]
    if missing:
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            for n, _ in enumerate(pool.imap_unordered(samples.make_shard, missing), 1):
                if n % 10 == 0:
                    print(f"{part}: {n}/{len(missing)} shards", flush=True)
    loaded = [np.load(j[-1]) for j in jobs]
    return {k: np.concatenate([s[k] for s in loaded]) for k in ("x", "y", "q", "kind")}


def jitter(x: np.ndarray, rng) -> np.ndarray:
    """A last small variation per use: shift by up to one pixel, ink strength."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    dy, dx = rng.integers(0, 3, (2, len(x)))
    at = np.arange(len(x))[:, None, None]
    rows = dy[:, None, None] + np.arange(32)[None, :, None]
    columns = dx[:, None, None] + np.arange(32)[None, None, :]
    gain = rng.uniform(0.85, 1.15, (len(x), 1, 1)).astype(np.float32)
    return np.minimum(padded[at, rows, columns] / np.float32(255) * gain, 1)[..., None]


def make_step(optimiser):
    def loss(params, stats, x, y, key):
        logits, stats = network.train_forward(params, stats, x, key)
        target = jax.nn.one_hot(y, 11)
        return -jnp.mean(jnp.sum(target * jax.nn.log_softmax(logits), -1)), stats

    @jax.jit
    def step(params, stats, state, average, x, y, key):
        (value, stats), grads = jax.value_and_grad(loss, has_aux=True)(params, stats, x, y, key)
        change, state = optimiser.update(grads, state, params)
        params = optax.apply_updates(params, change)
        average = jax.tree.map(lambda a, b: 0.999 * a + 0.001 * b, average, (params, stats))
        return params, stats, state, average, value

    return step


def fit(train: dict, check: dict, epochs: int, seed: int):
    """Adam with a cosine rate; yields the averaged, folded layers of each epoch."""
    per_epoch = len(train["x"]) // BATCH
    total = per_epoch * epochs
    rate = optax.warmup_cosine_decay_schedule(1e-4, 2.5e-3, 300, total, 1e-6)
    optimiser = optax.adamw(rate, weight_decay=3e-4)
    key = jax.random.PRNGKey(seed)
    params, stats = network.initial(key)
    state, average = optimiser.init(params), (params, stats)
    step, rng = make_step(optimiser), np.random.default_rng(seed)
    start, seen = time.time(), 0.0
    for epoch in range(epochs):
        order = rng.permutation(len(train["x"]))
        for i in range(per_epoch):
            chosen = order[i * BATCH:(i + 1) * BATCH]
            key, used = jax.random.split(key)
            params, stats, state, average, value = step(
                params, stats, state, average, jitter(train["x"][chosen], rng),
                train["y"][chosen].astype(np.int32), used)
            seen = 0.99 * seen + 0.01 * float(value) if seen else float(value)
            if (i + 1) % 500 == 0:
                print(f"epoch {epoch + 1} {i + 1}/{per_epoch} loss {seen:.4f} "
                      f"{time.time() - start:.0f} s", flush=True)
        layers = network.fold(*average)
        wrong = network.predict(layers, check["x"]).argmax(1) != check["y"]
        print(f"epoch {epoch + 1} check error {100 * np.mean(wrong):.3f} %", flush=True)
        yield layers


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "digits")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--shards", type=int, default=140)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=8)
    args = parser.parse_args()
    train = make_samples(args.data, args.work, "train", args.shards, args.seed)
    calibrate = make_samples(args.data, args.work, "calibrate", CHECK_SHARDS, args.seed)
    check = make_samples(args.data, args.work, "check", CHECK_SHARDS, args.seed)
    print("samples", {k: len(v["x"]) for k, v in (("train", train), ("calibrate", calibrate), ("check", check))})
    for layers in fit(train, check, args.epochs, args.seed):
        export.write(args.out, layers, calibrate, check)   # the last one stays


if __name__ == "__main__":
    main()
