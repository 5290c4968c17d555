"""Where the shapes come from: dataset images, printed fonts, drawn strokes.

Every shape ends as a 96x96 canvas (ink = 1.0) whose longest side is 60 pixels,
and from there as a signed distance map, in which a pen is only a threshold.
"""

import subprocess
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

CANVAS = 96
LONGEST = 60
FONTS = ("ipaexg.ttf", "NotoSansCJK-Regular.ttc", "DejaVuSans.ttf", "DejaVuSansMono.ttf",
         "LiberationMono-Regular.ttf", "LiberationSans-Regular.ttf", "NotoSansMono-Regular.ttf",
         "NotoMono-Regular.ttf", "NimbusMonoPS-Regular.otf", "NimbusSans-Regular.otf")


def font_files(names) -> list:
    """Paths of installed fonts by file name, in the order asked for."""
    listed = subprocess.run(["fc-list", "--format", "%{file}\n"], capture_output=True, text=True, check=True)
    installed = {Path(line).name: line for line in sorted(listed.stdout.split("\n")) if line}
    return [installed[name] for name in names if name in installed]


def centred(ink: np.ndarray) -> np.ndarray:
    """Ink cut to its bounds, scaled and centred on the canvas."""
    mask = ink > 0.4
    if not mask.any():
        return np.zeros((CANVAS, CANVAS), np.float32)
    ys, xs = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    part = ink[ys[0]:ys[-1] + 1, xs[0]:xs[-1] + 1].astype(np.float32)
    part = np.pad(part, 1)
    scale = LONGEST / max(part.shape[0] - 2, part.shape[1] - 2)
    width, height = (max(1, round(n * scale)) for n in part.shape[::-1])
    part = cv2.resize(part, (width, height), interpolation=cv2.INTER_CUBIC)
    out = np.zeros((CANVAS, CANVAS), np.float32)
    y, x = (CANVAS - height) // 2, (CANVAS - width) // 2
    out[y:y + height, x:x + width] = part
    return np.clip(out, 0, 1)


def fax_ink(image: np.ndarray) -> np.ndarray:
    """Ink of a fax cell; blobs at the border are rests of its box."""
    ink = (image < 128).astype(np.uint8)
    ink[:, :2] = ink[:, -2:] = 0
    ink[:2] = ink[-2:] = 0
    count, label, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    height, width = ink.shape
    for i in range(1, count):
        x, y, w, h, area = stats[i]
        edge = x < 8 or y < 5 or x + w > width - 5 or y + h > height - 5
        if area < 6 or (edge and (min(w, h) <= 4 or area < 25)):
            ink[label == i] = 0
    return ink.astype(np.float32)


def distance(canvas: np.ndarray) -> np.ndarray:
    """Signed distance to the outline in canvas pixels, positive inside."""
    inside = (canvas > 0.5).astype(np.uint8)
    return (cv2.distanceTransform(inside, cv2.DIST_L2, 3)
            - cv2.distanceTransform(1 - inside, cv2.DIST_L2, 3))


def stroke_width(canvas: np.ndarray) -> float:
    """Mean stroke width: twice the area over the outline's length."""
    inside = (canvas > 0.5).astype(np.uint8)
    outlines, _ = cv2.findContours(inside, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    length = sum(cv2.arcLength(o, True) for o in outlines)
    return 2.0 * float(inside.sum()) / max(length, 1.0)


def printed(names=FONTS) -> list:
    """(canvas, digit) of every digit in every font found."""
    found = []
    for file in font_files(names):
        font = ImageFont.truetype(file, 120)
        for digit in range(10):
            image = Image.new("L", (200, 200), 0)
            ImageDraw.Draw(image).text((50, 20), str(digit), fill=255, font=font)
            found.append((centred(np.asarray(image) / 255.0), digit))
    return found


def curve(points, closed=False) -> np.ndarray:
    """A smooth line through points (Catmull-Rom)."""
    p = np.array(points, float)
    p = np.vstack([p[-1], p, p[0], p[1]]) if closed else np.vstack([p[0], p, p[-1]])
    t = np.linspace(0, 1, 10)[:, None]
    pieces = []
    for a, b, c, d in zip(p[:-3], p[1:-2], p[2:-1], p[3:]):
        pieces.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t ** 2
                             + (3 * b - a - 3 * c + d) * t ** 3))
    return np.vstack(pieces)


def straight(points) -> np.ndarray:
    return np.array(points, float)


def strokes(digit: int, rng) -> list:
    """Lines of one digit as Japanese hands write it, in a 1 x 1.6 box (y down)."""
    u = rng.uniform
    if digit == 0:
        return [curve([(.5, 0), (.05, .5), (.08, 1.2), (.5, 1.6), (.93, 1.15), (.95, .45)], True)]
    if digit == 1 and rng.random() < 0.4:
        return [straight([(.5, 0), (.5 + u(-.06, .06), 1.6)])]
    if digit == 1:
        lines = [straight([(.5 - u(.14, .42), u(.3, .55)), (.5, 0), (.5, 1.6)])]
        if rng.random() < 0.2:
            lines.append(straight([(.2, 1.6), (.8, 1.6)]))
        return lines
    if digit == 2:
        top = [(.08, u(.3, .5)), (.25, .08), (.6, 0), (.9, .3), (.75, .75), (.1, 1.5)]
        if rng.random() < 0.35:
            return [curve(top + [(.05, 1.3), (.3, 1.3), (.55, 1.55), (1, 1.5)])]
        return [curve(top), straight([(.1, 1.5), (.95, u(1.45, 1.6))])]
    if digit == 3:
        return [curve([(.1, u(.1, .3)), (.5, 0), (.88, .3), (.75, .65), (.4, .75), (.8, .85),
                       (.95, 1.2), (.55, 1.6), (.05, 1.4)])]
    if digit == 4:
        if rng.random() < 0.7:
            return [straight([(.4 + u(-.15, .1), 0), (.02, u(.85, 1.1)), (1, u(.85, 1.1))]),
                    straight([(.68, u(.2, .65)), (.66, 1.6)])]
        return [straight([(.65, 1.6), (.65, 0), (.02, 1.05), (1, 1.05)])]
    if digit == 5:
        return [straight([(.25, 0), (.15, .65)]),
                curve([(.15, .68), (.5, .55), (.9, .85), (.85, 1.35), (.4, 1.6), (.02, 1.4)]),
                straight([(.22 + u(-.04, .08), u(-.05, .08)), (.95, u(-.06, .06))])]
    if digit == 6:
        return [curve([(u(.5, .8), 0), (.2, .55), (.05, 1.1), (.35, 1.58), (.8, 1.5), (.92, 1.1),
                       (.6, .8), (.15, 1.0)])]
    if digit == 7:
        body = [(.05, .08 + u(-.04, .04)), (.92, .04), (u(.3, .6), 1.6)]
        if rng.random() < 0.65:
            return [straight([(.05 + u(-.03, .06), u(.35, .6))] + body)]
        return [straight(body)]
    if digit == 8:
        return [curve([(.85, .2), (.45, 0), (.12, .3), (.45, .7), (.9, 1.15), (.5, 1.6), (.08, 1.2),
                       (.5, .72), (.88, .35)], rng.random() < 0.6)]
    leg = [(.9, .1), (.9 + u(-.25, .05), 1.6)]
    return [curve([(.88, .3), (.5, 0), (.08, .35), (.35, .8), (.85, .5)]),
            straight(leg) if rng.random() < 0.7 else curve([(.9, .1), (.88, .9), (.6, 1.6)])]


def drawn(digit: int, rng) -> np.ndarray:
    """One such digit on the canvas, each point moved a little."""
    canvas = np.zeros((160, 160), np.uint8)
    wide = rng.uniform(38, 62)
    thick = int(rng.integers(3, 7))
    for line in strokes(digit, rng):
        moved = line * (wide, 50) + (50, 40) + rng.normal(0, 1.6, 2)
        bend = rng.normal(0, 1.3, 2) * np.sin(np.linspace(0, np.pi, len(moved)))[:, None]
        cv2.polylines(canvas, [np.round((moved + bend) * 16).astype(np.int32)], False, 255,
                      thick, cv2.LINE_AA, 4)
    return centred(canvas / 255.0)
