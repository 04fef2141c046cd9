"""Parses expositions with prometheus_client, the official Python library.

Reads a JSON object {"text", "format"} from each line of standard input, and writes one line with the type, name, labels
and value of each sample, or with the error. Values are text, because JSON has no NaN and no infinity.
"""

import json
import sys

from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics

PARSERS = {"text": parser, "openmetrics": openmetrics}


def parse(text, format):
    return [
        {"type": family.type, "name": sample.name, "labels": sample.labels, "value": str(float(sample.value))}
        for family in PARSERS[format].text_string_to_metric_families(text)
        for sample in family.samples
    ]


for line in sys.stdin:
    try:
        result = {"samples": parse(**json.loads(line))}
    except ValueError as error:
        result = {"error": str(error)}
    print(json.dumps(result), flush=True)
