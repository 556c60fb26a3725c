"""The command `plx`: a store from the command line, thin over the library.

Whatever a command does, a function of the library does; what stands here reads arguments, prints
values, and turns errors into words and exit codes.
"""

from __future__ import annotations

import sys


def main() -> None:
    """The entry point of the program `plx`."""
    try:
        from pylightnix_fn.cli.program import run
    except ModuleNotFoundError as error:
        if error.name not in ("click", "platformdirs"):
            raise
        advice = "Install what it needs: pip install 'pylightnix-fn[cli]'"
        sys.exit(f"plx: the package {error.name} is not there\n{advice}")
    sys.exit(run())
