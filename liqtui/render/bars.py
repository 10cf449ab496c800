"""Horizontal bars in eighths of a cell."""

EIGHTHS = " ▏▎▍▌▋▊▉█"


def bar(share: float, width: int) -> str:
    """Return a bar of exactly `width` cells, filled to `share` (0..1); any share above 0 shows at least an eighth."""
    if width <= 0:
        return ""
    clean = min(max(share, 0.0), 1.0) if share == share else 0.0
    eighths = round(clean * width * 8)
    if clean > 0:
        eighths = max(eighths, 1)
    full, rest = divmod(eighths, 8)
    return (EIGHTHS[8] * full + (EIGHTHS[rest] if rest else "")).ljust(width)
