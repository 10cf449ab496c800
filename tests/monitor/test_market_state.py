"""One market fed as it is live: what is scored knew nothing of its bar, nothing counts twice, holes teach nothing."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from liqtui.model.book import Books, Flow
from liqtui.model.intensity import Intensity
from liqtui.model.market import DAY_MS, HOUR_MS, MINUTE_MS, Liquidation, Market, OpenInterest, PriceBar, Quote
from liqtui.model.now_map import NowMap
from liqtui.model.params import BookParams, Floats
from liqtui.model.scorer import Scorer
from liqtui.model.skill import SkillReport
from liqtui.monitor.market_state import HistoryEvent, MarketState, known_ms
from liqtui.monitor.scoring import Recording, score_prints
from tests.model.scored_market import START_MS, recorded

DAYS = 2
MARKET = Market("alpha", "BTC", "BTC/USDT:USDT", 0.1, 1.0)


def samples(bars: Sequence[PriceBar]) -> list[OpenInterest]:
    """Open interest in the middle of every fifth minute."""
    return [OpenInterest(bar.ts_ms + 30_000, 20_000.0 + at % 70) for at, bar in enumerate(bars) if at % 5 == 0]


def state(heard: Callable[[int], int | None]) -> MarketState:
    """A market of which nothing is known."""
    return MarketState(MARKET, Intensity(), Scorer(), heard)


def in_order(bars: Sequence[PriceBar], prints: Sequence[Liquidation]) -> list[HistoryEvent]:
    """Bars, prints and open interest as they became known."""
    events: list[HistoryEvent] = [*bars, *samples(bars), *prints]
    return sorted(events, key=known_ms)


def report_of(one: MarketState) -> SkillReport:
    """What its scorer says."""
    assert one.scorer is not None
    return one.scorer.report()


@pytest.fixture(scope="module")
def told() -> tuple[Sequence[PriceBar], Sequence[Liquidation]]:
    """Two days of minutes and prints."""
    market = recorded(3, 5)
    end_ms = START_MS + DAYS * DAY_MS
    prints = [one for one in market.prints if one.ts_ms < end_ms]
    return market.bars[: DAYS * 1440], [replace(prints[0], ts_ms=START_MS), *prints[1:]]


def live(bars: Sequence[PriceBar], prints: Sequence[Liquidation], quoted: bool) -> MarketState:
    """Feed a market as a stream does: prints when they are stamped, quotes of the bar to come, then the bar."""
    one = state(lambda _: prints[0].ts_ms)
    following = {bar.ts_ms: bar for bar in bars}
    for event in in_order(bars, prints):
        if isinstance(event, Liquidation):
            one.add_print(event, "stream")
            continue
        one.add_event(event)
        coming = following.get(event.end_ms) if isinstance(event, PriceBar) else None
        if quoted and coming is not None:
            for usd in (coming.low_usd, coming.high_usd, coming.close_usd):
                one.add_quote(Quote(coming.ts_ms + 1_000, usd))
    return one


def test_quotes_and_prints_of_a_bar_do_not_reach_the_map_that_it_is_scored_on(
    told: tuple[Sequence[PriceBar], Sequence[Liquidation]],
) -> None:
    """Live, with quotes that sweep all of each bar beforehand, the score is that of the recording told bar by bar."""
    bars, prints = told
    recording = Recording(bars, samples(bars), prints)
    offline = Intensity(BookParams())
    expected = score_prints(offline, recording, learn=True)
    found = live(bars, prints, quoted=True)
    assert report_of(found) == expected
    assert expected.prints > 100 and expected.over_price is not None
    assert found.intensity.experts.state == offline.experts.state
    assert found.intensity.experts.prints > 500


def test_a_print_that_history_and_stream_tell_counts_once(
    told: tuple[Sequence[PriceBar], Sequence[Liquidation]],
) -> None:
    """Told twice, first by either side, it teaches and is scored as if told once; equal prints of a side all count."""
    bars, prints = told[0][:900], [one for one in told[1] if one.ts_ms < told[0][900].ts_ms]
    prints = [*prints, prints[-1]]
    once, twice = (state(lambda _: START_MS) for _ in range(2))
    for at, event in enumerate(in_order(bars, prints)):
        once.add_event(event)
        if isinstance(event, Liquidation) and at % 2:
            twice.add_print(event, "stream")
        twice.add_event(event)
        if isinstance(event, Liquidation) and not at % 2:
            twice.add_print(event, "stream")
    assert twice.intensity.experts.state == once.intensity.experts.state
    assert once.scorer is not None and twice.scorer is not None
    assert twice.scorer.state() == once.scorer.state()
    assert once.intensity.experts.prints == pytest.approx(len(prints), abs=2)


def test_hours_whose_prints_were_not_heard_are_neither_scored_nor_learned_from(
    told: tuple[Sequence[PriceBar], Sequence[Liquidation]],
) -> None:
    """With a hole of twelve hours in what was heard, its prints count nowhere, however many had come through."""
    bars, prints = told
    hole = (START_MS + 36 * HOUR_MS, START_MS + 48 * HOUR_MS)

    def heard(at_ms: int) -> int | None:
        return START_MS if at_ms <= hole[0] else None if at_ms < hole[1] else hole[1]

    deaf, whole = state(heard), state(lambda _: START_MS)
    for one in (deaf, whole):
        for event in in_order(bars, prints):
            one.add_event(event)
    inside = sum(hole[0] <= one.ts_ms < hole[1] for one in prints)
    assert inside > 50
    lost = report_of(whole).prints + report_of(whole).outside - report_of(deaf).prints - report_of(deaf).outside
    assert lost == inside
    assert whole.intensity.experts.prints - deaf.intensity.experts.prints == pytest.approx(inside, abs=5)


class Looked(Intensity):
    """A model that counts how often its map is looked at."""

    looks = 0

    def now_map(self) -> NowMap | None:
        """Count."""
        self.looks += 1
        return super().now_map()


def test_a_past_whose_prints_were_not_heard_is_not_looked_at(
    told: tuple[Sequence[PriceBar], Sequence[Liquidation]],
) -> None:
    """Each look would have its bars modelled one by one."""
    bars, prints = told
    since_ms = bars[300].ts_ms
    model = Looked()
    one = MarketState(MARKET, model, Scorer(), lambda at_ms: since_ms if at_ms > since_ms else None)
    looks = []
    for event in in_order(bars[:330], prints):
        one.add_event(event)
        if isinstance(event, PriceBar) and event.end_ms <= since_ms:
            looks.append(model.looks)
    assert set(looks) == {0} and model.looks > 0


def test_an_old_past_is_modelled_several_bars_at_a_time(
    told: tuple[Sequence[PriceBar], Sequence[Liquidation]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody looks at the market while it is loaded."""
    bars, _ = told
    steps: list[Flow] = []
    step = Books.step

    def counted(books: Books, flow: Flow) -> Floats:
        steps.append(flow)
        return step(books, flow)

    monkeypatch.setattr(Books, "step", counted)
    one = state(lambda _: None)
    one.intensity.expect_look(bars[-1].end_ms + 9 * DAY_MS)
    for event in in_order(bars, []):
        one.add_event(event)
    one.end_history()
    assert len(steps) < len(bars) / 100
    assert sum(flow.volume_base for flow in steps) == pytest.approx(sum(bar.volume_base for bar in bars))


def test_a_venue_without_prints_is_not_scored() -> None:
    """There is nothing to hold the map against, and prints of others do not reach it."""
    one = MarketState(MARKET)
    one.add_print(Liquidation(START_MS, "alpha", "BTC", "long", 1.0, 60_000.0), "stream")
    one.add_event(OpenInterest(START_MS, 1_000.0))
    one.add_event(PriceBar(START_MS, MINUTE_MS, 1.0, 1.1, 0.9, 1.0, 10.0))
    assert one.scorer is None and one.intensity.experts.prints == 0


def test_a_bar_that_comes_again_changes_nothing(told: tuple[Sequence[PriceBar], Sequence[Liquidation]]) -> None:
    """Neither the map nor what is handed to the scorer, nor the count of bars."""
    bars, prints = told
    one, again = live(bars[:302], prints, quoted=False), live(bars[:302], prints, quoted=False)
    again.add_event(replace(bars[280], low_usd=1.0))
    assert again.bars_seen == one.bars_seen
    for bar in bars[302:320]:
        one.add_event(bar)
        again.add_event(bar)
    assert one.scorer is not None and again.scorer is not None
    assert one.scorer.state() == again.scorer.state()
