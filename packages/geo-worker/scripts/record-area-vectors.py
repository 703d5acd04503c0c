#!/usr/bin/env python3
"""Records which geometries meet an area with thousands of vertices, according to shapely.

Usage, with shapely 1.8.5 (Debian 12: python3-shapely):

    scripts/record-area-vectors.py > test/data/area-vectors.json

Each case has a geometry within one turn of longitude, and for each of its parts the turns by which a test moves it: shapely
knows no turns, and they change nothing.
"""

import json
import math
import random

import shapely
from shapely.geometry import shape

DIGITS = 4
rng = random.Random(7)


def ring(center, radius, vertices, roughness):
    """A coast: never crosses itself, because each vertex has a direction of its own."""
    points = []
    for i in range(vertices):
        angle = 2 * math.pi * i / vertices
        reach = radius * (1 + roughness * rng.uniform(-1, 1))
        points.append((round(center[0] + reach * math.cos(angle), DIGITS), round(center[1] + reach * math.sin(angle), DIGITS)))
    return points + points[:1]


def area():
    mainland = [ring((8, 46), 10, 1600, 0.2), ring((8, 46), 4, 500, 0.3)]
    islands = [[ring((30 + 3 * i, 40 + 2 * i), 0.8, 60, 0.4)] for i in range(8)]
    return {"type": "MultiPolygon", "coordinates": [mainland, *islands]}


def place():
    spread = rng.choice([6, 14, 30])
    return (round(8 + rng.uniform(-spread, 1.5 * spread), DIGITS), round(46 + rng.uniform(-spread, spread) / 1.5, DIGITS))


def path():
    x, y = place()
    step = rng.choice([0.05, 0.5, 5])
    points = [(x, y)]
    for _ in range(rng.randrange(1, 12)):
        x, y = round(x + rng.uniform(-step, step), DIGITS), round(max(-89, min(89, y + rng.uniform(-step, step))), DIGITS)
        points.append((x, y))
    return points


def polygon():
    center, radius = place(), rng.choice([0.05, 1, 8, 25])
    rings = [ring(center, radius, rng.randrange(4, 30), 0.3)]
    if rng.random() < 0.4:
        rings.append(ring(center, radius * 0.6, rng.randrange(4, 20), 0.1))
    return rings


KINDS = {
    "Point": place,
    "LineString": path,
    "Polygon": polygon,
    "MultiPoint": lambda: [place() for _ in range(rng.randrange(1, 6))],
    "MultiLineString": lambda: [path() for _ in range(rng.randrange(1, 4))],
    "MultiPolygon": lambda: [polygon() for _ in range(rng.randrange(1, 3))],
}


def main():
    within = area()
    exact = shape(within)
    assert exact.is_valid
    cases = []
    while len(cases) < 600:
        kind = rng.choice(list(KINDS))
        geometry = {"type": kind, "coordinates": KINDS[kind]()}
        reference = shape(geometry)
        # Parts of a multipolygon may overlap: shapely has no answer for that.
        if kind.endswith("Polygon") and not reference.is_valid:
            continue
        parts = len(geometry["coordinates"]) if kind.startswith("Multi") else 1
        turns = [rng.choice([0, 0, 1, -1, 12, -30]) for _ in range(parts)]
        cases.append({"geometry": geometry, "turns": turns, "meets": exact.intersects(reference)})
    header = {"reference": f"shapely {shapely.__version__}", "area": within}
    print(json.dumps(header)[:-1] + ', "cases": [')
    print(",\n".join(json.dumps(case) for case in cases))
    print("]}")


main()
