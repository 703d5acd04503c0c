#!/usr/bin/env python3
"""Records where PROJ has poles, edges and the far side in every projected CRS of the EPSG Dataset.

Usage, with PROJ 9.1.1 and its proj.db alone (Debian 12: python3-pyproj):

    PROJ_NETWORK=OFF scripts/record-proj-edges.py | node scripts/brotli.mjs > test/data/proj-edges.br

The first line has the positions: degrees east of the central meridian, and latitude. Then one line per CRS: its code,
its central meridian east of Greenwich in degrees, and x,y of each position to 0.1 units, or a hyphen if PROJ gives none.
Only the projection is recorded: positions are on the CRS's own ellipsoid and datum.
"""

import math
import sys

from pyproj import CRS, Transformer, proj_version_str
from pyproj.database import query_crs_info
from pyproj.enums import PJType

# Longitude from the central meridian, latitude: poles, the far side, both sides of the edge, a quarter away, the middle.
POSITIONS = [(40, 90), (-40, -90), (179.99, 40), (-179.99, -50), (91, 30), (135, -20), (-50, 60), (1, 40)]
LONGITUDES = (
    "Longitude of natural origin",
    "Longitude of false origin",
    "Longitude of projection centre",
    "Longitude of origin",
)


def central_meridian(crs):
    greenwich = crs.prime_meridian
    degrees = math.degrees(greenwich.longitude * greenwich.unit_conversion_factor)
    for parameter in crs.coordinate_operation.params:
        if parameter.name in LONGITUDES:
            return degrees + math.degrees(parameter.value * parameter.unit_conversion_factor)
    raise ValueError(f"{crs} has no central meridian")


def pair(x, y):
    if not (math.isfinite(x) and math.isfinite(y)):
        return "-"
    return ",".join(format(value, ".1f" if abs(value) < 1e9 else ".9g") for value in (x, y))


def line(code):
    crs = CRS.from_epsg(code)
    ellipsoid = crs.ellipsoid
    source = f"+proj=longlat +a={ellipsoid.semi_major_metre!r} +b={ellipsoid.semi_minor_metre!r} +no_defs"
    meridian = round(central_meridian(crs), 6)
    places = [((meridian + east + 180) % 360 - 180, lat) for east, lat in POSITIONS]
    transformer = Transformer.from_crs(source, crs, always_xy=True)
    xs, ys = transformer.transform([lon for lon, _ in places], [lat for _, lat in places])
    return " ".join([code, str(meridian)] + [pair(x, y) for x, y in zip(xs, ys)])


def main():
    assert proj_version_str == "9.1.1", proj_version_str
    known = query_crs_info(auth_name="EPSG", pj_types=[PJType.PROJECTED_CRS], allow_deprecated=True)
    lines = []
    for code in sorted((info.code for info in known), key=int):
        try:
            lines.append(line(code))
        except Exception as error:  # PROJ does not have the method either
            print(code, error, file=sys.stderr)
    header = " ".join(f"{east},{lat}" for east, lat in POSITIONS)
    print("\n".join([header] + lines))


main()
