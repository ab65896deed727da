"""The report's pictures."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from bakeoff.report.charts import draw_all, label_ceiling
from tests.bakeoff.report.conftest import card, outcomes

NAME = "$x^2$ <b> & a very long name of a class"


@pytest.mark.parametrize("count", [2, 3, 12, 13, 40])
def test_every_picture_is_whole(count):
    """As XML, with its words as text, with no other ids than its own."""
    classes = [f"{NAME} {place}" for place in range(count)]
    pictures = draw_all(card(classes), {"svm": outcomes(classes), "random_forest": outcomes(classes)})
    names = ["race", "test", "confusion-svm", "confusion-random-forest", "roc", "precision-recall"]
    assert [*names, "roc-contestants", "precision-recall-contestants", "reliability"] == [*pictures]
    ids = [one for picture in pictures.values() for one in re.findall(r' id="([^"]+)"', picture.to_inline_svg())]
    assert len(ids) == len({*ids})
    for name, picture in pictures.items():
        tree = ET.fromstring(picture.to_standalone_svg())
        assert (f"{picture.width * 4 / 3:.0f}", "system-ui, sans-serif") == (tree.get("width"), tree.get("font-family"))
        assert "http" not in picture.to_inline_svg()
        assert all(one.startswith(name) for one in re.findall(r' id="([^"]+)"', picture.svg))
        assert all(f'id="{one}"' in picture.svg for one in re.findall(r"#([\w-]+-[\w-]+)", picture.svg))
        assert [text for text in tree.itertext() if text.strip()]
        assert not re.search("#0[0-9a-f]02|#0101", picture.to_inline_svg())
    curves = 1 if count == 2 else min(count, 8)  # of two classes the other's is the mirror
    assert curves == pictures["roc"].svg.count(">$x^2$ &lt;b&gt;")


def test_the_same_figures_give_the_same_pictures():
    classes = ["a", "b", "c"]
    first, second = (draw_all(card(classes), {"svm": outcomes(classes)}) for _ in range(2))
    assert first == second


def test_odd_names_are_names():
    """Also those that XML can't hold."""
    classes = ["_no", "_yes", "株式", "bell \x07"]
    pictures = draw_all(card(classes), {"svm": outcomes(classes)})
    for name in ("roc", "precision-recall"):
        assert all(f">{each} (" in pictures[name].svg for each in [*classes[:3], "bell \\x07"])
        ET.fromstring(pictures[name].to_standalone_svg())


def test_a_picture_tells_what_it_shows():
    """To who can't see it."""
    pictures = draw_all(card(["a", "b"]), {"svm": {"classes": ["a", "b"], "confusion": [[5, 1], [3, 4]]}})
    assert "9 of 13 test rows right; most often b was taken for a: 3 times." == pictures["confusion-svm"].description
    assert "SVM -0.0100, 95 % interval -0.0200 to +0.0000." in pictures["race"].description
    assert "95 % interval 0.8800 to 0.9200" in pictures["test"].description


def test_who_raced_alone_is_beside_nobody():
    both = card(["a", "b"])
    alone = {"svm": replace(both.winner, to_leader=None)}
    assert "race" not in draw_all(replace(both, classifiers=alone), {})


def test_the_ceiling_of_redrawn_labels():
    """Of the reference job 0.9925; none where nobody knows."""
    assert 0.9925 == pytest.approx(label_ceiling(card(list("abcd"), source="synthetic", flip_y=0.01)))
    assert label_ceiling(card(list("abcd"), source="file", flip_y=0.01)) is None
    assert label_ceiling(card(list("abcd"), source="synthetic", flip_y=0.0)) is None
