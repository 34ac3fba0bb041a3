"""Runs one notebook in this process: papermill prepares and saves it, IPython's shell runs its cells.

What a cell shows reaches papermill's own client as the messages of a kernel would, so the saved notebook
is the one that a kernel leaves. A notebook has the process to itself: what it changes ends with it.
"""

import codecs
import json
import os
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import TextIOBase
from itertools import groupby
from pathlib import Path
from typing import Any

import papermill
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.jsonutil import json_default
from nbclient.exceptions import CellExecutionError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from traitlets import Type
from traitlets.config import Config

from mlastats import errors
from mlastats.errors import ReportFailed

LONGEST_STREAM = 1_000_000
ENGINE = "mlastats"
PACKAGE = Path(errors.__file__).parent
OnCell = Callable[[int, int], None]


def run(
    source: Path, output: Path, parameters: dict[str, Any], on_cell: OnCell = lambda cell, of: None
) -> None:
    """Run the notebook to its end, and save it after every cell; `on_cell` is told cell and number of cells.

    A cell that fails keeps its traceback, as papermill leaves it, and raises ReportFailed with notebook,
    cell and kind of the error; an error of our own is raised again, with its message.
    """
    papermill_engines.register(ENGINE, InProcess)
    try:
        papermill.execute_notebook(
            str(source),
            str(output),
            parameters=parameters,
            engine_name=ENGINE,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            on_cell=on_cell,
        )
    except PapermillExecutionError as cause:
        # Our own messages hold no case data; what a cell raises itself may, and stays in the executed notebook.
        ours = Shell.instance().raised
        place = f"notebook {source.stem!r}, cell {cause.exec_count}"
        if ours:
            raise type(ours)(f"{place}: {ours}") from None
        raise ReportFailed(f"{place}: {cause.ename}; the executed notebook tells more.") from None


class InProcess(Engine):
    """papermill's engine, with a shell of this process instead of a kernel."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:
        """Run the cells of a parameterised notebook."""
        Client(nb_man, options["on_cell"]).papermill_execute_cells()


class Client(PapermillNotebookClient):
    """papermill's client; the messages that it takes from a kernel come from the shell."""

    def __init__(self, nb_man: Any, on_cell: OnCell) -> None:
        super().__init__(nb_man)
        self.reset_execution_trackers()
        self._on_cell = on_cell
        self._streams = Stream(1, self), Stream(2, self)
        self._printed = 0
        self._pending: deque[tuple[str, str]] = deque()
        # Nobody's history, profile or start-up files: a report does not depend on who runs it.
        config = Config({"HistoryManager": {"hist_file": ":memory:"}})
        self._shell = Shell.instance(config=config, ipython_dir=os.path.abspath(".ipython"))
        self._shell.send = self.send

    def execute_cell(self, cell: Any, cell_index: int, **options: Any) -> None:
        """Run one cell; CellExecutionError when it fails."""
        self._on_cell(cell_index + 1, len(self.nb.cells))
        if cell.cell_type != "code" or not cell.source.strip():
            return
        self._at, self.clear_before_next_output = (cell, cell_index), False
        out, err = self._streams
        with redirect_stdout(out), redirect_stderr(err), _past_python(out, err):
            result = self._shell.run_cell(cell.source, store_history=True)
        self.flush()
        cell.execution_count = result.execution_count
        if not result.success or any(output.output_type == "error" for output in cell.outputs):
            raise CellExecutionError("", "", "")

    def print(self, name: str, text: str) -> None:
        """Take printed text, up to a bound for the whole notebook."""
        text = text[: max(0, LONGEST_STREAM - self._printed)]
        self._printed += len(text)
        self._pending.append((name, text))

    def flush(self) -> None:
        """Put the text printed so far into the notebook, in its order."""
        pieces = [self._pending.popleft() for _ in range(len(self._pending))]
        for name, run in groupby(pieces, lambda piece: piece[0]):
            text = "".join(text for _, text in run)
            if text:
                self._send("stream", {"name": name, "text": text})

    def send(self, kind: str, **content: Any) -> None:
        """Take what the shell shows."""
        self.flush()
        self._send(kind, json.loads(json.dumps(content, default=json_default)))

    def _send(self, kind: str, content: dict[str, Any]) -> None:
        message = {"msg_type": kind, "header": {"msg_type": kind}, "parent_header": {}, "content": content}
        self.process_message(message, *self._at)


class Results(DisplayHook):
    """The value of a cell's last expression."""

    shell: "Shell"

    def write_output_prompt(self) -> None:
        """The number stands in the message."""

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        """Show the value in every form that it has."""
        self.shell.send(
            "execute_result", data=format_dict, metadata=md_dict or {}, execution_count=self.prompt_count
        )


class Displays(DisplayPublisher):
    """What a cell displays, its updates, and what it clears."""

    def publish(  # type: ignore[override] # without a parameter that is deprecated
        self, data: Any, metadata: Any = None, *, transient: Any = None, update: bool = False, **_: Any
    ) -> None:
        """Show it, or show it in place of what was shown under its id."""
        kind = "update_display_data" if update else "display_data"
        self.shell.send(kind, data=data, metadata=metadata or {}, transient=transient or {})

    def clear_output(self, wait: bool = False) -> None:
        """Clear what the cell has shown, at once or before it shows more."""
        self.shell.send("clear_output", wait=wait)


class Shell(InteractiveShell):
    """IPython's shell, without a terminal; `send` takes what it shows."""

    send: Callable[..., None]
    raised: errors.MlaStatsError | None = None
    displayhook_class = Type(Results)
    display_pub_class = Type(Displays)

    def enable_gui(self, gui: Any = None) -> None:
        """Figures are shown in the notebook, so `%matplotlib inline` has no window to make."""

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        frames = [Path(frame.f_code.co_filename) for frame, _line in traceback.walk_tb(evalue.__traceback__)]
        ours = isinstance(evalue, errors.MlaStatsError) and frames and frames[-1].is_relative_to(PACKAGE)
        self.raised = evalue if ours else None
        self.send("error", ename=etype.__name__, evalue=str(evalue), traceback=stb)


class Stream(TextIOBase):
    """Standard output or error of a cell."""

    encoding = "utf-8"

    def __init__(self, number: int, client: Client) -> None:
        self._number, self._client = number, client
        self.name = "stdout" if number == 1 else "stderr"

    def fileno(self) -> int:
        """What a child process is given to write to."""
        return self._number

    def writable(self) -> bool:
        """It is written to, and nothing else."""
        return True

    def write(self, text: str) -> int:
        """Print `text`."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._client.print(self.name, text)
        return len(text)

    def flush(self) -> None:
        """Put it into the notebook."""
        self._client.flush()


@contextmanager
def _past_python(*streams: Stream) -> Iterator[None]:
    """What is written to the file descriptors, as by a child process, is printed too."""
    pumps = []
    for stream in streams:
        read, write = os.pipe()
        os.dup2(write, stream.fileno())
        os.close(write)
        pumps.append(threading.Thread(target=_pump, args=(read, stream), daemon=True))
        pumps[-1].start()
    try:
        yield
    finally:
        nothing = os.open(os.devnull, os.O_WRONLY)
        for stream in streams:
            os.dup2(nothing, stream.fileno())
        os.close(nothing)
        # A process in the background may hold the other end for longer.
        for pump in pumps:
            pump.join(1)


def _pump(read: int, stream: Stream) -> None:
    for text in codecs.iterdecode(iter(lambda: os.read(read, 65536), b""), "utf-8", "replace"):
        stream.write(text)
    os.close(read)
