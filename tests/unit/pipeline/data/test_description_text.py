"""What is written as YAML is read back as it was meant."""

import yaml

from pipeline.data.description_text import Part, description_text
from pipeline.data.yaml_files import read_yaml


def test_round_trip(tmp_path):
    entry = {
        "file": "answers: 1.csv",
        "columns": "WAI {item:02d} # x",
        "keep": {"Who": "yes", "no": "1"},
        "recode": {"nie": 1, "No": 2.0, "1 = öfter": 3.5},
        "missing_codes": [9, -99.0, "n/a", "null"],
    }
    clients = {"file": "c.csv", "client": "id", "variables": {"sex": {"role": "group", "label": "true"}}}
    text = description_text(
        "A: title", "Müller's data", [Part(entry, ["a comment"])], Part(clients, ["another"]), ["unused"]
    )
    path = tmp_path / "dataset.yaml"
    path.write_text(text, encoding="utf-8")
    found = read_yaml(path, "dataset.yaml")
    assert found == {"title": "A: title", "source": "Müller's data", "responses": [entry], "clients": clients}
    hint = [line.removeprefix("# ") for line in text.splitlines() if line.startswith(("# exclusions:", "#   - "))]
    assert {"reason", "clients"} <= set(yaml.safe_load("\n".join(hint))["exclusions"][0])  # valid without the signs
    assert text.count("\n  # a comment\n") == 1 and text.count("\n# another\n") == 1
