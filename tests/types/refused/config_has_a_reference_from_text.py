"""A reference from a text, of which nobody knows what its stage writes."""

from pipeline import Sample, Train

from pylightnix_fn import DRef, dref_from


def config(text: str) -> Train:
    # error: [arg-type] Argument 1 to "Train" has incompatible type "DRef[Folder]"
    return Train(dref_from(text))
    # fixed: return Train(DRef(dref_from(text).text, Sample()))
