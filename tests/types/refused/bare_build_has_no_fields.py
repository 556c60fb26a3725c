"""`Build` without parameters is that of a dict: its config has no fields."""

from pylightnix_fn import Build, build_cattrs


def build(b: Build) -> None:
    # error: [attr-defined] "Config" has no attribute "count"
    print(b.config.count)
    # fixed: print(build_cattrs(b).count)
