"""Find and describe the columns that are absent from files of a table or have no value in them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bakeoff.formatting import format_count

if TYPE_CHECKING:
    from bakeoff.prediction.outputs.writers import FileCount
    from bakeoff.tables.batches import TableFile


SHOWN = 5  # columns and files named in a message


def find_gaps(
    features: Sequence[str], files: Sequence["TableFile"], counts: Mapping[int, "FileCount"]
) -> dict[str, Any]:
    """Find the features that are absent from a file or empty in all its rows; files without rows don't count.

    Args:
        features: the names of the features.
        files: the files of the table.
        counts: the counts of the files that were read, by position in `files`.

    Returns:
        By name of each such feature, in the order of `features`: the number of `files` without a value, and of `rows`
        in them; the number of all files (`of_files`); the `names` of the first files without a value; and the number
        of files from which the column is `absent`.
    """
    filled = [number for number in sorted(counts) if counts[number].rows]
    columns = {number: set(files[number].schema.names) for number in filled if counts[number].empty}
    gaps: dict[str, Any] = {}
    for name in features:
        without = [number for number in filled if name in (counts[number].empty or ())]
        if without:
            gaps[name] = {
                "rows": sum(counts[number].rows for number in without),
                "files": len(without),
                "of_files": len(files),
                "names": [files[number].path.name for number in without[:SHOWN]],
                "absent": sum(name not in columns[number] for number in without),
            }
    return gaps


def describe_gaps(summary: Mapping[str, Any]) -> list[str]:
    """Describe the gaps that `find_gaps` found, in one sentence for all columns with the same gap.

    Args:
        summary: the summary of a prediction run; `rows` and `missing` are read.
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
    return [f"{description}: {_listed(names)}." for description, names in groups.items()]


def _listed(names: Sequence[str]) -> str:
    more = f" and {format_count(len(names) - SHOWN, 'other')}" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
