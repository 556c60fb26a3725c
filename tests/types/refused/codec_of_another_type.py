"""A codec of texts for an artifact that holds a number."""

from attrs import frozen

from pylightnix_fn import Artifact, artifact, number, text


@frozen
class Model:
    remark: Artifact[str] = artifact("remark.txt", text)
    # error: [arg-type] Argument 2 to "artifact" has incompatible type "Codec[str]"; expected
    accuracy: Artifact[float] = artifact("accuracy.txt", text)
    # fixed: accuracy: Artifact[float] = artifact("accuracy.txt", number)


best = Model(accuracy=artifact("best.txt", number))
