"""Score the chunks of a table in processes that share its files and the store, such as the workers of a cluster."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from bakeoff.config import PredictionConfig
from bakeoff.errors import BakeoffError, ClusterError, ConfigError, DataError, IntegrityError, describe
from bakeoff.prediction.preflight import ScoringJob, make_scorer
from bakeoff.prediction.score_batches import score_chunk
from bakeoff.prediction.scorer import ScoredBatch, Scorer
from bakeoff.runtime.environment import describe_environment
from bakeoff.runtime.threads import OneSlot, limit_blas_threads, limit_openmp_threads, map_in_order
from bakeoff.store.card import Card
from bakeoff.store.load import open_store
from bakeoff.tables.batches import Chunk, Position, TableFile
from bakeoff.tables.reader import open_table, reading


@dataclass(frozen=True)
class ScorerSpec:
    """What another process needs to make the same scorer.

    Attributes:
        config: the run's config, with absolute paths and the model's name.
        version: the version's id.
        card: the SHA-256 of its card, by which the other process's store must have the same files.
        keep: the columns to copy to the predictions, with their types.
        key: differs for each run, so that each verifies the version anew.
        environment: the versions of the libraries, which the predictions depend on.
    """

    config: PredictionConfig
    version: str
    card: str
    keep: Mapping[str, pa.DataType]
    key: str
    environment: Mapping[str, str] = field(default_factory=describe_environment)

    @classmethod
    def of(cls, config: PredictionConfig, job: ScoringJob, key: str) -> "ScorerSpec":
        """Describe the scorer of a job."""
        public = config.signing.public_key
        signing = config.signing.model_copy(update={"public_key": public and public.absolute()})
        store = config.store.absolute() if isinstance(config.store, Path) else config.store
        paths = {"name": job.ref.name, "store": store, "signing": signing}
        there = config.model_copy(update=paths)
        return cls(there, job.ref.version, _digest(job.card), job.scorer.keep, key)


class CorruptFileError(DataError):
    """A file is broken, on whatever machine it is read."""


@dataclass(frozen=True)
class FilePart:
    """A chunk that is read where it is scored.

    Attributes:
        path: the file's absolute path, or the address of an object.
        stamp: the file's size in bytes and modification time in nanoseconds, or the object's size and version.
        offset: the chunk's offset in the file.
        next_offset: the offset of the next chunk.
    """

    path: str
    stamp: list[Any]
    offset: int
    next_offset: int

    def open(self, scorer: Scorer) -> Chunk:
        """Find the chunk in this process's file.

        Raises:
            CorruptFileError: the file is the one where the chunk was cut, and corrupt.
            DataError: the file can't be read, or is another one.
        """
        file = _files.get((self.path, *self.stamp), lambda: open_table(self.path).files[0])
        same = _stamp(file) == self.stamp
        try:
            chunk = next(file.chunks(scorer.wanted, scorer.numbers, self.offset), None) if same else None
        except DataError as error:
            refused = getattr(error.__cause__, "errno", None) is not None  # by the system
            if not refused and _stamp(file) == self.stamp:
                raise CorruptFileError(str(error)) from error
            raise
        if chunk is None or chunk.next_offset != self.next_offset or _stamp(file) != self.stamp:
            raise DataError(f"{self.path!r} is another file there, or has changed")
        return chunk


ScoreChunk = Callable[[ScorerSpec, tuple[int, FilePart | Chunk]], tuple[int, int, ScoredBatch]]

MOST_SCORERS = 3  # of runs that use a process at once, or were killed and did not drop theirs

_scorers: dict[str, OneSlot[str, Scorer]] = {}
_files: OneSlot[tuple[Any, ...], TableFile] = OneSlot()


def score_elsewhere(
    config: PredictionConfig,
    pool: Executor,
    ahead: int,
    score: ScoreChunk,
    key: str,
    job: ScoringJob,
    position: Position,
) -> Iterator[tuple[int, int, ScoredBatch]]:
    """Score the chunks from a position on in other processes.

    Args:
        config: the run's config.
        pool: runs `score` in them.
        ahead: the number of chunks beyond the next one that are under way or scored.
        score: `score_part`, or a function that calls it.
        key: the run's, for `forget_scorer`.
        job: the version and the table.
        position: where to begin.

    Yields:
        In order, as `score_chunk` returns them: file, offset of the next chunk, and the scored batch.
    """
    return map_in_order(pool, partial(score, ScorerSpec.of(config, job, key)), _parts(job, position), ahead)


def _parts(job: ScoringJob, position: Position) -> Iterator[tuple[int, FilePart | Chunk]]:
    """Cut the table; chunks of files that can only be read from their beginning are sent whole."""
    wanted, numbers = job.scorer.wanted, job.scorer.numbers
    for number in range(position.file, len(job.source.files)):
        file, offset = job.source.files[number], position.offset if number == position.file else 0
        with reading(file):
            if not file.seekable:
                for chunk in file.chunks(wanted, numbers, offset):
                    yield number, _own_rows(chunk)
                continue
            stamp = _stamp(file)
            path = str(file.path.absolute() if isinstance(file.path, Path) else file.path)
            for end in file.ends(wanted, numbers, offset):
                yield number, FilePart(path, stamp, offset, end)
                offset = end


def _own_rows(chunk: Chunk) -> Chunk:
    """Return a chunk with a copy of its rows: if a slice of a table is pickled, so is the rest of the table."""
    if not isinstance(chunk.read, partial):
        return chunk
    own = [_copy(value) if isinstance(value, pa.Table) else value for value in chunk.read.args]
    return replace(chunk, read=partial(chunk.read.func, *own))


def _copy(table: pa.Table) -> pa.Table:
    buffer = pa.BufferOutputStream()
    with pa.ipc.new_stream(buffer, table.schema) as stream:
        stream.write_table(table)
    return pa.ipc.open_stream(buffer.getvalue()).read_all()


def score_part(
    spec: ScorerSpec, part: tuple[int, FilePart | Chunk], here: str = "this process"
) -> tuple[int, int, ScoredBatch]:
    """Score a chunk in this process, which loads the version first and verifies it.

    Args:
        spec: the version and how to score.
        part: the index of the file, and the chunk or where it is.
        here: what this process is called in messages.

    Raises:
        ClusterError: it has not the same version, file or libraries, or can't read them.
        DataError: the chunk is corrupt.
    """
    number, chunk = part
    with limit_blas_threads():
        limit_openmp_threads()
        try:
            scorer = _scorers.setdefault(spec.key, OneSlot()).get(spec.key, lambda: _load(spec))
            chunk = chunk.open(scorer) if isinstance(chunk, FilePart) else chunk
        except CorruptFileError:
            raise
        except (BakeoffError, OSError) as error:
            raise ClusterError(
                f"{here} can't score as the others do: {describe(error)}; all need the same files, under the same "
                "paths, and the same libraries; what was scored before is kept: give the same command again"
            ) from None
        finally:
            while len(_scorers) > MOST_SCORERS:
                _scorers.pop(next(iter(_scorers)), None)
        return score_chunk(scorer, (number, chunk))


def forget_scorer(key: str) -> None:
    """Drop the version that `score_part` has loaded for a run, and the file that it has open."""
    _scorers.pop(key, None)
    _files.forget()


def _load(spec: ScorerSpec) -> Scorer:
    """Load the version as the process did that described it.

    Raises:
        BakeoffError: the version or the libraries differ, or it can't be loaded.
    """
    own = describe_environment()
    if differing := [name for name, version in spec.environment.items() if own.get(name) != version]:
        name = differing[0]
        raise ConfigError(f"it has {name} {own.get(name, 'not')}, not {spec.environment[name]}")
    store = open_store(spec.config)
    card = store.card(spec.version)
    if _digest(card) != spec.card:
        raise IntegrityError(f"version {spec.version} is another one in {str(spec.config.store)!r} there")
    return make_scorer(spec.config, store, card, spec.keep, workers=1)


def _digest(card: Card) -> str:
    """Return the SHA-256 of a card, which has the digests of all files of its version."""
    return hashlib.sha256(repr(card).encode()).hexdigest()


def _stamp(file: TableFile) -> list[Any]:
    """Return what tells whether another process sees the same file; its path may be resolved to another there."""
    return file.identity()[1:]
