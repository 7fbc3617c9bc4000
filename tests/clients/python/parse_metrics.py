"""Reads a page of metrics from stdin as Prometheus does, and prints its samples as JSON.

Fails where the page is no valid text format, or where a metric has no explanation or comes twice.
"""

import json
import sys

from prometheus_client.parser import text_string_to_metric_families

page = sys.stdin.read()
# The parser calls every counter ..._total. These are the names as they are written.
written = {line.split("{")[0].split(" ")[0] for line in page.splitlines() if not line.startswith("#")}
samples = []
families = set()
for family in text_string_to_metric_families(page):
    assert family.documentation, f"{family.name} is not explained"
    assert family.name not in families, f"{family.name} comes twice"
    families.add(family.name)
    for sample in family.samples:
        name = sample.name if sample.name in written else sample.name.removesuffix("_total")
        assert name in written, f"{name} is not on the page"
        samples.append({"name": name, "type": family.type, "labels": sample.labels, "value": sample.value})
keys = [(sample["name"], tuple(sorted(sample["labels"].items()))) for sample in samples]
assert len(keys) == len(set(keys)), "a sample comes twice"
json.dump(samples, sys.stdout)
