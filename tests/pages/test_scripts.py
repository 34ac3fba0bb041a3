"""Labels of charts in scripts with stacked marks: a browser draws them as typst does in PDF and PNG."""

import io
import subprocess
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from mlastats.publish import style, webfont

pytestmark = pytest.mark.pages

LABELS = {
    "lao": ["ຂາເຂົ້າ", "ນ້ຳ, ຊ່ວງຄວາມເຊື່ອໝັ້ນ", "ບໍ່ໄດ້ບັນທຶກ"],
    "thai": ["ญี่ปุ่น กู้ ฟ้า", "น้ำ ที่ปรึกษา", "ไม่มีชื่อ ฎีกา"],
    "khmer": ["ខ្មែរ ស្រី គ្រឿង", "ក្រសួងយុត្តិធម៌", "ស្ត្រី ព្រះរាជាណាចក្រ"],
    "burmese": ["မြန်မာ ပြည်ထောင်စု", "ကျွန်ုပ် ဥက္ကဋ္ဌ", "တရားရုံး သမ္မတ"],
}
# Dots of 200 an inch by which a browser may place a letter elsewhere, and the share of ink that may lie further off.
NEAR, FAR = 3, 0.01
INK = 160


def drawing(labels: list[str]) -> str:
    words = "".join(
        style.text(6, 24 + 40 * n, label, "n") + style.text(240, 40 + 40 * n, label, "b", "end")
        for n, label in enumerate(labels)
    )
    return style.svg(words, 250, 120)


def ink(png: bytes) -> np.ndarray:
    return matplotlib.image.imread(io.BytesIO(png))[..., :3].min(axis=2) * 255 < INK


def shown(browser: Any, svg: str, folder: Path, **mode: Any) -> Any:
    path = folder / "labels.html"
    page = f"<!doctype html><meta charset=utf-8><style>body{{margin:0}}{webfont.faces(svg)}</style>{svg}"
    path.write_text(page, encoding="utf-8")
    opened = browser.new_context(device_scale_factor=200 / 72, **mode).new_page()
    opened.goto(path.as_uri())
    opened.evaluate("() => document.fonts.ready")
    return opened


def by_typst(svg: str, folder: Path) -> bytes:
    text = "#set document(title: [Labels])\n#set page(width: auto, height: auto, margin: 0pt)\n"
    text += '#figure(drawn(sys.inputs.svg, size(sys.inputs.svg).first() * 1pt), alt: "Labels")'
    (folder / "labels.pdf").write_bytes(
        style.typeset(text, {"svg": svg}, format="pdf", pdf_standards=["ua-1"])
    )
    command = ["pdftoppm", "-r", "200", "-png", "-singlefile", folder / "labels.pdf", folder / "labels"]
    subprocess.run(command, check=True)
    return (folder / "labels.png").read_bytes()


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """The share of the ink of either that has no ink of the other near it."""
    high, wide = (min(pair) for pair in zip(one.shape, other.shape, strict=True))
    one, other = one[:high, :wide], other[:high, :wide]
    lost = (one & ~binary_dilation(other, iterations=NEAR)) | (other & ~binary_dilation(one, iterations=NEAR))
    return float(lost.sum() / (one | other).sum())


@pytest.mark.parametrize("script", LABELS)
def test_a_browser_draws_labels_as_the_pdf_and_the_png_do(browser: Any, script: str, tmp_path: Path) -> None:
    svg = drawing(LABELS[script])
    seen = ink(shown(browser, svg, tmp_path).locator("svg").screenshot())
    assert seen.sum() > 3000
    assert apart(seen, ink(by_typst(svg, tmp_path))) < FAR
    assert apart(seen, ink(style.png(svg))) < FAR


def test_a_mark_that_stands_elsewhere_is_seen(browser: Any, tmp_path: Path) -> None:
    """The fault that this file is about: the mark of ຂາເຂົ້າ before its first letter."""
    right, wrong = (drawing([label]) for label in ("ຂາເຂົ້າ", "້ຂາເຂົາ"))
    seen = ink(shown(browser, wrong, tmp_path).locator("svg").screenshot())
    assert apart(seen, ink(by_typst(right, tmp_path))) > FAR
