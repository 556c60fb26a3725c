from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Generic, TypedDict, TypeVar

A = TypeVar("A")
B = TypeVar("B")
T = TypeVar("T")

class _Worker(TypedDict):
    nthreads: int
    memory_limit: int | None
    resources: Mapping[str, float]

class _Info(TypedDict):
    workers: Mapping[str, _Worker]

class _Scheduler:
    address: str

class Future(Generic[T]):
    def add_done_callback(self, fn: Callable[[Future[T]], object]) -> None: ...
    def cancelled(self) -> bool: ...
    def done(self) -> bool: ...
    def result(self, timeout: float | None = None) -> T: ...

class KilledWorker(Exception): ...

class LocalCluster:
    def __init__(
        self,
        *,
        n_workers: int | None = None,
        threads_per_worker: int | None = None,
        processes: bool = True,
        dashboard_address: str | None = ...,
        resources: Mapping[str, float] | None = None,
    ) -> None: ...
    def __enter__(self) -> LocalCluster: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
    def close(self) -> None: ...

class Client:
    scheduler: _Scheduler
    def __init__(
        self, address: str | LocalCluster | None = None, timeout: float | None = None
    ) -> None: ...
    def __enter__(self) -> Client: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
    def close(self) -> None: ...
    def submit(
        self,
        func: Callable[[A, B], T],
        first: A,
        second: B,
        /,
        *,
        key: str | None = None,
        resources: Mapping[str, float] | None = None,
        pure: bool = True,
    ) -> Future[T]: ...
    def cancel(self, futures: Sequence[Future[T]]) -> None: ...
    def call_stack(self) -> Mapping[str, Mapping[str, Sequence[str]]]: ...
    def scheduler_info(self, n_workers: int = -1) -> _Info: ...
    def wait_for_workers(self, n_workers: int, timeout: float | None = None) -> None: ...
