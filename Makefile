# Every target makes the environment that it needs, in .venv, from nothing but a Python >= 3.11.
# Another Python than the first one found: make mnist PYTHON=/path/to/python3.12

MNIST_URL := https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz
MNIST_SHA256 := 731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1

TIMES := 10

# `make examples HELLO=` takes GNU Hello from the network, HELLO='--url ... --sha256 ...' another.
HELLO := --small

.DEFAULT_GOAL := help
.PHONY: help mnist mnist-full examples test check faults bench bench-quick clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

mnist: ## train and keep the models of the MNIST example, on the digits that lie here
	@$(call environment,examples)
	@.venv/bin/python examples/mnist.py

mnist-full: ## the same on all 70,000 digits, which it downloads (11 MB)
	@$(call environment,examples)
	@.venv/bin/python examples/mnist.py --url $(MNIST_URL) --sha256 $(MNIST_SHA256)

examples: ## each example twice, in a fresh folder: the second run builds nothing
	@$(call environment,examples dask)
	@$(call in_turn,first second,mnist.py)
	@$(call in_turn,first,mnist_inplace.py)
	@$(call in_turn,first second,sweep.py)
	@$(call in_turn,first second,parallel.py .)
	@$(call in_turn,first second,hello.py $(HELLO))
	@$(call in_turn,first second,annealing.py)
	@$(call in_turn,first second,mdrun.py $(CURDIR)/README.md --output README.md)
	@$(call in_turn,first second,notebook.ipynb)

test: check ## every check, as continuous integration runs them

check: ## lints, format, types, tests
	@$(call environment,examples dev)
	@.ci/programs
	.venv/bin/python -m ruff check
	.venv/bin/python -m ruff format --check
	.venv/bin/python -m mypy
	.venv/bin/python -m pytest -q -n auto --dist loadfile -m 'not alone'
	.venv/bin/python -m pytest -q -m alone

faults: ## break the store on purpose, TIMES=10 times as often as `make test` does
	@$(call environment,examples dev)
	@.ci/programs
	.venv/bin/python -m pytest -q -n auto --dist loadfile tests/faults --faults=$(TIMES)

bench: ## measure against peers and floors, half an hour, WHAT='--time-limit 900 nothing' for a part
	@$(call environment,)
	@.venv/bin/python -m benchmarks $(WHAT)

bench-quick: ## the same in three minutes: smaller, and fewer times
	@$(call environment,)
	@.venv/bin/python -m benchmarks --quick $(WHAT)

clean: ## remove .venv and every cache, but no store
	@echo 'removing .venv and the caches of the tools'
	@rm -f .venv/pyvenv.cfg
	@rm -rf .venv benchmarks/.venv dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find .ci pylightnix_fn tests examples benchmarks -name __pycache__ -prune -exec rm -rf {} +

# The Python of .venv comes first, so that .venv keeps it. Some machines have names without a Python
# behind them, or a Python without ensurepip: each is tried before it is taken.
pythons = $(if $(PYTHON),'$(PYTHON)',.venv/bin/python python3.13 python3.12 python3.11 python3)
suitable = import ensurepip, sys; sys.exit(sys.version_info < (3, 11))

define environment
for python in $(pythons); do \
  if "$$python" -c '$(suitable)' 2>/dev/null; then \
    exec "$$python" .ci/environment.py $(1); \
  fi; \
done; \
echo "No Python 3.11 or newer that can make environments: tried $(pythons)." >&2; \
echo 'Install one (Debian, Ubuntu: also python3-venv), or name it: make $@ PYTHON=/path/to/python3.12' >&2; \
exit 1
endef

bin := $(CURDIR)/.venv/bin
program = $(bin)/python $(CURDIR)/examples/$(1)
notebook = PYTHONPATH=$(CURDIR)/examples $(bin)/jupyter-execute --inplace $(1) \
  && grep -o 'built: [a-z, ]*\b' $(1) | head -1

# $(2) is run in a folder of its own, which goes where all has gone well.
define in_turn
folder=$$(mktemp -d); cp examples/notebook.ipynb $$folder; cd $$folder && \
for time in $(1); do \
  printf '\n## examples/%s, %s run\n' '$(2)' $$time; \
  $(call $(if $(filter %.ipynb,$(2)),notebook,program),$(2)) || exit; \
done; \
chmod -R u+w $$folder && rm -rf $$folder
endef
