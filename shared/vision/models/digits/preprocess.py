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
LINE_OUT_MM = 0.3       # the box's own line is searched this far outside the interior
LINE_IN_MM = 0.4        # ... and this far inside (registration error)
LINE_ON = 0.40          # mean ink along a side that makes a line
LINE_OFF = 0.20         # ... below which the line has ended
LINE_SPAN = 0.8         # share of the box's side that it inks: the bar of a 7 inks less
LINE_WIDE_MM = 0.6      # ... at the latest here (0.3 printed, blur, 1 degree of tilt)
EDGE_MM = 0.15          # a blob this near to a cleaned edge touches it
REMNANT_MM = 0.35       # a blob that stays this near to the edges: rest of a line
EDGE_AREA_MM2 = 0.10    # small blob at an edge: rest of a line or a neighbour
OWN_SHARE = 0.5         # a blob with less of itself inside is the neighbour's
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


def rounded(box):
    return tuple(int(np.floor(v + 0.5)) for v in box)


def normalise(gray: np.ndarray, box, ppm: float):
    """Ink 0..1 from grey, the share of the grey range, and that range."""
    x0, y0, x1, y1 = rounded(box)
    inset = px(DARK_INSET_MM, ppm)
    paper = quantile(gray[y0:y1, x0:x1], PAPER_QUANTILE)
    dark = quantile(gray[y0 + inset:y1 - inset, x0 + inset:x1 - inset], DARK_QUANTILE)
    share = (paper - gray.astype(np.float32)) / np.float32(max(paper - dark, MIN_RANGE))
    ink = np.clip((share - INK_FLOOR) / INK_SPAN, 0.0, 1.0)
    return ink.astype(np.float32), share, paper - dark


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


def ends(profile: np.ndarray, low: int, high: int, ppm: float):
    """First and last + 1 position between the box's own two lines."""
    out, into, wide = (px(mm, ppm) for mm in (LINE_OUT_MM, LINE_IN_MM, LINE_WIDE_MM))
    first = line_end(profile, low, max(0, low - out), low + into, 1, wide)
    last = 1 + line_end(profile, high - 1, min(len(profile), high + out) - 1, high - into - 1, -1, wide)
    return first, last


def runs(profile: np.ndarray):
    """Runs of at least LINE_OFF that hold LINE_ON somewhere."""
    found, start, strong = [], None, False
    for i in range(len(profile) + 1):
        on = i < len(profile) and profile[i] >= LINE_OFF
        if on and start is None:
            start, strong = i, False
        if on:
            strong = strong or profile[i] >= LINE_ON
        elif start is not None:
            if strong:
                found.append((start, i))
            start = None
    return found


def without_strokes(profile: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """The profile (one value a row of `ink`) without runs that do not go all along the side."""
    profile = profile.copy()
    for a, b in runs(profile):
        if np.mean(ink[a:b].max(axis=0) >= 0.5) < LINE_SPAN:
            profile[a:b] = 0.0
    return profile


def bands(profile: np.ndarray, first: int, last: int):
    """Printed lines outside first..last."""
    outside = profile.copy()
    outside[first:last] = 0.0
    return runs(outside)


def near(on: np.ndarray, reach: int) -> np.ndarray:
    """Whether any of the `reach` positions on either side is on."""
    sums = np.concatenate([[0], np.cumsum(on)])
    at = np.arange(len(on))
    return sums[np.minimum(at + reach + 1, len(on))] > sums[np.maximum(at - reach, 0)]


def erase_columns(ink: np.ndarray, found) -> None:
    """Takes vertical lines away, but not where a stroke goes on at both sides of them."""
    width = ink.shape[1]
    for a, b in found:
        reach = (b - a) // 2 + 1
        crossed = np.zeros(len(ink), bool)
        if a > 0 and b < width:
            crossed = near(ink[:, a - 1] >= 0.5, reach) & near(ink[:, b] >= 0.5, reach)
        ink[~crossed, a:b] = 0.0


def find_region(ink: np.ndarray, box, ppm: float):
    """(left, top, right, bottom) between the box's own lines; takes all printed lines out of `ink`."""
    x0, y0, x1, y1 = rounded(box)
    dx, dy = (x1 - x0) // 10, (y1 - y0) // 10
    down, across = ink[y0 + dy:y1 - dy], ink[:, x0 + dx:x1 - dx]
    columns = without_strokes(down.mean(axis=0), down.T)
    rows = without_strokes(across.mean(axis=1), across)
    left, right = ends(columns, x0, x1, ppm)
    top, bottom = ends(rows, y0, y1, ppm)
    erase_columns(ink.T, bands(rows, top, bottom))
    erase_columns(ink, bands(columns, left, right))
    return left, top, right, bottom


def blobs(mask: np.ndarray):
    """8-connected blobs: their label per pixel (0 = none) and, per label, a row
    x, y, width, height, area."""
    _, label, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    return label, stats


def count(label: np.ndarray, number: int, left, top, right, bottom) -> np.ndarray:
    """Pixels of each label in a part of the picture."""
    part = label[max(top, 0):max(bottom, 0), max(left, 0):max(right, 0)]
    return np.bincount(part.ravel(), minlength=number)


def clip(ink: np.ndarray, label: np.ndarray, which: np.ndarray, region) -> None:
    """Takes away what `which` blobs have outside the region on sides where they run out of the cut."""
    left, top, right, bottom = region
    height, width = label.shape
    outside = ((slice(None), slice(0, left), label[:, 0]),
               (slice(None), slice(right, width), label[:, -1]),
               (slice(0, top), slice(None), label[0]),
               (slice(bottom, height), slice(None), label[-1]))
    for rows, cols, border in outside:
        cut = np.zeros(len(which), bool)
        cut[np.unique(border)] = True
        part = ink[rows, cols]
        part[(cut & which)[label[rows, cols]]] = 0.0


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


def own_ink(ink: np.ndarray, region, ppm: float) -> None:
    """Leaves in `ink` only what was written into this cell, also where it leaves the box."""
    left, top, right, bottom = region
    label, stats = blobs(ink >= 0.5)
    number, area = len(stats), stats[:, 4]
    inside = count(label, number, *region)
    band, edge = px(REMNANT_MM, ppm), EDGE_MM * ppm
    deep = count(label, number, left + band, top + band, right - band, bottom - band)
    x, y, w, h, _ = stats.T
    touches = (x < left + edge) | (y < top + edge) | (x + w > right - edge) | (y + h > bottom - edge)
    rest = touches & ((inside < EDGE_AREA_MM2 * ppm * ppm) | (deep == 0))
    own = ~rest & (inside >= OWN_SHARE * area)
    own[0] = False
    if inside[own].sum() < BLANK_MM2 * ppm * ppm:    # nothing else is here: do not call it blank
        own = ~rest
        own[0] = False
    clip(ink, label, own, region)
    gone = ~own
    gone[0] = False
    # With their soft rim, but without touching other blobs; and soft ink outside belongs to nobody.
    rim = cv2.dilate(gone[label].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    ink[rim & (gone[label] | (label == 0))] = 0.0


def preprocess(cell_gray: np.ndarray, box, ppm: float):
    """(32x32 uint8 with ink = 255, Quality), or (None, Quality) for a blank cell.

    `box` = (x0, y0, x1, y1): the printed box's interior in pixels of `cell_gray`.
    """
    ink, share, contrast = normalise(cell_gray, box, ppm)
    region = find_region(ink, box, ppm)
    left, top, right, bottom = region
    share = share[top:bottom, left:right]
    touched = share >= 0.2
    grey = float(np.count_nonzero(touched & (share < 0.8)) / max(1, np.count_nonzero(touched)))
    own_ink(ink, region, ppm)
    height, width = ink.shape
    kept = blobs(ink >= 0.5)[1][1:]
    floor = SPECK_MM2 * ppm * ppm
    largest = kept[:, 4].max() if len(kept) else 0
    counted = kept[(kept[:, 4] >= floor) & (kept[:, 4] >= SPECK_SHARE * largest)]
    quality = Quality(contrast, grey, int(np.count_nonzero(kept[:, 4] < floor)), len(counted))
    if counted[:, 4].sum() < BLANK_MM2 * ppm * ppm:
        return None, quality
    bounds = (max(0, counted[:, 0].min() - 1), max(0, counted[:, 1].min() - 1),
              min(width, (counted[:, 0] + counted[:, 2]).max() + 1),
              min(height, (counted[:, 1] + counted[:, 3]).max() + 1))
    return fit(ink, bounds, ppm), quality
