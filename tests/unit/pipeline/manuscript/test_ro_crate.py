"""Metadata against the rules of RO-Crate 1.1."""

import hashlib
import json

from pipeline.manuscript.ro_crate import metadata

FILES = {"config.yaml": b"seed: 1\n", "results/x/a.csv": b"n\n1\n"}
ABOUT = {"name": "N", "description": "D", "date": "2026-11-27", "licence": "https://example.org/by", "version": "0.1.0"}


def test_the_root_and_its_parts():
    text = metadata(FILES, **ABOUT, versions={"numpy": "2.4.6"}, seed=7)
    graph = {entity["@id"]: entity for entity in json.loads(text)["@graph"]}
    descriptor, root = graph["ro-crate-metadata.json"], graph["./"]
    assert descriptor["conformsTo"]["@id"] == "https://w3id.org/ro/crate/1.1" and descriptor["about"]["@id"] == "./"
    assert root["@type"] == "Dataset" and root["datePublished"] == "2026-11-27" and root["license"]["@id"]
    assert [part["@id"] for part in root["hasPart"]] == sorted(FILES)
    own = graph["results/x/a.csv"]
    assert (own["@type"], own["encodingFormat"], own["contentSize"]) == ("File", "text/csv", "4")
    assert own["sha256"] == hashlib.sha256(b"n\n1\n").hexdigest()
    assert graph["#run"]["result"] == [{"@id": "results/x/a.csv"}] and "7" in graph["#run"]["description"]
    assert graph["#numpy"]["softwareVersion"] == "2.4.6"
    named = {value["@id"] for entity in graph.values() for value in entity.values() if isinstance(value, dict)}
    assert named - {"https://w3id.org/ro/crate/1.1", "https://example.org/by"} <= set(graph)


def test_the_order_of_the_files_does_not_count():
    other = dict(reversed(FILES.items()))
    assert metadata(FILES, **ABOUT, versions={}, seed=1) == metadata(other, **ABOUT, versions={}, seed=1)
