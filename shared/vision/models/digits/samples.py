"""Draws labelled samples: a shape of one part of the data, in a cell, preprocessed."""

import functools
from pathlib import Path

import cv2
import numpy as np

import augment
import data
import glyphs
import rejects
from preprocess import preprocess

CLASSES = ("clean", "onebit", "degraded")
SOURCES = ("mnist", "emnist", "jp", "drawn", "printed", "reject")
SHARES = (0.33, 0.25, 0.16, 0.08, 0.06, 0.12)
LEVEL_SHARES = (0.30, 0.30, 0.25, 0.15)   # of augment.LEVELS
REJECTS = ("letter", "mark", "two digits", "overwritten", "struck", "scribble", "blot",
           "half", "strokes", "small mark")
REJECT_SHARES = (0.22, 0.22, 0.10, 0.08, 0.14, 0.05, 0.05, 0.04, 0.02, 0.08)
AS_IS = 0.2             # Japanese cells taken as they were faxed
FAX_PPM = 8.0           # fax cells: about 200 dpi
BESIDE = 0.4            # cells whose neighbour is drawn too
PRINT_MM = (2.0, 3.4)   # height of printed digits, 8-13 points


class Shapes:
    """All shapes of one part. "calibrate" and "check" have no Japanese cells: those
    are either trained on or reported on."""

    def __init__(self, folder: Path, part: str):
        self.mnist = data.mnist(folder, part)
        self.emnist = data.emnist(folder, part)
        self.letters = data.letters(folder, part)
        japanese = part in ("train", "report")
        self.japanese = data.japanese_numbers(folder, part) if japanese else None
        self.marks = data.japanese_marks(folder, part) if japanese else []
        self.printed = glyphs.printed()

    def dataset(self, name: str, rng):
        images, labels = getattr(self, name)
        i = int(rng.integers(len(labels)))
        return glyphs.centred(images[i] / 255.0), int(labels[i])

    def digit(self, rng):
        """Any handwritten digit, to build rejects from."""
        kind = rng.random()
        if kind < 0.45:
            return self.dataset("mnist", rng)
        if kind < 0.75:
            return self.dataset("emnist", rng)
        if kind < 0.87 and self.japanese:
            i = int(rng.integers(len(self.japanese[1])))
            return glyphs.centred(glyphs.fax_ink(self.japanese[0][i])), int(self.japanese[1][i])
        digit = int(rng.integers(10))
        return glyphs.drawn(digit, rng), digit


def in_cell(canvas, rng, level, **how):
    return preprocess(*augment.cell(canvas, rng, level, **how))


def beside(shapes, rng):
    """The digit of the next cell, for some cells."""
    return shapes.dataset("mnist" if rng.random() < 0.5 else "emnist", rng)[0] if rng.random() < BESIDE else None


def fax_cell(image, rng=None):
    """A fax cell as it is: no known lines, the whole cell is the interior."""
    grey = image
    if rng is not None:
        m = rng.integers(0, 3, 4)
        grey = image[m[0]:image.shape[0] - m[1], m[2]:image.shape[1] - m[3]]
    height, width = grey.shape
    return preprocess(grey, (0, 0, width, height), FAX_PPM)


def reject(shapes: Shapes, rng, level, kind):
    """One non-digit: (picture or None, quality)."""
    if kind == "letter":
        i = int(rng.integers(len(shapes.letters)))
        return in_cell(glyphs.centred(shapes.letters[i] / 255.0), rng, level)
    if kind == "mark":
        if not shapes.marks:
            return in_cell(rejects.random_strokes(rng), rng, level)
        image = shapes.marks[int(rng.integers(len(shapes.marks)))]
        if rng.random() < AS_IS:
            return fax_cell(image, rng)
        return in_cell(glyphs.centred(glyphs.fax_ink(image)), rng, level)
    if kind == "small mark":
        return in_cell(None, rng, level, after=rejects.small_mark)
    if kind == "strokes":
        return in_cell(rejects.random_strokes(rng), rng, level)
    a, digit = shapes.digit(rng)
    if kind == "half":
        digit, side = rejects.HALVES[int(rng.integers(len(rejects.HALVES)))]
        while True:
            a, found = shapes.digit(rng)
            if found == digit:
                return in_cell(glyphs.centred(rejects.half(a, side, rng)), rng, level,
                               size=rng.uniform(0.35, 0.6))
    if kind == "two digits":
        return in_cell(glyphs.centred(rejects.two_digits(a, shapes.digit(rng)[0], rng)), rng, level)
    if kind == "overwritten":
        b, other = shapes.digit(rng)
        while other == digit or frozenset((digit, other)) in rejects.LOOKS_CLEAN:
            b, other = shapes.digit(rng)
        return in_cell(rejects.overwritten(a, b, rng), rng, level)
    if kind == "struck":
        return in_cell(rejects.struck(a, digit, rng), rng, level)
    if kind == "scribble":
        return in_cell(rejects.scribble(None if rng.random() < 0.3 else a, rng), rng, level)
    return in_cell(rejects.blot(a, rng), rng, level)


def draw(shapes: Shapes, rng, source: str, level: str):
    """One sample of a source: (picture or None, quality, label, kind)."""
    if source == "reject":
        kind = REJECTS[rng.choice(len(REJECTS), p=REJECT_SHARES)]
        picture, quality = reject(shapes, rng, level, kind)
        return picture, quality, data.REJECT, kind
    if source == "printed":
        canvas, digit = shapes.printed[int(rng.integers(len(shapes.printed)))]
        pen = augment.Pen(None, rng.uniform(0, 70), 0.0)
        picture, quality = in_cell(canvas, rng, level, pen=pen, print_mm=rng.uniform(*PRINT_MM))
        return picture, quality, digit, source
    if source == "jp":
        images, labels = shapes.japanese
        i = int(rng.integers(len(labels)))
        if rng.random() < AS_IS:
            picture, quality = fax_cell(images[i], rng)
        else:
            picture, quality = in_cell(glyphs.centred(glyphs.fax_ink(images[i])), rng, level,
                                       beside=beside(shapes, rng))
        return picture, quality, int(labels[i]), source
    if source == "drawn":
        digit = int(rng.integers(10))
        picture, quality = in_cell(glyphs.drawn(digit, rng), rng, level)
        return picture, quality, digit, source
    canvas, digit = shapes.dataset(source, rng)
    picture, quality = in_cell(canvas, rng, level, beside=beside(shapes, rng))
    return picture, quality, digit, source


def batch(shapes: Shapes, rng, count: int, sources=SOURCES, shares=SHARES, levels=LEVEL_SHARES):
    """`count` samples as arrays: pictures, labels, quality classes, kinds."""
    pictures = np.zeros((count, 32, 32), np.uint8)
    labels, classes, kinds = np.zeros(count, int), np.zeros(count, int), []
    shares = np.array(shares) / np.sum(shares)
    n = 0
    while n < count:
        source = sources[rng.choice(len(sources), p=shares)]
        level = augment.LEVELS[rng.choice(len(levels), p=levels)]
        picture, quality, label, kind = draw(shapes, rng, source, level)
        if picture is None:      # blank to the reader: nothing to classify
            continue
        pictures[n], labels[n], classes[n] = picture, label, CLASSES.index(quality.label())
        kinds.append(kind)
        n += 1
    return pictures, labels, classes, np.array(kinds)


@functools.lru_cache(maxsize=1)
def shapes_of(folder: Path, part: str) -> Shapes:
    return Shapes(folder, part)


def make_shard(job):
    """Worker: one file of drawn samples, from its own seed."""
    folder, part, seed, index, count, target = job
    cv2.setNumThreads(1)
    shapes = shapes_of(Path(folder), part)
    rng = np.random.default_rng([seed, data.PARTS.index(part), index])
    sources, shares = SOURCES, SHARES
    if part not in ("train", "report"):
        sources = tuple(s for s in SOURCES if s != "jp")
        shares = tuple(p for s, p in zip(SOURCES, SHARES) if s != "jp")
    pictures, labels, classes, kinds = batch(shapes, rng, count, sources, shares)
    np.savez(target, x=pictures, y=labels, q=classes, kind=kinds)
    return target
