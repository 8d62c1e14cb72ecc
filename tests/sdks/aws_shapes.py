"""A boto3 client that holds every answer against AWS's own service model, field by field."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.config import Config
from botocore.eventstream import EventStreamBuffer
from botocore.model import OperationModel, Shape, StructureShape

TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "blob": str,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "boolean": bool,
}


def check(shape: Shape, value: Any, place: str) -> None:
    """Fail unless the JSON value has all required members of the shape, no unknown ones, and the right types."""
    if isinstance(shape, StructureShape):
        check_structure(shape, value, place)
    elif shape.type_name == "list":
        assert isinstance(value, list), f"{place} is {value!r}"
        for index, item in enumerate(value):
            check(shape.member, item, f"{place}[{index}]")
    elif shape.type_name == "map":
        assert isinstance(value, dict), f"{place} is {value!r}"
        for name, item in value.items():
            check(shape.value, item, f"{place}.{name}")
    else:
        assert isinstance(value, TYPES[shape.type_name]), f"{place} is {value!r}, not a {shape.type_name}"
        assert shape.type_name == "boolean" or not isinstance(value, bool), place
        enum = getattr(shape, "enum", None)
        assert not enum or value in enum, f"{place} is {value!r}, not one of {enum}"


def check_structure(shape: StructureShape, value: Any, place: str) -> None:
    assert isinstance(value, dict), f"{place} is {value!r}"
    if shape.is_document_type:
        return
    unknown = value.keys() - shape.members.keys()
    assert not unknown, f"{place} has {sorted(unknown)}, which AWS does not have"
    missing = set(shape.required_members) - value.keys()
    assert not missing, f"{place} lacks {sorted(missing)}"
    if shape.is_tagged_union:
        assert len(value) == 1, f"{place} has {sorted(value)}"
    for name, item in value.items():
        check(shape.members[name], item, f"{place}.{name}")


class CheckedStream:
    """The bytes of an event stream as they pass, each event held against the service model."""

    def __init__(self, raw: Any, operation: OperationModel) -> None:
        self.raw = raw
        self.events: StructureShape = operation.get_event_stream_output()
        self.buffer = EventStreamBuffer()

    def stream(self) -> Iterator[bytes]:
        for piece in self.raw.stream():
            self.buffer.add_data(piece)
            for event in self.buffer:
                kind = event.headers[":event-type"]
                assert event.headers[":message-type"] == "event"
                body = json.loads(event.payload)
                check(self.events.members[kind], body, kind)
            yield piece

    def close(self) -> None:
        self.raw.close()


def check_answer(operation_model: OperationModel, response_dict: dict[str, Any], **_: Any) -> None:
    """A hook for `before-parse`."""
    if response_dict["status_code"] >= 300:
        body = json.loads(response_dict["body"])
        assert body.keys() == {"message"}
        assert response_dict["headers"]["x-amzn-errortype"].endswith("Exception")
        return
    if operation_model.has_event_stream_output:
        response_dict["body"] = CheckedStream(response_dict["body"], operation_model)
    elif operation_model.name != "InvokeModel":
        check(operation_model.output_shape, json.loads(response_dict["body"]), operation_model.name)


def client(base: str, service: str = "bedrock-runtime", key: str = "sim-boto3", validate: bool = True) -> Any:
    """A client of the simulator; without `validate` it sends what boto3 itself would refuse."""
    made = boto3.client(
        service,
        endpoint_url=base,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key="simulated",
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=validate),
    )
    made.meta.events.register(f"before-parse.{service}", check_answer)
    return made


def png(width: int, height: int) -> bytes:
    """The head of a PNG of this size, which is all that a look at its size needs."""
    head = b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4, "big") + b"IHDR"
    return head + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\x00\x00\x00" + bytes(16)


def user(*blocks: dict[str, Any] | str) -> dict[str, Any]:
    """A user's message of texts and blocks."""
    return {
        "role": "user",
        "content": [{"text": block} if isinstance(block, str) else block for block in blocks],
    }


def chunks(stream: Any) -> list[dict[str, Any]]:
    """The pieces of an InvokeModel stream, as the vendor's own JSON."""
    return [json.loads(event["chunk"]["bytes"]) for event in stream]


def encode(body: dict[str, Any]) -> str:
    return base64.b64encode(json.dumps(body).encode()).decode()
