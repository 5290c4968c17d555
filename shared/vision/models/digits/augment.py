"""Puts a shape into a printed comb cell, as a pen, the printer and a scanner would.

The result is what the reader gets: (grey cell, interior box, pixels per mm).
"""

from dataclasses import dataclass

import cv2
import numpy as np

from glyphs import CANVAS, LONGEST, distance, stroke_width

MARGIN_MM = 1.0         # cut around the interior, as the reader cuts cells
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


@dataclass
class Comb:
    """How the printed boxes of a row stand."""
    sides: str          # lines that a box has: of "ltrb"
    gap_mm: float       # between the inner edges of neighbouring boxes
    line_mm: float
    grey: float
    first: bool         # nothing stands to the left (right)
    last: bool


def any_comb(rng) -> Comb:
    kind = rng.random()
    sides = "" if kind < 0.10 else "lrb" if kind < 0.22 else "ltrb"
    line = rng.uniform(0.15, 0.35)
    shared = rng.random() < 0.35        # neighbours share one line
    gap = line if shared else line * 2 + rng.uniform(0.1, 1.0)
    grey = rng.choice([rng.uniform(0, 60), rng.uniform(60, 180)])
    return Comb(sides, gap, line, grey, rng.random() < 0.2, rng.random() < 0.2)


def quad(paper, ax, ay, bx, by, width):
    """Coverage of a straight line."""
    line = np.zeros(paper.shape, np.uint8)
    p = [int(round(v * 16)) for v in (ax, ay, bx, by)]
    # OpenCV's anti-aliased polygons come out about 1.5 pixels too thick.
    d = np.array([p[3] - p[1], p[0] - p[2]], float)
    d *= max(width - 1.5, 0.3) * 8 / max(np.hypot(*d), 1e-6)
    corners = np.array([[p[0] + d[0], p[1] + d[1]], [p[2] + d[0], p[3] + d[1]],
                        [p[2] - d[0], p[3] - d[1]], [p[0] - d[0], p[1] - d[1]]])
    cv2.fillConvexPoly(line, np.round(corners).astype(np.int32), 255, cv2.LINE_AA, 4)
    return line


def draw_lines(paper, box, ppm, comb, rng):
    """The printed boxes of the row: this one, and what the cut shows of its neighbours."""
    x0, y0, x1, y1 = box
    pitch = x1 - x0 + comb.gap_mm * ppm
    width = comb.line_mm * ppm
    lean = rng.normal(0, 0.006) * (y1 - y0)
    ink = np.zeros(paper.shape, np.uint8)
    for step in (-1, 0, 1):
        if (step < 0 and comb.first) or (step > 0 and comb.last):
            continue
        left, right = x0 + step * pitch - width / 2, x1 + step * pitch + width / 2
        top, bottom = y0 - width / 2, y1 + width / 2
        lines = {"l": (left - lean, top, left + lean, bottom), "r": (right - lean, top, right + lean, bottom),
                 "t": (left, top + lean, right, top - lean), "b": (left, bottom + lean, right, bottom - lean)}
        for side in comb.sides:
            ink = np.maximum(ink, quad(paper, *lines[side], width))
    if rng.random() < 0.08 and comb.sides:      # a ruled line of the form runs by
        y = (y0 if rng.random() < 0.5 else y1) + rng.choice([-1, 1]) * rng.uniform(0.9, 1.1) * ppm
        if not y0 < y < y1:
            ink = np.maximum(ink, quad(paper, 0, y, paper.shape[1], y, width))
    share = ink / np.float32(255)
    return paper * (1 - share) + comb.grey * share


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


def neighbour(ink, beside, box, ppm, comb, rng, pen_px):
    """What the cut shows of the digit `beside`, written in the cell to the left or right."""
    step = -1 if rng.random() < 0.5 else 1
    if (step < 0 and comb.first) or (step > 0 and comb.last):
        return ink
    middle = (box[0] + box[2]) / 2 + step * (box[2] - box[0] + comb.gap_mm * ppm)
    centre = np.array([middle - step * abs(rng.normal(0, 0.6)) * ppm,
                       (box[1] + box[3]) / 2 + rng.normal(0, 0.4) * ppm])
    height = float(np.clip(rng.normal(0.72, 0.12), 0.45, 1.0)) * (box[3] - box[1])
    return np.maximum(ink, place(beside, ink.shape, height, centre, rng, pen_px, True))


def cell(canvas, rng, level, pen=None, size=None, print_mm=None, after=None, beside=None):
    """One drawn cell of `canvas` (None: nothing written); `beside` is written in the next one.

    `size`: share of the cell's height (default 45-105 %); `print_mm`: height of a
    printed digit, which has no box; `after(ink, box, ppm, rng)` adds to the ink.
    """
    dpi = rng.choice([200, 240, 300, 400], p=[.45, .1, .35, .1])
    ppm = dpi / 25.4
    mm = (rng.uniform(4.5, 7), rng.uniform(6, 9))
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
    pen, comb = pen or any_pen(rng), any_comb(rng)
    pen_px = None if pen.width_mm is None else pen.width_mm * ppm
    ink = np.zeros(shape, np.float32)
    centre = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    if canvas is not None:
        share = size or float(np.clip(rng.normal(0.70, 0.13), 0.38, 1.02))
        height = print_mm * ppm if print_mm else share * mm[1] * ppm
        free = np.maximum(0.5 * np.array([mm[0], mm[1]]) * ppm - np.array([0.3, 0.5]) * height, 0)
        shift = np.clip(rng.normal(0, 0.42, 2), -1.1, 1.1) * (free + 0.2 * ppm) * (0.2 if print_mm else 1)
        ink = place(canvas, shape, height, np.array(centre) + shift, rng, pen_px, print_mm is None)
        if pen.width_mm is None:
            ink = np.clip(cv2.GaussianBlur(ink, (0, 0), 0.03 * ppm) * rng.uniform(0.9, 1.4), 0, 1)
    if after:
        ink = after(ink, box, ppm, rng)
    if beside is not None and not print_mm:
        ink = neighbour(ink, beside, box, ppm, comb, rng, pen_px)
    if pen.texture > 0.05:
        ink = ink * grain(shape, rng, pen.texture)
    grey = paper if print_mm else draw_lines(paper, box, ppm, comb, rng)
    grey = np.minimum(grey, paper * (1 - ink) + pen.grey * ink)
    grey = scan(grey, ppm, level, light, pen.grey, rng)
    error = rng.normal(0, 0.08, 4) * ppm        # registration is not exact
    told = tuple(float(b + e) for b, e in zip(box, np.clip(error, -0.3 * ppm, 0.3 * ppm)))
    return grey, told, ppm
