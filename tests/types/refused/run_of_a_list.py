"""A command is one text, which is split as a shell would."""

from pylightnix_fn import run

# error: [arg-type] Argument 1 to "run" has incompatible type "list[str]"; expected "str"
command = run(["cp", "{c.sample.numbers}", "{out.numbers}"])
# fixed: command = run("cp {c.sample.numbers} {out.numbers}")
