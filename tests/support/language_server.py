"""A small editor: what yaml-language-server says of a file, asked over LSP on its standard streams."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
#: Where the Makefile puts it; RECONCILE_YAML_LANGUAGE_SERVER names another one.
PLACE = REPOSITORY / ".venv" / "node" / "node_modules" / ".bin" / "yaml-language-server"
SECONDS = 60


def program() -> str | None:
    """The language server, where there is one."""
    named = os.environ.get("RECONCILE_YAML_LANGUAGE_SERVER")
    return named or (str(PLACE) if PLACE.exists() else shutil.which("yaml-language-server"))


class Editor:
    """One connection to a language server, with some files open in it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.last = 0
        self.answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self.diagnostics: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.ask("initialize", processId=os.getpid(), rootUri=None, capabilities=_CAPABILITIES)
        self.tell("initialized")
        self.tell("workspace/didChangeConfiguration", settings=_SETTINGS)

    def ask(self, method: str, **params: Any) -> Any:
        """The result of a request."""
        self.last += 1
        self._send({"id": self.last, "method": method, "params": params})
        while (answer := self.answers.get(timeout=SECONDS)).get("id") != self.last:
            pass
        assert "error" not in answer, answer
        return answer.get("result")

    def tell(self, method: str, **params: Any) -> None:
        """A notification."""
        self._send({"method": method, "params": params})

    def open(self, path: Path, text: str) -> list[dict[str, Any]]:
        """Opens a file with a text that is not saved yet, and gives what is wrong with it."""
        document = {"uri": path.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self.tell("textDocument/didOpen", textDocument=document)
        while (said := self.diagnostics.get(timeout=SECONDS))["uri"] != document["uri"]:
            pass
        found: list[dict[str, Any]] = said["diagnostics"]
        return found

    def complete(self, path: Path, line: int, character: int) -> dict[str, dict[str, Any]]:
        """What can be written at a place (counted from 0), by its label."""
        answer = self.ask("textDocument/completion", **_at(path, line, character)) or {}
        return {item["label"]: item for item in answer.get("items", answer)}

    def hover(self, path: Path, line: int, character: int) -> str:
        """What is shown of what stands at a place; some servers escape every dot for Markdown, others none."""
        answer = self.ask("textDocument/hover", **_at(path, line, character))
        return re.sub(r"\\([^\w\s])", r"\1", answer["contents"]["value"]) if answer else ""

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def _listen(self) -> None:
        out = self.process.stdout
        assert out is not None
        while header := out.readline():
            size = int(header.partition(b":")[2])
            while out.readline().strip():
                pass
            message = json.loads(out.read(size))
            if message.get("method") == "textDocument/publishDiagnostics":
                self.diagnostics.put(message["params"])
            elif "method" in message and "id" in message:
                configured = [_SETTINGS.get(item.get("section")) for item in message["params"].get("items", [])]
                self._send({"id": message["id"], "result": configured or None})
            elif "id" in message:
                self.answers.put(message)


def _at(path: Path, line: int, character: int) -> dict[str, Any]:
    return {"textDocument": {"uri": path.as_uri()}, "position": {"line": line, "character": character}}


#: Nothing comes from the schema store: what is known of a file comes from its first line.
_SETTINGS: dict[str, Any] = {
    "yaml": {"schemaStore": {"enable": False}, "validate": True, "hover": True, "completion": True}
}
_CAPABILITIES = {
    "textDocument": {
        "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}},
        "hover": {"contentFormat": ["markdown"]},
        "publishDiagnostics": {},
    },
    "workspace": {"configuration": True},
}


@contextlib.contextmanager
def running(server: str) -> Iterator[Editor]:
    """An editor whose language server ends with the block."""
    with subprocess.Popen([server, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield Editor(process)
        finally:
            process.kill()
