"""The faults of a request in OpenAI's words, as its API answered them."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from conftest import KIT, node_program

PROGRAM = """
import * as f from "./providers/dialects/fields.mjs";
import { WORDS } from "./providers/dialects/openai/words.mjs";
const FIELDS = {
  n: f.integer({ min: 1, max: 8 }),
  temperature: f.number({ min: 0, max: 2 }),
  metadata: f.record(f.text({ max: 512 }), { max: 16, maxName: 64, called: "a metadata object" }),
  content: f.either([f.text(), f.list(f.object({ text: f.text({ required: true }) }))]),
  tier: f.choice(["auto", "default", "flex"]),
  stop: f.list(f.text(), { min: 1, max: 4 }),
  name: f.text({ min: 1 }),
  tools: f.list(f.variants("type", { function: f.object({ name: f.text({ required: true }) }) })),
  key: f.text({ pattern: /^[a-z]+$/ }),
  audio: f.refused("It makes no sound."),
};
const faults = JSON.parse(process.argv[1]).map((body) => {
  try {
    f.checkFields(FIELDS, body, WORDS);
    return null;
  } catch (error) {
    return error.info;
  }
});
console.log(JSON.stringify(faults));
"""

CASES: list[tuple[dict[str, Any], str, str, str]] = [
    (
        {"n": 0},
        "n",
        "integer_below_min_value",
        "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead.",
    ),
    (
        {"n": 1.5},
        "n",
        "invalid_type",
        "Invalid type for 'n': expected an integer, but got a decimal number instead.",
    ),
    (
        {"temperature": 5},
        "temperature",
        "decimal_above_max_value",
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 5 instead.",
    ),
    (
        {"temperature": "hot"},
        "temperature",
        "invalid_type",
        "Invalid type for 'temperature': expected a decimal, but got a string instead.",
    ),
    (
        {"metadata": "x"},
        "metadata",
        "invalid_type",
        "Invalid type for 'metadata': expected a metadata object, but got a string instead.",
    ),
    (
        {"metadata": {f"k{i}": "v" for i in range(17)}},
        "metadata",
        "object_above_max_properties",
        "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, "
        "but got an object with 17 properties instead.",
    ),
    (
        {"metadata": {"k": "x" * 600}},
        "metadata.k",
        "string_above_max_length",
        "Invalid 'metadata.k': string too long. Expected a string with maximum length 512, "
        "but got a string with length 600 instead.",
    ),
    (
        {"metadata": {"k" * 70: "v"}},
        f"metadata.{'k' * 70}",
        "property_name_above_max_length",
        "Invalid property name in 'metadata': 'kkk...kkk' is too long. Expected a string with maximum "
        "length 64, but got a string with length 70 instead.",
    ),
    (
        {"content": 7},
        "content",
        "invalid_type",
        "Invalid type for 'content': expected one of a string or array of objects, but got an integer "
        "instead.",
    ),
    (
        {"tier": "bogus"},
        "tier",
        "invalid_value",
        "Invalid value: 'bogus'. Supported values are: 'auto', 'default', and 'flex'.",
    ),
    (
        {"tier": {}},
        "tier",
        "invalid_type",
        "Invalid type for 'tier': expected one of 'auto', 'default', or 'flex', but got an object instead.",
    ),
    (
        {"stop": []},
        "stop",
        "empty_array",
        "Invalid 'stop': empty array. Expected an array with minimum length 1, but got an empty array "
        "instead.",
    ),
    (
        {"stop": list("abcde")},
        "stop",
        "array_above_max_length",
        "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with "
        "length 5 instead.",
    ),
    (
        {"name": ""},
        "name",
        "empty_string",
        "Invalid 'name': empty string. Expected a string with minimum length 1, but got an empty string "
        "instead.",
    ),
    (
        {"content": [{"text": "a"}, {}]},
        "content[1].text",
        "missing_required_parameter",
        "Missing required parameter: 'content[1].text'.",
    ),
    (
        {"tools": [{}]},
        "tools[0].type",
        "missing_required_parameter",
        "Missing required parameter: 'tools[0].type'.",
    ),
    ({"zzz": 1}, "zzz", "unknown_parameter", "Unknown parameter: 'zzz'."),
    (
        {"key": "A"},
        "key",
        "invalid_value",
        "Invalid 'key': string does not match pattern. Expected a string that matches the pattern '^[a-z]+$'.",
    ),
    (
        {"audio": {}},
        "audio",
        "unsupported_parameter",
        "Unsupported parameter: 'audio' is not supported by the simulator. It makes no sound.",
    ),
]


@pytest.fixture(scope="module")
def faults() -> list[Any]:
    done = subprocess.run(
        [node_program(), "--input-type=module", "-e", PROGRAM, json.dumps([body for body, *_ in CASES])],
        cwd=KIT / "stack" / "node",
        capture_output=True,
        text=True,
        check=True,
    )
    return list(json.loads(done.stdout))


@pytest.mark.parametrize("index", range(len(CASES)), ids=[next(iter(c[0])) + "-" + c[2] for c in CASES])
def test_a_fault_has_openais_words(index: int, faults: list[Any]) -> None:
    _body, param, code, message = CASES[index]
    assert faults[index] == {"param": param, "code": code, "message": message}
