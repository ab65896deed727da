"""A headless Chromium, and what it shows."""

import base64
import contextlib
import json
import subprocess
import time
from pathlib import Path

from prefect_stack import end, eventually
from websockets.sync.client import connect

CHROMIUM = [
    "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--window-size=1300,4000",
]  # fmt: skip
STEADY = 3  # looks in a row, a second apart, at which a page shows the same


@contextlib.contextmanager
def browser(profile: Path, *flags):
    """A browser that runs within the block; a function that opens an address there, and returns what it then shows."""
    found = profile / "DevToolsActivePort"
    found.unlink(missing_ok=True)  # of a browser before, with the same profile
    process = subprocess.Popen([*CHROMIUM, f"--user-data-dir={profile}", "--remote-debugging-port=0", *flags],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        assert eventually(lambda: found.exists() and len(found.read_text().splitlines()) == 2)
        port, path = found.read_text().splitlines()
        with connect(f"ws://127.0.0.1:{port}{path}", max_size=None) as socket:
            numbers = iter(range(1, 1_000_000))

            def call(method, session=None, **params):
                number = next(numbers)
                socket.send(json.dumps({"id": number, "method": method, "params": params}
                                       | ({"sessionId": session} if session else {})))  # fmt: skip
                while (answer := json.loads(socket.recv(timeout=60))).get("id") != number:
                    pass
                return answer["result"]

            target = call("Target.createTarget", url="about:blank")["targetId"]
            session = call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            call("Page.enable", session)

            def show(address, auth=None):
                """The page's HTML once it has settled; with an auth string, as after somebody has given it."""
                script = ""
                if auth:
                    token = base64.b64encode(auth.encode()).decode()
                    script = f"localStorage.setItem('prefect-password', '{token}')"
                kept = call("Page.addScriptToEvaluateOnNewDocument", session, source=script)["identifier"]
                call("Page.navigate", session, url=address)
                seen, same, deadline = "", 0, time.monotonic() + 60
                while same < STEADY and time.monotonic() < deadline:
                    time.sleep(1)
                    whole = {"expression": "document.documentElement.outerHTML"}
                    now = call("Runtime.evaluate", session, **whole)["result"].get("value", "")
                    same, seen = (same + 1 if now == seen else 0), now
                call("Page.removeScriptToEvaluateOnNewDocument", session, identifier=kept)
                return seen

            yield show
    finally:
        end(process)
