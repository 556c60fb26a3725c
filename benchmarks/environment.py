"""The environment of the benchmarks: an own one, with the peers that could be installed.

What is missing is missing with a reason, and is told in the table.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from attrs import frozen

HERE: Final = Path(__file__).resolve().parent
VENV: Final = HERE / ".venv"
RECORD: Final = VENV / "installed.json"

# By the names of distributions; `make` and `strace` are programs of the system.
PEERS: Final = (
    "pylightnix",
    "joblib",
    "redun",
    "doit",
    "snakemake",
    "diskcache",
    "dask[distributed]",
    "ninja",
    "cattrs",
    "matplotlib",
)
TOOLS: Final = ("make", "strace")


@frozen
class Environment:
    """A Python with peers; ``missing`` says why some of them are not there."""

    python: Path
    missing: Mapping[str, str]
    versions: Mapping[str, str]

    @property
    def variables(self) -> Mapping[str, str]:
        """What processes see of the environment."""
        path = f"{self.python.parent}{os.pathsep}{os.environ.get('PATH', '')}"
        # Without what might keep Python from using its compiled files.
        rest = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        return {**rest, "PATH": path, "PYTHONWARNINGS": "ignore"}


def environment() -> Environment:
    """The environment, made where it is not there yet."""
    python = VENV / "bin" / "python"
    wanted = {"peers": " ".join(PEERS), "python": sys.version}
    if _record().get("wanted") != wanted:
        missing = _installed(python)
        RECORD.write_text(json.dumps({"wanted": wanted, "missing": missing}, indent=2))
    missing = dict(_record().get("missing", {}))
    absent = {each: "not on this machine" for each in TOOLS if shutil.which(each) is None}
    return Environment(python, {**missing, **absent}, _versions(python))


def bare_name(peer: str) -> str:
    """The name of a distribution without its extras.

    >>> bare_name("dask[distributed]")
    'dask'
    """
    return peer.partition("[")[0]


def machine() -> dict[str, str]:
    """What everything ran on."""
    model, memory = "", 0
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": model or platform.machine(),
        "cores": str(os.cpu_count()),
        "memory": f"{memory / 2**30:.0f} GiB",
        "system": platform.platform(terse=True),
        "python": sys.version.split()[0],
        "load at the beginning": f"{os.getloadavg()[0]:.2f}",
    }


def _record() -> dict[str, dict[str, str]]:
    try:
        found: dict[str, dict[str, str]] = json.loads(RECORD.read_text())
    except (OSError, ValueError):
        return {}
    return found


def _installed(python: Path) -> dict[str, str]:
    """Install everything; what could not be, and why."""
    print("making the environment of the peers; this takes a minute or two", file=sys.stderr)
    venv.EnvBuilder(clear=True, symlinks=True, with_pip=True).create(VENV)
    if why := _pip(python, "-e", str(HERE.parent)):
        sys.exit(f"this library itself could not be installed: {why}")
    if not _pip(python, *PEERS):
        return {}
    reasons = {bare_name(each): _pip(python, each) for each in PEERS}  # one by one: which is it?
    return {name: f"not installed: {why}" for name, why in reasons.items() if why}


def _pip(python: Path, *what: str) -> str:
    """Why pip failed; empty where it did not."""
    command = [str(python), "-m", "pip", "install", "-q", "--no-input", *what]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    return (errors or ["without a word"])[-1][:100]


def _versions(python: Path) -> dict[str, str]:
    code = (
        "import json; from importlib.metadata import distributions as d;"
        "print(json.dumps({each.name.lower(): each.version for each in d()}))"
    )
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    there: dict[str, str] = json.loads(done.stdout)
    names = ("pylightnix-fn", "attrs", *map(bare_name, PEERS))
    return {name: there[name] for name in names if name in there}
