"""The skill of the map in words: every claim in several lengths, the longest first; no gain without interval and n."""

from collections.abc import Sequence

Forms = tuple[str, ...]

NO_PRINTS: Forms = (
    "no prints from these venues: skill unknown",
    "no prints here: skill unknown",
    "skill unknown",
    "skill ?",
)
PENDING: Forms = ("skill not known yet", "skill ?")


def gain_forms(mean: float, low: float, high: float, prints: int) -> Forms:
    """Return a gain in bits per print over price alone; the shortest forms claim without a figure."""
    figure, interval = f"{mean:+.2f} bit", f"{low:.2f}..{high:.2f}"
    return (
        f"{figure}/print over price alone, 90 % {interval}, n {prints:,}",
        f"{figure} over price alone ({interval}), n {prints:,}",
        f"{figure} ({interval}), n {prints:,}",
        "better than price alone",
        "beats price alone",
        "has skill",
    )


def equal_forms(low: float, high: float, prints: int) -> Forms:
    """Return that the map is no better than price alone."""
    return (
        f"no better than price alone, 90 % {low:.2f}..{high:.2f}, n {prints:,}",
        f"no better than price alone, n {prints:,}",
        "no better than price alone",
        "= price alone",
        "no skill",
    )


def few_forms(prints: int) -> Forms:
    """Return that nothing can be said yet."""
    return f"not enough prints yet, n {prints:,}", f"too few prints, n {prints:,}", "too few prints", "skill ?"


def early_forms(prints: int, days: int, least_days: int) -> Forms:
    """Return that there are prints enough, but not on days enough."""
    return (
        f"no score before day {least_days} (now {days}), n {prints:,}",
        f"no score before day {least_days}",
        "skill ?",
    )


def longest(forms: Sequence[str], room: int) -> str | None:
    """Return the first form of at most `room` cells."""
    return next((form for form in forms if len(form) <= room), None)


def amount_words(mean: float, low: float, high: float) -> str:
    """Return forecast over observed amount in words."""
    judged = "too much" if low > 1 else "too little" if high < 1 else "about right"
    return f"{judged}: forecast {mean:.2f} times what came, 90 % {low:.2f}..{high:.2f}"


def place_words(quantile: float) -> str:
    """Return the S-test in words; below 0.05 the places contradict the map."""
    judged = "contradict the map" if quantile < 0.05 else "agree with the map"
    return f"{judged}: {100 * quantile:.0f} % of catalogues drawn from it fit it worse"


def lift_words(lift: float) -> str:
    """Return how the hottest tenth was hit."""
    return f"hit {lift:.1f} times as densely as all that price swept"


def count(number: int, noun: str) -> str:
    """Return `1 day`, `12 days`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def distance_class(near_pct: float, far_pct: float) -> str:
    """Return a class of distances: `0.3..1 %`, `20 %..`."""
    if far_pct == float("inf"):
        return f"{_short(near_pct)} %.."
    return f"{_short(near_pct)}..{_short(far_pct)} %"


def _short(value_pct: float) -> str:
    """Return two figures below ten, whole numbers from there on, without zeros that say nothing."""
    if value_pct >= 10:
        return f"{value_pct:.0f}"
    text = f"{value_pct:.{1 if value_pct >= 1 else 2}f}"
    return text.rstrip("0").rstrip(".") or "0"
