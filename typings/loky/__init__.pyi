from collections.abc import Callable
from concurrent.futures import Executor

class ProcessPoolExecutor(Executor):
    def __init__(
        self,
        max_workers: int | None = None,
        timeout: float | None = None,
        *,
        initializer: Callable[[int], None] | None = None,
        initargs: tuple[int, ...] = (),
    ) -> None: ...
    def shutdown(
        self, wait: bool = True, kill_workers: bool = False, *, cancel_futures: bool = False
    ) -> None: ...

def get_reusable_executor(max_workers: int | None = None) -> ProcessPoolExecutor: ...
