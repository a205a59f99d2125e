"""On a terminal: colour, a question, a progress bar; and nothing of it where it is not wanted."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
from contextlib import suppress

import pytest

pytestmark = pytest.mark.long  # terminals, waited for

ESCAPE = "\x1b["
END = "\x04"  # Ctrl-D


@pytest.fixture
def changed(studio):
    studio.add("acme.ru", report_period=90)
    studio.declare("acme.ru:", "new.ru:")
    return studio


@pytest.fixture
def on_terminal(start, read_terminal):
    """Runs a command on a terminal of its own; gives all that was shown and the exit code.

    `answer` is typed, or, where it is a signal, sent, when the question is there.
    """

    def shown(*args, answer=None, env=None):
        ours, theirs = pty.openpty()
        process = start(*args, stdin=theirs, stdout=theirs, stderr=theirs, env={"TERM": "xterm"} | (env or {}))
        os.close(theirs)
        text = ""
        if answer is not None:
            text = read_terminal(ours, "Only `yes` goes on")
            if answer == END or isinstance(answer, signal.Signals):
                # Between question and answer Python notes a signal but reads on, and an end of input is forgotten as
                # the terminal changes its mode; people press again.
                while process.poll() is None:
                    os.write(ours, END.encode()) if answer == END else process.send_signal(answer)
                    with suppress(subprocess.TimeoutExpired):
                        process.wait(timeout=2)
            else:
                os.write(ours, answer.encode())
        text += read_terminal(ours)
        os.close(ours)
        return text.replace("\r\n", "\n"), process.wait(timeout=30)

    return shown


def test_an_apply_is_coloured_asks_and_shows_its_progress(changed, on_terminal):
    text, code = on_terminal("apply", answer="yes\n")

    assert code == 0
    assert f"{ESCAPE}33m~ studio/site/acme.ru (id 1) will be updated" in text
    assert f"{ESCAPE}32m+ studio/site/new.ru will be created" in text
    assert "Apply this plan? Only `yes` goes on" in text
    assert re.search(r"applying .*2/2", text)
    assert "Apply: 2 of 2 changes done. Run" in text
    assert changed.live() == {"acme.ru": 60, "new.ru": 60}


@pytest.mark.parametrize("answer", ["no\n", "y\n", "\n", "да\n"])
def test_only_yes_goes_on(changed, on_terminal, answer):
    text, code = on_terminal("apply", answer=answer)

    assert code == 1
    assert "Nothing was changed." in text
    assert changed.writes() == []


def test_the_end_of_input_and_signals_at_the_question_change_nothing(changed, on_terminal):
    for answer in (END, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        text, code = on_terminal("apply", answer=answer)
        assert code == 130
        assert "interrupted; nothing more is done" in text
    assert changed.writes() == []


def test_yes_needs_no_question(changed, on_terminal):
    text, code = on_terminal("apply", "--yes")

    assert (code, "Apply this plan?" in text) == (0, False)


@pytest.mark.parametrize(("option", "env"), [("--no-color", {}), ("--progress=never", {"NO_COLOR": "1"})])
def test_colour_can_be_refused(changed, on_terminal, option, env):
    text, code = on_terminal("plan", option, env=env)

    assert code == 0
    assert ESCAPE not in text
    assert "~ studio/site/acme.ru" in text


def test_the_progress_bar_can_be_refused(changed, on_terminal):
    text, _ = on_terminal("apply", "--yes", "--progress", "never", "--no-color")

    assert "applying" not in text
    assert ESCAPE not in text


def test_the_progress_bar_of_a_run_that_is_stopped_shows_what_was_tried(begin, start, read_terminal):
    begin(latency=0.2).declare(*(f"site-{n:02}.ru:" for n in range(40)))
    ours, theirs = pty.openpty()
    process = start("apply", "--yes", "--parallelism", "1", stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    read_terminal(ours, "2/40")
    process.send_signal(signal.SIGINT)
    text = read_terminal(ours)
    os.close(ours)

    assert process.wait(timeout=30) == 130
    assert 2 <= max(int(done) for done in re.findall(r"(\d+)/40", text)) < 40


def test_errors_are_coloured(changed, on_terminal):
    text, code = on_terminal("plan", "--select", "nowhere.ru")

    assert code == 1
    assert re.search(r"\x1b\[31m.*error:", text)


def test_without_a_terminal_there_is_neither_colour_nor_progress(changed, run):
    done = run("apply", "--yes", env={"TERM": "xterm"})

    assert ESCAPE not in done.stdout + done.stderr
    assert "applying" not in done.stderr
