"""docs/api.md has all that is public."""

import inspect
import re
from pathlib import Path

import pytest

import bakeoff

NAMED = re.findall(r"^::: (\S+)$", Path("docs/api.md").read_text("utf-8"), re.MULTILINE)
PUBLIC = [name for name in bakeoff.__all__ if name != "__version__"]


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_is_documented_and_on_the_page(name):
    """With a docstring of its own, and its public members, too."""
    value = getattr(bakeoff, name)
    assert name in {path.rsplit(".", 1)[1] for path in NAMED}
    public = {key: member for key, member in vars(value).items() if not key.startswith("_")}
    members = [member for member in public.values() if inspect.isfunction(member) or isinstance(member, property)]
    assert all(map(inspect.getdoc, [value, *members]))
