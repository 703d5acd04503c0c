#!/usr/bin/env python3
"""Records how accurate the way from EPSG:4326 to each CRS of the EPSG Dataset is, if that is worse than 1 m or not known.

Usage, with PROJ 9.1.1 and its proj.db alone (Debian 12: python3-pyproj):

    PROJ_NETWORK=OFF scripts/record-accuracy.py > ACCURACY.json

Writes a JSON object: accuracy in metres by EPSG code, -1 if it is not known. It is the one that the EPSG Dataset states for
the operation that PROJ prefers without grid files, over the whole area of use of the CRS.
"""

import json
import sys
import warnings

from pyproj import proj_version_str
from pyproj.database import query_crs_info
from pyproj.enums import PJType
from pyproj.transformer import TransformerGroup

# What the EPSG Dataset states if nobody knows.
UNKNOWN = 999


def accuracy(code):
    stated = TransformerGroup("EPSG:4326", f"EPSG:{code}", always_xy=True).transformers[0].accuracy
    return -1 if stated < 0 or stated >= UNKNOWN else stated


def main():
    assert proj_version_str == "9.1.1", proj_version_str
    warnings.simplefilter("ignore")
    types = [PJType.PROJECTED_CRS, PJType.GEOGRAPHIC_2D_CRS]
    found = {}
    for info in query_crs_info(auth_name="EPSG", pj_types=types, allow_deprecated=True):
        try:
            metres = accuracy(info.code)
        except Exception as error:  # PROJ cannot compute it
            print(info.code, error, file=sys.stderr)
            continue
        if metres < 0 or metres > 1:
            found[info.code] = metres
    json.dump(found, sys.stdout)


main()
