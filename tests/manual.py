"""The manual page, docs/mlastats.1, made from the commands: `python -m tests.manual`."""

import inspect
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from mlastats import __version__
from mlastats.cli import cli
from mlastats.errors import Exit

PAGE = Path(__file__).parents[1] / "docs" / "mlastats.1"
ENVIRONMENT = {
    "MLASTATS_CONFIG": "The configuration of the workspace, where --config does not name it.",
    "MLASTATS_KEY": "The key of hashed references, 16 characters or more.",
}


def page() -> str:
    """The page as roff."""
    whole = click.Context(cli, info_name="mlastats", **cli.context_settings)
    common = [parameter.get_help_record(whole) for parameter in cli.get_params(whole)]
    lines = [f'.TH MLASTATS 1 "" "mlastats {__version__}" "User Commands"', ".SH NAME"]
    lines += [_text(f"mlastats - {cli.get_short_help_str(200).rstrip('.').lower()}"), ".SH SYNOPSIS"]
    lines += [".B mlastats", _text("COMMAND [OPTIONS] [ARGS]..."), ".SH DESCRIPTION", *_help(cli)]
    lines += [
        ".SH OPTIONS",
        "Every command takes \\-v, \\-q and \\-h.",
        *_terms(filter(None, common)),
        ".SH COMMANDS",
    ]
    for name, command in _commands(cli, "mlastats"):
        context = click.Context(command, info_name=name, parent=whole)
        lines += [f'.SS "{_text(" ".join([name, *command.collect_usage_pieces(context)]))}"', *_help(command)]
        records = [parameter.get_help_record(context) for parameter in command.get_params(context)]
        lines += _terms(record for record in records if record and record[1] and record not in common)
    lines += [".SH EXIT STATUS", *_terms((str(int(code)), code.means) for code in Exit)]
    lines += [".SH ENVIRONMENT", *_terms(ENVIRONMENT.items())]
    lines += [".SH FILES", *_terms([("mlastats.toml", "The configuration; its folder is the workspace.")])]
    return "\n".join(lines) + "\n"


def _commands(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    for part, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from _commands(command, f"{name} {part}")
        else:
            yield f"{name} {part}", command


def _help(command: click.Command) -> Iterator[str]:
    """The words of a command; lines behind \\b stay as they are."""
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(command.help or "")):
        as_it_is = paragraph.startswith("\b\n")
        text = paragraph.removeprefix("\b\n")
        yield ".PP"
        yield from (
            [".nf", *map(_text, text.splitlines()), ".fi"] if as_it_is else [_text(" ".join(text.split()))]
        )


def _terms(records: Iterable[tuple[str, str]]) -> Iterator[str]:
    for term, words in records:
        yield from (".TP", f".B {_text(term)}", _text(words))


def _text(text: str) -> str:
    """Text that roff takes as it is."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped[:1] in (".", "'") else escaped


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
