"""What is fetched without a description is a folder, and no sample."""

from pipeline import Sample, Train

from pylightnix_fn import Manager, fetchlocal


def config(m: Manager, sha256: str) -> Train:
    m, folder = fetchlocal(m, "numbers.txt", sha256)
    m, numbers = fetchlocal(m, "numbers.txt", sha256, outputs=Sample())
    # error: [arg-type] Argument 1 to "Train" has incompatible type "DRef[Folder]"
    return Train(folder)
    # fixed: return Train(numbers)
