"""A browser that nothing drives: it opens pages whose own script runs checks and sends what it finds to a server of this process."""

from __future__ import annotations

import http.server
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from conftest import SECOND_BROWSERS, environment

PREFERENCES = {  # a fresh profile that asks nobody anything and paints where there is no screen
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "network.prefetch-next": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
}
PATIENCE = 240  # seconds, of a machine that may be busy


def firefox() -> str | None:
    """The program, where it is installed."""
    return next(filter(None, map(shutil.which, SECOND_BROWSERS)), None)


class Results:
    """What pages have sent, by name."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}
        self.arrived = threading.Condition()

    def put(self, name: str, text: bytes) -> None:
        with self.arrived:
            self.found[name] = json.loads(text)
            self.arrived.notify_all()

    def wait(self, names: Sequence[str]) -> dict[str, Any]:
        """The results of these names; fails with those that have come."""
        with self.arrived:
            came = self.arrived.wait_for(lambda: set(names) <= set(self.found), PATIENCE)
            assert came, f"of {names} only {list(self.found)} came"
            return dict(self.found)


@contextmanager
def receiving(folder: Path) -> Iterator[tuple[str, Results]]:
    """The address where a folder is served, and what pages send there meanwhile."""
    results = Results()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_POST(self) -> None:
            results.put(self.path.rpartition("/")[2], self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", results
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def showing(address: str, profile: Path) -> Iterator[None]:
    """A window of that browser, without a screen, in a profile of its own, that shows a page meanwhile."""
    profile.mkdir()
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items()]
    (profile / "user.js").write_text("".join(lines))
    program = firefox()
    assert program
    command = [program, "--headless", "--no-remote", "--profile", str(profile), "--window-size", "1280,900", address]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=environment(HOME=str(profile)), stdout=quiet, stderr=quiet) as process:
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def visits(home: str, to: str, pages: dict[str, str]) -> str:
    """The address of the first page; each runs the check of its name, sends the result and leads to the next."""
    address = ""
    for name, page in reversed(pages.items()):
        asked = {"name": name, "to": to} | ({"next": address} if address else {})
        address = f"{home}/{page}?{urlencode(asked)}"
    return address
