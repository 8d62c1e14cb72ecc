"""A server, a database and a role with odd settings: values must come out the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from .database_server import DatabaseServer
from .engine_program import HERE, EngineProgram

SETTINGS = {
    "DateStyle": "SQL, DMY",
    "IntervalStyle": "sql_standard",
    "TimeZone": "Asia/Kathmandu",
    "bytea_output": "escape",
    "extra_float_digits": "-5",
    "standard_conforming_strings": "off",
    "search_path": "nowhere",
}
ROW = (
    '{real: 0.1234567890123456, moment: "2024-02-29T10:11:12.345Z", instant: "2024-02-29T10:11:12.345Z",'
    ' day: "2024-02-29T00:00:00Z", clock: "1970-01-01T10:11:12.345Z", blob: "AP9cJw==", text: "a\\\\b",'
    ' instants: ["2024-02-29T10:11:12.345Z"], exact: "1.50"}'
)
FIELDS = "{ real moment instant day clock blob text instants exact }"
EXPECTED = {
    "real": 0.1234567890123456,
    "moment": "2024-02-29T10:11:12.345Z",
    "instant": "2024-02-29T10:11:12.345Z",
    "day": "2024-02-29T00:00:00.000Z",
    "clock": "1970-01-01T10:11:12.345Z",
    "blob": "AP9cJw==",
    "text": "a\\b",
    "instants": ["2024-02-29T10:11:12.345Z"],
    "exact": "1.5",
}


@pytest.fixture
def odd_database(server: DatabaseServer) -> Iterator[str]:
    server.create_database("odd")
    with server.connect("odd") as connection:
        connection.execute((HERE / "tables.sql").read_text())
        connection.execute("CREATE SCHEMA nowhere")
    with server.connect() as connection:
        for name, value in SETTINGS.items():
            connection.execute(f"ALTER DATABASE odd SET {name} = {value if ',' in value else repr(value)}")
            connection.execute(
                f"ALTER ROLE postgres IN DATABASE odd SET {name} = {value if ',' in value else repr(value)}"
            )
    yield "odd"
    with server.connect() as connection:
        connection.execute("DROP DATABASE odd WITH (FORCE)")


def test_values_do_not_depend_on_the_servers_settings(
    server: DatabaseServer, odd_database: str, start_engine: Callable[..., EngineProgram]
) -> None:
    with server.connect(odd_database) as connection:  # the settings do apply to other clients
        assert connection.execute("SELECT current_setting('DateStyle')").fetchone() == ("SQL, DMY",)
    engine = start_engine(server.url(odd_database))
    engine.wait_ready()
    assert engine.query(f"mutation {{ result: createOneEverything(data: {ROW}) {FIELDS} }}") == {
        "data": {"result": EXPECTED}
    }
    assert engine.query(f"query {{ result: findFirstEverything {FIELDS} }}") == {"data": {"result": EXPECTED}}
    sql = "SELECT '1 day'::interval AS i, 5.5::money AS m, '2024-02-29'::timestamptz AS t"
    raw = engine.query(f'mutation {{ result: queryRaw(query: "{sql}", parameters: "[]") }}')
    assert raw["data"]["result"]["rows"] == [["1 day", "5.5", "2024-02-29T00:00:00+00:00"]]
