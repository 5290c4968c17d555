"""Reference of the preprocessing contract (README, "Preprocessing").

One comb cell in, one 32x32 ink picture out. The Rust reader repeats exactly
these steps; `digits.json` holds cells to compare against.
All lengths are millimetres and become pixels through `ppm` (pixels per mm).
"""

from dataclasses import dataclass

import cv2
import numpy as np

PAPER_QUANTILE = 0.80   # level of paper: brighter than 80 % of the interior
DARK_QUANTILE = 0.015   # level of ink: a thin "1" covers about 2-3 % of a cell
MIN_RANGE = 48          # grey levels; less contrast than this is not stretched
INK_FLOOR = 0.15        # below this share of the range: paper
INK_SPAN = 0.70         # ... and full ink at 0.15 + 0.70
DARK_INSET_MM = 0.5     # the ink level is looked for away from the lines
LINE_OUT_MM = 0.6       # a printed line is searched this far outside the interior
LINE_IN_MM = 0.4        # ... and this far inside (registration error)
LINE_ON = 0.40          # mean ink along a side that makes a line
LINE_OFF = 0.20         # ... below which the line has ended
LINE_WIDE_MM = 0.6      # ... at the latest here (0.3 printed, blur, 1 degree of tilt)
EDGE_MM = 0.15          # a blob this near to a cleaned edge touches it
REMNANT_MM = 0.35       # a blob that stays this near to the edges: rest of a line
EDGE_AREA_MM2 = 0.10    # small blob at an edge: rest of a line or a neighbour
SPECK_MM2 = 0.03        # smaller blobs do not count for the box around the ink
SPECK_SHARE = 0.03      # ... nor do blobs below this share of the largest one
BLANK_MM2 = 0.06        # less counted ink than this: the cell is blank
MIN_SIDE_MM = 2.0       # a dot stays a dot: it is not enlarged to a digit
SIZE = 32               # output pixels
FIT = 24                # the longest side of the ink becomes 24 of 32 pixels


@dataclass
class Quality:
    """What tells the three calibration classes apart."""
    contrast: int       # paper level minus ink level, grey levels
    grey_share: float   # pixels between ink and paper / pixels that are not paper
    specks: int         # blobs smaller than SPECK_MM2
    parts: int          # blobs that count as ink

    def label(self) -> str:
        if self.contrast < 70 or self.specks >= 6 or self.parts >= 4:
            return "degraded"
        return "onebit" if self.grey_share < 0.10 else "clean"


def quantile(values: np.ndarray, q: float) -> int:
    """Smallest grey level with at least q of the pixels at or below it."""
    histogram = np.bincount(values.ravel(), minlength=256)
    return int(np.searchsorted(np.cumsum(histogram), q * values.size))


def px(mm: float, ppm: float) -> int:
    return int(np.floor(mm * ppm + 0.5))


def line_end(profile: np.ndarray, nominal: int, start: int, stop: int, step: int, wide: int) -> int:
    """Walks from outside (`start`) to inside (`stop`, not itself looked at); the
    first pixel after the outermost line, or `nominal` where there is none."""
    found = None
    for i in range(start, stop, step):
        if found is None:
            if profile[i] >= LINE_ON:
                found = i
        elif profile[i] < LINE_OFF or abs(i - found) >= wide:
            return i
    return nominal if found is None else stop


def clean_region(ink: np.ndarray, box, ppm: float):
    """Integer region (left, top, right, bottom) inside the printed lines."""
    height, width = ink.shape
    x0, y0, x1, y1 = (int(np.floor(v + 0.5)) for v in box)
    out, into, wide = (px(mm, ppm) for mm in (LINE_OUT_MM, LINE_IN_MM, LINE_WIDE_MM))
    ya, yb = y0 + (y1 - y0) // 10, y1 - (y1 - y0) // 10
    xa, xb = x0 + (x1 - x0) // 10, x1 - (x1 - x0) // 10
    columns = ink[ya:yb].mean(axis=0)
    rows = ink[:, xa:xb].mean(axis=1)
    left = line_end(columns, x0, max(0, x0 - out), x0 + into, 1, wide)
    top = line_end(rows, y0, max(0, y0 - out), y0 + into, 1, wide)
    right = 1 + line_end(columns, x1 - 1, min(width, x1 + out) - 1, x1 - into - 1, -1, wide)
    bottom = 1 + line_end(rows, y1 - 1, min(height, y1 + out) - 1, y1 - into - 1, -1, wide)
    return left, top, right, bottom


def normalise(gray: np.ndarray, box, ppm: float):
    """Ink 0..1 from grey, and the grey range with paper and ink level."""
    x0, y0, x1, y1 = (int(np.floor(v + 0.5)) for v in box)
    inset = px(DARK_INSET_MM, ppm)
    paper = quantile(gray[y0:y1, x0:x1], PAPER_QUANTILE)
    dark = quantile(gray[y0 + inset:y1 - inset, x0 + inset:x1 - inset], DARK_QUANTILE)
    share = (paper - gray.astype(np.float32)) / np.float32(max(paper - dark, MIN_RANGE))
    ink = np.clip((share - INK_FLOOR) / INK_SPAN, 0.0, 1.0)
    return ink.astype(np.float32), share, paper - dark


def blobs(mask: np.ndarray):
    """8-connected blobs: their label per pixel (0 = none) and, per label, a row
    x, y, width, height, area."""
    _, label, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    return label, stats


def remnants(label: np.ndarray, stats: np.ndarray, ppm: float) -> np.ndarray:
    """Per label: is it the rest of a printed line or of a neighbour's ink?"""
    height, width = label.shape
    near, band = EDGE_MM * ppm, px(REMNANT_MM, ppm)
    x, y, w, h, area = stats.T
    touches = (x < near) | (y < near) | (x + w > width - near) | (y + h > height - near)
    inside = np.bincount(label[band:height - band, band:width - band].ravel(), minlength=len(stats))
    found = touches & ((area < EDGE_AREA_MM2 * ppm * ppm) | (inside == 0))
    found[0] = False
    return found


def overlap(centre: float, side: float, count: int) -> np.ndarray:
    """SIZE x count weights of an exact area average over pixels of width 1."""
    step = side / SIZE
    low = centre + (np.arange(SIZE) - SIZE / 2) * step
    at = np.arange(count)
    shared = np.minimum(low[:, None] + step, at + 1) - np.maximum(low[:, None], at)
    return (np.maximum(shared, 0.0) / step).astype(np.float32)


def fit(ink: np.ndarray, bounds, ppm: float) -> np.ndarray:
    """The ink inside `bounds`, centred, longest side FIT of SIZE pixels."""
    x0, y0, x1, y1 = bounds
    side = max(x1 - x0, y1 - y0, MIN_SIDE_MM * ppm) * SIZE / FIT
    part = ink[y0:y1, x0:x1]
    across = overlap((x1 - x0) / 2, side, x1 - x0)
    down = overlap((y1 - y0) / 2, side, y1 - y0)
    return np.floor(255.0 * (down @ part @ across.T) + 0.5).astype(np.uint8)


def preprocess(cell_gray: np.ndarray, box, ppm: float):
    """(32x32 uint8 with ink = 255, Quality), or (None, Quality) for a blank cell.

    `box` = (x0, y0, x1, y1): the printed box's interior in pixels of `cell_gray`.
    """
    ink, share, contrast = normalise(cell_gray, box, ppm)
    left, top, right, bottom = clean_region(ink, box, ppm)
    region = ink[top:bottom, left:right].copy()
    share = share[top:bottom, left:right]
    touched = share >= 0.2
    grey = float(np.count_nonzero(touched & (share < 0.8)) / max(1, np.count_nonzero(touched)))
    height, width = region.shape
    label, stats = blobs(region >= 0.5)
    rest = remnants(label, stats, ppm)
    if rest.any():   # with their soft rim, but without touching other blobs
        rim = cv2.dilate(rest[label].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        region[rim & (rest[label] | (label == 0))] = 0.0
    kept = stats[1:][~rest[1:]]
    floor = SPECK_MM2 * ppm * ppm
    largest = kept[:, 4].max() if len(kept) else 0
    counted = kept[(kept[:, 4] >= floor) & (kept[:, 4] >= SPECK_SHARE * largest)]
    quality = Quality(contrast, grey, int(np.count_nonzero(kept[:, 4] < floor)), len(counted))
    if counted[:, 4].sum() < BLANK_MM2 * ppm * ppm:
        return None, quality
    bounds = (max(0, counted[:, 0].min() - 1), max(0, counted[:, 1].min() - 1),
              min(width, (counted[:, 0] + counted[:, 2]).max() + 1),
              min(height, (counted[:, 1] + counted[:, 3]).max() + 1))
    return fit(region, bounds, ppm), quality
