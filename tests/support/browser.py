"""A headless Chromium, as a person who has given the pages' password uses it."""

import base64
import itertools
import json
import re
import signal
import subprocess
import time

import httpx
from prefect_stack import end, eventually
from websockets.sync.client import connect

CHROMIUM = [
    "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--window-size=1300,4000",
    "--remote-debugging-port=0",
]  # fmt: skip
STEADY = 3  # looks in a row, a second apart, at which a page shows the same


class Browser:
    """One page; a context manager."""

    def __init__(self, profile, *flags):
        self.profile = profile
        self.flags = flags
        self._numbers = itertools.count()

    def __enter__(self):
        told = self.profile / "DevToolsActivePort"
        told.unlink(missing_ok=True)  # of a browser before, with the same profile
        command = [*CHROMIUM, *self.flags, f"--user-data-dir={self.profile}", "about:blank"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert eventually(lambda: told.exists() and told.read_text().count("\n"))
        port = told.read_text().split()[0]
        found = httpx.get(f"http://127.0.0.1:{port}/json/list", timeout=60).json()
        (page,) = [each for each in found if each["type"] == "page"]
        self._socket = connect(page["webSocketDebuggerUrl"], max_size=None, proxy=None)
        self.ask("Page.enable")
        return self

    def __exit__(self, *_):
        self._socket.close()
        end(self._process, signal.SIGKILL)

    def ask(self, method, **parameters):
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (answer := json.loads(self._socket.recv(timeout=60))).get("id") != number:
            pass
        return answer["result"]

    def run(self, script):
        return self.ask("Runtime.evaluate", expression=script)["result"].get("value")

    def sign_in(self, password):
        """Every page that is opened from now on knows the password, as after somebody has typed it."""
        known = base64.b64encode(password.encode()).decode()
        self.ask("Page.addScriptToEvaluateOnNewDocument", source=f"localStorage.setItem('prefect-password', '{known}')")

    def show(self, address):
        """The page's HTML once it shows something, and has settled."""
        self.ask("Page.navigate", url=address)
        seen, same, deadline = None, 0, time.monotonic() + 60
        while same < STEADY and time.monotonic() < deadline:
            time.sleep(1)
            now = self.run("document.body?.innerText.trim() && document.documentElement.outerHTML") or ""
            same, seen = (same + 1 if now and now == seen else 0), now
        return seen

    def click(self, label):
        """Press the first button that shows the label, as a mouse does."""
        events = "['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click']"
        found = f"[...document.querySelectorAll('button')].find(button => button.innerText == {json.dumps(label)})"
        press = "new MouseEvent(type, {bubbles: true, button: 0})"
        assert self.run(f"(b => {{ for (const type of {events}) b.dispatchEvent({press}); return true }})({found})")

    def sees(self, address, *texts, seconds=120):
        """What of the texts the page doesn't come to show, its blanks drawn together; empty if all are there."""
        self.ask("Page.navigate", url=address)
        deadline, missing = time.monotonic() + seconds, texts
        while missing and time.monotonic() < deadline:
            shown = re.sub(r"\s+", " ", self.run("document.body?.innerText") or "")
            missing = [text for text in texts if text not in shown]
            time.sleep(0.5)
        return list(missing)

    def picture(self, path):
        path.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot")["data"]))
