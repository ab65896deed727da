"""The task runs of a contestant, and its scorecard from their results."""

from dataclasses import dataclass
from pathlib import Path

from prefect.futures import PrefectFuture

from bakeoff.errors import StepLostError
from bakeoff.estimators.contestant import Contestant
from bakeoff.runtime.transfer import RECEIVED, unpack
from bakeoff.runtime.workspace import require_folder
from bakeoff.training.leaderboard import Scorecard, score_contestant
from bakeoff.training.results import CalibratedModel, FoldScore, ModelRef, TestResult
from tasks.runs.states import end_of


@dataclass(frozen=True)
class ContestantRun:
    """The task runs of a contestant.

    Attributes:
        folds: the cross-validation, one run per fold.
        fit: the fit on all training rows.
        model: the calibration of the fitted model.
        test: the evaluation on the test rows.
    """

    folds: list[PrefectFuture[FoldScore]]
    fit: PrefectFuture[ModelRef]
    model: PrefectFuture[CalibratedModel]
    test: PrefectFuture[TestResult]

    def scorecard(self, contestant: Contestant, folder: Path) -> Scorecard:
        """Wait for all task runs and make the scorecard, with the reason of the first failure if there is one.

        Args:
            contestant: the contestant.
            folder: the run's folder, for the files of folds that other machines scored.

        Raises:
            StepLostError: a step has no result for no fault of its own.
        """
        folds, fit = [end_of(fold) for fold in self.folds], end_of(self.fit)
        model, test = end_of(self.model), end_of(self.test)
        ends = [*folds, fit, model, test]
        if lost := next((end for end in ends if end.is_lost), None):
            raise StepLostError.of(contestant.name, lost.reason or "")
        failure = next((end for end in ends if end.reason), None)
        if failure is not None:
            require_folder(folder)
            return score_contestant(
                contestant, [], None, None, failure.reason, "skipped" if failure.out_of_time else "failed"
            )
        scores = [unpack(end.value, folder / RECEIVED) for end in folds]
        return score_contestant(contestant, scores, model.value, test.value, None)
