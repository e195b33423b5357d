"""Reads a report in a format from standard input, and prints what the parser finds as JSON."""

import json
import sys

from junitparser import JUnitXml
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as text_format

text = sys.stdin.buffer.read().decode("utf-8")


def metrics(parse):
    return [
        {"name": family.name, "type": family.type, "unit": family.unit,
         "samples": [{"labels": sample.labels, "value": str(sample.value)} for sample in family.samples]}
        for family in parse(text)
    ]


def junit():
    return [
        {"name": suite.name, "tests": suite.tests, "failures": suite.failures, "errors": suite.errors, "skipped": suite.skipped,
         "cases": [{"name": case.name, "results": [{"kind": type(one).__name__, "type": one.type, "message": one.message, "text": one.text}
                                                  for one in case.result]} for case in suite]}
        for suite in JUnitXml.fromstring(text.encode("utf-8"))
    ]


found = {"openmetrics": lambda: metrics(openmetrics), "text": lambda: metrics(text_format), "junit": junit}[sys.argv[1]]()
json.dump(found, sys.stdout)
