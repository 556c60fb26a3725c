"""A dict becomes a config by `mkconfig`, which checks it."""

from pylightnix_fn import Build, Manager, build_outpath, match_latest, mkconfig, mkdrv


def build(b: Build) -> None:
    build_outpath(b)


# error: [call-overload] No overload variant of "mkdrv" matches argument types
m, made = mkdrv(Manager(), {"name": "first"}, match_latest(), build)
# fixed: m, made = mkdrv(Manager(), mkconfig({"name": "first"}), match_latest(), build)
