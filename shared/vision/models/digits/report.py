"""Measures the exported network on everything it was not trained on.

    python report.py --data ../shared/data

Prints the tables of the README. "As is" means the shape as it stands in its data
set, on white, 5 mm high at 300 dpi; "cell" means drawn into a comb cell (augment).
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

import augment
import data
import export
import glyphs
import network
import samples
from preprocess import preprocess
from samples import CLASSES

SURE = (0.99, 0.999, 0.9999)
HELD_OUT_FONTS = ("DejaVuSansCondensed.ttf", "LiberationSansNarrow-Regular.ttf", "NimbusSansNarrow-Regular.otf")


# Odds of "not one clean digit" against a digit, as the reader weighs them: 12 % of the
# training samples were none, 0.3 % of the written cells of a form are (REFUSED_SHARE).
REFUSED = 0.0216 / (1 - 0.0216)


class Model:
    def __init__(self, file: Path):
        self.layers, self.temperatures = export.parse(file.read_bytes())

    def read(self, pictures, classes) -> np.ndarray:
        """Probabilities of the 11 classes, by each picture's quality class, as the reader weighs them."""
        logits = network.predict(self.layers, np.asarray(pictures, np.uint8).reshape(-1, 32, 32))
        p = export.softmax(logits, np.array(self.temperatures)[np.asarray(classes, int)][:, None])
        p[:, 10] *= REFUSED
        return p / p.sum(1, keepdims=True)


def collect(cells):
    """Preprocesses (grey, box, ppm) cells; None where the cell is blank."""
    done = [preprocess(*cell) for cell in cells]
    return [(p, CLASSES.index(q.label())) if p is not None else None for p, q in done]


def as_is(image: np.ndarray):
    """A dataset shape on white: 60 pixels high at 12 pixels per mm."""
    canvas = glyphs.centred(image.astype(np.float32) / max(1, image.max()))
    grey = (255 - 255 * canvas).astype(np.uint8)
    return grey, (2.0, 2.0, grey.shape[1] - 2.0, grey.shape[0] - 2.0), 12.0


def framed(image: np.ndarray):
    """A tight or whole fax picture with a white rim, the picture being the interior."""
    grey = cv2.copyMakeBorder(image, 10, 10, 10, 10, cv2.BORDER_CONSTANT, value=255)
    return grey, (2.0, 2.0, grey.shape[1] - 2.0, grey.shape[0] - 2.0), samples.FAX_PPM


def photographed(image: np.ndarray):
    """A photographed box: its largest outline that is not the picture itself."""
    dark = cv2.adaptiveThreshold(image, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 31, 10)
    outlines, _ = cv2.findContours(dark, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    boxes = [cv2.boundingRect(o) for o in outlines]
    x, y, w, h = max(boxes, key=lambda b: b[2] * b[3])
    ppm = w / 5.5
    return image, (x + .3 * ppm, y + .3 * ppm, x + w - .3 * ppm, y + h - .3 * ppm), ppm


def coverage(score, right, allowed) -> int:
    """Largest number that can be accepted (best scores first) with at most
    `allowed` wrong among them; the threshold is chosen on the same samples."""
    order = np.argsort(-score, kind="stable")
    wrong = np.cumsum(~right[order])
    fits = wrong <= allowed * np.arange(1, len(order) + 1)
    return (np.flatnonzero(fits)[-1] + 1) if fits.any() else 0


def digit_row(model, name, pictures, labels):
    """One line about real digits; a blank cell counts as not accepted."""
    n = len(labels)
    read = [i for i, p in enumerate(pictures) if p is not None]
    p = model.read([pictures[i][0] for i in read], [pictures[i][1] for i in read])
    truth = np.asarray(labels)[read]
    score, right = p[:, :10].max(1), p[:, :10].argmax(1) == truth
    cells = [name, f"{n:,}", f"{n - len(read)}", f"{100 * np.mean(~right):.2f}",
             f"{100 * coverage(score, right, 1e-3) / n:.1f}", f"{100 * coverage(score, right, 1e-4) / n:.1f}"]
    for sure in SURE:
        chosen = score >= sure
        wrong, count = np.count_nonzero(~right & chosen), np.count_nonzero(chosen)
        cells.append(f"{wrong} of {count:,} ({100 * count / n:.1f})")
    print("| " + " | ".join(cells) + " |", flush=True)


def reject_row(model, name, pictures):
    n = len(pictures)
    read = [p for p in pictures if p is not None]
    p = model.read([r[0] for r in read], [r[1] for r in read])
    score = p[:, :10].max(1)
    cells = [name, f"{n:,}", f"{n - len(read)}"]
    cells += [f"{100 * np.count_nonzero(score >= s) / n:.2f}" for s in (0.5,) + SURE]
    print("| " + " | ".join(cells) + " |", flush=True)


def whole_sets(folder: Path):
    for name, (images, labels) in (("MNIST test part, as is", data.mnist(folder, "report")),
                                   ("EMNIST held out, as is", data.emnist(folder, "report")),
                                   ("USPS, as is", data.idx_pair(folder, "usps")),
                                   ("optdigits, as is", data.idx_pair(folder, "optdigits")),
                                   ("semeion, as is", data.idx_pair(folder, "semeion"))):
        yield name, collect(as_is(i) for i in images), labels
    images, labels = data.japanese_numbers(folder, "report")
    cells = [(i, (0, 0, i.shape[1], i.shape[0]), samples.FAX_PPM) for i in images]
    yield "jp numbers, held-out sheets, as faxed", collect(cells), labels
    images, labels = data.day_db(folder)
    yield "jp 09db, as faxed", collect(framed(i) for i in images), labels
    images, labels = data.odk_numbers(folder)
    yield "odk numbers, phone photographs", collect(photographed(i) for i in images), labels


def drawn_sets(folder: Path, scale: int):
    shapes = samples.Shapes(folder, "report")
    for source, title, count in (("mnist", "MNIST test part", 6 * scale), ("jp", "jp held-out sheets", 3 * scale),
                                 ("printed", "printed, known fonts", 2 * scale)):
        for level in augment.LEVELS:
            rng = np.random.default_rng([99, count, augment.LEVELS.index(level)])
            drawn = [samples.draw(shapes, rng, source, level) for _ in range(count)]
            yield (f"{title}, cell, {level}",
                   [(d[0], CLASSES.index(d[1].label())) if d[0] is not None else None for d in drawn],
                   [d[2] for d in drawn])
    shapes.printed = glyphs.printed(HELD_OUT_FONTS)
    rng = np.random.default_rng(98)
    drawn = [samples.draw(shapes, rng, "printed", "light") for _ in range(2 * scale)]
    yield ("printed, 3 unseen fonts, light",
           [(d[0], CLASSES.index(d[1].label())) if d[0] is not None else None for d in drawn], [d[2] for d in drawn])


def reject_sets(folder: Path, scale: int):
    shapes = samples.Shapes(folder, "report")
    rng = np.random.default_rng(97)
    for kind in samples.REJECTS:
        found = []
        for i in range(scale):
            picture, quality = samples.reject(shapes, rng, augment.LEVELS[i % 3], kind)
            found.append(None if picture is None else (picture, CLASSES.index(quality.label())))
        yield kind, found
    circles = sorted((folder / "jp-fax-cells" / "mbsdb").glob("m*.png"))
    cells = [data.grey(f) for f in circles]
    whole = [(i, (0, 0, i.shape[1], i.shape[0]), samples.FAX_PPM) for i in cells]
    yield "jp circle, as faxed", collect(whole)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--model", type=Path, default=Path(__file__).parent / "digits.bin")
    parser.add_argument("--scale", type=int, default=1000)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    model = Model(args.model)
    print("| digits | n | blank | error % | acc. 1:1,000 % | acc. 1:10,000 % |"
          + "".join(f" wrong at p >= {s} (share %) |" for s in SURE))
    print("|---" * 9 + "|")
    for sets in (whole_sets(args.data), drawn_sets(args.data, args.scale)):
        for name, pictures, labels in sets:
            digit_row(model, name, pictures, labels)
    print("\n| not a digit | n | blank | % at p >= .5 |" + "".join(f" at {s} |" for s in SURE))
    print("|---" * 7 + "|")
    for name, pictures in reject_sets(args.data, args.scale):
        reject_row(model, name, pictures)


if __name__ == "__main__":
    main()
