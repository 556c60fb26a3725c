"""A realizer for a record is none for a dict."""

from pipeline import draw

from pylightnix_fn import Build, Manager, build_outpath, match_latest, mkconfig, mkdrv


def build(b: Build) -> None:
    build_outpath(b)


# error: [arg-type] Argument 4 to "mkdrv" has incompatible type
m, made = mkdrv(Manager(), mkconfig({}), match_latest(), draw)
# fixed: m, made = mkdrv(Manager(), mkconfig({}), match_latest(), build)
