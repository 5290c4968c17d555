"""Puts a shape into a printed comb cell, as a pen, the printer and a scanner would.

The result is what the reader gets: (grey cell, interior box, pixels per mm).
"""

from dataclasses import dataclass

import cv2
import numpy as np

from glyphs import CANVAS, LONGEST, distance, stroke_width

MARGIN_MM = 0.8         # cut around the interior, as the reader cuts cells
LEVELS = ("clean", "light", "medium", "heavy")


@dataclass
class Pen:
    width_mm: float | None   # None: keep the shape's own width (print)
    grey: float
    texture: float           # 0 = even ink, 1 = torn by the paper's grain


@dataclass
class Scan:
    """How a level of degradation is drawn."""
    blur_mm: float
    noise: float
    onebit: float       # chance of a 1-bit scan
    cuts: tuple         # range of the 1-bit cut between ink and paper
    jpeg: float
    quality: tuple
    salt: float
    low: float          # chance of a low resolution


SCANS = {
    "clean": Scan(0.05, 3, 0.0, (.5, .5), 0.2, (70, 95), 0.0, 0.0),
    "light": Scan(0.06, 5, 0.25, (.4, .65), 0.3, (50, 90), 0.0003, 0.05),
    "medium": Scan(0.09, 9, 0.4, (.3, .75), 0.4, (30, 80), 0.002, 0.15),
    "heavy": Scan(0.12, 14, 0.7, (.2, .85), 0.4, (20, 60), 0.006, 0.3),
}


def any_pen(rng) -> Pen:
    kind = rng.random()
    if kind < 0.55:   # ballpoint, black or blue
        return Pen(rng.uniform(0.30, 0.70), rng.uniform(15, 110), rng.uniform(0, 0.3))
    if kind < 0.80:   # pencil
        return Pen(rng.uniform(0.30, 0.80), rng.uniform(80, 175), rng.uniform(0.3, 0.9))
    return Pen(rng.uniform(0.75, 1.20), rng.uniform(10, 70), rng.uniform(0, 0.15))


def wobble(canvas: np.ndarray, rng) -> np.ndarray:
    """A slow random bend of the whole shape, at most about 2 canvas pixels."""
    field = rng.normal(0, 1.6, (2, 4, 4)).astype(np.float32)
    dx, dy = (cv2.resize(f, (CANVAS, CANVAS), interpolation=cv2.INTER_CUBIC) for f in field)
    xs, ys = np.meshgrid(np.arange(CANVAS, dtype=np.float32), np.arange(CANVAS, dtype=np.float32))
    return cv2.remap(canvas, xs + dx, ys + dy, cv2.INTER_LINEAR)


def place(canvas, shape, height_px, centre, rng, pen_px, hard):
    """Ink 0..1 on the cell: the shape turned, slanted, scaled and drawn with a pen."""
    if canvas.max() <= 0.5:     # nothing left of a shape: an empty cell
        return np.zeros(shape, np.float32)
    if hard and rng.random() < 0.4:
        canvas = wobble(canvas, rng)
    turn = np.deg2rad(np.clip(rng.normal(0, 4.5), -12, 12)) if hard else 0.0
    slant = np.clip(rng.normal(0, 0.09), -0.21, 0.21) if hard else 0.0
    stretch = rng.uniform(0.80, 1.20) if hard else 1.0
    scale = height_px / LONGEST
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = turned @ np.array([[stretch, slant], [0, 1]]) * scale
    offset = np.array(centre) - matrix @ np.array([CANVAS / 2, CANVAS / 2])
    field = distance(canvas) * np.float32(scale)
    warped = cv2.warpAffine(field, np.hstack([matrix, offset[:, None]]), shape[::-1],
                            flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT,
                            borderValue=-99.0)
    if pen_px is not None:
        own = stroke_width(canvas) * scale
        wanted = min(pen_px, 0.24 * height_px)
        warped = warped + np.float32(max((wanted - own) / 2, -0.36 * own))
    return np.clip(warped + 0.5, 0, 1)


def grain(shape, rng, strength):
    """Multiplies pencil ink: fine grain of the paper and pressure that changes."""
    fine = rng.random(shape, dtype=np.float32)
    slow = cv2.resize(rng.random((4, 4), dtype=np.float32), shape[::-1])
    return 1.0 - strength * (0.65 * fine + 0.45 * slow)


def draw_lines(paper, box, ppm, rng):
    """The printed box, a comb (sides and foot), or nothing (dropped out by colour)."""
    kind = rng.random()
    if kind < 0.10:
        return paper
    sides = "ltrb" if kind < 0.80 else "lrb"
    width = rng.uniform(0.18, 0.32) * ppm
    grey = rng.choice([rng.uniform(0, 60), rng.uniform(60, 180)])
    x0, y0, x1, y1 = box
    tilt = rng.normal(0, 0.006, 4)
    height, length = paper.shape
    ends = {"l": (x0, y0, x0, y1), "r": (x1, y0, x1, y1), "t": (x0, y0, x1, y0), "b": (x0, y1, x1, y1)}
    ink = np.zeros_like(paper)
    for side, lean in zip("ltrb", tilt):
        if side not in sides:
            continue
        ax, ay, bx, by = ends[side]
        outward = width / 2 * (-1 if side in "lt" else 1)
        # Now and then a line runs on beyond the corner, into the next cell.
        if side in "lr":
            points = (ax + outward - lean * length, 0 if rng.random() < .4 else ay - width,
                      bx + outward + lean * length, height if rng.random() < .4 else by + width)
        else:
            points = (0 if rng.random() < .6 else ax - width, ay + outward - lean * height,
                      length if rng.random() < .6 else bx + width, by + outward + lean * height)
        line = np.zeros(paper.shape, np.uint8)
        p = [int(round(v * 16)) for v in points]
        # OpenCV's anti-aliased polygons come out about 1.5 pixels too thick.
        d = np.array([p[3] - p[1], p[0] - p[2]], float)
        d *= max(width - 1.5, 0.3) * 8 / max(np.hypot(*d), 1e-6)
        quad = np.array([[p[0] + d[0], p[1] + d[1]], [p[2] + d[0], p[3] + d[1]],
                         [p[2] - d[0], p[3] - d[1]], [p[0] - d[0], p[1] - d[1]]])
        cv2.fillConvexPoly(line, np.round(quad).astype(np.int32), 255, cv2.LINE_AA, 4)
        ink = np.maximum(ink, line / np.float32(255))
    return paper * (1 - ink) + grey * ink


def scan(grey, ppm, level, paper, ink, rng):
    """Blur, noise, resolution, 1-bit, JPEG, dirt."""
    how = SCANS[level]
    sigma = rng.uniform(0.3, 1.0) * how.blur_mm * ppm
    if sigma > 0.3:
        grey = cv2.GaussianBlur(grey, (0, 0), sigma)
    shape = grey.shape
    if rng.random() < how.low:
        small = rng.uniform(0.45, 0.75)
        grey = cv2.resize(grey, None, fx=small, fy=small, interpolation=cv2.INTER_AREA)
    grey = grey + rng.standard_normal(grey.shape, dtype=np.float32) * np.float32(rng.uniform(0.2, 1) * how.noise)
    if rng.random() < how.onebit:
        cut = ink + rng.uniform(*how.cuts) * (paper - ink)
        grey = np.where(grey < cut, np.float32(0), np.float32(255))
    if grey.shape != shape:
        kind = cv2.INTER_NEAREST if rng.random() < 0.4 else cv2.INTER_LINEAR
        grey = cv2.resize(grey, shape[::-1], interpolation=kind)
    if how.salt and rng.random() < 0.5:
        dots = rng.random(shape, dtype=np.float32)
        amount = np.float32(rng.uniform(0, 2 * how.salt))
        grey = np.where(dots < amount, np.float32(0), np.where(dots > 1 - amount, np.float32(255), grey))
    out = np.clip(grey + 0.5, 0, 255).astype(np.uint8)
    if rng.random() < how.jpeg:
        quality = int(rng.integers(*how.quality))
        _, packed = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, quality])
        out = cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE)
    return out


def neighbours(ink, box, ppm, rng):
    """Strokes of the neighbouring cells that reach into the margin."""
    height, width = ink.shape
    before, after = (0, box[0] - 0.3 * ppm), (box[2] + 0.3 * ppm, width)
    x = int(rng.uniform(*(before if rng.random() < 0.5 else after)))
    y = rng.uniform(0, height, 2)
    layer = np.zeros(ink.shape, np.uint8)
    lean = rng.uniform(-0.6, 0.6) * ppm
    thick = max(1, int(rng.uniform(0.3, 0.7) * ppm))
    cv2.line(layer, (x, int(y[0])), (int(x + lean), int(y[1])), 255, thick, cv2.LINE_AA)
    return np.maximum(ink, layer / np.float32(255))


def cell(canvas, rng, level, pen=None, size=None, print_mm=None, after=None):
    """One drawn cell of `canvas` (None: nothing written).

    `size`: share of the cell's height (default 45-105 %); `print_mm`: height of a
    printed digit, which has no box; `after(ink, box, ppm, rng)` adds to the ink.
    """
    dpi = rng.choice([200, 240, 300, 400], p=[.45, .1, .35, .1])
    ppm = dpi / 25.4
    mm = (rng.uniform(5, 6.5), rng.uniform(7, 8))
    if print_mm:
        mm = (print_mm * rng.uniform(0.8, 1.2), print_mm * rng.uniform(1.3, 2.0))
    margin = MARGIN_MM * ppm
    start = margin + rng.uniform(0, 1, 2)
    box = (start[0], start[1], start[0] + mm[0] * ppm, start[1] + mm[1] * ppm)
    shape = (int(box[3] + margin), int(box[2] + margin))
    light = rng.uniform(210, 255)
    slope = rng.normal(0, 6, 2)
    paper = (light + slope[0] * np.linspace(-.5, .5, shape[1], dtype=np.float32)
             + slope[1] * np.linspace(-.5, .5, shape[0], dtype=np.float32)[:, None]).astype(np.float32)
    pen = pen or any_pen(rng)
    ink = np.zeros(shape, np.float32)
    centre = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    if canvas is not None:
        share = size or float(np.clip(rng.normal(0.72, 0.14), 0.42, 1.05))
        height = print_mm * ppm if print_mm else share * mm[1] * ppm
        free = np.maximum(0.5 * np.array([mm[0], mm[1]]) * ppm - np.array([0.3, 0.5]) * height, 0)
        shift = np.clip(rng.normal(0, 0.45, 2), -1.1, 1.1) * (free + 0.25 * ppm) * (0.2 if print_mm else 1)
        width = None if pen.width_mm is None else pen.width_mm * ppm
        ink = place(canvas, shape, height, np.array(centre) + shift, rng, width, print_mm is None)
        if pen.width_mm is None:
            ink = np.clip(cv2.GaussianBlur(ink, (0, 0), 0.03 * ppm) * rng.uniform(0.9, 1.4), 0, 1)
    if after:
        ink = after(ink, box, ppm, rng)
    if not print_mm and rng.random() < 0.12:
        ink = neighbours(ink, box, ppm, rng)
    if pen.texture > 0.05:
        ink = ink * grain(shape, rng, pen.texture)
    grey = paper if print_mm else draw_lines(paper, box, ppm, rng)
    grey = np.minimum(grey, paper * (1 - ink) + pen.grey * ink)
    grey = scan(grey, ppm, level, light, pen.grey, rng)
    error = rng.normal(0, 0.10, 4) * ppm        # registration is not exact
    told = tuple(float(b + e) for b, e in zip(box, np.clip(error, -0.3 * ppm, 0.3 * ppm)))
    return grey, told, ppm
