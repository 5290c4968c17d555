"""Reads the source data and fixes, once, who is trained on and who is not.

Parts: "train", "calibrate" (temperatures), "check" (are they honest?),
"report" (figures in the README). A part is chosen by block, sheet or day,
never by single image.
"""

import gzip
import re
import zlib
from pathlib import Path

import cv2
import numpy as np

REJECT = 10
# Letters that a hand can also mean as a digit are left out of the reject class:
# O o Q D C c U u (0), I i l J j r t f (1), Z z (2), S s (5), G b (6), T Y y (4, 7),
# B (8), g q a P p (9), L h e n (doubtful). What is left is clearly no digit.
CLEAR_LETTERS = set("AEFHKMNRVWXdkmvwx")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PARTS = ("train", "calibrate", "check", "report")


def read_idx(path: Path) -> np.ndarray:
    raw = gzip.open(path, "rb").read()
    dims = raw[3]
    shape = [int.from_bytes(raw[4 + 4 * i:8 + 4 * i], "big") for i in range(dims)]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * dims).reshape(shape)


def idx_pair(folder: Path, name: str):
    return (read_idx(folder / "digits" / f"{name}-images.idx3.gz"),
            read_idx(folder / "digits" / f"{name}-labels.idx1.gz").astype(int))


def blocks(count: int, ends: dict) -> dict:
    """Contiguous index ranges; `ends` gives the last index of each part."""
    ranges, start = {}, 0
    for part in PARTS:
        ranges[part] = range(start, ends[part] if ends[part] else count)
        start = ranges[part].stop
    return ranges


def mnist(folder: Path, part: str):
    images, labels = idx_pair(folder, "mnist")
    chosen = blocks(len(images), {"train": 54000, "calibrate": 57000, "check": 60000, "report": 0})[part]
    return images[chosen.start:chosen.stop], labels[chosen.start:chosen.stop]


def emnist(folder: Path, part: str):
    images, labels = idx_pair(folder, "emnist")
    chosen = blocks(len(images), {"train": 36000, "calibrate": 39000, "check": 42000, "report": 0})[part]
    return images[chosen.start:chosen.stop], labels[chosen.start:chosen.stop]


def letters(folder: Path, part: str) -> np.ndarray:
    images, labels = idx_pair(folder, "emnist-letters-reject")
    chosen = blocks(len(images), {"train": 14000, "calibrate": 16000, "check": 18000, "report": 0})[part]
    clear = [i for i in chosen if LETTERS[labels[i] - 10] in CLEAR_LETTERS]
    return images[clear]


def sheet(name: str) -> str:
    """Which sheet a cell is from: the form number of the older names ("003"), the
    day of the fax (so that one sender's faxes of a day stay together), or, where
    there is neither, the running number of the tally strokes."""
    for pattern in (r"^\w-(\d{3})-", r"^\w-(\d{8})\d+", r"(20\d{6})\d{6}", r"-(\d{4})\.png$"):
        found = re.search(pattern, name)
        if found:
            return found.group(1)
    return name


def grey(path: Path) -> np.ndarray:
    image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise ValueError(f"cannot read {path.name}")
    return image


# Sheets (forms, days) of jp-fax-cells/numbers that are trained on; 003, 20120522
# and the smaller days are only reported on. About half of the cells each.
TRAIN_SHEETS = {"001", "002", "009", "20120309", "20120527"}


def trained(name: str) -> bool:
    return sheet(name) in TRAIN_SHEETS


def trained_mark(name: str) -> bool:
    return zlib.crc32(sheet(name).encode()) % 2 == 0


def japanese_numbers(folder: Path, part: str):
    """Cells as they are. Training half, or reporting half."""
    files = sorted((folder / "jp-fax-cells" / "numbers").glob("*.png"))
    chosen = [f for f in files if trained(f.name) == (part == "train")]
    return [grey(f) for f in chosen], np.array([int(f.name[0]) for f in chosen])


def japanese_marks(folder: Path, part: str):
    """Marks that are no digit: x, triangle, check, tally strokes, plus, minus.
    The circles ("m") could be a 0 and are left out."""
    found = []
    for name in ("mbsdb", "mbscdb", "seinoji", "plus-minus"):
        for f in sorted((folder / "jp-fax-cells" / name).glob("*.png")):
            circle = name == "mbsdb" and f.name[0] == "m"
            if not circle and trained_mark(f.name) == (part == "train"):
                found.append(grey(f))
    return found


def day_db(folder: Path):
    lines = (folder / "jp-fax-cells" / "09db" / "db.lst").read_text().split("\n")
    pairs = [line.split() for line in lines if line.strip()]
    return ([grey(folder / "jp-fax-cells" / "09db" / name) for name, _ in pairs],
            np.array([int(label) for _, label in pairs]))


def odk_numbers(folder: Path):
    files = sorted((folder / "odk-crops" / "numbers").glob("*.jpg"))
    return [grey(f) for f in files], np.array([int(f.name[0]) for f in files])
