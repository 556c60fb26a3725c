"""Errors: their exact texts, and what every one of them keeps to."""

from __future__ import annotations

import ast
import copy
import pickle
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

import pylightnix_fn
from pylightnix_fn.errors import build, graph, inplace, inquiry, loading, plan, store, transfer
from pylightnix_fn.errors.message import Message, PylightnixError

HEX: Final = "731c5ac602752760c8e48fbffcf8c3b8"
DREF: Final = f"dref:{HEX}-mnist"
RREF: Final = f"rref:{'0' * 32}-{HEX}-mnist"
STAGING: Final = "/store/tmp/model-x"
WIDTH: Final = 100  # columns of a terminal

EXAMPLES: Final[list[tuple[PylightnixError, type[Exception], str]]] = [
    (
        plan.MalformedName("a/b\n"),
        ValueError,
        """\
a derivation cannot bear this name

  name     'a/b\\n'
  allowed  1 to 222 of A-Z a-z 0-9 _ -

Give it another name: `name='...'`.""",
    ),
    (
        plan.MalformedReference("dref:../../x", "dref:<32 hex>-<name>", "Train.dataset"),
        ValueError,
        """\
this text is not a reference

  field     Train.dataset
  text      'dref:../../x'
  expected  dref:<32 hex>-<name>

Take references from stages and results as they are; do not compose them.""",
    ),
    (
        plan.NotJson(
            "train",
            "Train.layers[2].size",
            "(1, 2)",
            "tuple would not come back from JSON as it was",
            "Write a list.",
        ),
        TypeError,
        """\
config of 'train' holds a value that is not JSON-like

  field   Train.layers[2].size
  value   (1, 2)
  reason  tuple would not come back from JSON as it was

Write a list.""",
    ),
    (
        plan.RealizationInConfig("train", "Train.dataset", RREF),
        TypeError,
        f"""\
config of 'train' refers to a realization

  field      Train.dataset
  reference  {RREF}

Refer to the derivation, and give that the matcher `exact(rref)`.""",
    ),
    (
        plan.UnknownReference("train", "Train.dataset", DREF),
        LookupError,
        f"""\
config of 'train' refers to a derivation that its manager does not know

  field      Train.dataset
  reference  {DREF}

Thread the manager that made the reference: `m, x = stage(m)`, not `_, x = stage(m)`.""",
    ),
    (
        plan.UnknownTarget("mnist", DREF),
        LookupError,
        f"""\
stage 'mnist' returned a reference that its manager does not know

  reference  {DREF}

Return the manager that made the reference: `return m, x` after `m, x = stage(m)`.""",
    ),
    (
        plan.MalformedStage("mnist", "a DRef", "a pair of a manager and references"),
        TypeError,
        """\
stage 'mnist' did not return a manager and what it made

  returned  a DRef
  expected  a pair of a manager and references

End the stage with `return m, reference`, or with `return derive(m, ...)`.""",
    ),
    (
        plan.MalformedConfig("dict", "an attrs class"),
        TypeError,
        """\
a config must be a record of named parameters

  expected  an attrs class
  found     dict

Write the parameters as a class with `@attrs.frozen`, or use `mkdrv` with a dict.""",
    ),
    (
        plan.MalformedOutputs("Model", "weights", "'../x'", "it leads out of the realization"),
        TypeError,
        """\
outputs record 'Model' has a field that cannot be an output

  field   weights
  found   '../x'
  reason  it leads out of the realization

Give it a relative path, `Path("model.h5")`, or `artifact("accuracy.txt", number)`.""",
    ),
    (
        plan.BadParameter("latest", "n", "0", "at least 1"),
        ValueError,
        """\
'latest' cannot work with this value

  parameter  n
  value      0
  expected   at least 1

Call 'latest' with another value of 'n'.""",
    ),
    (
        inquiry.UnknownObject("modle", "/store", ("model", "model-2")),
        LookupError,
        """\
the store holds nothing that 'modle' stands for

  store    /store
  near it  model
           model-2

Write a reference, the beginning of its hash, or a name: `listing(store)` has all.""",
    ),
    (
        inquiry.AmbiguousObject("model", ("dref:1-model", "dref:2-model")),
        LookupError,
        """\
'model' stands for 2 objects

  candidates  dref:1-model
              dref:2-model

Write one of these, or more of its hash.""",
    ),
    (
        inquiry.MalformedCondition("a b=1", 2, "an operator should stand here"),
        ValueError,
        """\
a condition cannot be read

  condition  a b=1
               ^ an operator should stand here

Write a path, one of = != ~ < <= > >=, and a value: `learning_rate<0.01`.""",
    ),
    (
        inquiry.MalformedMoment("2 months"),
        ValueError,
        """\
an age or a time cannot be read

  text  '2 months'

Write an age, `90s`, `5min`, `3h`, `2d`, `1w`, or a time in UTC, `2026-11-22`.""",
    ),
    (
        inquiry.UnknownColumn("loss.txt", "accuracy.txt, started"),
        LookupError,
        """\
the table has no column 'loss.txt'

  columns  accuracy.txt, started

Choose one of the columns.""",
    ),
    (
        inquiry.NotComparable("dref:0-a", "rref:1-0-a"),
        TypeError,
        """\
a derivation cannot be compared with a realization

  old  dref:0-a
  new  rref:1-0-a

Compare two derivations, or two realizations.""",
    ),
    (
        inplace.NoSuchPart("lens.dataset", "'npy'", "size, npz"),
        LookupError,
        """\
there is no 'npy' at `lens.dataset`

  there is  size, npz

Choose one of these; `lens[...]` takes names that are no Python names.""",
    ),
    (
        inplace.NotSeen("lens.rate", "path", "0.5"),
        TypeError,
        """\
`lens.rate` has no path

  it is  0.5

Walk on to something that has one: `dir(lens)` lists where one can go.""",
    ),
    (
        inplace.NothingPaused("repl_continue"),
        RuntimeError,
        """\
`repl_continue` has no paused build to work on

Pause one first: `repl_realize(reference)`; what was cancelled or committed is over.""",
    ),
    (
        graph.GraphvizFailed("/usr/bin/dot", 3, "Error: syntax error in line 1"),
        RuntimeError,
        """\
Graphviz did not draw the graph

  program  /usr/bin/dot
  nodes    3
  reason   Error: syntax error in line 1

Draw it with `graph_svg(graph)`, which needs no other program.""",
    ),
    (
        transfer.ClosureRefused(
            Path("/in/model.tar.zst"),
            f"{HEX}-mnist/config.json",
            "its hash is not the one in its name",
        ),
        ValueError,
        f"""\
archive 'model.tar.zst' was refused: its hash is not the one in its name

  archive  /in/model.tar.zst
  member   {HEX}-mnist/config.json

Have it exported anew by whom you trust; where it is only large, raise `limits`.""",
    ),
    (
        transfer.ClosureDamaged(Path("/in/model.tar.zst"), None, "its zstd data ends too early"),
        ValueError,
        """\
archive 'model.tar.zst' is damaged: its zstd data ends too early

  archive  /in/model.tar.zst

Get it again, or export it anew; objects that came before this are whole and stay.""",
    ),
    (
        transfer.NotTransferable(
            RREF, "README", "its name is like 'readme' but for case or Unicode form"
        ),
        ValueError,
        f"""\
this object cannot be moved to another store: its name is like 'readme' but for case or Unicode form

  object  {RREF}
  file    'README'

Write it under another name, or in smaller parts, and build it again.""",
    ),
    (
        transfer.ArchiveNotWritten("/out/model.tar.zst", "No space left on device"),
        OSError,
        """\
the archive could not be written

  path    /out/model.tar.zst
  reason  No space left on device

Choose a folder that exists, may be written to, and has room; nothing was left there.""",
    ),
    (
        transfer.PackageMissing("backports.zstd", "transfer"),
        ImportError,
        """\
this needs the package 'backports.zstd'

  package  backports.zstd
  extra    transfer

Install it: `pip install 'pylightnix-fn[transfer]'`.""",
    ),
    (
        loading.MalformedTarget("pipeline"),
        ValueError,
        """\
this does not name a stage

  given     pipeline
  expected  MODULE:STAGE or FILE.py:STAGE

Write the module, or the path of its file, a colon, and the name of the stage.""",
    ),
    (
        loading.UnknownModule("pipelin", "/w and sys.path", "pipeline"),
        LookupError,
        """\
there is no module 'pipelin'

  looked in  /w and sys.path
  there are  pipeline

Name a module that can be imported from here, or the path of a Python file.""",
    ),
    (
        loading.BrokenModule(
            "pipeline",
            "ZeroDivisionError: division by zero",
            'File "/w/pipeline.py", line 3, in <module>\n  1 / 0',
        ),
        ImportError,
        """\
module 'pipeline' does not import

  error      ZeroDivisionError: division by zero
  traceback  File "/w/pipeline.py", line 3, in <module>
               1 / 0

Mend it, so that `import` succeeds, then try again.""",
    ),
    (
        loading.UnknownStage("pipeline", "trian", "train, test"),
        LookupError,
        """\
module 'pipeline' has no 'trian'

  stages  train, test

Name one of its stages: a function whose first parameter is the manager.""",
    ),
    (
        loading.NotAStage("pipeline:Train", "class Train", "it is no function"),
        TypeError,
        """\
'pipeline:Train' is no stage

  found   class Train
  reason  it is no function

Name a function whose first parameter is the manager: `def stage(m: Manager, ...)`.""",
    ),
    (
        loading.UnknownArgument("train", "epoch", "epochs, rate"),
        TypeError,
        """\
stage 'train' takes no such argument

  argument    epoch
  parameters  epochs, rate

Give its parameters by name: `name=value`.""",
    ),
    (
        loading.MissingArgument("train", "epochs", "a whole number"),
        TypeError,
        """\
stage 'train' needs another argument

  parameter  epochs
  expected   a whole number

Give it by name: `epochs=...`.""",
    ),
    (
        loading.BadArgument("train", "epochs", "'three'", "a whole number"),
        ValueError,
        """\
stage 'train' cannot take this argument

  parameter  epochs
  value      'three'
  expected   a whole number

Write a value of that kind, or call the stage from Python.""",
    ),
    (
        plan.MalformedSize("plenty"),
        ValueError,
        """\
a text is no size

  text  'plenty'

Write a number with its unit: 200G, 1.5 GB, 512 MiB.""",
    ),
    (
        plan.MalformedVerdict("train", "of the user", "None", "it is no verdict"),
        TypeError,
        """\
matcher of the user of 'train' gave a verdict that cannot stand

  verdict  None
  reason   it is no verdict

Return `Use` of realizations among the candidates, `Need(n, why)` or `Never(why)`.""",
    ),
    (
        plan.UnpromisedRead("model", "best('acuracy.txt')", "acuracy.txt", "accuracy.txt"),
        LookupError,
        """\
matcher of 'model' reads a file that its outputs record does not promise

  matcher   best('acuracy.txt')
  file      acuracy.txt
  promised  accuracy.txt

Name one of the promised files, or promise this one.""",
    ),
    (
        plan.NotOne(DREF, 3),
        LookupError,
        f"""\
exactly one realization is wanted of a derivation whose matcher chose another number

  derivation  {DREF}
  chosen      3

Choose with a matcher for one (`latest()`, `best(file)`), or refer to it by `Many`.""",
    ),
    (
        plan.UnknownField("Train", "size", "layers, rate"),
        AttributeError,
        """\
config 'Train' has no such field

  field   size
  fields  layers, rate

Name one of its fields.""",
    ),
    (
        plan.LawBroken("matcher latest(1)", "the order of candidates does not count", "[a, b]"),
        AssertionError,
        """\
matcher latest(1) does not keep a law

  law       the order of candidates does not count
  shown by  [a, b]

Mend it: pipelines rely on this law.""",
    ),
    (
        build.RealizerFailed("train", "fit", "ZeroDivisionError: division by zero", STAGING),
        RuntimeError,
        f"""\
realizer of 'train' raised

  realizer  fit
  error     ZeroDivisionError: division by zero
  written   {STAGING}

Mend the realizer; what it wrote, and error.txt with its traceback, were kept.""",
    ),
    (
        build.MissingOutput("train", "fit", "Model.weights", f"{STAGING}/model.h5", "train.log"),
        FileNotFoundError,
        f"""\
realizer of 'train' did not write an output that it promised

  output    Model.weights
  expected  {STAGING}/model.h5
  found     train.log

Write the file in 'fit', or take the output out of the promise.""",
    ),
    (
        build.ReservedFile("train", "__build__.json", STAGING),
        FileExistsError,
        f"""\
realizer of 'train' wrote a file under a name that the store keeps for itself

  file      __build__.json
  reserved  context.json, __*__*
  written   {STAGING}

Give the file another name, or put it into a folder.""",
    ),
    (
        build.UnsupportedFile("train", "pipe", "it is a named pipe", STAGING),
        OSError,
        f"""\
realizer of 'train' wrote what a store cannot keep

  file     pipe
  reason   it is a named pipe
  written  {STAGING}

Leave regular files, folders and relative links inside the result, nothing else.""",
    ),
    (
        build.UnsatisfiedMatcher(
            "train", "best of 'accuracy.txt'", "2 more: 1 of 3 so far", 16, "16 builds"
        ),
        RuntimeError,
        """\
matcher of 'train' was not satisfied within its budget

  matcher  best of 'accuracy.txt'
  wants    2 more: 1 of 3 so far
  built    16
  limit    16 builds

What was built is kept. Ask for less, or give a larger `budget=Budget(...)`.""",
    ),
    (
        build.RefusedByMatcher("train", "exact", "a realization that it names is gone", 2),
        LookupError,
        """\
matcher of 'train' can never be satisfied

  matcher     exact
  reason      a realization that it names is gone
  candidates  2

Choose with another matcher, or remove the realizations that stand in its way.""",
    ),
    (
        build.UndeclaredInput("train", DREF),
        LookupError,
        f"""\
realizer of 'train' asked for a derivation that its config does not refer to

  reference  {DREF}

Put the reference into a field of the config.""",
    ),
    (
        build.DecodeFailed(
            "/store/x/accuracy.txt",
            "number",
            "ValueError: could not convert string to float: b'high'",
        ),
        ValueError,
        """\
an artifact does not hold what its codec reads

  file    /store/x/accuracy.txt
  codec   number
  reason  ValueError: could not convert string to float: b'high'

Look at the file; build it again if its realizer was wrong.""",
    ),
    (
        build.EncodeFailed(
            "/store/x/accuracy.txt", "number", "str", "TypeError: a number is wanted"
        ),
        TypeError,
        """\
a codec cannot hold this value

  file    /store/x/accuracy.txt
  codec   number
  value   str
  reason  TypeError: a number is wanted

Write a value that the codec can hold, or choose another codec.""",
    ),
    (
        build.UnboundArtifact("accuracy.txt"),
        RuntimeError,
        """\
this artifact belongs to no realization yet

  file  accuracy.txt

Take it from `b.out`, `b.deref(reference)` or `realize(...).out`.""",
    ),
    (
        build.SealedArtifact("/store/accuracy.txt"),
        PermissionError,
        """\
an artifact of a realization cannot be written

  file  /store/accuracy.txt

Write to `b.out` in a realizer; what is realized never changes.""",
    ),
    (
        build.MatcherFailed("model", "mine", "ZeroDivisionError: division by zero"),
        RuntimeError,
        """\
matcher of 'model' raised

  matcher  mine
  error    ZeroDivisionError: division by zero

Mend the matcher; nothing was built for its answer.""",
    ),
    (
        build.RequirementFailed("train", "fit", "accuracy_is_high"),
        ValueError,
        """\
outputs of 'train' do not meet what is required of them

  realizer     fit
  requirement  accuracy_is_high

Mend the realizer, or the requirement; what was written is kept.""",
    ),
    (
        build.TimedOut("train", "fit", 2.5),
        TimeoutError,
        """\
realizer of 'train' did not end in time

  realizer  fit
  limit     2.5 s

Give it more time, or less to do; what was written is kept.""",
    ),
    (
        build.Ended("train", "fit", "signal 11"),
        RuntimeError,
        """\
the process that built 'train' ended without a word

  realizer  fit
  status    signal 11

Look for a crash in compiled code, or for a lack of memory.""",
    ),
    (
        build.CommandFailed("train", "make all", "2", "cc: no such file\nmake: stopped"),
        RuntimeError,
        """\
a command of 'train' failed

  command  make all
  status   2
  printed  cc: no such file
           make: stopped

Run the command by hand; what was written is kept.""",
    ),
    (
        build.NothingToSelect("train", 3),
        LookupError,
        """\
'train' has nothing to select: no contender has a number

  contenders  3

Look at the artifacts that it compares; not-a-number never wins.""",
    ),
    (
        store.StoreIsFile("/store"),
        NotADirectoryError,
        """\
a store must be a folder, and this is none

  path  /store

Choose another path, or move the file away.""",
    ),
    (
        store.StoreMissing("/store"),
        FileNotFoundError,
        """\
there is no store here

  path  /store

Make one with `DiskStore.open(path)`, or open another path.""",
    ),
    (
        store.StoreNotWritable("/store", "Permission denied"),
        PermissionError,
        """\
the store cannot be written to

  path    /store
  reason  Permission denied

Get the right to write, or build into a store of your own.""",
    ),
    (
        store.StoreFull("/store", "[Errno 28] No space left on device"),
        OSError,
        """\
there is no room left for the store

  path    /store
  reason  [Errno 28] No space left on device

Free some room and run it again: what was finished is kept, nothing is half there.""",
    ),
    (
        store.StoreFailed("/store", "[Errno 5] Input/output error"),
        OSError,
        """\
the file system of the store failed

  path    /store
  reason  [Errno 5] Input/output error

Look at the system's log and the disk; then see what is whole with `verify(store)`.""",
    ),
    (
        store.StoreIncomplete("/store", "store-v1"),
        RuntimeError,
        """\
a part of the store is gone

  path     /store
  missing  store-v1

Restore it from a backup, or remove the folder to begin a new store there.""",
    ),
    (
        store.StoreOfOthers("/store", "everybody may write to it"),
        PermissionError,
        """\
somebody else could replace what is in the store

  path    /store
  reason  everybody may write to it

Choose a folder of your own, or open it with `trust=True` if that is as it should be.""",
    ),
    (
        store.UnknownFormat("/store", '{"format": 2}', "1"),
        RuntimeError,
        """\
the store has a format that this version does not know

  path    /store
  format  {"format": 2}
  known   1

Install a version of the library that knows it; nothing was changed.""",
    ),
    (
        store.StagingElsewhere("/store", "/elsewhere"),
        OSError,
        """\
staging folders must lie on the file system of their store

  store    /store
  staging  /elsewhere

Leave the staging folder out: the default lies inside the store.""",
    ),
    (
        store.MissingObject(RREF, "/store"),
        LookupError,
        f"""\
the store does not hold this object

  reference  {RREF}
  store      /store

Realize it again, or open the store that it came from.""",
    ),
    (
        store.DamagedObject(RREF, "model.h5", "its sha256 differs"),
        RuntimeError,
        f"""\
an object of the store is damaged

  object  {RREF}
  file    model.h5
  reason  its sha256 differs

Put it aside with `repair(store)`; the next `realize` builds it again.""",
    ),
    (
        store.HashCollision(RREF, "/store/x", "sha256 00", "/store/tmp/x"),
        RuntimeError,
        f"""\
two different results have the same reference

  reference     {RREF}
  in the store  /store/x
  new           sha256 00
  kept in       /store/tmp/x

Nothing was replaced. Compare both folders: one of them was tampered with.""",
    ),
    (
        store.StillNeeded(DREF, "dref:a\ndref:b"),
        RuntimeError,
        f"""\
this object cannot be removed: others refer to it

  object     {DREF}
  needed by  dref:a
             dref:b

Remove those first.""",
    ),
    (
        store.StoreNotReadable(
            "/data/store", "[Errno 13] Permission denied: '/data/store/store-v1'"
        ),
        PermissionError,
        """\
the store cannot be read

  path    /data/store
  reason  [Errno 13] Permission denied: '/data/store/store-v1'

Get the right to read it, or use a store of your own.""",
    ),
    (
        store.UnknownRoot("best", "final, first"),
        LookupError,
        """\
there is no root 'best'

  there are  final, first

Choose one of these. A link that is a root is removed like any file.""",
    ),
    (
        store.NotRunning("dref:00-train", "/work/_pylightnix"),
        LookupError,
        """\
no build of this derivation is under way

  derivation  dref:00-train
  store       /work/_pylightnix

Look at the logs that were kept: those of its realizations and of failed builds.""",
    ),
    (
        store.NoSuchFile(RREF, "model.h5", "accuracy.txt"),
        FileNotFoundError,
        f"""\
the realization holds no such file

  object  {RREF}
  file    model.h5
  found   accuracy.txt

Choose one of the files found.""",
    ),
    (
        store.NothingKept("/store", 12),
        ValueError,
        """\
this would remove every object of the store

  store    /store
  objects  12

Choose a policy that keeps something, or say that you mean it: `everything=True`.""",
    ),
    (
        store.UnknownCollection("collected-2026", "collected-2025"),
        LookupError,
        """\
there is no such garbage collection to undo

  name          collected-2026
  in the trash  collected-2025

Choose one that is in the trash; what was emptied from it is gone.""",
    ),
    (
        store.LinkTaken("/home/model", "something else is there, which is not replaced"),
        FileExistsError,
        """\
a link to an object cannot be made here

  path    /home/model
  reason  something else is there, which is not replaced

Choose another path, or move what is there away.""",
    ),
    (
        store.StoreNotShared("MemoryStore"),
        ValueError,
        """\
this store cannot be used by other processes

  store  MemoryStore

Open a `DiskStore`, or build in threads: `executor=ThreadPoolExecutor()`.""",
    ),
    (
        build.CannotTravel("train", "fit", "TypeError: cannot pickle '_thread.lock' object"),
        TypeError,
        """\
realizer of 'train' cannot be sent to another process

  realizer  fit
  reason    TypeError: cannot pickle '_thread.lock' object

Make inside the realizer what cannot be copied, or build in threads.""",
    ),
    (
        build.WorkerLost("train", "fit", 3),
        RuntimeError,
        """\
the process that built 'train' ended without a word

  realizer  fit
  times     3

Look for a crash, or for a lack of memory, in the system's log.""",
    ),
    (
        build.TooFewResources("train", "gpu", 2, 1),
        ValueError,
        """\
'train' asks for more than there is

  resource  gpu
  wanted    2
  there     1

Ask for less, or say what there is: `realize(..., capacity={...})`.""",
    ),
    (
        build.NotRealized("train", "dref:00-train", "no realization, and 1 is wanted"),
        LookupError,
        """\
'train' was to be realized already, and would have to be built

  reference  dref:00-train
  why        no realization, and 1 is wanted

Look with `explain` at what changed, or realize it without `assert_realized`.""",
    ),
    (
        build.WrongArgument("train", "epochs", "'many'", "int"),
        TypeError,
        """\
an argument for 'train' is of a type that its realizer does not expect

  argument  epochs
  found     'many'
  expected  int

Give another: `realize(..., arguments={dref: {name: value}})`.""",
    ),
    (
        build.RealizerFailed("train", "fit", "OSError: No space", STAGING, "Free some room."),
        RuntimeError,
        f"""\
realizer of 'train' raised

  realizer  fit
  error     OSError: No space
  written   {STAGING}

Free some room.""",
    ),
    (
        build.GivenUp("train", "fit", 3, "ValueError: no mean", STAGING),
        RuntimeError,
        f"""\
'train' failed before, and is not tried again

  realizer  fit
  failures  3
  last one  ValueError: no mean
  kept in   {STAGING}

Mend the cause; then `forget_failures(store, dref)` lets it be tried again.""",
    ),
    (
        build.DependencyFailed(DREF, "failed: ValueError: no mean", "/store/x/outcome.txt"),
        RuntimeError,
        f"""\
the attempt 'mnist' failed, so it has no value

  reference  {DREF}
  outcome    failed: ValueError: no mean
  traceback  /store/x/outcome.txt

Choose with `succeeded(matcher)` to try again, or ask `.succeeded` to go on without.""",
    ),
    (
        build.BeingBuilt("train", "process 7 of ada on host"),
        RuntimeError,
        """\
somebody builds 'train' just now

  builder  process 7 of ada on host

Wait until it has ended; if you paused it yourself, commit or cancel that first.""",
    ),
    (
        build.PauseEnded("train", "to commit", "it was cancelled"),
        RuntimeError,
        """\
the paused build of 'train' cannot give this

  wanted  to commit
  state   it was cancelled

Pause it once more, or leave the block first: that commits what was written.""",
    ),
    (
        build.InputGone("train", RREF, STAGING),
        LookupError,
        f"""\
the failed build of 'train' cannot be reopened: an input is gone

  input      {RREF}
  failed in  {STAGING}

Realize that input again, or pause the build without `failure`.""",
    ),
    (
        store.NoStoreChosen("store_initialize"),
        RuntimeError,
        """\
no store was chosen for this session

Call `store_initialize()`, or `store_initialize(path)`, first.""",
    ),
    (
        plan.MalformedReference("x", "dref:<32 hex>-<name>"),
        ValueError,
        """\
this text is not a reference

  text      'x'
  expected  dref:<32 hex>-<name>

Take references from stages and results as they are; do not compose them.""",
    ),
    (
        plan.MalformedOutputs(
            "Model", "", "<class 'Model'>", "it is the class, not an instance of it"
        ),
        TypeError,
        """\
'Model' cannot be the outputs of a stage

  found   <class 'Model'>
  reason  it is the class, not an instance of it

Write them as a class with `@attrs.frozen`, and give an instance: `Model()`.""",
    ),
]
ERRORS: Final = [error for error, _, _ in EXAMPLES]


def name_of(error: object) -> str:
    return type(error).__name__


def classes(module: ModuleType) -> Iterator[type[PylightnixError]]:
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, PylightnixError):
            yield value


def kept(error: PylightnixError) -> dict[str, object]:
    """The fields of an error, as its class declares them."""
    return {name: getattr(error, name) for name in type(error).__annotations__}


# Every error.


@pytest.mark.parametrize("module", [plan, build, store], ids=["plan", "build", "store"])
def test_every_error_has_an_example(module: ModuleType) -> None:
    assert set() == set(classes(module)) - {PylightnixError} - {type(error) for error in ERRORS}


@pytest.mark.parametrize(
    ("error", "text"), [(error, text) for error, _, text in EXAMPLES], ids=map(name_of, ERRORS)
)
def test_text_of(error: PylightnixError, text: str) -> None:
    assert text == str(error)


@pytest.mark.parametrize(
    ("error", "builtin"), [(error, kind) for error, kind, _ in EXAMPLES], ids=map(name_of, ERRORS)
)
def test_error_is_also_caught_as_a_builtin(
    error: PylightnixError, builtin: type[Exception]
) -> None:
    assert issubclass(type(error).__bases__[0], PylightnixError)
    assert isinstance(error, builtin)
    assert "builtins" == builtin.__module__


@pytest.mark.parametrize("error", ERRORS, ids=name_of)
def test_error_fits_a_terminal(error: PylightnixError) -> None:
    assert [] == [line for line in str(error).splitlines() if len(line) > WIDTH]


@pytest.mark.parametrize("error", ERRORS, ids=name_of)
def test_error_says_what_is_wrong_and_what_to_do(error: PylightnixError) -> None:
    headline, _, hint = error.message()
    assert not headline.endswith(".")
    assert hint.endswith(".")


@pytest.mark.parametrize("error", ERRORS, ids=name_of)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_error_comes_back_from_a_pickle(error: PylightnixError, protocol: int) -> None:
    error = copy.copy(error)
    error.add_note("In realizer 'fit'")
    back: object = pickle.loads(pickle.dumps(error, protocol))
    assert isinstance(back, type(error))
    assert (kept(error), str(error)) == (kept(back), str(back))
    assert error.__notes__ == back.__notes__


@pytest.mark.parametrize("error", ERRORS, ids=name_of)
def test_error_can_be_copied(error: PylightnixError) -> None:
    for back in (copy.copy(error), copy.deepcopy(error)):
        assert (type(error), kept(error)) == (type(back), kept(back))


@pytest.mark.parametrize("error", ERRORS, ids=name_of)
def test_error_shows_each_of_its_fields(error: PylightnixError) -> None:
    text = "".join(str(error).split())
    fields = {name: value for name, value in kept(error).items() if name != "position"}  # of a ^
    several = [value if isinstance(value, tuple) else (value,) for value in fields.values()]
    shown = [value for values in several for value in values if value]
    lost = [value for value in shown if "".join(str(value).split()) not in text]
    assert [] == [value for value in lost if repr(value) not in str(error)]


@pytest.mark.parametrize("module", sorted(Path(pylightnix_fn.__file__).parent.rglob("*.py")))
def test_errors_are_made_of_positional_values(module: Path) -> None:
    # A type checker would let names pass, and the mistake would show only when something fails.
    names = {type(error).__name__ for error in ERRORS}
    calls = [
        node
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    assert [] == [
        (call.lineno, call.func.id)
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id in names and call.keywords
    ]


# The base.


class Careless(PylightnixError, ValueError):
    """An error with a default."""

    what: str
    where: str = "here"

    def message(self) -> Message:
        return Message(f"{self.what} {self.where}", (), "")


class MoreCareless(Careless):
    """An error that adds a field to those of another."""

    why: str = "so"


class JustCareless(Careless):
    """An error with the fields of another."""


def test_error_without_a_value_takes_the_default() -> None:
    assert ("a here", "a there") == (str(Careless("a")), str(Careless("a", "there")))


@pytest.mark.parametrize("values", [(), ("a", "b", "c")])
def test_error_with_a_wrong_number_of_values_is_a_type_error(values: tuple[str, ...]) -> None:
    with pytest.raises(TypeError, match=r"Careless takes \('what', 'where'\), got"):
        Careless(*values)


def test_error_has_the_fields_of_the_error_that_it_extends() -> None:
    error = MoreCareless("a", "b", "c")
    assert ("a", "b", "c") == (error.what, error.where, error.why)
    assert "a b" == str(JustCareless("a", "b"))


def test_error_of_the_operating_system_does_not_take_its_values_for_its_own() -> None:
    error = store.StoreNotWritable("/store", "Permission denied")
    assert ("/store", "Permission denied") == error.args
    assert (None, None) == (error.errno, error.strerror)


def test_facts_of_several_lines_are_indented() -> None:
    message = Message("no", (("a", "1\n2"), ("long", ""), ("b", 3)), "Do.")
    expected = "no\n\n  a     1\n        2\n  long\n  b     3\n\nDo."
    assert expected == str(message)


def test_parts_that_are_empty_leave_no_gap() -> None:
    assert "no" == str(Message("no", (), ""))
    assert "no\n\nDo." == str(Message("no", (), "Do."))


def test_base_has_no_message_of_its_own() -> None:
    with pytest.raises(NotImplementedError):
        PylightnixError().message()


def test_error_takes_its_fields_by_name_too() -> None:
    by_name, by_place = plan.NotOne(chosen=2, reference="a"), plan.NotOne("a", 2)
    assert (by_place.args, str(by_place)) == (by_name.args, str(by_name))
    assert by_place.args == pickle.loads(pickle.dumps(by_name)).args


def test_error_with_an_unknown_field_is_refused() -> None:
    wrong = {"reference": "a", "chosen": 2, "colour": "red"}
    with pytest.raises(TypeError, match="colour"):
        PylightnixError.__init__(plan.NotOne("a", 2), **wrong)
