"""One way to declare a table: its columns, their dtypes and their meanings. Internal.

    CALLS = Table(
        Column("started", TIME, "when the request left"),
        Column("latency_s", "float64", "seconds until the last byte"),
    )
    CALLS.frame(rows)       # a DataFrame with exactly these columns and dtypes, also for no rows

The docstring of the function that returns the table lists the columns as `Table.documentation` has them;
`tests/unit/test_tables.py` compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

TIME = "datetime64[ns, UTC]"


@dataclass(frozen=True)
class Column:
    """One column; its unit is in its name, and `meaning` says what the name cannot."""

    name: str
    dtype: str
    meaning: str

    def __str__(self) -> str:
        return f"- `{self.name}` ({self.dtype}): {self.meaning}"


class Table:
    """The columns of a table, in their order."""

    def __init__(self, *columns: Column) -> None:
        self._columns = columns
        self.columns = [column.name for column in columns]
        self.dtypes = {column.name: column.dtype for column in columns}
        if len(self.dtypes) != len(columns):
            raise ValueError(f"a column is declared twice: {', '.join(self.columns)}")

    def __iter__(self) -> Iterator[Column]:
        return iter(self._columns)

    def documentation(self) -> str:
        """The columns as a docstring lists them, one a line."""
        return "\n".join(str(column) for column in self)

    def frame(self, rows: Iterable[Mapping[str, Any] | Sequence[Any]]) -> pd.DataFrame:
        """The rows as a DataFrame with these columns and dtypes.

        A row is a mapping by column name, in which a missing column is a missing value, or a sequence in the columns'
        order. Times may be ISO 8601 text or datetimes.
        """
        import pandas as pd  # here, since importing it takes longer than all else in the client

        frame = pd.DataFrame(list(rows), columns=self.columns)
        for name, dtype in self.dtypes.items():
            if dtype.startswith("datetime64") and frame[name].dtype != dtype:
                frame[name] = pd.to_datetime(frame[name], utc=True, format="ISO8601")
        return frame.astype(self.dtypes)
