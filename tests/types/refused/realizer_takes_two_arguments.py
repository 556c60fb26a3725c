"""A realizer has its build, and nothing else."""

from functools import partial

from pipeline import Draw, Sample

from pylightnix_fn import Build, Manager, derive


def repeated(b: Build[Draw, Sample], word: str) -> None:
    b.out.numbers.write_text(word * b.config.count, encoding="utf-8")


# error: [arg-type] Argument 4 to "derive" has incompatible type
m, numbers = derive(Manager(), Draw(), Sample(), repeated)
# fixed: m, numbers = derive(Manager(), Draw(), Sample(), partial(repeated, word="a"))
