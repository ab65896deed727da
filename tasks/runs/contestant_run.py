"""What the task runs of one contestant came to."""

from dataclasses import dataclass
from pathlib import Path

from prefect.futures import PrefectFuture

from bakeoff.estimators.contestant import Contestant
from bakeoff.runtime.transfer import RECEIVED, unpack
from bakeoff.training.leaderboard import Scorecard, score_contestant
from bakeoff.training.results import CalibratedModel, FoldScore, ModelRef, TestResult
from tasks.runs.states import end_of


@dataclass(frozen=True)
class ContestantRun:
    """The task runs of one contestant.

    Attributes:
        folds: its cross-validation, a run a fold.
        fit: on all training rows.
        model: the fitted model, calibrated.
        test: its evaluation on the test rows.
    """

    folds: list[PrefectFuture[FoldScore]]
    fit: PrefectFuture[ModelRef]
    model: PrefectFuture[CalibratedModel]
    test: PrefectFuture[TestResult]

    def scorecard(self, contestant: Contestant, folder: Path) -> Scorecard:
        """Wait for all of them, and draw their results together; the first failure is the reason why it has none.

        Args:
            folder: the run's, for the files of folds that other machines scored.
        """
        folds, fit = [end_of(fold) for fold in self.folds], end_of(self.fit)
        model, test = end_of(self.model), end_of(self.test)
        trouble = next((end for end in (*folds, fit, model, test) if end.reason), None)
        if trouble is not None:
            return score_contestant(
                contestant, [], None, None, trouble.reason, "skipped" if trouble.out_of_time else "failed"
            )
        scores = [unpack(end.value, folder / RECEIVED) for end in folds]
        return score_contestant(contestant, scores, model.value, test.value, None)
