"""What a training run prints at its end."""

from pathlib import Path
from shlex import quote

from bakeoff.report import render_text
from bakeoff.store import ModelStore


def show_training(folder: str) -> str:
    """The leaderboard, the reason for the choice, and where the version went.

    Args:
        folder: the version's.
    """
    path = Path(folder)
    store = ModelStore(path.parent.parent, path.parent.name)
    history = store.history()
    note = history.describe_decision(path.name)
    if history.champion != path.name:
        key = " --private-key FILE" if history.is_signed else ""
        where = f"--store {quote(str(path.parent.parent))} --name {path.parent.name}"
        command = f"bakeoff models promote {path.name} {where}{key}"
        note += f"\n{command} changes that."
    return f"\n{render_text(store.card(path.name, history))}\n{note}\n\n{folder}"
