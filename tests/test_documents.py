"""What the documents say is what the software has."""

import re
import tomllib
from pathlib import Path

import yaml

import mlastats
from mlastats import schema
from tests import manual

ROOT = Path(__file__).parents[1]
DICTIONARY = ROOT / "docs" / "data-dictionary.md"


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def dictionary() -> str:
    """The data dictionary with the words above each table."""
    head, *others = re.split(r"(?=^## )", DICTIONARY.read_text(encoding="utf-8"), flags=re.M)
    parts = []
    for words, columns in zip([head, *others], schema.TABLES.values(), strict=True):
        rows = [
            f"| `{c.name}` | {c.dtype} | {c.meaning} | {c.vocabulary or '-'}{' (several)' * c.several}"
            f" | {c.unit or '-'} |"
            for c in columns
        ]
        titles = [f"{words.partition('| column |')[0]}| column | type | meaning | values | unit |"]
        parts.append("\n".join([*titles, "|---|---|---|---|---|", *rows, ""]))
    return "\n".join(parts)


def test_the_data_dictionary_is_the_schema() -> None:
    assert DICTIONARY.read_text(encoding="utf-8") == dictionary(), "run python -m tests.test_documents"


def test_the_manual_page_is_made_from_the_commands() -> None:
    assert manual.PAGE.read_text(encoding="utf-8") == manual.page(), "run python -m tests.manual"


def test_the_citation_is_of_this_version() -> None:
    citation = yaml.safe_load(text("CITATION.cff"))
    project = tomllib.loads(text("pyproject.toml"))["project"]
    assert citation["version"] == project["version"] == mlastats.__version__
    assert citation["license"] == project["license"]
    assert {citation["cff-version"], citation["type"], citation["title"]} == {
        "1.2.0",
        "software",
        project["name"],
    }
    assert citation["authors"] == project["authors"]


def test_every_link_to_a_file_leads_somewhere() -> None:
    for name in ("README.md", "GLOSSARY.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", text(name)):
            assert (ROOT / target).exists(), f"{name}: {target}"


def test_every_make_verb_named_in_a_document_exists() -> None:
    verbs = set(re.findall(r"^([a-z-]+):", text("Makefile"), flags=re.M))
    for name in ("README.md", "CONTRIBUTING.md"):
        assert set(re.findall(r"(?:`|^    )make ([a-z-]+)", text(name), flags=re.M)) <= verbs, name


def test_the_glossary_is_in_order_and_says_each_term_once() -> None:
    terms = re.findall(r"^\*\*(.+?)\*\*", text("GLOSSARY.md"), flags=re.M)
    assert len(terms) > 40
    assert terms == sorted(set(terms), key=str.casefold)


def test_the_glossary_has_the_stages_and_states() -> None:
    glossary = text("GLOSSARY.md").casefold()
    for term in ("pending", "answered", "ended otherwise", "undated", "unrecorded", "matter", "channel"):
        assert f"**{term}**" in glossary


if __name__ == "__main__":
    DICTIONARY.write_text(dictionary(), encoding="utf-8", newline="\n")
