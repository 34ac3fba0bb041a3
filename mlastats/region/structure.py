"""What a return says of itself: the structure of its cubes as SDMX-JSON 2.0, and datapackage.json for all other readers.

The forms were tried with pysdmx 1.21 and sdmx1 2.28 (tests/test_returns.py), which read what is written here.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from mlastats import vocab
from mlastats.region.cube import CONF_STATUS, CUBES, OBS_STATUS, OWNER, VALUE, VERSION, Cube, Header, codes_of

SCHEMA = (
    "https://raw.githubusercontent.com/sdmx-twg/sdmx-json/develop/structure-message/tools/schemas/2.0.0/"
    "sdmx-json-structure-schema.json"
)
LEAD = ("STRUCTURE", "STRUCTURE_ID", "ACTION")


def columns(cube: Cube, mode: str) -> list[str]:
    """The columns of a cube's file: keys of cells are in a trusted return alone."""
    return [*LEAD, *(name for name in cube.columns if name != "CELL_KEY" or mode == "trusted")]


def lead(cube: Cube) -> dict[str, str]:
    """What SDMX-CSV 2.0 has at the head of each row: the structure it follows, and that it informs."""
    return {"STRUCTURE": "datastructure", "STRUCTURE_ID": f"{OWNER}:{cube.name}({VERSION})", "ACTION": "I"}


def structure() -> dict[str, Any]:
    """The structure message: concepts, lists of codes and a data structure for each cube."""
    lists: dict[str, dict[str, str]] = {"OBS_STATUS": OBS_STATUS, "CONF_STATUS": CONF_STATUS}
    names = list(dict.fromkeys(name for cube in CUBES.values() for name in (*cube.dimensions, *VALUE)))
    for name in names:
        if (codes := codes_of(name)) is not None:
            lists[name] = codes
    for cube in CUBES.values():
        lists[f"MEASURE_{cube.name}"] = {code: _words(code) for code in cube.measures}
    schemes = {"id": "CONCEPTS", "name": "Concepts of a return", "version": VERSION, "agencyID": OWNER}
    return {
        # Readers look for the schema at the head of the message.
        "meta": {
            "schema": SCHEMA,
            "id": "STRUCTURE",
            "prepared": "2026-01-01T00:00:00Z",
            "sender": {"id": OWNER},
            "contentLanguages": ["en"],
            "test": False,
        },
        "data": {
            "codelists": [
                {
                    "id": f"CL_{name}",
                    "name": _words(name),
                    "version": VERSION,
                    "agencyID": OWNER,
                    "codes": [{"id": code, "name": text} for code, text in codes.items()],
                }
                for name, codes in lists.items()
            ],
            "conceptSchemes": [
                {**schemes, "concepts": [{"id": name, "name": _words(name)} for name in names]}
            ],
            "dataStructures": [_data_structure(cube, lists) for cube in CUBES.values()],
        },
    }


def skeleton(message: Any) -> Any:
    """The data structures of a structure message, without the names in them: what is called otherwise is the same table.

    Raises KeyError or TypeError where it has none.
    """
    return _nameless(message["data"]["dataStructures"])


def datapackage(header: Header, files: Mapping[str, bytes], digests: Mapping[str, str]) -> dict[str, Any]:
    """datapackage.json: the header of the return, and the columns of each of its tables."""
    resources = []
    for cube in CUBES.values():
        path = f"{cube.name}.csv"
        fields = [{"name": name, "type": _type(cube, name)} for name in columns(cube, header.mode)]
        resources.append(
            {
                "name": cube.name.lower(),
                "path": path,
                "title": vocab.label("cube", cube.name),
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "bytes": len(files[path]),
                "hash": f"sha256:{digests[path]}",
                "schema": {"fields": fields, "primaryKey": list(cube.dimensions), "missingValues": [""]},
            }
        )
    return {
        "name": header.name.lower(),
        "title": f"Return of {header.state} for {header.period}, version {header.version}",
        "version": str(header.version),
        "secret": header.secret,
        "return": dataclasses.asdict(header),
        "resources": resources,
    }


def _nameless(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _nameless(value) for key, value in part.items() if key != "name"}
    return [_nameless(value) for value in part] if isinstance(part, list) else part


def _type(cube: Cube, name: str) -> str:
    return (
        {"Int64": "integer", "Float64": "number"}.get(cube.dtype, "string")
        if name == "OBS_VALUE"
        else "string"
    )


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _data_structure(cube: Cube, lists: Mapping[str, Any]) -> dict[str, Any]:
    def component(name: str, position: int = -1, **more: Any) -> dict[str, Any]:
        listed = f"MEASURE_{cube.name}" if name == "MEASURE" else name
        urn = f"urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept={OWNER}:CONCEPTS({VERSION}).{name}"
        text = {"format": {"dataType": "ObservationalTimePeriod" if name == "TIME_PERIOD" else "String"}}
        enumerated = {
            "enumeration": f"urn:sdmx:org.sdmx.infomodel.codelist.Codelist={OWNER}:CL_{listed}({VERSION})"
        }
        place = {} if position < 0 else {"position": position}
        kind = enumerated if listed in lists else text
        return {"id": name, "conceptIdentity": urn, "localRepresentation": kind, **place, **more}

    value = {"Int64": "Long", "Float64": "Decimal"}.get(cube.dtype, "String")
    measure = component("OBS_VALUE") | {"localRepresentation": {"format": {"dataType": value}}}
    of_value: dict[str, Any] = {
        "attributeRelationship": {"observation": {}},
        "usage": "optional",
        "measureRelationship": ["OBS_VALUE"],
    }
    return {
        "id": cube.name,
        "name": vocab.label("cube", cube.name),
        "version": VERSION,
        "agencyID": OWNER,
        "dataStructureComponents": {
            "dimensionList": {
                "id": "DimensionDescriptor",
                "dimensions": [component(name, at) for at, name in enumerate(cube.dimensions[:-1])],
                "timeDimension": component("TIME_PERIOD"),
            },
            "measureList": {"id": "MeasureDescriptor", "measures": [measure]},
            "attributeList": {
                "id": "AttributeDescriptor",
                "attributes": [component(name, **of_value) for name in VALUE[1:]],
            },
        },
    }
