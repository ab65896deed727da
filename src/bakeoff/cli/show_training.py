"""The text that a training run prints at its end."""

import json
from shlex import quote

from bakeoff.cli.terminal import is_drawn, render_card
from bakeoff.formatting import one_line
from bakeoff.runtime.objects.address import parse_place
from bakeoff.store.model_store import ModelStore


def show_training(folder: str, as_json: bool = False) -> str:
    """Return the leaderboard, the reason for the choice, and the version's folder.

    Args:
        folder: the version's folder or address.
        as_json: return one JSON object instead: the version's folder and report, whether it is champion, and its card.
    """
    path = parse_place(folder)
    store = ModelStore(path.parent.parent, path.parent.name)
    history = store.history()
    is_champion = history.champion == path.name
    if as_json:
        report = str(path / "report.html")
        return json.dumps(
            {"folder": folder, "report": report, "champion": is_champion, "card": store.card_json(path.name, history)}
        )
    note = one_line(history.describe_decision(path.name))
    if not is_champion:
        key = " --private-key FILE" if history.is_signed else ""
        where = f"--store {quote(str(path.parent.parent))} --name {path.parent.name}"
        command = f"bakeoff models promote {path.name} {where}{key}"
        note += f"\n{command} changes that."
    shown = render_card(store.card(path.name, history), is_drawn())
    return f"\n{shown}\n{note}\n\nreport: {path / 'report.html'}\n{folder}"
