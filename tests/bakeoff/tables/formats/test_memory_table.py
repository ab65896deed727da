"""A table in memory, and how much memory a table may take."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from bakeoff.tables.formats.memory_table import MemoryTable, half_of_memory
from bakeoff.tables.formats.parquet_file import LEAST_ROWS


@pytest.mark.parametrize("name", ["memory.max", "memory/memory.limit_in_bytes"])
def test_a_containers_limit_counts_where_it_is_lower(tmp_path: Path, name: str):
    """Half of the control group's memory, and of the machine's where the group has no limit, or a higher one."""
    machine = half_of_memory(tmp_path)
    limit = tmp_path / name
    limit.parent.mkdir(exist_ok=True)
    for content, expected in [("1000000\n", 500_000), ("max\n", machine), (f"{4 * machine}\n", machine)]:
        limit.write_text(content)
        assert expected == half_of_memory(tmp_path)


def test_a_chunk_of_many_columns_has_a_thousand_rows(tmp_path: Path):
    """Each chunk costs some work for each column."""
    names = [f"c{column}" for column in range(5000)]
    table = pa.table(dict.fromkeys(names, np.zeros(LEAST_ROWS + 1)))
    chunks = MemoryTable(tmp_path / "wide.json", table, "", typed=True).chunks(names)
    assert [LEAST_ROWS, 1] == [chunk.read().n_rows for chunk in chunks]
