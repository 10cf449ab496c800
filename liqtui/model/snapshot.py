"""The one frozen value the screens ever see."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal
from weakref import ref

from liqtui.model.arrays import Bools, Float32s, Float64s, Int64s
from liqtui.model.market import Side
from liqtui.model.selection import Mode, PrintWorth, Selection

HEAT_BIN_LOG = 1e-3
"""Height of a heat row in log price: 10 bp."""

BANDS_PCT = (50.0, 80.0, 95.0)
"""Share of the draws inside each band."""

LEAST_PRINTS = 100
LEAST_DAYS = 3
"""With fewer scored prints or days no verdict on skill is given."""

VenueStatus = Literal["LIVE", "PARTIAL", "STALE", "BLOCKED", "OFF"]

Verdict = Literal[
    "fresh longs", "fresh shorts", "short covering", "long flush", "absorption", "quiet", "unclear", "no data"
]


@dataclass(frozen=True, slots=True)
class VenueState:
    """Health of one venue and the worth of its feeds."""

    venue: str
    status: VenueStatus
    age_ms: int | None
    """Age of the newest good answer; None before the first."""
    prints: PrintWorth
    detail: str = ""
    """Why the status is not LIVE, in a few words for a person."""
    retry_ms: int | None = None
    """When the next try is due (UTC epoch ms), where one waits."""
    prints_live: bool = False
    """Whether the print stream is up now."""


@dataclass(frozen=True, slots=True)
class AssetRow:
    """One asset in the asset bar: sums and means over its venues."""

    asset: str
    price_usd: float | None
    mark_usd: float | None
    change_24h_pct: float | None
    oi_base: float | None
    oi_usd: float | None
    funding_rate: float | None
    """Fraction per `funding_interval_h`, weighted by open interest over venues."""
    funding_interval_h: float | None
    funding_next_ms: int | None
    tick_usd: float
    venues: tuple[str, ...]
    """Venues that list the asset."""


class Settled:
    """A name for the columns before the last one of a map."""

    def __init__(self, before: "Settled | None" = None, shift: int = 0) -> None:
        """With the name of a map `before`: its columns, the last one left out, are the first ones here.

        They have moved by `shift` to the left.
        """
        self._before = None if before is None else ref(before)
        self._shift = shift

    def shift_from(self, older: object) -> int | None:
        """Return by how far the columns of an older name have moved, None where it is not known that they have."""
        if older is self:
            return 0
        return self._shift if self._before is not None and self._before() is older else None


@dataclass(frozen=True, slots=True)
class Heat:
    """The price x time map of one selection. Arrays are read-only by convention."""

    selection: Selection
    step_ms: int
    """Length of a column."""
    first_bin: int
    """Row r is the log-price bin `first_bin + r`: [(first_bin + r) w, (first_bin + r + 1) w), w = HEAT_BIN_LOG."""
    ts_ms: Int64s
    """(columns,) open time of each column, equally spaced; the last column is still forming."""
    cells_usd: Float32s
    """(columns, rows) estimated notional to be liquidated in each bin, as known at the column's end.
    Rows below the column's close are longs, rows above it shorts."""
    ohlc_usd: Float64s
    """(columns, 4) open, high, low, close; NaN in a gap."""
    gap: Bools
    """(columns,) True where there was no data: hatched, never dark."""
    prints_usd: Float32s | None = None
    """(columns, 2) realised liquidations in each column, longs and shorts, as heard since the engine started; None
    where no venue of the selection prints them."""
    settled: "Settled | None" = field(default=None, compare=False)
    """The same in two maps whose columns before the last are the same, prints aside; None says nothing."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A zone of estimated liquidation intensity; a zone, not a price."""

    side: Side
    price_usd: float
    """Where the zone peaks."""
    low_usd: float
    high_usd: float
    usd: float
    """Notional in the zone."""
    share_pct: float
    """Share of its side's notional within reach (see `model.clusters`)."""
    distance_pct: float
    """Signed distance from the price, negative below."""
    distance_atr: float | None
    """The same in average true ranges of an hour; None before there are enough bars."""
    bands_usd: tuple[tuple[float, float], ...] = ()
    """Lower and upper end of the notional for each of `BANDS_PCT`; empty where no band is known."""

    def observed_usd(self, known: "Iterable[KnownPosition]") -> float:
        """Return the part of the notional that is observed: positions of its side liquidated within its range."""
        return sum(
            one.usd for one in known if one.side == self.side and self.low_usd <= one.liquidation_usd <= self.high_usd
        )


@dataclass(frozen=True, slots=True)
class DivergenceRow:
    """Open interest against price over one window."""

    window: str
    """`15m`, `1h`, `4h` or `24h`."""
    price_pct: float | None
    oi_pct: float | None
    oi_usd: float | None
    """Change of open interest in base coin, valued at the current price."""
    cvd_base: float | None
    """Taker buys minus taker sells; None where the venue does not say."""
    verdict: Verdict
    strong: bool = False


@dataclass(frozen=True, slots=True)
class TapePrint:
    """One realised liquidation on the tape."""

    seq: int
    """Rising without holes in one engine run: a viewer can tell that it has missed none."""
    ts_ms: int
    venue: str
    asset: str
    side: Side
    qty_base: float
    price_usd: float
    usd: float


@dataclass(frozen=True, slots=True)
class PrintTotal:
    """Realised liquidations of one venue over one window."""

    venue: str
    window: str
    """`1h`, `4h` or `24h`."""
    long_usd: float
    short_usd: float
    count: int
    complete: bool
    """False where the window reaches back before the stream began or over a gap: the sum is a lower bound."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 90 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class MixClass:
    """One class of distance to liquidation on one side: what stands there, in per cent of what price can liquidate."""

    side: Side
    near_pct: float
    """Distance from entry to liquidation at which the class begins and ends, in per cent."""
    far_pct: float
    assumed_pct: float
    """Without what the prints taught."""
    learned_pct: float
    low_pct: float
    """80 % band of the learned share."""
    high_pct: float


@dataclass(frozen=True, slots=True)
class Skill:
    """What the map has shown against the prints of the selection so far; see `model.skill`."""

    verdict: str
    """In words: the gain with interval and n, `no better than price alone` or `not enough prints`."""
    better: bool
    over_price: Interval | None
    """Gain in bits per print over the age of a level alone."""
    over_recipe: Interval | None
    """The same over fixed leverages."""
    prints: int
    days: int
    amount_ratio: Interval | None
    """Forecast over observed amount."""
    place_quantile: float | None
    """S-test: below 0.05 the places contradict the map."""
    lift: float | None
    """How much denser the hottest tenth of the swept levels was hit than all."""
    reliability: tuple[tuple[float, float], ...]
    """(forecast, observed) weight in tenths of the forecast, lowest rates first."""
    coverage: tuple[tuple[float, float], ...]
    """(nominal, found) per cent of what was forecast that fell into each band."""
    coverage_n: int
    """Forecasts that the coverage is counted over."""
    learned_prints: int
    """Prints that the mix was learned from."""
    mix: tuple[MixClass, ...]


@dataclass(frozen=True, slots=True)
class KnownPosition:
    """A position whose liquidation price its venue publishes: observed, not modelled."""

    side: Side
    liquidation_usd: float
    usd: float
    """Notional at the price now."""


@dataclass(frozen=True, slots=True)
class Detail:
    """All that is drawn of the selected asset and venue."""

    selection: Selection
    heat: Heat | None
    """None until the backfill is modelled, and where it ends in the past before anything is remembered."""
    price_usd: float | None
    atr_usd: float | None
    """Average true range of an hour (14 bars)."""
    clusters: tuple[Cluster, ...]
    """Largest first within each side."""
    long_usd: float
    """All estimated long notional within reach of the map (never-liquidated mass excluded)."""
    short_usd: float
    divergence: tuple[DivergenceRow, ...]
    tape: tuple[TapePrint, ...]
    """Newest last, at most `TAPE_ROWS`, of the selected asset, over the selected venues."""
    totals: tuple[PrintTotal, ...]
    prints_seen: int
    """Prints of the selection that are known, those of the history at the start included."""
    skill: Skill | None = None
    """None where no venue of the selection prints liquidations."""
    known: tuple[KnownPosition, ...] = ()
    """Observed positions by rising liquidation price; their notional is part of the map."""
    observed_pct: float | None = None
    """Notional of the observed positions in per cent of the selection's open interest; None where nobody is watched."""
    since_ms: int | None = None
    """Open time of the oldest column that is remembered (UTC epoch ms), None before there is one."""


TAPE_ROWS = 200


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of everything on screen at one moment."""

    version: int
    """Rises by at least one with every change."""
    ts_ms: int
    """Market time (wall clock live, virtual clock in demo and replay)."""
    mode: Mode
    label: str
    """Shown on every frame unless live, for example `DEMO seed 7 60x` or `REPLAY 2025-12-03 06:00 3600x`."""
    venues: tuple[VenueState, ...]
    assets: tuple[AssetRow, ...]
    detail: Detail
    note: str = ""
    """What the engine is busy with, such as `loading history 3/12`; empty when all is loaded."""
