"""Replace cells by null."""

import pyarrow as pa
import pyarrow.compute as pc


def null_where(mask: pa.ChunkedArray, text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Replace the cells of a text column where the mask is true or null.

    With a scalar null `pyarrow.compute.if_else` garbles slices of text before pyarrow 24.
    """
    return pc.if_else(mask, pa.nulls(len(text), text.type), text)
