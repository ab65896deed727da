"""A table in memory, and how much memory a table may take."""

from pathlib import Path

import pytest

from bakeoff.tables.formats.memory_table import half_of_memory


@pytest.mark.parametrize("name", ["memory.max", "memory/memory.limit_in_bytes"])
def test_a_containers_limit_counts_where_it_is_lower(tmp_path: Path, name: str):
    """Half of the control group's memory, and of the machine's where the group has no limit, or a higher one."""
    machine = half_of_memory(tmp_path)
    limit = tmp_path / name
    limit.parent.mkdir(exist_ok=True)
    for content, expected in [("1000000\n", 500_000), ("max\n", machine), (f"{4 * machine}\n", machine)]:
        limit.write_text(content)
        assert expected == half_of_memory(tmp_path)
