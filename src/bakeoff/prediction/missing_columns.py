"""Columns that a table lacks, or that have no value in a whole file of it: in which files, and how many rows."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bakeoff.formatting import format_count

if TYPE_CHECKING:
    from bakeoff.prediction.writers import FileCount
    from bakeoff.tables.batches import TableFile


SHOWN = 5  # columns and files that a sentence names


def find_gaps(
    features: Sequence[str], files: Sequence["TableFile"], counts: Mapping[int, "FileCount"]
) -> dict[str, Any]:
    """By feature, in order, the files in which no row had a value; those without a row don't count.

    Args:
        features: the columns that training saw.
        files: of the table.
        counts: what came of them, by number.

    Returns:
        for each such feature how many `rows` and `files` are without, of how many (`of_files`), the first files'
        `names`, and in how many of them the column is `absent`.
    """
    filled = [number for number in sorted(counts) if counts[number].rows]
    there = {number: set(files[number].schema.names) for number in filled if counts[number].empty}
    found: dict[str, Any] = {}
    for name in features:
        without = [number for number in filled if name in (counts[number].empty or ())]
        if without:
            found[name] = {
                "rows": sum(counts[number].rows for number in without),
                "files": len(without),
                "of_files": len(files),
                "names": [files[number].path.name for number in without[:SHOWN]],
                "absent": sum(name not in there[number] for number in without),
            }
    return found


def say_gaps(summary: Mapping[str, Any]) -> list[str]:
    """A sentence for each group of columns that lack a value in the same rows.

    Args:
        summary: of a prediction run.
    """
    groups: dict[str, list[str]] = {}
    for name, gap in summary.get("missing", {}).items():
        whole = gap["rows"] == summary["rows"]
        if not gap["absent"]:
            what = "Empty"
        elif gap["absent"] < gap["files"]:
            what = "Absent or empty"
        else:
            what = "Not in the table" if whole else "Absent"
        more = ", …" if gap["files"] > len(gap["names"]) else ""
        where = f"{gap['files']:,} of {format_count(gap['of_files'], 'file')} ({', '.join(gap['names'])}{more})"
        rows = "every row" if whole else f"{where}, {format_count(gap['rows'], 'row')}"
        groups.setdefault(f"{what}, and taken as missing in {rows}", []).append(name)
    return [f"{told}: {_listed(names)}." for told, names in groups.items()]


def _listed(names: Sequence[str]) -> str:
    more = f" and {format_count(len(names) - SHOWN, 'other')}" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
