"""The commands that a document tells its reader to give, and what it says they print."""

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`((?:make|\.venv/bin/\w+|docker-compose) [^`\n]+)`(?!`)")
ELLIPSIS = "…"  # stands for lines left out
FAILED_MAKE = re.compile(r"^make: \*\*\* .* Error \d+$", re.MULTILINE)


@dataclass
class Command:
    """One command, as the document has it."""

    document: str
    line: int
    text: str
    language: str = "bash"
    printed: list[str] = field(default_factory=list)

    @property
    def bare(self) -> str:
        """Without its comment, in one line."""
        first = self.text.splitlines()[0] if self.language != "python" else f"python: {self.text.splitlines()[-1]}"
        return re.sub(r"\s+#\s.*$", "", first).strip()

    @property
    def status(self) -> int:
        """What make ends with where the document shows that it fails, else 0."""
        return 2 if FAILED_MAKE.search("\n".join(self.printed)) else 0

    def __str__(self) -> str:
        return f"{self.document}:{self.line}: {self.bare}"


def commands(root: Path, document: str) -> list[Command]:
    """All of them in order: fenced bash, console and python, and what stands in the text and in no fence before."""
    text = (root / document).read_text(encoding="utf-8")
    found: list[Command] = []
    for fence in FENCE.finditer(text):
        language, content = fence.groups()
        line = text.count("\n", 0, fence.start(2)) + 1
        if language == "bash":
            found += _lines(document, line, content.splitlines())
        elif language == "console":
            found += _prompts(document, line, content.splitlines())
        elif language == "python":
            found.append(Command(document, line, content, "python"))
    prose = FENCE.sub(lambda fence: "\n" * fence[0].count("\n"), text)
    for span in SPAN.finditer(prose):
        if not any(command.bare.startswith(span[1]) for command in found):
            found.append(Command(document, prose.count("\n", 0, span.start()) + 1, span[1]))
    return found


def blocks(root: Path, document: str, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return [fence[2] for fence in FENCE.finditer((root / document).read_text(encoding="utf-8")) if fence[1] == language]


def _lines(document, number, lines):
    """A command ends where bash finds it complete: here-documents and continued lines belong to it."""
    found, pending = [], []
    for offset, line in enumerate(lines):
        if not pending and (not line.strip() or line.startswith("#")):
            continue
        pending.append(line)
        if _is_complete("\n".join(pending)):
            found.append(Command(document, number + offset - len(pending) + 1, "\n".join(pending)))
            pending = []
    assert not pending, f"{document}:{number}: this command has no end: {pending}"
    return found


def _is_complete(text):
    if text.endswith("\\"):
        return False
    checked = subprocess.run(["bash", "-n"], input=text + "\n", check=False, capture_output=True, text=True, timeout=10)
    return checked.returncode == 0 and not checked.stderr  # of a here-document without an end it only warns


def _prompts(document, number, lines):
    found = []
    for offset, line in enumerate(lines):
        if line.startswith("$ "):
            found.append(Command(document, number + offset, line[2:]))
        else:
            found[-1].printed.append(line)
    return found


# What differs from one run to the next; widths of columns, too.
CHANGING = [
    (re.compile(r"\d{8}T\d{6}Z(-[0-9a-f]{5})?"), "VERSION"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "RUN"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "SHA256"),
    (re.compile(r"(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d(\.\d+)?"), "TIME"),
    (re.compile(r"UTC by \S+;"), "UTC by USER;"),
    (re.compile(r"127\.0\.0\.1:\d+"), "ADDRESS"),
    (re.compile(r"in \d+\.\d\d s$|  +\d+\.\d\d$"), " SECONDS"),  # of a log's line, or of a table's last column
    (re.compile(r"Makefile:\d+"), "Makefile:LINE"),
    (re.compile(r"\s+"), " "),
]


def lasting(line: str) -> str:
    """What of a printed line is the same in every run."""
    for pattern, name in CHANGING:
        line = pattern.sub(name, line)
    return line.strip()


def not_printed(expected: list[str], output: str) -> list[str]:
    """Which of the document's lines don't stand in the output, in their order."""
    lines, position, missing = [lasting(line) for line in output.splitlines()], 0, []
    for line in expected:
        wanted = lasting(line)
        if wanted in {"", ELLIPSIS}:
            continue
        if wanted in lines[position:]:
            position = lines.index(wanted, position) + 1
        else:
            missing.append(wanted)
    return missing
