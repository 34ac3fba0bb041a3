"""Forms around a partner's name: "Kingdom of ...", "Korea, Republic of", ประเทศ..., ...共和国."""

import re
from collections.abc import Iterator

_OF = r"(?:of|de la|de l|del|della|dell|des|du|dos|das|de|di|do|da|d|ng)"
_KIND = (
    r"(?:republic|republique|republica|republik|repubblica|republika|kingdom|royaume|reino|konigreich|regno|"
    r"kerajaan|principality|principaute|principado|sultanate|sultanat|federation|federacion|federacao|"
    r"bundesrepublik|volksrepublik|emirate|union|empire)"
)
_ADJECTIVE = (
    r"(?:people s|peoples|democratic|socialist|federal|federative|islamic|arab|united|independent|former|"
    r"populaire|democratique|socialiste|federale|islamique|arabe|unie|popular|democratica|socialista|islamica|"
    r"federativa|unida|demokratische|popolare|federale)"
)
# A form that says what kind of state it is, and may tell one state from another.
_STATE = [
    re.compile(rf"(?:{_ADJECTIVE} )*+{_KIND}(?: {_ADJECTIVE}(?= ))*+(?: {_OF})? (.+)"),
    re.compile(r"(?:cong hoa|vuong quoc|lien bang)(?: xa hoi chu nghia| dan chu| nhan dan| lien bang)* (.+)"),
    re.compile(r"(?:республика|королевство)(.+)"),
    re.compile(r"(?:جمهورية|مملكة)(.+)"),
    re.compile(r"(?:สาธารณรัฐ|ราชอาณาจักร|สหพันธรัฐ|ສາທາລະນະລັດ|ຣາຊະອານາຈັກ|ລາຊະອານາຈັກ|ຣາຊອານາຈັກ)(.+)"),
    re.compile(r"(?:សាធារណរដ្ឋ|ព្រះរាជាណាចក្រ)(.+)"),
    re.compile(r"(.+)(?:共和国|共和國|王国|王國|공화국|왕국)"),
]
# A form that says no more than that it is a country.
_COUNTRY = [
    re.compile(rf"(?:government|govt|gov|gouvernement|gobierno|governo|royal government|country) {_OF} (.+)"),
    re.compile(r"(?:la|le|les|l|el|los|las|il|lo|los|die|der|ang|negara|nuoc|pays) (.+)"),
    re.compile(r"(?:ประเทศ|ປະເທດ|ប្រទេស)(.+)"),
    re.compile(r"(.+)နိုင်ငံ"),
]


def shortened(key: str) -> Iterator[tuple[str, bool]]:
    """The key without each form around it, and whether that form names a kind of state."""
    for forms, is_state in ((_COUNTRY, False), (_STATE, True)):
        for form in forms:
            found = form.fullmatch(key)
            if found:
                yield found.group(1), is_state


def inverted(text: str) -> Iterator[str]:
    """ "Korea, Republic of" and "Virgin Islands (British)" in the order of speech."""
    found = re.fullmatch(r"([^,(\[]++)[,(\[]([^,()\[\]]++)[)\]]?\s*", text)
    if found and (first := found.group(1).strip()) and (last := found.group(2).strip()):
        yield f"{last} {first}"
