"""`derive` takes records; `mkdrv` takes dicts."""

from pipeline import Draw, Sample

from pylightnix_fn import Build, Manager, derive


def draw(b: Build[dict[str, int], Sample]) -> None:
    b.out.numbers.write_text("", encoding="utf-8")


def draw_record(b: Build[Draw, Sample]) -> None:
    b.out.numbers.write_text("", encoding="utf-8")


# error: [call-overload] "derive" matches argument types "Manager", "dict[str, int]"
m, numbers = derive(Manager(), {"count": 3}, Sample(), draw)
# fixed: m, numbers = derive(Manager(), Draw(3), Sample(), draw_record)
