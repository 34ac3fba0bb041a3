"""The translations of a catalogue, read from its `.po` as translators write it: nothing has to be compiled."""

import gettext
import json
import re
from pathlib import Path

FIELD = re.compile(r'^(msgctxt|msgid_plural|msgid|msgstr(?:\[\d+\])?)\s+((?:"(?:[^"\\\n]|\\.)*"\s*)+)', re.M)
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')


class Translations(gettext.NullTranslations):
    """The messages of one language; what has no translation, or one that is marked as fuzzy, stays in English."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._forms: dict[str, list[str]] = {}
        for entry in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
            fields = {name: _text(strings) for name, strings in FIELD.findall(entry)}
            forms = [text for name, text in fields.items() if name.startswith("msgstr")]
            fuzzy = re.search(r"^#,.*\bfuzzy\b", entry, re.M)
            if fields.get("msgid") is not None and all(forms) and (not fuzzy or not fields["msgid"]):
                self._forms[fields["msgid"]] = forms
        head = re.search(r"Plural-Forms:.*?plural=([^;\n]+)", "".join(self._forms.pop("", [])))
        self._plural = gettext.c2py(head[1] if head else "n != 1")

    def gettext(self, message: str) -> str:
        return self._forms.get(message, [message])[0]

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        forms = self._forms.get(msgid1)
        return forms[self._plural(n)] if forms else super().ngettext(msgid1, msgid2, n)


def _text(strings: str) -> str:
    """The strings of a field, line after line, as one text; their escapes are those of JSON."""
    return "".join(json.loads(string) for string in STRING.findall(strings))
