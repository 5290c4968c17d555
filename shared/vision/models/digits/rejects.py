"""Ink that is not one clean digit, made from digits and from strokes.

Only such combinations are made that a person would not read as a digit: half
of an 8 is a 3, a 5 under a 6 is a 6, so these are left out.
"""

import cv2
import numpy as np

from glyphs import CANVAS, centred

# Overwriting one with the other leaves a readable digit, or nearly one.
LOOKS_CLEAN = {frozenset(p) for p in (
    (3, 8), (0, 8), (1, 4), (1, 7), (5, 6), (0, 6), (0, 9), (5, 8), (6, 8), (8, 9), (4, 9),
    (1, 9), (7, 9), (2, 7), (2, 8), (5, 9), (3, 9), (3, 5), (2, 3), (1, 6), (1, 3), (1, 8),
    (3, 7), (0, 3), (0, 8))}
# Half a digit that is no other digit: (digit, which half is taken away).
HALVES = [(0, "top"), (0, "bottom"), (2, "top"), (3, "top"), (5, "top")]


def shifted(canvas, dx, dy, scale=1.0, wide=1.0):
    matrix = np.float32([[scale * wide, 0, CANVAS / 2 * (1 - scale * wide) + dx],
                         [0, scale, CANVAS / 2 * (1 - scale) + dy]])
    return cv2.warpAffine(canvas, matrix, (CANVAS, CANVAS))


def two_digits(a, b, rng):
    """Two digits in one cell, touching or nearly."""
    gap = rng.uniform(13, 21)
    wide = rng.uniform(0.55, 0.8)
    left = shifted(a, -gap, rng.uniform(-4, 4), rng.uniform(0.75, 1), wide)
    right = shifted(b, gap, rng.uniform(-4, 4), rng.uniform(0.75, 1), wide)
    return np.maximum(left, right)


def overwritten(a, b, rng):
    return np.maximum(a, shifted(b, rng.uniform(-5, 5), rng.uniform(-5, 5), rng.uniform(0.85, 1.1)))


def half(canvas, side, rng):
    out = canvas.copy()
    ys, xs = np.flatnonzero(canvas.max(1) > .5), np.flatnonzero(canvas.max(0) > .5)
    if len(ys) == 0:
        return out
    share = rng.uniform(0.45, 0.6)
    y = int(ys[0] + (ys[-1] - ys[0]) * (share if side == "top" else 1 - share))
    x = int(xs[0] + (xs[-1] - xs[0]) * (share if side == "left" else 1 - share))
    if side == "top":
        out[:y] = 0
    elif side == "bottom":
        out[y:] = 0
    elif side == "left":
        out[:, :x] = 0
    else:
        out[:, x:] = 0
    return out


def struck(canvas, digit, rng):
    """Struck out by one or two lines that reach beyond the digit."""
    out = canvas.copy()
    ys, xs = np.flatnonzero(canvas.max(1) > .5), np.flatnonzero(canvas.max(0) > .5)
    if len(ys) == 0:
        return out
    x0, x1, y0, y1 = xs[0], xs[-1], ys[0], ys[-1]
    tall = y1 - y0
    # One level stroke through a 7 or a 0 is also a way to write it: two there.
    count = 2 if digit in (0, 7) or rng.random() < 0.6 else 1
    kind = rng.choice(["level", "rising", "falling", "cross"])
    thick = int(rng.integers(3, 7))
    for i in range(count):
        over = rng.uniform(4, 14, 2)
        middle = y0 + tall * (rng.uniform(.35, .65) if count == 1 else (.3 + .4 * i) + rng.uniform(-.1, .1))
        lean = {"level": rng.uniform(-.06, .06), "rising": rng.uniform(.3, .55),
                "falling": -rng.uniform(.3, .55), "cross": (.5 if i else -.5)}[kind] * tall
        if kind == "cross":
            middle = y0 + tall * .5
        cv2.line(out, (int(x0 - over[0]), int(middle + lean)), (int(x1 + over[1]), int(middle - lean)),
                 1.0, thick, cv2.LINE_AA)
    return out


def scribble(canvas, rng):
    """A zigzag over the digit, or alone on an empty cell."""
    out = np.zeros((CANVAS, CANVAS), np.float32) if canvas is None else canvas.copy()
    turns = int(rng.integers(5, 14))
    xs = np.where(np.arange(turns) % 2, 1, -1) * rng.uniform(8, 26, turns) + 48
    ys = np.linspace(rng.uniform(18, 30), rng.uniform(66, 78), turns) + rng.normal(0, 4, turns)
    points = np.stack([xs, ys] if rng.random() < 0.6 else [ys, xs], 1)
    cv2.polylines(out, [np.round(points * 16).astype(np.int32)], False, 1.0,
                  int(rng.integers(3, 9)), cv2.LINE_AA, 4)
    return out


def blot(canvas, rng):
    """Ink filled over most of the digit."""
    out = canvas.copy()
    for _ in range(int(rng.integers(2, 6))):
        centre = rng.uniform(32, 64, 2).astype(int)
        axes = rng.uniform(8, 22, 2).astype(int)
        cv2.ellipse(out, tuple(map(int, centre)), tuple(map(int, axes)), rng.uniform(0, 180), 0, 360, 1.0, -1)
    return out


def random_strokes(rng):
    out = np.zeros((CANVAS, CANVAS), np.float32)
    for _ in range(int(rng.integers(3, 6))):
        points = rng.uniform(18, 78, (int(rng.integers(2, 4)), 2))
        cv2.polylines(out, [np.round(points * 16).astype(np.int32)], False, 1.0, int(rng.integers(3, 7)),
                      cv2.LINE_AA, 4)
    return centred(out)


def small_mark(ink, box, ppm, rng):
    """Added to an empty cell: dots, a comma, a hyphen, dirt, a streak."""
    layer = np.zeros(ink.shape, np.uint8)
    x = rng.uniform(box[0] + ppm, box[2] - ppm)
    y = rng.uniform(box[1] + ppm, box[3] - ppm)
    thick = max(1, int(rng.uniform(0.3, 0.9) * ppm))

    def line(ax, ay, bx, by, t=thick):
        cv2.line(layer, (int(ax), int(ay)), (int(bx), int(by)), 255, t, cv2.LINE_AA)

    kind = rng.choice(["dots", "comma", "hyphen", "dirt", "streak", "corner"])
    if kind == "dots":
        for _ in range(int(rng.integers(1, 4))):
            line(x, y, x, y, thick)
            y += rng.uniform(1, 2) * ppm
    elif kind == "comma":
        line(x, y, x - rng.uniform(.2, .6) * ppm, y + rng.uniform(.5, 1.2) * ppm)
    elif kind == "hyphen":
        length = rng.uniform(1, 4) * ppm
        line(x - length / 2, y + rng.normal(0, .15) * ppm, x + length / 2, y)
    elif kind == "dirt":
        for _ in range(int(rng.integers(3, 25))):
            px, py = rng.uniform(box[0], box[2]), rng.uniform(box[1], box[3])
            cv2.circle(layer, (int(px), int(py)), int(rng.uniform(.1, .4) * ppm), 255, -1)
    elif kind == "streak":   # straight, thin and through the whole cell: no pen
        for _ in range(int(rng.integers(1, 4))):
            line(x, 0, x, ink.shape[0], max(1, int(rng.uniform(.05, .2) * ppm)))
            x += rng.uniform(.3, 1.2) * ppm
    else:
        line(box[0], box[1] + rng.uniform(.3, .9) * ppm, box[0] + rng.uniform(1, 4) * ppm, box[1] + .2 * ppm)
    return np.maximum(ink, layer / np.float32(255))
