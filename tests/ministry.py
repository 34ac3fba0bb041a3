"""Two registers as ministries keep them, drawn from one seed with what is true of each request: a workbook in Lao of six
sheets (merged title, header in two lines, one date for both directions, dates in five forms and two eras, totals and
signatures), and a list of a police office in Thai (semicolons, cp874, neither direction nor channel). Made up."""

import csv
import datetime as dt
import random
from pathlib import Path

import openpyxl
import pandas as pd
from openpyxl.styles import PatternFill

MONTHS = ["ມັງກອນ", "ກຸມພາ", "ມີນາ", "ເມສາ", "ພຶດສະພາ", "ມິຖຸນາ", "ກໍລະກົດ", "ສິງຫາ", "ກັນຍາ", "ຕຸລາ", "ພະຈິກ", "ທັນວາ"]
PARTNERS = {
    "THA": ["ໄທ", "ປະເທດໄທ", "Royaume de Thaïlande", "Thailand"],
    "VNM": ["ຫວຽດນາມ", "Viêt Nam", "Vietnam", "ຫວຽດນາມ "],
    "CHN": ["ຈີນ", "R.P. Chine", "ສປ ຈີນ"],
    "KOR": ["ສ ເກົາຫຼີ", "République de Corée"],
    "KHM": ["ກຳປູເຈຍ", "Cambodge"],
    "FRA": ["ຝຣັ່ງ", "France"],
    "AUS": ["ອົດສະຕາລີ", "Australie"],
}
KINDS = {"mla": "ຊ່ວຍເຫຼືອທາງກົດໝາຍ", "extradition": "ການສົ່ງຜູ້ຮ້າຍຂ້າມແດນ"}
CHANNELS = {"diplomatic": "Voie diplomatique", "central_authority": "Autorité centrale"}
OUTCOMES = {"executed": "ປະຕິບັດແລ້ວ", "refused": "ປະຕິເສດ"}
WAYS = {"incoming": "ຂາເຂົ້າ", "outgoing": "ຂາອອກ"}
THAI = {"VNM": "เวียดนาม", "MMR": "พม่า", "KHM": "กัมพูชา", "CHN": "จีน", "MYS": "มาเลเซีย"}
TITLE = "ບັນຊີຄຳຮ້ອງຂໍການຊ່ວຍເຫຼືອເຊິ່ງກັນແລະກັນ ປີ {}"
UPPER = ["ລ/ດ", "ເລກທີ", "ທິດທາງ", "ປະເທດ", "ປະເພດຄຳຮ້ອງຂໍ", "ຊ່ອງທາງ", "ຊື່ຜູ້ກ່ຽວ", "ວັນທີ", "", "", "ຜົນ"]
LOWER = ["", "", "", "", "", "", "", "ຂອງຄຳຮ້ອງຂໍ", "ສົ່ງຕໍ່", "ຕອບ", ""]
YEARS = (2021, 2022, 2023, 2024)
REQUESTS, POLICE = 285, 120


def tracker(path: Path, seed: int = 22) -> pd.DataFrame:
    """Write the workbook; returns what is true, a row a request."""
    draw = random.Random(seed)
    book = openpyxl.Workbook()
    truth = []
    share = [REQUESTS // len(YEARS) + (n < REQUESTS % len(YEARS)) for n in range(len(YEARS))]
    for year, number in zip(YEARS, share, strict=True):
        sheet = book.create_sheet(str(year + 543))
        sheet["A1"] = TITLE.format(year)
        sheet.merge_cells("A1:K1")
        sheet["A2"] = "ກະຊວງຍຸຕິທຳ"
        for place, (upper, lower) in enumerate(zip(UPPER, LOWER, strict=True), 1):
            sheet.cell(4, place, upper or None)
            sheet.cell(5, place, lower or None)
        sheet.merge_cells("H4:J4")
        for n in range(1, number + 1):
            request = drawn(draw, f"MOJ/{year}/{n:03}", year)
            truth.append(request)
            start = request["received"] or request["sent"]
            cells = [
                *(n, request["request_id"], WAYS[request["direction"]]),
                draw.choice(PARTNERS[request["partner"]]),
                *(KINDS[request["kind"]], CHANNELS[request["channel"]], "ທ້າວ ສົມມຸດ"),
                *(written(draw, day) for day in (start, request["forwarded"], request["answered"])),
                OUTCOMES.get(request["outcome"]),
            ]
            for place, cell in enumerate(cells, 1):
                sheet.cell(5 + n, place, cell)
            if request["answered"] is None:
                sheet.cell(5 + n, 2).fill = PatternFill("solid", fgColor="FFFF00")
        end = 5 + number
        sheet.cell(end + 1, 1, f"ລວມທັງໝົດ: {number}")
        sheet.cell(end + 3, 9, "ວຽງຈັນ, ວັນທີ 31/12/" + str(year))
        sheet.cell(end + 4, 2, "ຫົວໜ້າກົມ")
        sheet.cell(end + 4, 9, "ຜູ້ສັງລວມ")
    cover = book["Sheet"]
    cover.title = "ໜ້າປົກ"
    cover["B3"] = "ກະຊວງຍຸຕິທຳ ສປປ ລາວ"
    hidden = book.create_sheet("ບັນທຶກ")
    hidden["A1"] = "ບັນທຶກພາຍໃນ"
    hidden.sheet_state = "hidden"
    book.save(path)
    return pd.DataFrame(truth)


def drawn(draw: random.Random, reference: str, year: int) -> dict[str, object]:
    direction = draw.choice(list(WAYS))
    start = dt.date(year, 1, 1) + dt.timedelta(draw.randrange(360))
    ended = draw.random() < 0.7
    outcome = draw.choice(list(OUTCOMES)) if ended else None
    return {
        "request_id": reference,
        "direction": direction,
        "partner": draw.choice(list(PARTNERS)),
        "kind": draw.choice(list(KINDS)),
        "channel": draw.choice(list(CHANNELS)),
        "received": start if direction == "incoming" else None,
        "sent": start if direction == "outgoing" else None,
        "forwarded": start + dt.timedelta(draw.randrange(3, 20)) if draw.random() < 0.5 else None,
        "answered": start + dt.timedelta(draw.randrange(25, 320)) if ended else None,
        "outcome": outcome,
    }


def written(draw: random.Random, day: dt.date | None) -> object:
    """A day as somebody entered it: a date, its number, or text; the year Buddhist in 13 of 100."""
    if day is None:
        return None
    kind = draw.random()
    if kind < 0.13:
        return f"{day.day:02}/{day.month:02}/{day.year + 543}"
    if kind < 0.55:
        return dt.datetime.combine(day, dt.time())
    if kind < 0.65:
        return (day - dt.date(1899, 12, 30)).days
    if kind < 0.85:
        return f"{day.day:02}/{day.month:02}/{day.year}"
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def police(path: Path, seed: int = 23) -> pd.DataFrame:
    """Write the list of the police; returns what is true, a row a request."""
    draw = random.Random(seed)
    truth, lines = [], [["เลขที่", "ประเทศ", "วันที่รับ", "วันที่ตอบ", "ผลการดำเนินการ", "ชื่อ", "หมายเหตุ"]]
    for n in range(1, POLICE + 1):
        received = dt.date(2022, 1, 1) + dt.timedelta(draw.randrange(1000))
        answered = received + dt.timedelta(draw.randrange(2, 40)) if draw.random() < 0.8 else None
        partner = draw.choice(list(THAI))
        truth.append(
            {"request_id": f"BLO-{n}", "partner": partner, "received": received, "answered": answered}
        )
        days = (f"{d.day}/{d.month}/{d.year + 543}" if d else "" for d in (received, answered))
        lines.append([f"BLO-{n}", THAI[partner], *days, "ดำเนินการแล้ว" if answered else "", "นายสมมติ", ""])
    with path.open("w", encoding="cp874", newline="") as file:
        csv.writer(file, delimiter=";").writerows(lines)
    return pd.DataFrame(truth)
