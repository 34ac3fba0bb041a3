"""A small table of flows between three countries, worked by hand in test_mirror, and one of totals."""

# year, sender, receiver, sent, received
WORKED = """
2024 XAA XAB 12 11
2024 XAA XAC 20 8
2024 XAB XAA 5 5
2024 XAB XAC 30 9
2024 XAC XAA 3 -
2024 XAC XAB 7 N/A
2025 XAA XAB 14 15
2025 XAA XAC 25 10
2025 XAB XAA 6 6
2025 XAB XAC 22 9
2025 XAC XAB 8 8
2025 XAC XAA - -
"""


def written(worked: str) -> str:
    """The same as a file: each side in a row of its own, all that was sent first."""
    rows = [line.split() for line in worked.split("\n") if line]
    sent = [f"{year},{a},{b},sent,{s}" for year, a, b, s, _r in rows]
    received = [f"{year},{b},{a},received,{r}" for year, a, b, _s, r in rows]
    return "\n".join(["year,reporter,counterpart,direction,count", *sent, *received]) + "\n"


FLOWS = written(WORKED)
TOTALS = """direction,party,2024,2025
made,XAA,7,-
made,XAB,3,N/A
received,XAA,1,1
received,XAB,3,2
"""
