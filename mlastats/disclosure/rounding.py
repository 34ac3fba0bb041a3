"""What is published of a number, by how many requests it rests on."""

import math

from mlastats.disclosure.keys import hashed

BASE = 5
# From how many answers on, as published, a quantile or a mean is given: rounded 15, 25 and 60 are at least 11, 21 and
# 56 in truth, so that five requests stand on each side of a median, a quartile and nine tenths, whatever was drawn.
FEWEST = {"median": 15, "quartile": 25, "ninth": 60, "mean": 30}
LIMITS_FROM, SHARES_FROM = 25, 30
# Of fewer requests their number by direction and strand is published alone.
ALONE = 100
STEPS = (0.01, 0.02, 0.05, 0.10, 0.20)
# What is added to a number of steps before it is cut off: to the step below, or to the one above.
DOWN, UP = 1e-9, 1 - 1e-9
Z = 1.959964


def published(secret: bytes, unit: str, count: int, key: int) -> float:
    """A count as it is published: missing below 5 ("0 to 4"), else a neighbouring multiple of 5, up where a keyed
    hash of unit, count and cell key, as a number in [0, 1), is below (count mod 5) / 5. So its mean is the count."""
    low, rest = divmod(count, BASE)
    if not low:
        return math.nan
    draw = (hashed(secret, "draw", unit, count, key) >> 11) / 2**53
    return float(BASE * (low + (draw < rest / BASE)))


def share(part: float, whole: float) -> tuple[float, float, float]:
    """A share of published counts with Wilson's limits, widened by the error of rounding; missing below 30.

    To ten points where the whole is 30 to 45, to five below 200, else to one. A rounded count has a variance of at
    most 6.25, and 4 on average over its remainders; that of the share is 4 (1 + share^2) / whole^2, and that of its
    step is added.
    """
    if not whole >= SHARES_FROM or math.isnan(part):
        return (math.nan,) * 3
    step = share_step(whole)
    p = min(part / whole, 1.0)
    middle, spread = (p + Z**2 / (2 * whole)) / (1 + Z**2 / whole), Z / (1 + Z**2 / whole)
    half = spread * math.sqrt(p * (1 - p) / whole + Z**2 / (4 * whole**2))
    error = Z * math.sqrt(4 * (1 + p**2) / whole**2 + step**2 / 12)
    low, high = p - math.hypot(p - middle + half, error), p + math.hypot(middle + half - p, error)
    return stepped(p, step), max(0.0, stepped(low, 0.01, DOWN)), min(1.0, stepped(high, 0.01, UP))


def share_step(whole: float) -> float:
    """The step of a share of published counts by its whole."""
    return 0.10 if whole < 50 else 0.05 if whole < 200 else 0.01


def estimate_step(count: float) -> float:
    """The step of a share by estimate, from 30 requests on: at least 500 / count points, worth five requests."""
    return next(step for step in STEPS if step >= BASE / count - 1e-9)


def days_step(days: float) -> float:
    """Days are whole below 28, weeks below a year, and have two digits beyond."""
    if math.isnan(days) or abs(days) < 28:
        return 1.0
    return 7.0 if abs(days) < 365 else 10.0 ** (math.floor(math.log10(abs(days))) - 1)


def two_digits(value: float) -> float:
    """A number to two digits that count."""
    return stepped(value, 10.0 ** (math.floor(math.log10(abs(value))) - 1)) if value else value


def stepped(value: float, step: float, added: float = 0.5) -> float:
    """To the nearest step, a half to the one above; or to the one below (DOWN) or above (UP)."""
    return (
        value if math.isnan(value) or math.isnan(step) else round(math.floor(value / step + added) * step, 6)
    )
