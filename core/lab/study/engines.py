"""Where jobs are done: in processes of this machine (joblib's loky), or on a Dask cluster (joblib's Dask backend).

An engine is a function (work, jobs) -> outcomes as they come, in any order. A process that dies in the middle of a job
has it done again by another, which goes on from the run's last checkpoint; a job whose process died three times is
given up. Nothing about a result depends on the engine.
"""

import asyncio
import ipaddress
import logging
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from core.lab import Refusal
from core.lab.environment import trim_memory
from core.lab.study.job import Ended, Job

Work = Callable[[Job], Ended]
Engine = Callable[[Work, Iterable[Job]], Iterator[Ended]]

TRIES = 3  # starts of a job whose process died
WATCH = 1.0  # seconds between two looks of a worker at its parent
PATIENCE = 10  # seconds for a scheduler to answer, for its first worker, and for what every worker says of itself


def counted(work: Work, job: Job) -> Ended:
    """work(job), unless its process has died three times. A mark is written before and wiped away after."""
    marks = job.folder.with_name(job.folder.name + ".tries")
    if marks.exists() and marks.stat().st_size >= TRIES:
        marks.unlink()
        return job, f"its process died {TRIES} times: was there not enough memory?"
    marks.parent.mkdir(parents=True, exist_ok=True)
    with open(marks, "ab") as file:
        file.write(b".")
    ended = work(job)
    trim_memory()  # a worker does one run after another, each of which leaves the heap in pieces
    marks.unlink(missing_ok=True)
    return ended


def outlive_no_parent(parent: int) -> None:
    """Ends this process soon after its parent, however that ended: a worker would wait for its next job for minutes."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _loky() -> Any:
    """joblib's backend of processes, each of which ends with this one."""
    from joblib.externals.loky.backend.resource_tracker import ensure_running
    from joblib.parallel import LokyBackend

    with _silent():  # it clears up after a process that was killed, and would tell how much
        ensure_running()

    class Loky(LokyBackend):  # type: ignore[misc]
        def configure(self, *args: Any, **options: Any) -> Any:
            watching = {"initializer": outlive_no_parent, "initargs": (os.getpid(),)}
            return super().configure(*args, **options, **watching)

    return Loky(inner_max_num_threads=1)


@contextmanager
def _deaf() -> Iterator[None]:
    """SIGINT is ignored, also in the processes that are started: one that is interrupted then would print where."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # not the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def local(workers: int) -> Engine:
    """Processes of this machine, which are kept from job to job; one worker is this process itself."""

    def engine(work: Work, jobs: Iterable[Job]) -> Iterator[Ended]:
        from concurrent.futures.process import BrokenProcessPool

        waiting, begun = iter(jobs), dict[Path, Job]()
        fell = True
        while fell:
            fell = False
            try:
                for job, outcome in _parallel(_loky(), workers, work, _noting(waiting, begun)):
                    del begun[job.folder]
                    yield job, outcome
            except BrokenProcessPool:  # the pool falls with its first process: who was the cause is found one by one
                fell = True
            while begun:  # a pool still takes jobs while it falls, even when the next one stands
                job = next(iter(begun.values()))
                yield _alone(work, job)
                del begun[job.folder]

    return engine


def _noting(jobs: Iterator[Job], begun: dict[Path, Job]) -> Iterator[Job]:
    for job in jobs:
        begun[job.folder] = job
        yield job


def _alone(work: Work, job: Job) -> Ended:
    """A job in a process beside which nothing runs; `counted` ends the tries."""
    from concurrent.futures.process import BrokenProcessPool

    while True:
        try:
            return next(_parallel(_loky(), 2, work, [job]))
        except BrokenProcessPool:
            continue


def _parallel(backend: Any, workers: int, work: Work, jobs: Iterable[Job], **options: Any) -> Iterator[Ended]:
    from joblib import Parallel, delayed, parallel_config

    warnings.filterwarnings("ignore", module="joblib")  # what becomes of workers is told here
    with parallel_config(backend, **options), _deaf():
        parallel = Parallel(n_jobs=workers, return_as="generator_unordered", batch_size=1, pre_dispatch="n_jobs")
        return parallel(delayed(counted)(work, job) for job in jobs)


def end_workers() -> None:
    """Ends the processes that `local` keeps for the next jobs.

    In silence: where a process of joblib's own was killed from outside, others would tell at length that they miss it.
    """
    from joblib.externals.loky import get_reusable_executor

    with _silent():
        get_reusable_executor().shutdown(wait=True, kill_workers=True)


@contextmanager
def _silent() -> Iterator[None]:
    """What this process, and those that it starts, write to stderr goes nowhere."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def is_trusted(address: str) -> bool:
    """Is this the address of a loopback interface, or one that speaks TLS? Whoever reaches a scheduler runs code."""
    scheme, _, rest = address.rpartition("://")
    host = rest.rpartition(":")[0].strip("[]")
    try:
        return scheme == "tls" or (scheme == "tcp" and (host == "localhost" or ipaddress.ip_address(host).is_loopback))
    except ValueError:
        return False


def check_trusted(address: str) -> None:
    """Raises Refusal for the address of a scheduler that is not trusted."""
    if not is_trusted(address):
        why = "a scheduler and its workers run whatever code they are sent"
        raise Refusal(f"{address} is neither tcp:// on a loopback interface nor tls://: {why}")


def _looks(file: Path) -> tuple[bool, str]:
    """What a worker sees: is the study's folder there, and which Trivium has it?"""
    from importlib.metadata import version

    return file.exists(), version("trivium")


async def _said(client: Any, names: Iterable[str], file: Path) -> dict[str, tuple[bool, str]]:
    """What each worker sees, all of them asked at once. Raises TimeoutError, naming the first that says nothing."""
    asked = {asyncio.ensure_future(client.run(_looks, file, workers=[name])): name for name in names}
    done, silent = await asyncio.wait(asked, timeout=PATIENCE)
    for question in silent:
        question.cancel()
    if silent:
        others = f", nor do {len(silent) - 1} others" if len(silent) > 1 else ""
        raise TimeoutError(f"{min(asked[question] for question in silent)} does not answer{others}")
    return {asked[answer]: answer.result()[asked[answer]] for answer in done}


async def _greeted(address: str) -> None:
    """Raises TimeoutError where something listens and says nothing: Dask's client would wait for its word for ever."""
    comms, security = import_module("distributed.comm"), import_module("distributed.security").Security()
    async with asyncio.timeout(PATIENCE):
        comm = await comms.connect(address, PATIENCE, **security.get_connection_args("client"))
        await comm.close()


@contextmanager
def cluster(address: str, file: Path) -> Iterator[tuple[Engine, int]]:
    """A Dask cluster whose workers have one thread each and see the study's `file`; and how many they are.

    Raises Refusal for an address that is neither loopback nor TLS, for a scheduler or a worker that does not answer
    within ten seconds, and for workers that are none, not to be trusted, or unfit. Certificates come from Dask's own
    settings.
    """
    from importlib.metadata import version

    try:
        distributed = import_module("distributed")
    except ImportError:
        raise Refusal('--engine dask needs the extra dask: pip install "trivium[dask]"') from None
    check_trusted(address)
    for name in ("distributed", "distributed.client", "distributed.core"):  # what goes wrong is said in one line here
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        asyncio.run(_greeted(address))
        client = distributed.Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, RuntimeError, TypeError) as error:
        files = "the certificates that Dask's settings name (distributed.comm.tls: ca-file, client.cert, client.key)"
        also = f", and are {files} there, and of its authority" if address.startswith("tls:") else ""
        asked = f"is it running{also}?"
        raise Refusal(f"the scheduler {address} does not answer ({type(error).__name__}): {asked}") from error
    with client:
        workers = _inspect(client, address, file, version("trivium"))

        def engine(work: Work, jobs: Iterable[Job]) -> Iterator[Ended]:
            try:
                yield from _parallel("dask", -1, work, jobs, client=client)
            except Exception as error:  # work itself raises nothing
                how = "what was done is kept: start it, and give the command again"
                raise Refusal(f"lost the scheduler {address} ({type(error).__name__}); {how}") from error

        yield engine, workers


def _inspect(client: Any, address: str, file: Path, ours: str) -> int:
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
        seen = client.sync(_said, client, threads := client.ncores(), file)
    except Exception as error:  # whatever a worker raises that cannot import us comes back as it is
        raise Refusal(f"the workers of {address} are not ready: {type(error).__name__}: {error}") from error
    for name, count in threads.items():
        if not is_trusted(name):
            raise Refusal(f"the worker {name} is neither on a loopback interface nor behind TLS")
        if count != 1:
            raise Refusal(f"the worker {name} has {count} threads: start workers with --nthreads 1")
    for name, (there, theirs) in seen.items():
        if not there:
            raise Refusal(f"the worker {name} does not see {file.parent}: the folder must be shared")
        if theirs != ours:
            raise Refusal(f"the worker {name} has Trivium {theirs}, this machine {ours}")
    return len(threads)
