"""Reads a collection of the HTTP API with QGIS, as a user who adds the layer does. Takes commands on standard input, one
on a line, and prints an answer in JSON for each:

    count                      the number of features that QGIS shows for the layer
    box WEST SOUTH EAST NORTH  the features that QGIS draws there: by number, their coordinates
    reload                     what View > Refresh does
"""

import json
import sys

from qgis.core import QgsApplication, QgsFeatureRequest, QgsRectangle, QgsVectorLayer

root, collection = sys.argv[1:]
application = QgsApplication([], False)
application.initQgis()
source = f"url='{root}' typename='{collection}' pageSize='1000' restrictToRequestBBOX='1'"
layer = QgsVectorLayer(source, collection, "OAPIF")


def answer(command: str, *numbers: str) -> object:
    if not layer.isValid():
        return {"invalid": layer.error().summary()}
    if command == "count":
        return layer.featureCount()
    if command == "reload":
        layer.reload()
        return "reloaded"
    request = QgsFeatureRequest(QgsRectangle(*map(float, numbers)))
    return {
        feature["number"]: [feature.geometry().asPoint().x(), feature.geometry().asPoint().y()]
        for feature in layer.getFeatures(request)
    }


for line in sys.stdin:
    print(json.dumps(answer(*line.split())), flush=True)
