"""Drawing a graph with Graphviz, where it is installed."""

from __future__ import annotations

import shutil
import subprocess

from pylightnix_fn.errors.graph import GraphvizFailed
from pylightnix_fn.graph.diagrams import dot
from pylightnix_fn.graph.value import Graph


def svg_by_graphviz(graph: Graph, *, program: str = "dot", timeout: float = 60.0) -> str | None:
    """The graph as Graphviz lays it out, as SVG; `None` where it is not installed.

    `GraphvizFailed` where it fails, or takes more than ``timeout`` seconds.
    """
    found = shutil.which(program)
    if found is None:
        return None
    try:
        done = subprocess.run(
            [found, "-Tsvg"],
            input=dot(graph),
            capture_output=True,
            check=True,
            encoding="utf-8",
            errors="backslashreplace",
            timeout=timeout,
        )
    except subprocess.CalledProcessError as error:
        raise GraphvizFailed(found, len(graph.nodes), _said(error)) from error
    except subprocess.TimeoutExpired as error:
        why = f"it took more than {timeout:g} seconds"
        raise GraphvizFailed(found, len(graph.nodes), why) from error
    except OSError as error:
        raise GraphvizFailed(found, len(graph.nodes), str(error)) from error
    return done.stdout


def _said(error: subprocess.CalledProcessError) -> str:
    said: object = error.stderr
    lines = said.strip().splitlines() if isinstance(said, str) else []
    return lines[-1] if lines else f"it ended with status {error.returncode}"
