"""Hold the real YAML language server to completing and checking the shipped maps and scenarios.

Run by ``make check-editor``. The server is installed by npm into ``build/editor``; without node and npm
there is nothing to hold, and the command says so and ends well.
"""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parent.parent
SERVER_HOME = ROOT / "build" / "editor"
SERVER_PACKAGE = "yaml-language-server@2.0.0"
ANSWER_WITHIN_S = 30.0

Json = dict[str, Any]


class EditorError(Exception):
    """The server did not do what an editor's user relies on."""


class Client:
    """Speaks the Language Server Protocol over the pipes of a running server.

    Parameters
    ----------
    process : the server, started with ``--stdio``.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdin is None or process.stdout is None:
            message = "the server's pipes are not open"
            raise EditorError(message)
        self._input = process.stdin
        self._incoming: queue.Queue[Json] = queue.Queue()
        self._diagnostics: dict[str, list[Json]] = {}
        self._next_id = 0
        self._opened = 0
        threading.Thread(target=self._listen, args=(process.stdout,), daemon=True).start()

    def start(self) -> None:
        """Introduce the client and switch off what would look things up on the network."""
        self.request("initialize", {"processId": None, "rootUri": ROOT.as_uri(), "capabilities": {}})
        self._send({"method": "initialized", "params": {}})
        settings = {"validate": True, "completion": True, "schemaStore": {"enable": False}}
        self._send({"method": "workspace/didChangeConfiguration", "params": {"settings": {"yaml": settings}}})

    def open(self, folder: Path, text: str) -> str:
        """Show the server a new document, as if it lay in ``folder``, and return its address."""
        self._opened += 1
        uri = (folder / f"shown-{self._opened}.yaml").as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        return uri

    def diagnostics(self, uri: str) -> list[Json]:
        """Wait for what the server has to say against a document that was opened."""
        while uri not in self._diagnostics:
            self._handle(self._receive(f"diagnostics for {uri}"))
        return self._diagnostics[uri]

    def completions(self, uri: str, line: int, column: int) -> set[str]:
        """Labels offered at a place (line and column from 0)."""
        answer = self.request(
            "textDocument/completion",
            {"textDocument": {"uri": uri}, "position": {"line": line, "character": column}},
        )
        items = answer["items"] if isinstance(answer, dict) else answer or []
        return {item["label"] for item in items}

    def request(self, method: str, params: Json) -> Any:
        """Ask and wait for the answer, serving what arrives meanwhile."""
        self._next_id += 1
        number = self._next_id
        self._send({"id": number, "method": method, "params": params})
        while True:
            message = self._receive(method)
            if message.get("id") == number and "method" not in message:
                if "error" in message:
                    raise EditorError(f"{method}: {message['error']}")
                return message["result"]
            self._handle(message)

    def _handle(self, message: Json) -> None:
        method = message.get("method")
        if method == "textDocument/publishDiagnostics":
            self._diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "id" in message and method is not None:
            wanted = message["params"].get("items", []) if method == "workspace/configuration" else None
            self._send({"id": message["id"], "result": None if wanted is None else [None] * len(wanted)})

    def _send(self, message: Json) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._input.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._input.flush()

    def _receive(self, awaited: str) -> Json:
        try:
            return self._incoming.get(timeout=ANSWER_WITHIN_S)
        except queue.Empty:
            message = f"no answer from the server within {ANSWER_WITHIN_S:.0f} s: {awaited}"
            raise EditorError(message) from None

    def _listen(self, output: IO[bytes]) -> None:
        while header := output.readline():
            length = 0
            while header.strip():
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
                header = output.readline()
            self._incoming.put(json.loads(output.read(length)))


@contextmanager
def language_server(node: str) -> Iterator[Client]:
    """Run the server for as long as the block lasts."""
    program = SERVER_HOME / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
    process = subprocess.Popen(
        [node, str(program), "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=SERVER_HOME
    )
    try:
        client = Client(process)
        client.start()
        yield client
    finally:
        process.kill()
        process.wait()


def install_server(npm: str) -> None:
    """Have npm install the server, unless that version is there already."""
    package = SERVER_HOME / "node_modules" / "yaml-language-server" / "package.json"
    version = SERVER_PACKAGE.rpartition("@")[2]
    if package.exists() and json.loads(package.read_text(encoding="utf-8"))["version"] == version:
        return
    SERVER_HOME.mkdir(parents=True, exist_ok=True)
    (SERVER_HOME / "package.json").write_text('{"private": true}\n', encoding="utf-8")
    command = [npm, "install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", str(SERVER_HOME)]
    subprocess.run([*command, SERVER_PACKAGE], check=True, cwd=SERVER_HOME)


def expect_no_complaint(client: Client, path: Path) -> None:
    """A shipped file names its schema and draws no diagnostic."""
    text = path.read_text(encoding="utf-8")
    if not text.startswith("# yaml-language-server: $schema="):
        raise EditorError(f"{path.relative_to(ROOT)}:1: names no schema")
    complaints = client.diagnostics(client.open(path.parent, text))
    if complaints:
        line = complaints[0]["range"]["start"]["line"] + 1
        raise EditorError(f"{path.relative_to(ROOT)}:{line}: {complaints[0]['message']}")
    print(f"  no complaint about {path.relative_to(ROOT)}")


def expect_complaint(client: Client, path: Path, right: str, wrong: str) -> None:
    """The first line that starts with ``right``, mistyped as ``wrong``, draws a diagnostic."""
    lines = path.read_text(encoding="utf-8").splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(right))
    lines[at] = wrong + lines[at].removeprefix(right)
    complaints = client.diagnostics(client.open(path.parent, "\n".join(lines) + "\n"))
    if at not in [complaint["range"]["start"]["line"] for complaint in complaints]:
        raise EditorError(f"{path.relative_to(ROOT)}:{at + 1}: no complaint about {wrong.strip()!r}")
    print(f"  a complaint about {wrong.strip()!r}")


def expect_completion(client: Client, path: Path, written: Sequence[str], wanted: set[str]) -> None:
    """Where the last of the ``written`` lines ends, the keys ``wanted`` are offered.

    The first written line is a section of the map at ``path``, and the others are put at its head; a single
    written line stands in a map that has nothing but its name.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    if len(written) == 1:
        lines = [lines[0], "journey: Bare", *written]
        cursor = len(lines) - 1
    else:
        section = lines.index(written[0])
        lines[section : section + 1] = written
        cursor = section + len(written) - 1
    uri = client.open(path.parent, "\n".join(lines) + "\n")
    offered = client.completions(uri, cursor, len(written[-1]))
    where = " > ".join(line.strip(" :") for line in written[:-1]) or "the map itself"
    if missing := wanted - offered:
        found = ", ".join(sorted(offered)) or "nothing"
        raise EditorError(f"{where}: not offered: {', '.join(sorted(missing))}; offered: {found}")
    print(f"  {where}: offered {', '.join(sorted(offered))}")


def check_editor(client: Client) -> None:
    """Hold the server to everything that a person who writes a map in an editor relies on."""
    for folder in (ROOT / "journeys", ROOT / "scenarios"):
        for path in sorted(folder.glob("*.yaml")):
            expect_no_complaint(client, path)

    city = ROOT / "journeys" / "city-branch.yaml"
    expect_complaint(client, city, "    service:", "    servise:")
    expect_complaint(client, city, "segments:", "segmets:")
    expect_complaint(client, ROOT / "scenarios" / "lunch-hour.yaml", "options:", "optoins:")

    expect_completion(client, city, [""], {"hours", "segments", "needs", "arrivals", "staff", "touchpoints"})
    expect_completion(client, city, ["staff:", "  new:", "    "], {"count", "serves", "cost_per_hour"})
    touchpoint = ["touchpoints:", "  new:", "    "]
    expect_completion(client, city, touchpoint, {"stage", "queue", "service", "kano", "next"})
    service = ["touchpoints:", "  new:", "    service:", "      "]
    expect_completion(client, city, service, {"gamma", "lognormal", "by_need", "mixture"})
    gamma = ["touchpoints:", "  new:", "    service:", "      gamma:", "        "]
    expect_completion(client, city, gamma, {"mean", "cv"})


def main() -> int:
    """Install the server, hold it to everything, say what failed."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        print("check-editor: node and npm are not here, so the YAML language server was not tried")
        return 0
    install_server(npm)
    print(f"check-editor: {SERVER_PACKAGE}")
    try:
        with language_server(node) as client:
            check_editor(client)
    except EditorError as error:
        print(f"check-editor: {error}", file=sys.stderr)
        return 1
    print("check-editor: completion and diagnostics work")
    return 0


if __name__ == "__main__":
    sys.exit(main())
