"""What is shown of skill, mix and bands over one venue and over two, from markets that have learned."""

from dataclasses import replace
from itertools import pairwise

import pytest

from liqtui.model.clusters import find_clusters
from liqtui.model.market import DAY_MS, Market, OpenInterest, Position, Quote, Side
from liqtui.model.params import OPENED_EDGES_PCT
from liqtui.model.selection import Selection
from liqtui.model.snapshot import BANDS_PCT, Cluster, KnownPosition, VenueState
from liqtui.monitor.accounts import Observed
from liqtui.monitor.cadence import Cadence
from liqtui.monitor.compose import Part
from liqtui.monitor.detail import DetailMaker
from liqtui.monitor.market_state import MarketState
from liqtui.monitor.prints import Tape
from liqtui.monitor.skill_maker import BandMaker, SkillMaker
from tests.model.scored_market import recorded
from tests.monitor.test_market_state import in_order, state

BARS = 2200


def part(market: MarketState, venue: str = "alpha") -> Part:
    """A market on a venue that answers."""
    return Part(VenueState(venue, "LIVE", 0, "full"), market)


@pytest.fixture(scope="module")
def learned() -> MarketState:
    """A market after a day and a half of bars and prints."""
    market = recorded(3, 5)
    bars = market.bars[:BARS]
    one = state(lambda _: bars[0].ts_ms)
    prints = [p for p in market.prints if p.ts_ms < bars[-1].end_ms]
    for event in in_order(bars, prints):
        one.add_event(event)
    return one


def clusters_of(market: MarketState) -> tuple[Cluster, ...]:
    """The zones of its map now."""
    now = market.intensity.now_map()
    assert now is not None
    price = recorded(3, 5).bars[BARS - 1].close_usd
    return find_clusters(now.first_bin, now.width_log, now.long_usd, now.short_usd, price, None)


def test_one_venue_shows_its_own_report_and_two_their_sum(learned: MarketState) -> None:
    """Prints add up, the gain of two equal venues is that of one, and a venue without prints has no say."""
    assert learned.scorer is not None
    report = learned.scorer.report()
    alone = SkillMaker().make([part(learned), part(MarketState(learned.market), "mute")])
    both = SkillMaker().make([part(learned), part(learned, "beta")])
    assert alone is not None and both is not None and report.over_price is not None
    assert (alone.verdict, alone.prints, alone.lift) == (report.verdict, report.prints, report.lift)
    assert alone.over_price is not None and alone.over_price.mean == report.over_price.mean
    assert both.prints == 2 * alone.prints > 100 and both.days == alone.days
    assert both.over_price is not None and both.over_price.mean == pytest.approx(alone.over_price.mean)
    assert both.lift == pytest.approx(alone.lift)
    assert both.learned_prints == 2 * alone.learned_prints > 500
    assert sum(observed for _, observed in both.reliability) == pytest.approx(
        2 * sum(observed for _, observed in alone.reliability)
    )
    assert alone.coverage == report.coverage and alone.coverage_n == report.coverage_n > 10
    assert [nominal for nominal, _ in alone.coverage] == list(BANDS_PCT)
    assert both.coverage_n == 2 * alone.coverage_n and both.coverage == alone.coverage
    assert SkillMaker().make([part(MarketState(learned.market))]) is None


def test_the_mix_has_every_class_of_both_sides_and_adds_up(learned: MarketState) -> None:
    """Shares of a side add up to 100 %, learned ones lie in their bands, and learning has changed them."""
    skill = SkillMaker().make([part(learned)])
    assert skill is not None
    for side in ("long", "short"):
        mix = [one for one in skill.mix if one.side == side]
        assert [(one.near_pct, one.far_pct) for one in mix] == list(pairwise(OPENED_EDGES_PCT))
        assert sum(one.assumed_pct for one in mix) == pytest.approx(100)
        assert sum(one.learned_pct for one in mix) == pytest.approx(100)
        assert all(0 <= one.low_pct < one.high_pct <= 100 for one in mix)
        assert sum(one.low_pct <= one.learned_pct <= one.high_pct for one in mix) >= len(mix) - 1
        assert max(abs(one.learned_pct - one.assumed_pct) for one in mix) > 1


def test_bands_hold_the_zone_nest_and_move_with_its_notional(learned: MarketState) -> None:
    """Wider shares of the draws are wider bands around what is shown; a fifth less notional, a fifth less band."""
    maker, plain = BandMaker(), clusters_of(learned)
    banded = maker.with_bands(plain, [part(learned)])
    assert len(banded) == len(plain) > 2 and all(len(one.bands_usd) == len(BANDS_PCT) for one in banded)
    for one in banded:
        lows, highs = zip(*one.bands_usd, strict=True)
        assert list(lows) == sorted(lows, reverse=True) and list(highs) == sorted(highs)
        assert lows[-1] < one.usd < highs[-1]
    wide = maker.with_bands([replace(one, usd=0.8 * one.usd) for one in plain], [part(learned)])
    for one, other in zip(banded, wide, strict=True):
        assert other.bands_usd[0] == pytest.approx([0.8 * usd for usd in one.bands_usd[0]])


def test_what_is_observed_of_a_zone_is_firm(learned: MarketState) -> None:
    """Observed positions move both ends of their zone's band as they are, and those of another side or price none."""
    plain = clusters_of(learned)
    zone = plain[0]
    other: Side = "short" if zone.side == "long" else "long"
    seen = [
        KnownPosition(zone.side, zone.low_usd, 3e6),
        KnownPosition(zone.side, zone.price_usd, 1e6),
        KnownPosition(other, zone.price_usd, 5e6),
        KnownPosition(zone.side, 1.0, 5e6),
    ]
    bare = BandMaker().with_bands(plain, [part(learned)])
    held = BandMaker().with_bands([replace(zone, usd=zone.usd + 4e6), *plain[1:]], [part(learned)], seen)
    assert held[0].bands_usd and held[1:] == bare[1:]
    for ends, without in zip(held[0].bands_usd, bare[0].bands_usd, strict=True):
        assert ends == pytest.approx([4e6 + usd for usd in without])


def test_the_band_of_a_zone_begins_above_what_a_watched_account_holds_there(learned: MarketState) -> None:
    """Through the details, with a position that outweighs the modelled rest of its zone."""
    bar, zone = recorded(3, 5).bars[BARS - 1], clusters_of(learned)[-1]
    quote = Quote(bar.end_ms, bar.close_usd, bar.close_usd)
    observed = Observed(DAY_MS)
    observed.take("0x1", [Position("BTC", zone.side, 10_000.0, zone.price_usd)], bar.end_ms)
    market = replace(learned, observed=observed, quote=quote, loaded=True)
    detail = DetailMaker(Selection("BTC", None, "24h"), Tape(), Cadence()).make([part(market)], bar.end_ms)
    held = [one for one in detail.clusters if one.observed_usd(detail.known) > 0.5 * one.usd]
    assert len(held) == 1
    firm_usd = held[0].observed_usd(detail.known)
    assert firm_usd < held[0].bands_usd[0][0]
    # So thin a zone may hold nothing else: the widest band may begin with what is observed.
    assert all(firm_usd <= low < high < 1.5 * held[0].usd for low, high in held[0].bands_usd)
    assert len(held[0].bands_usd) == len(BANDS_PCT)


def test_two_venues_are_unsure_apart_from_each_other(learned: MarketState) -> None:
    """The band of a sum of two equal venues is narrower, of its size, than that of one."""
    plain = clusters_of(learned)
    one = BandMaker().with_bands(plain, [part(learned)])
    two = BandMaker().with_bands([replace(c, usd=2 * c.usd) for c in plain], [part(learned), part(learned, "beta")])
    widths = [[high / c.usd - low / c.usd for c in found for low, high in [c.bands_usd[1]]] for found in (one, two)]
    assert sum(widths[1]) < 0.9 * sum(widths[0])


def test_where_little_was_learned_no_band_is_shown(learned: MarketState) -> None:
    """Neither before the first lesson, nor where the venue that has learned holds too little of the zone."""
    fresh = MarketState(Market("beta", "BTC", "BTC/USDT:USDT", 0.1, 1.0))
    fresh.add_event(OpenInterest(0, 1_000.0))
    plain = clusters_of(learned)
    assert BandMaker().with_bands(plain, [part(fresh)]) == plain
    much = [replace(one, usd=5 * one.usd) for one in plain]
    assert all(one.bands_usd == () for one in BandMaker().with_bands(much, [part(learned), part(fresh)]))
