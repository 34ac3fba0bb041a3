"""What the children of a run do: clean, check parameters, run a notebook, publish, write the index.

Each task takes plain JSON, tells how it goes, and ends with {"result": ...} or {"error": ...}.
"""

import datetime as dt
import importlib
import json
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlastats import errors, messages, settings

Tell = Callable[[dict[str, Any]], None]


def perform(task: dict[str, Any], tell: Tell) -> None:
    """Do the named task; every failure becomes one line that says what happened."""
    # A log says where and of which kind a fault was; the text of a foreign one may hold case data.
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    try:
        tell({"result": _TASKS[task["do"]](task, tell)})
    except errors.MlaStatsError as cause:
        tell({"error": type(cause).__name__, "message": str(cause)})
    except Exception as cause:
        kind = type(cause).__name__
        for frame in traceback.extract_tb(cause.__traceback__):
            logging.error("%s: %s in %s, line %s", kind, Path(frame.filename).stem, frame.name, frame.lineno)
        # What the system says of a file or a disk holds no value of a register.
        why = f"{kind} ({cause.strerror})" if isinstance(cause, OSError) and cause.strerror else kind
        tell({"error": "ReportFailed", "message": f"{task['do']} failed with {why}; see its log."})


def clean(task: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Clean the registers of the workspace; returns the numbers, and the account in words."""
    register = importlib.import_module("mlastats.register.clean")
    loaded = _settings(task)
    cleaned = register.clean_and_write(loaded)
    numbers = {name: cleaned.summary[name] for name in ("requests", "issues", "changes")}
    accounts = importlib.import_module("mlastats.register.account")
    return {**numbers, "registers": cleaned.summary["registers"], "account": accounts.lines(cleaned.summary)}


def check(task: dict[str, Any], tell: Tell) -> None:
    """Check the parameters of every notebook to be run."""
    from mlastats.run import parameters

    _speak(_settings(task), messages.language())
    for report, notebook, given in task["notebooks"]:
        try:
            parameters.check(Path(notebook), given)
        except errors.ConfigurationError as cause:
            advice = "Change `parameters` or `items` of the report, or leave the notebook out."
            raise errors.ConfigurationError(f"Report {report!r}: {cause} {advice}") from cause


def notebook(task: dict[str, Any], tell: Tell) -> str:
    """Run one notebook."""
    from mlastats.run import kernels

    def on_cell(cell: int, of: int) -> None:
        tell({"event": "cell", "cell": cell, "of": of})

    return kernels.run(kernels.NotebookRun(**task["job"]), on_cell)


def gate(task: dict[str, Any], tell: Tell) -> None:
    """Stop a public report whose exhibits, with those published before, give a withheld count away."""
    from mlastats.publish import disclose, exhibit, page

    loaded = _settings(task)
    facts = _facts(task["facts"], loaded)
    made = exhibit.load_exhibits(Path(task["folder"]) / "exhibits")
    earlier = [one for folder in task["earlier"] for one in exhibit.load_exhibits(folder)]
    known = disclose.known(made, earlier, page.requests(facts["summary"]))
    disclose.gate(made, known, loaded.disclosure.threshold)


def pictures(task: dict[str, Any], tell: Tell) -> int:
    """Draw the PNG of the exhibits saved so far; returns how many."""
    from mlastats.publish import saved

    return saved.draw_pictures(Path(task["folder"]) / "exhibits")


def format_(task: dict[str, Any], tell: Tell) -> int:
    """Write one format of a report from its executed notebooks and saved exhibits; returns its exhibits."""
    made = _publication(task)
    writer = importlib.import_module(f"mlastats.publish.{task['format']}")
    writer.write(made, Path(task["folder"]) / f"{made.report}.{task['format']}")
    return len(made.exhibits)


def changes(task: dict[str, Any], tell: Tell) -> int:
    """Write the page that says what changed since the revision `before`; returns how many figures did."""
    from mlastats.publish import exhibit, html
    from mlastats.run import revisions

    made, before = _publication(task), Path(task["before"])
    found = revisions.compare(exhibit.load_exhibits(before / "exhibits"), made.exhibits)
    html.write(revisions.page(made, found, before.name), Path(task["folder"]) / "changes.html")
    return len(found)


def index(task: dict[str, Any], tell: Tell) -> None:
    """Write the index of what was published; readers see the old one or the new one."""
    from mlastats.publish import index
    from mlastats.run import store

    root = Path(task["published"])
    store.write_whole(root / "index.html", index.render(index.entries(root)))


def kernel(task: dict[str, Any], tell: Tell) -> None:
    """Be a warm kernel, whose parent is the process that forked it."""
    from ipykernel.kernelapp import IPKernelApp

    IPKernelApp.launch_instance(argv=[*task["arguments"], f"--IPKernelApp.parent_handle={os.getppid()}"])


_TASKS: dict[str, Callable[[dict[str, Any], Tell], Any]] = {
    "clean": clean,
    "check": check,
    "notebook": notebook,
    "gate": gate,
    "pictures": pictures,
    "format": format_,
    "changes": changes,
    "index": index,
}


def _settings(task: dict[str, Any]) -> settings.Settings:
    """The configuration as the run read it: "today" is the run's day, not this process's."""
    loaded = settings.load(task["configuration"])
    return loaded.model_copy(update={"as_of": dt.date.fromisoformat(task["as_of"])})


def _publication(task: dict[str, Any]) -> Any:
    """What every format is written from, in the language of the report."""
    from mlastats.publish import exhibit

    loaded = _settings(task)
    _speak(loaded, task["facts"]["language"])
    facts = _facts(task["facts"], loaded)
    facts["title"] = ": ".join([facts["title"], *_in_words(task["only"])])
    notebooks = [Path(path) for path in task["notebooks"]]
    return exhibit.publication(notebooks, Path(task["folder"]) / "exhibits", **facts)


def _in_words(only: dict[str, str]) -> list[str]:
    """What a report of a batch is confined to: Thailand."""
    from mlastats.publish import cells

    return [cells.of_column(name, code) for name, code in only.items()]


def _speak(loaded: settings.Settings, language: str) -> None:
    """Use the language of the report and the codes of the workspace."""
    messages.use(language, loaded.path(loaded.catalogues) if loaded.catalogues else None)
    loaded.use_vocabularies()


def _facts(facts: dict[str, Any], loaded: settings.Settings) -> dict[str, Any]:
    """The fields of the publication that the cleaned data decide."""
    from mlastats.publish import page

    summary = json.loads((loaded.path(loaded.processed) / "summary.json").read_text(encoding="utf-8"))
    threshold = loaded.disclosure.threshold
    public = facts["audience"] == "public"
    return {
        **facts,
        "synthetic": bool(facts["synthetic"] or summary.get("synthetic")),
        "coverage": page.coverage(summary, threshold if public else 0),
        "summary": summary,
        "threshold": threshold,
    }


def _main(call: str) -> None:
    def tell(event: dict[str, Any]) -> None:
        print(json.dumps(event), file=out, flush=True)

    # The conversation keeps standard output to itself; whatever prints goes to the log.
    out, sys.stdout = sys.stdout, sys.stderr
    line = sys.stdin.readline()
    threading.Thread(target=_end_with_caller, daemon=True).start()
    home, _, name = call.partition(":")
    getattr(importlib.import_module(home), name)(json.loads(line), tell)


def _end_with_caller() -> None:
    """Standard input closes when the process that asked for the task has ended."""
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    _main(sys.argv[1])
