"""Score a table's batches on all cores, in order, while the caller writes them."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from bakeoff.prediction.preflight import ScoringJob
from bakeoff.prediction.scorer import ScoredBatch, Scorer
from bakeoff.runtime.threads import limit_openmp_threads, map_in_order
from bakeoff.tables.batches import BEGINNING, Chunk, Position

# From a position on, in order: file, offset of the next chunk, and the scored batch.
ScoreChunks = Callable[[ScoringJob, Position], Iterator[tuple[int, int, ScoredBatch]]]


def score_batches(
    job: ScoringJob,
    position: Position,
    encode: Callable[[ScoredBatch], bytes | None],
    workers: int,
    elsewhere: ScoreChunks | None = None,
) -> Iterator[tuple[ScoredBatch, Position, bytes | None]]:
    """Score from a position on, in parallel with the caller's writing.

    Args:
        job: the version and the table.
        position: where to begin.
        encode: encodes a batch as CSV, or returns None.
        workers: the number of batches to score, or only to encode, at once in this process.
        elsewhere: scores the chunks from a position on in other processes; None to score them here.

    Yields:
        In order, each scored batch, the position of the next one, and the batch encoded as CSV or None.
    """
    if position == BEGINNING:
        yield job.first, job.after, encode(job.first)
        position = job.after
    row = position.row

    def place(batches: Iterable[tuple[int, int, ScoredBatch]]) -> Iterator[tuple[ScoredBatch, Position]]:
        nonlocal row
        for number, after, scored in batches:
            start, row = row, row + scored.n_rows
            yield scored.offset_rows(start), Position(number, after, row)

    def encode_placed(batch: tuple[ScoredBatch, Position]) -> tuple[ScoredBatch, Position, bytes | None]:
        return (*batch, encode(batch[0]))

    with ThreadPoolExecutor(workers, initializer=limit_openmp_threads) as pool:
        if elsewhere is None:
            chunks = job.source.chunks(job.scorer.wanted, job.scorer.numbers, position)
            scored = map_in_order(pool, partial(score_chunk, job.scorer), chunks, workers)
        else:
            scored = elsewhere(job, position)
        yield from map_in_order(pool, encode_placed, place(scored), workers)


def score_chunk(scorer: Scorer, chunk: tuple[int, Chunk]) -> tuple[int, int, ScoredBatch]:
    """Parse and score a chunk; returns the index of its file, the offset of the next chunk, and the scored batch.

    Args:
        scorer: the version.
        chunk: the index of its file, and the chunk.

    Raises:
        DataError: the chunk is corrupt, or a column has a type that can't be used.
    """
    return chunk[0], chunk[1].next_offset, scorer.score(chunk[1].read())
