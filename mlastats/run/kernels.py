"""Runs one notebook through papermill, in a kernel of its own: warm where one is to be had.

A warm kernel is forked from a parent that has imported the library; it is chosen by the kernel's
name, through a provisioner of jupyter_client. A warm kernel that cannot be had, or is silent for
ten seconds, gives way to an ordinary one, with the same results.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from queue import Empty
from typing import Any

import nbformat
import papermill
from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from nbclient.exceptions import DeadKernelError
from nbformat.validator import get_validator
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from traitlets import default
from traitlets.config import Config

from mlastats import errors
from mlastats.errors import ReportFailed
from mlastats.run import workers

WARM, ORDINARY = "mlastats-warm", "mlastats-ordinary"
PROVISIONER = "mlastats-warm-provisioner"
PARENT = "MLASTATS_WARM_PARENT"
SILENCE = {WARM: 10, ORDINARY: 60}
LONGEST_STREAM = 1_000_000
# Compiled here, so that no child has to.
get_validator(4, 5)
# Nobody's history, profile or start-up files: a report does not depend on who runs it.
_OPTIONS = ["--HistoryManager.hist_file=:memory:", "--IPKernelApp.exec_PYTHONSTARTUP=False"]


@dataclass(frozen=True)
class NotebookRun:
    """What one run of a notebook needs; `seconds` are left until the report's deadline."""

    source: str
    output: str
    parameters: dict[str, Any]
    environment: dict[str, str]
    folder: str
    seconds: float
    warm: str = ""
    sockets: str = ""


class KernelSilent(Exception):
    """A kernel did not answer in time; nothing has been run in it."""


def run(job: NotebookRun, on_cell: Callable[[int, int], None] = lambda cell, of: None) -> str:
    """Run the notebook and save it executed; returns the name of the kernel that was used.

    ReportFailed, with the first cause in one line, when it does not run to its end in time; the
    notebook is saved as far as it came.
    """
    names = [WARM, ORDINARY] if job.warm else [ORDINARY]
    for name in names:
        try:
            _run(job, name, on_cell)
            return name
        except KernelSilent as cause:
            last = cause
    raise ReportFailed(f"{_name(job)}: no kernel answered ({last}).")


class Specs(KernelSpecManager):
    """The two kernels of a run, whatever is installed for the user."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The kernel's command; a warm one names its provisioner."""
        if kernel_name not in (WARM, ORDINARY):
            return super().get_kernel_spec(kernel_name)
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", *_OPTIONS]
        chosen = {"kernel_provisioner": {"provisioner_name": PROVISIONER}} if kernel_name == WARM else {}
        return KernelSpec(argv=command, display_name=kernel_name, language="python", metadata=chosen)


class Listener(AsyncKernelClient):
    """A client that goes to work as soon as the kernel is heard; jupyter_client's waits for silence first."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers and what it shows is heard; RuntimeError when that takes too long."""
        end = time.monotonic() + (timeout or 0)
        while time.monotonic() < end and await self.is_alive():
            self.kernel_info()
            with suppress(Empty):
                await self.get_shell_msg(timeout=1)
                await self.get_iopub_msg(timeout=0.2)
                return
        raise RuntimeError("no answer")


class Kernels(AsyncKernelManager):
    """Starts kernels by the names above."""

    @default("client_factory")
    def _listener(self) -> type[Listener]:
        return Listener

    @default("kernel_spec_manager")
    def _specs(self) -> Specs:
        return Specs()


class WarmProvisioner(LocalProvisioner):
    """Has the warm parent fork the kernel instead of starting Python anew."""

    async def launch_kernel(self, cmd: list[str], **options: Any) -> Any:
        """Ask the parent for a kernel; KernelSilent where it gives none."""
        environment = dict(options["env"])
        request = {
            "call": "mlastats.run.work:kernel",
            "task": {"arguments": cmd[3:]},
            "environment": environment,
            "folder": options.get("cwd") or os.getcwd(),
            "log": os.devnull,
        }
        try:
            child = workers.ask(environment[PARENT], request)
        except OSError as cause:
            raise KernelSilent("the warm parent is gone") from cause
        if not child.started(60):
            child.close()
            raise KernelSilent("the warm parent is silent")
        self.process = child  # type: ignore[assignment] # it has what a Popen has
        self.pid = self.pgid = child.pid
        return self.connection_info

    async def kill(self, restart: bool = False) -> None:
        """End the kernel; it is gone when this returns, so that nobody has to look again and again."""
        await super().kill(restart)
        if self.process:
            self.process.wait(5)


class Client(PapermillNotebookClient):
    """papermill's client with a deadline, a bound on printed text, and the notebook kept on failure."""

    seconds = 0.0
    kept = ""
    out_of_time = False
    _printed = 0

    def execute(self, **options: Any) -> Any:
        """Run all cells; whatever happens, what was run is saved."""
        timer = threading.Timer(self.seconds, self._end)
        timer.daemon = True
        timer.start()
        try:
            return super().execute(**options)
        finally:
            timer.cancel()
            nbformat.write(self.nb, self.kept)

    def start_new_kernel_client(self, **options: Any) -> Any:
        """A client of the kernel, or KernelSilent."""
        try:
            return super().start_new_kernel_client(**options)
        except RuntimeError as cause:
            raise KernelSilent(str(cause)) from cause

    def process_message(self, msg: dict[str, Any], *rest: Any) -> Any:
        """Keep what a cell shows; printed text only up to a bound."""
        if msg.get("msg_type") == "stream":
            self._printed += len(msg["content"]["text"])
            if self._printed > LONGEST_STREAM:
                msg["content"]["text"] = ""
        return super().process_message(msg, *rest)

    def _end(self) -> None:
        self.out_of_time = True
        process = getattr(getattr(self.km, "provisioner", None), "process", None)
        if process is None:
            return
        if isinstance(process, subprocess.Popen) and os.name == "posix":
            # The kernel leads a group of its own; what it started belongs to it.
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


class Engine(NBClientEngine):
    """papermill's engine with the client above."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> Any:
        """Run a parameterised notebook in a kernel of the given name."""
        job: NotebookRun = options["job"]
        cells = len(nb_man.nb.cells)
        client = Client(
            nb_man,
            kernel_name=kernel_name,
            kernel_manager_class=Kernels,
            config=_connection(job, kernel_name),
            startup_timeout=SILENCE[kernel_name],
            timeout=None,
            iopub_timeout=60,
            # All that it made is saved by then.
            shutdown_kernel="immediate",
            on_cell_start=lambda cell, cell_index: options["on_cell"](cell_index + 1, cells),
        )
        client.seconds, client.kept = job.seconds, job.output
        try:
            # What a notebook prints is in the notebook, up to a bound; past IPython it goes nowhere.
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            return client.execute(env=_environment(job), cwd=job.folder, **quiet)
        except DeadKernelError as cause:
            if client.out_of_time:
                raise ReportFailed(f"{_name(job)}: the deadline passed, and its kernel was ended.") from cause
            raise ReportFailed(f"{_name(job)}: its kernel died.") from cause


def _run(job: NotebookRun, kernel: str, on_cell: Callable[[int, int], None]) -> None:
    papermill_engines.register("mlastats", Engine)
    factory = KernelProvisionerFactory.instance()
    factory.provisioners[PROVISIONER] = EntryPoint(
        PROVISIONER, "mlastats.run.kernels:WarmProvisioner", KernelProvisionerFactory.GROUP_NAME
    )
    try:
        papermill.execute_notebook(
            job.source,
            job.output,
            parameters=job.parameters,
            engine_name="mlastats",
            kernel_name=kernel,
            language="python",
            request_save_on_cell_execute=False,
            progress_bar=False,
            job=job,
            on_cell=on_cell,
        )
    except PapermillExecutionError as cause:
        # Our own messages hold no case data; a foreign one may, and stays in the executed notebook.
        kind = getattr(errors, cause.ename, None)
        place = f"{_name(job)}, cell {cause.exec_count}"
        if isinstance(kind, type) and issubclass(kind, errors.MlaStatsError):
            raise kind(f"{place}: {cause.evalue}") from cause
        raise ReportFailed(f"{place}: {cause.ename}; the executed notebook tells more.") from cause


def _connection(job: NotebookRun, kernel: str) -> Config:
    """Sockets in the run's private folder where there are such, else ports of this machine."""
    config = Config()
    if job.sockets:
        config.Kernels.connection_file = str(Path(job.sockets) / f"{os.getpid()}-{kernel[9:]}.json")
        config.Kernels.transport = "ipc"
    return config


def _environment(job: NotebookRun) -> dict[str, str]:
    return {
        **workers.environment(job.environment),
        PARENT: job.warm,
        "IPYTHONDIR": str(Path(job.folder) / ".ipython"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }


def _name(job: NotebookRun) -> str:
    return f"notebook {Path(job.source).stem!r}"
