"""Any text in a table is shown as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bakeoff.formatting import one_line
from bakeoff.report.svg import make_picture, markdown_picture
from bakeoff.report.table_formats import markdown_table, markdown_text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a|b", r"a\|b"),
        ("a\n\n# Heading\n<script>", r"a \# Heading \<script\>"),
        (r"\<img src=x>", r"\\\<img src=x\>"),
        ("![x](http://elsewhere)", r"!\[x\](http:<!-- -->//elsewhere)"),
        ("0.99 of 7,000 (0.5 to 1): so", "0.99 of 7,000 (0.5 to 1): so"),
    ],
)
def test_a_name_is_no_markup(name, shown):
    """On Prefect's pages."""
    assert shown == markdown_text(name)
    assert f"| {shown} |" == markdown_table(("Class",), [(name,)]).splitlines()[2]
    picture = make_picture("any", name, "seen", (9, 9), [])
    assert f"![{shown}: seen](" in markdown_picture(picture)


PIECES = ["\\", "<img src=x>", "![a](b)", "[a](b)", "`", "*", "**a**", "_a_", "~~a~~", "&lt;", "&#60;", "|", "1."]
PIECES += ["- ", "+", "---", "===", "# ", "http://a.b/c", "www.a.b", "WWW.a.b", "a@b.c", "<!--", "<a@b.c>", "\n", "a"]
ANYTHING = st.one_of(
    st.text(),
    st.text(alphabet="\\`*_[]<>|~&#-+=.)(!:/@w1a \t\n\x1b\u202e{}\"'$^%;,?", max_size=40),
    st.lists(st.sampled_from(PIECES), max_size=8).map("".join),
)
COMMONMARK = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def texts_and_tags(markdown):
    """What a page shows of it: its text, and the tags in it but for comments, which show nothing."""
    inline = [token for token in COMMONMARK.parse(markdown) if token.type == "inline"]
    inner = [
        [each for each in token.children if (each.type, each.content) != ("html_inline", "<!-- -->")]
        for token in inline
    ]
    return (
        ["".join(each.content for each in several) for several in inner],
        {each.type for several in inner for each in several} - {"text", "text_special"},
    )


@given(ANYTHING)
def test_markdown_shows_any_text_as_it_is(text):
    """Rendered, it is the text itself, without a tag: alone, after other text, and in a table."""
    shown, escaped = one_line(text), markdown_text(text)
    for markdown, expected in (
        (escaped, [shown] if shown else []),
        (f"- {escaped}\n- b", [*([shown] if shown else []), "b"]),
        (f"# {escaped}", [shown]),
        (f"a: {escaped}", [f"a: {shown}".strip()]),
        (markdown_table(("a", text), [(text, "b")]), ["a", shown, shown, "b"]),
    ):
        assert (expected, set()) == texts_and_tags(markdown)
        kinds = {token.type for token in COMMONMARK.parse(markdown)}
        assert not kinds & {"html_block", "hr", "code_block", "fence", "blockquote_open", "ordered_list_open"}
