"""ogc-sta-schema-validator: check every entity of a service against schemas of the standard."""

import json
import sys

import numpy as np
from src.api_client import SensorThingsAPIClient
from src.auth import TokenAuth
from src.runner import ValidationRunner
from src.schema_loader import SchemaLoader

given = np.load(sys.argv[1])
client = SensorThingsAPIClient(str(given["url"]), auth_strategy=TokenAuth(str(given["key"])))
runner = ValidationRunner(client, SchemaLoader(str(given["schemas"])))
kinds = client.get_available_entity_types()
answer = {"kinds": np.array(kinds, dtype=str)}
problems = [] if client.test_connection() else ["no connection"]
for kind in kinds:
    results = runner.validate_entity_type(kind, schema_file=f"{kind}.json")
    answer[kind] = np.array(len(results))
    problems += [
        f"{kind} {one.entity_id}: {json.dumps([str(e) for e in one.errors])}"
        for one in results
        if not one.is_valid
    ]
np.savez(sys.argv[2], problems=np.array(problems, dtype=str), **answer)
