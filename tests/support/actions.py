"""Runs a composite action as GitHub's runner does, from its YAML: expressions, conditions, outputs and files of a step.

It knows what the actions of this repository use, and fails on anything else.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from forges import TOKEN, GitHub


@dataclass
class Done:
    """What became of an action: whether it succeeded, its outputs, log and summaries, and each step's exit code."""

    ok: bool = True
    outputs: dict[str, str] = field(default_factory=dict)
    log: str = ""
    summary: str = ""
    codes: dict[str, int] = field(default_factory=dict)


@dataclass
class Runner:
    """A machine for one job: `env` is what the job has, `hub` where artifacts go, and `run` its number."""

    hub: GitHub
    workspace: Path
    temp: Path
    env: Mapping[str, str]
    run: int

    def act(self, action: Path, **given: str) -> Done:
        """Runs an action with inputs; a name's underscores are hyphens."""
        what = yaml.safe_load((action / "action.yml").read_text(encoding="utf-8"))
        self.temp.mkdir(exist_ok=True)
        inputs = {name.replace("_", "-"): value for name, value in given.items()}
        assert set(inputs) <= set(what["inputs"]), "an input that the action does not have"
        context: dict[str, str] = {"github.token": TOKEN, "runner.temp": str(self.temp)}
        for name, about in what["inputs"].items():
            context[f"inputs.{name}"] = inputs.get(name, self.text(str(about.get("default", "")), context))
        done = Done()
        for number, step in enumerate(what["runs"]["steps"]):
            assert set(step) <= {"name", "id", "if", "shell", "env", "run", "uses", "with"}, step
            if not self.goes("if" not in step or step["if"], context, ok=done.ok):
                continue
            if "uses" in step:
                self.uses(step, context)
            else:
                self.step(step, context, done, action, number)
        done.outputs = {name: self.text(about["value"], context) for name, about in what.get("outputs", {}).items()}
        return done

    def step(self, step: dict[str, Any], context: dict[str, str], done: Done, action: Path, number: int) -> None:
        """A `run:` step, in bash as the runner starts it."""
        assert step["shell"] == "bash"
        assert "${{" not in step["run"], "an expression in a script is code of whoever writes its value"
        files = {
            name: self.temp / f"{name}-{number}" for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH")
        }
        for file in files.values():
            file.write_text("", encoding="utf-8")
        script = self.temp / f"step-{number}.sh"
        script.write_text(step["run"], encoding="utf-8")
        own = {name: self.text(str(value), context) for name, value in step.get("env", {}).items()}
        env = {
            **self.env,
            **own,
            **{name: str(file) for name, file in files.items()},
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_ACTION_PATH": str(action),
        }
        env["PATH"] = f"{Path(sys.executable).parent}:{env['PATH']}"
        ran = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        done.log += ran.stdout
        done.codes[step["name"]] = ran.returncode
        done.ok = done.ok and ran.returncode == 0
        done.summary += files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
        for line in files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            context[f"steps.{step['id']}.outputs.{name}"] = value

    def uses(self, step: dict[str, Any], context: Mapping[str, str]) -> None:
        """A step of somebody else's: what actions/upload-artifact would do."""
        assert re.fullmatch(r"actions/upload-artifact@[0-9a-f]{40}", step["uses"])
        given = {name: self.text(str(value), context) for name, value in step["with"].items()}
        paths = [Path(path) for path in given["path"].split()]
        assert given["overwrite"] == "True"
        assert given["if-no-files-found"] == "error"
        there = {path.name: path.read_bytes() for path in paths if path.exists()}
        assert there
        self.hub.upload(self.run, given["name"], there)

    @staticmethod
    def text(text: str, context: Mapping[str, str]) -> str:
        """Text with its expressions evaluated; what is not there is empty, as at GitHub."""
        return re.sub(r"\$\{\{ ([a-z][\w.-]*) \}\}", lambda match: context.get(match[1], ""), text)

    @staticmethod
    def goes(condition: Any, context: Mapping[str, str], *, ok: bool) -> bool:
        """Whether a step is run: `always()` and comparisons, joined by `&&`."""
        if condition is True:
            return ok
        terms = [term.strip() for term in str(condition).split("&&")]
        for term in terms:
            if term == "always()":
                continue
            match = re.fullmatch(r"([a-z][\w.-]*) (==|!=) '([^']*)'", term)
            assert match is not None, f"the runner here does not know {term}"
            if (context.get(match[1], "") == match[3]) != (match[2] == "=="):
                return False
        return ok or "always()" in terms
