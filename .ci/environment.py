"""Bring `.venv` to the state that pyproject.toml asks for; do nothing where it is there already.

    python .ci/environment.py examples dev

The Makefile runs this with the Python that `.venv` is to have. `.venv/installed.json` says what is
in it. It is empty while pip works, so that an interrupted install is never taken for a whole one.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = ROOT / "pyproject.toml"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
RECORD = VENV / "installed.json"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def main(extras: set[str]) -> None:
    if ready(extras):
        return
    with one_at_a_time():
        if ready(extras):  # another process made it meanwhile
            return
        if not usable():
            make()
        install(extras | recorded_extras())


def ready(extras: set[str]) -> bool:
    return usable() and recorded("pyproject") == pyproject() and extras <= recorded_extras()


def usable() -> bool:
    """Whether `.venv` is whole, lies where it was made and has the Python that runs this."""
    parts = (VENV / "pyvenv.cfg", VENV / "lib" / f"python{VERSION}" / "site-packages" / "pip")
    if base(PYTHON) != base(sys.executable) or not all(part.exists() for part in parts):
        return False
    made_by_hand = not RECORD.exists()
    return made_by_hand or (recorded("python"), recorded("place")) == (python(), str(VENV))


def make() -> None:
    say(f"making it with Python {sys.version.split()[0]}, {base(sys.executable)}")
    venv.EnvBuilder(clear=True, symlinks=True).create(VENV)
    RECORD.write_text("{}")
    if not run("-m", "ensurepip", "--default-pip", stdout=subprocess.DEVNULL):
        sys.exit(f"Python's own `ensurepip` failed in {VENV}, see above.")


def install(extras: set[str]) -> None:
    what = f".[{','.join(sorted(extras))}]" if extras else "."
    say(f"installing {what}; the first time takes a minute or more (TensorFlow: 0.6 GB)")
    RECORD.write_text("{}")
    if not run("-m", "pip", "install", "-q", "-q", "--no-input", "-e", what):
        sys.exit(
            f"pip could not install {what} for Python {VERSION}, see above. If this Python is too"
            " new for a release of TensorFlow, add another one to the command: PYTHON=python3.12"
        )
    facts = {"python": python(), "place": str(VENV), "pyproject": pyproject()}
    whole = RECORD.with_suffix(".new")
    whole.write_text(json.dumps(facts | {"extras": " ".join(sorted(extras))}, indent=2))
    whole.replace(RECORD)


def recorded(fact: str) -> str:
    try:
        return str(json.loads(RECORD.read_text()).get(fact, ""))
    except (OSError, ValueError):
        return ""


def recorded_extras() -> set[str]:
    return set(recorded("extras").split())


def python() -> str:
    return f"{VERSION} {base(sys.executable)}"


def pyproject() -> str:
    return hashlib.sha256(PYPROJECT.read_bytes()).hexdigest()


def base(executable: str | Path) -> str:
    return os.path.realpath(executable)


def run(*arguments: str, stdout: int | None = None) -> bool:
    return subprocess.run([PYTHON, *arguments], cwd=ROOT, stdout=stdout).returncode == 0


def say(what: str) -> None:
    print(f".venv: {what}", flush=True)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    with PYPROJECT.open("r+b") as lock:  # any file would do; nothing is written to it
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another process is making it; waiting for that")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    try:
        main(set(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("\n.venv: interrupted; the next run makes it anew")
