"""Whether a sum of money may be public: not where one request makes most of it, or where another could tell that one.

The rules of tables of amounts, which a threshold on counts does not replace: the p % rule (whoever gave the second
largest part must not be able to estimate the largest within p % of it: what is left of the total without the two is at
least that much), and the (n,k) rule (the n largest are at most k % of the total); and five requests at least.
"""

from mlastats.disclosure.rounding import BASE

# The choice of the house, the stricter of what is usual for each.
P, K = 0.15, 0.85


def is_safe(total: float, contributors: int, largest: float, largest_two: float) -> bool:
    """Whether a sum may be published, by the number of its requests, the largest of them and the largest two together."""
    by_p = total - largest_two >= P * largest
    return contributors >= BASE and by_p and largest_two <= K * total
