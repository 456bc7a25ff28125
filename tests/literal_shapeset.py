"""Shapeset-3x2 once more: one scene at a time, step by step, in plain Python.

A second implementation to check the package against. It shares no code with it and is written for
likeness to the description of the law, not for speed: explicit matrices and vertices, loops over
rows and edges, whole-number arithmetic in the drawing rule.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Point = tuple[float, float]
Matrix = tuple[tuple[float, float], tuple[float, float]]
CORNERS = (3, 4, 20)


@dataclass
class Shape:
    kind: int
    grey: int
    k1: int
    k3: int
    s0: float = 0.0
    s1: float = 0.0
    t: Point = (0.0, 0.0)
    outline: list[Point] = field(default_factory=list)

    @property
    def n(self) -> int:
        return CORNERS[self.kind]

    @property
    def vertices(self) -> list[Point]:
        return [(x + self.t[0], y + self.t[1]) for x, y in self.outline]


@dataclass
class Scene:
    background: int
    shapes: list[Shape]
    rejections: int = 0


class Chance:
    """Random draws: by default from Python's own generator, whatever their name."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def integer(self, name: tuple[int, int], choices: int) -> int:
        return self.random.randrange(choices)

    def uniform(self, name: tuple[int, int]) -> float:
        return self.random.random()


class Words(Chance):
    """Random draws from given 32-bit words; a name is (block, place in the block)."""

    def __init__(self, block: Callable[[int], Sequence[int]]) -> None:
        self.block = block

    def integer(self, name: tuple[int, int], choices: int) -> int:
        return int(self.block(name[0])[name[1]]) * choices // 2**32

    def uniform(self, name: tuple[int, int]) -> float:
        return (int(self.block(name[0])[name[1]]) + 0.5) / 2**32


def draw_scene(chance: Chance) -> Scene:
    dark_background = chance.integer((0, 0), 2) == 0

    def grey(name: tuple[int, int], dark: bool) -> int:
        return chance.integer(name, 115) if dark else 140 + chance.integer(name, 116)

    scene = Scene(grey((0, 1), dark_background), [])
    for i in range(1 + chance.integer((0, 2), 2)):
        n = CORNERS[kind := chance.integer((1 + i, 0), 3)]
        k1 = chance.integer((1 + i, 2), 255 // n)
        if k1 > 254 // (2 * n):
            k1 = min(255 - 254 // n + k1, 254)
        shape = Shape(
            kind, grey((1 + i, 1), not dark_background), k1, chance.integer((1 + i, 3), 254)
        )
        if i == 0:
            place(shape, chance, 3)
            scene.shapes.append(shape)
            continue
        for attempt in range(50):
            place(shape, chance, 4 + attempt)
            if not too_much(scene.shapes[0], shape):
                scene.shapes.append(shape)
                break
            scene.rejections += 1
    return scene


def place(shape: Shape, chance: Chance, block: int) -> None:
    draws = [6.4 + 19.2 * chance.uniform((block, i)) for i in (0, 1)]
    shape.s0, shape.s1 = sorted(draws, reverse=True)
    theta1, theta3 = (2 * math.pi * k / 255 for k in (shape.k1, shape.k3))
    theta2 = -math.atan(shape.s1 / shape.s0 * math.tan(theta1)) if shape.k1 else 0.0
    matrix = rotation(theta1)
    for factor in (((shape.s0, 0.0), (0.0, shape.s1)), rotation(theta2), rotation(theta3)):
        matrix = product(factor, matrix)
    shape.outline = [apply(matrix, v) for v in base_polygon(shape.n)]
    t = []
    for axis in (0, 1):
        low = max(0.0, 1 - min(p[axis] for p in shape.outline))
        high = min(32.0, 31 - max(p[axis] for p in shape.outline))
        t.append(low + (high - low) * chance.uniform((block, 2 + axis)))
    shape.t = (t[0], t[1])


def base_polygon(n: int) -> list[Point]:
    angles = [2 * math.pi * (t / n + 1 / (2 * n) + 1 / 4) for t in range(n)]
    return [(math.cos(phi) / 2, math.sin(phi) / 2) for phi in angles]


def rotation(theta: float) -> Matrix:
    return (math.cos(theta), -math.sin(theta)), (math.sin(theta), math.cos(theta))


def product(a: Matrix, b: Matrix) -> Matrix:
    (a00, a01), (a10, a11) = a
    (b00, b01), (b10, b11) = b
    return (
        (a00 * b00 + a01 * b10, a00 * b01 + a01 * b11),
        (a10 * b00 + a11 * b10, a10 * b01 + a11 * b11),
    )


def apply(a: Matrix, v: Point) -> Point:
    return a[0][0] * v[0] + a[0][1] * v[1], a[1][0] * v[0] + a[1][1] * v[1]


def too_much(first: Shape, second: Shape) -> bool:
    T = (math.trunc(first.t[0]), math.trunc(first.t[1]))
    c = (second.t[0] - T[0], second.t[1] - T[1])
    d = math.hypot(*c)
    u = (c[0] / d, c[1] / d)
    forward = max((x - T[0]) * u[0] + (y - T[1]) * u[1] for x, y in first.vertices)
    backward = max(-x * u[0] - y * u[1] for x, y in second.outline)
    q = forward + backward
    if q < d:
        return False
    f = 1 - 2 ** (-(q - d) / d)

    def size(shape: Shape) -> float:
        n = shape.n
        return shape.s0 * shape.s1 * n * math.sin(2 * math.pi / n) / (2 * math.pi)

    return size(second) * f / size(first) > 0.5


def filled(vertices: Sequence[Point]) -> set[tuple[int, int]]:
    """Pixels (row, column) that the drawing rule fills."""
    points = [(math.trunc(x), math.trunc(y)) for x, y in vertices]
    last = max(y for _, y in points)
    pixels = set()
    for row in range(min(y for _, y in points), last + 1):
        columns = []
        for (x1, y1), (x2, y2) in zip(points, points[1:] + points[:1], strict=True):
            if y1 > y2:
                x1, y1, x2, y2 = x2, y2, x1, y1
            if y1 <= row < y2 or (row == last == y2 and y1 < y2):
                shift = (row - y1) * abs(x2 - x1) // (y2 - y1)
                columns.append(x1 + (shift if x2 >= x1 else -shift))
        columns.sort()
        for left, right in zip(columns[0::2], columns[1::2], strict=True):
            pixels |= {(row, column) for column in range(left, right + 1)}
    return pixels


def render(background: int, polygons: Sequence[tuple[int, Sequence[Point]]]) -> list[list[int]]:
    image = [[background] * 32 for _ in range(32)]
    for grey, vertices in polygons:
        for row, column in filled(vertices):
            image[row][column] = grey
    return image
