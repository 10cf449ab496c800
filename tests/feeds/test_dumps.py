"""Dump folders: files of every shape are read, bad ones cost only themselves, and nothing is read ahead of its time."""

import asyncio
import csv
import gzip
import random
import shutil
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from liqtui.feeds.base import FeedError, Unavailable, Unsupported
from liqtui.feeds.brackets import binance_brackets
from liqtui.feeds.clock import ManualClock, MarketClock
from liqtui.feeds.dump_files import Faults, asset_of
from liqtui.feeds.dumps import (
    DumpFeed,
    find_symbols,
    read_bars,
    read_funding,
    read_liquidations,
    read_open_interest,
    read_ratios,
    span_ms,
)
from liqtui.feeds.timeline import coarser
from liqtui.model.margin import liquidation_from_bankruptcy
from liqtui.model.market import HOUR_MS, MINUTE_MS, Liquidation, OpenInterest, PriceBar, PrintGap, Quote

SHARED = Path(__file__).parents[2].parent / "shared"
START_MS = 1_767_225_600_000
FOREVER_MS = 2**53

KLINE_HEAD = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"
)
METRICS_HEAD = (
    "create_time,symbol,sum_open_interest,sum_open_interest_value,count_toptrader_long_short_ratio,"
    "sum_toptrader_long_short_ratio,count_long_short_ratio,sum_taker_long_short_vol_ratio"
)
PRINT_HEAD = (
    "time,side,order_type,time_in_force,original_quantity,price,average_price,order_status,last_fill_quantity,"
    "accumulated_fill_quantity"
)


def kline(ts_ms: int, prices: str = "100,102,99,101", volume: str = "5", taker: str = "2", scale: int = 1) -> str:
    """Return a kline row."""
    return f"{ts_ms * scale},{prices},{volume},{(ts_ms + MINUTE_MS) * scale - 1},500,7,{taker},200,0"


def utc(ts_ms: int) -> str:
    """Return a time as the metrics files write it."""
    return datetime.fromtimestamp(ts_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def write(path: Path, *lines: str) -> Path:
    """Write a file, packed as its name says."""
    text = "\n".join(lines) + "\n"
    if path.suffix == ".gz":
        with gzip.open(path, "wt", encoding="utf-8") as packed:
            packed.write(text)
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(path.with_suffix(".csv").name, text)
    else:
        path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "csv.zip", "zip"])
@pytest.mark.parametrize("head", [[KLINE_HEAD], []])
@pytest.mark.parametrize("scale", [1, 1000])
def test_klines_of_every_shape(tmp_path: Path, ending: str, head: list[str], scale: int) -> None:
    rows = [kline(START_MS + at * MINUTE_MS, scale=scale) for at in range(3)]
    write(tmp_path / f"BTCUSDT-1m-2026-01-01.{ending}", *head, *rows)
    assert find_symbols(tmp_path) == ["BTCUSDT"]
    bars = read_bars(tmp_path, "BTCUSDT")
    assert [bar.ts_ms for bar in bars] == [START_MS, START_MS + MINUTE_MS, START_MS + 2 * MINUTE_MS]
    assert bars[0] == PriceBar(START_MS, MINUTE_MS, 100.0, 102.0, 99.0, 101.0, 5.0, 2.0)


def test_empty_and_impossible_taker_volume_is_unknown(tmp_path: Path) -> None:
    rows = [kline(START_MS + at * MINUTE_MS, taker=taker) for at, taker in enumerate(["", "x", "9", "nan", "5"])]
    write(tmp_path / "BTCUSDT-1m-x.csv", KLINE_HEAD, *rows)
    assert [bar.taker_buy_base for bar in read_bars(tmp_path, "BTCUSDT")] == [None, None, None, None, 5.0]


def test_columns_are_found_by_name_and_may_be_missing(tmp_path: Path) -> None:
    write(tmp_path / "BTCUSDT-5m-x.csv", "close,open_time,open,low,high,volume", f"101,{START_MS},100,99,102,5")
    assert read_bars(tmp_path, "BTCUSDT") == [PriceBar(START_MS, 300_000, 100.0, 102.0, 99.0, 101.0, 5.0, None)]


def test_bad_rows_are_skipped_and_counted(tmp_path: Path) -> None:
    good = kline(START_MS)
    bad = [
        kline(START_MS + MINUTE_MS, prices)
        for prices in ("100,nan,99,101", "100,102,-1,101", "0,102,0,101", "100,100,99,101", "100,102,99,", "a,b,c,d")
    ]
    bad += [kline(START_MS + 1), "1", "now,100,102,99,101,5", kline(17), kline(START_MS, volume="-1")]
    write(tmp_path / "BTCUSDT-1m-x.csv", KLINE_HEAD, *bad, "", good, good)
    faults = Faults()
    assert [bar.ts_ms for bar in read_bars(tmp_path, "BTCUSDT", faults=faults)] == [START_MS]
    assert faults.rows == len(bad) and not faults.files


def test_a_damaged_file_costs_only_what_it_held(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.gz", *[kline(START_MS + at * MINUTE_MS, volume=str(at)) for at in range(2000)])
    (tmp_path / "BTCUSDT-1m-a.csv.gz").write_bytes(whole.read_bytes()[:-3000])
    (tmp_path / "BTCUSDT-1m-b.zip").write_bytes(b"no zip")
    (tmp_path / "BTCUSDT-1m-c.csv.gz").write_bytes(b"no gzip")
    (tmp_path / "BTCUSDT-1m-d.csv").write_bytes(b"")
    (tmp_path / "BTCUSDT-1m-e.csv").write_bytes(b"\xff\xfe\x00,,\n" * 5)
    write(tmp_path / "BTCUSDT-1m-f.csv", kline(START_MS + HOUR_MS * 100))
    faults = Faults()
    bars = read_bars(tmp_path, "BTCUSDT", faults=faults)
    assert 100 < len(bars) < 2000 and bars[-1].ts_ms == START_MS + HOUR_MS * 100
    assert [name.partition(":")[0] for name in faults.files] == [
        "BTCUSDT-1m-a.csv.gz",
        "BTCUSDT-1m-b.zip",
        "BTCUSDT-1m-c.csv.gz",
    ]


def test_overlapping_files_give_each_bar_once(tmp_path: Path) -> None:
    write(tmp_path / "BTCUSDT-1m-2026-01.csv", *[kline(START_MS + at * MINUTE_MS) for at in (3, 0, 1)])
    write(tmp_path / "BTCUSDT-1m-2026-01-01.csv", *[kline(START_MS + at * MINUTE_MS, volume="9") for at in (1, 2)])
    bars = read_bars(tmp_path, "BTCUSDT")
    assert [(bar.ts_ms - START_MS) // MINUTE_MS for bar in bars] == [0, 1, 2, 3]
    assert [bar.volume_base for bar in bars] == [5, 9, 9, 5]


def test_metrics_and_funding(tmp_path: Path) -> None:
    write(
        tmp_path / "BTCUSDT-metrics-x.csv",
        METRICS_HEAD,
        f"{utc(START_MS)},BTCUSDT,1000.5,9e7,,,1.25,0.5",
        f"{utc(START_MS + 300_000)},BTCUSDT,1001,9e7,,,,",
        f"{utc(START_MS + 600_000)},BTCUSDT,0,0,,,1.5,",
    )
    write(tmp_path / "BTCUSDT-fundingRate-x.csv", f"{START_MS},4,-0.0001", f"{START_MS + 1},8,much")
    faults = Faults()
    samples = read_open_interest(tmp_path, "BTCUSDT", faults)
    assert samples == [OpenInterest(START_MS, 1000.5), OpenInterest(START_MS + 300_000, 1001.0)]
    assert faults.rows == 1
    assert [one.ratio for one in read_ratios(tmp_path, "BTCUSDT")] == [1.25, 1.5]
    (funding,) = read_funding(tmp_path, "BTCUSDT", faults)
    assert (funding.rate, funding.interval_h, funding.next_ts_ms) == (-0.0001, 4.0, START_MS + 4 * HOUR_MS)


def test_liquidations(tmp_path: Path) -> None:
    rows = [
        f"{START_MS + 2},SELL,LIMIT,IOC,2.0,94000,94300,FILLED,0.5,1.5",
        f"{START_MS + 1},BUY,LIMIT,IOC,2.0,96000,,FILLED,,",
        f"{START_MS + 1},BUY,LIMIT,IOC,2.0,96000,,FILLED,,",
        f"{START_MS + 1},BUY,LIMIT,IOC,3.0,96000,95900,FILLED,3,3",
        f"{START_MS + 3},HOLD,LIMIT,IOC,2.0,96000,96000,FILLED,2,2",
        f"{START_MS + 3},BUY,LIMIT,IOC,0,96000,96000,FILLED,0,0",
    ]
    write(tmp_path / "BTCUSDT-liquidationSnapshot-x.csv", PRINT_HEAD, *rows)
    faults = Faults()
    prints = read_liquidations(tmp_path, "BTCUSDT", faults=faults)
    assert [(p.ts_ms - START_MS, p.side, p.qty_base, p.price_usd, p.bankruptcy_usd) for p in prints] == [
        (1, "short", 2.0, 96_000.0, 96_000.0),
        (1, "short", 3.0, 95_900.0, 96_000.0),
        (2, "long", 1.5, 94_300.0, 94_000.0),
    ]
    assert faults.rows == 2
    brackets = binance_brackets("BTCUSDT")
    for one in prints:
        assert one.bankruptcy_usd is not None
        level = liquidation_from_bankruptcy(one.side, one.bankruptcy_usd, one.qty_base, brackets)
        assert one.liquidation_usd == pytest.approx(level)
    assert prints[2].liquidation_usd == pytest.approx(94_000 / (1 - 0.004))
    assert read_liquidations(tmp_path, "BTCUSDT", brackets=())[0].liquidation_usd is None


def test_a_folder_without_klines_says_what_was_looked_for(tmp_path: Path) -> None:
    write(tmp_path / "BTCUSDT-metrics-x.csv", METRICS_HEAD)
    for ask in (find_symbols, span_ms, lambda folder: DumpFeed(folder, ManualClock(0))):
        with pytest.raises(FeedError, match="SYMBOL-5m-") as caught:
            ask(tmp_path)
        assert str(tmp_path) in str(caught.value)
    with pytest.raises(FeedError, match="cannot read"):
        find_symbols(tmp_path / "nowhere")


def test_bars_without_a_readable_row_are_an_error(tmp_path: Path) -> None:
    write(tmp_path / "BTCUSDT-1m-x.csv", KLINE_HEAD, "rubbish")
    with pytest.raises(FeedError, match="no readable"):
        span_ms(tmp_path)


def test_assets() -> None:
    names = {"BTCUSDT": "BTC", "ETHUSDC": "ETH", "BTCUSD": "BTC", "1000PEPEUSDT": "1000PEPE", "USDT": "USDT"}
    assert {symbol: asset_of(symbol) for symbol in names} == names


def test_longer_bars_are_made_of_shorter_ones() -> None:
    rng = random.Random(1)
    bars = []
    for at in range(23):
        low, high = sorted((rng.uniform(90, 110), rng.uniform(90, 110)))
        if at not in (7, 8):
            bars.append(PriceBar(START_MS + at * MINUTE_MS, MINUTE_MS, low, high, low, high, rng.random(), 0.0))
    joined = coarser(bars, 5 * MINUTE_MS)
    assert [bar.ts_ms for bar in joined] == [START_MS + at * 5 * MINUTE_MS for at in range(5)]
    for bar in joined:
        parts = [part for part in bars if bar.ts_ms <= part.ts_ms < bar.end_ms]
        assert (bar.open_usd, bar.close_usd) == (parts[0].open_usd, parts[-1].close_usd)
        assert bar.high_usd == max(part.high_usd for part in parts) and bar.low_usd == min(p.low_usd for p in parts)
        assert bar.volume_base == pytest.approx(sum(part.volume_base for part in parts)) and bar.taker_buy_base == 0.0


MINUTES = 180


def folder_until(folder: Path, cut_ms: int = FOREVER_MS, seed: int = 4) -> Path:
    """Write three hours of a market; of the bar that is forming at `cut_ms` only the open is true, later rows lack."""
    folder.mkdir()
    rng = random.Random(seed)
    klines, metrics, prints = [], [], []
    price = 95_000.0
    for at in range(MINUTES):
        ts_ms = START_MS + at * MINUTE_MS
        close = price + rng.randrange(-400, 400) / 10
        span, volume = sorted((price, close)), rng.randrange(1, 90)
        if ts_ms <= cut_ms < ts_ms + MINUTE_MS:
            close, span, volume = price, [price - 5_000, price + 5_000], 99
        klines.append((ts_ms, kline(ts_ms, f"{price:.1f},{span[1]:.1f},{span[0]:.1f},{close:.1f}", str(volume), "1")))
        price = close
        if at % 5 == 0:
            metrics.append((ts_ms, f"{utc(ts_ms)},BTCUSDT,{rng.randrange(80_000, 90_000)},1,,,{rng.random() + 0.5},1"))
        for _ in range(rng.randrange(3)):
            stamp = ts_ms + rng.randrange(MINUTE_MS)
            prints.append((stamp, f"{stamp},SELL,LIMIT,IOC,1,{price:.1f},{price:.1f},FILLED,1,{rng.randrange(1, 99)}"))
    rates = [(START_MS + at * HOUR_MS, f"{START_MS + at * HOUR_MS},1,{rng.randrange(1, 9)}e-5") for at in range(3)]
    for kind, head, rows in (
        ("1m", KLINE_HEAD, klines),
        ("metrics", METRICS_HEAD, metrics),
        ("liquidationSnapshot", PRINT_HEAD, sorted(prints)),
        ("fundingRate", "calc_time,funding_interval_hours,last_funding_rate", rates),
    ):
        write(folder / f"BTCUSDT-{kind}-x.csv", head, *[row for stamp, row in rows if stamp <= cut_ms])
    return folder


async def answers(feed: DumpFeed) -> list[object]:
    """Return all that a feed says at one moment."""
    return [
        await feed.quote("BTC"),
        await feed.bars("BTC", MINUTE_MS, 0, FOREVER_MS),
        await feed.bars("BTC", 5 * MINUTE_MS, 0, FOREVER_MS),
        await feed.open_interest("BTC"),
        await feed.open_interest_history("BTC", 0, FOREVER_MS),
        await feed.long_short_ratio("BTC", 0, FOREVER_MS),
        await feed.funding("BTC"),
        await feed.market("BTC"),
    ]


@pytest.mark.parametrize("cut_min", [0.0, 7.0, 12.5, 61.99, 170.3])
async def test_nothing_is_read_ahead_of_the_clock(tmp_path: Path, cut_min: float) -> None:
    cut_ms = START_MS + round(cut_min * MINUTE_MS)
    whole, cut = folder_until(tmp_path / "whole"), folder_until(tmp_path / "cut", cut_ms)
    assert (whole / "BTCUSDT-1m-x.csv").read_text() != (cut / "BTCUSDT-1m-x.csv").read_text()
    clock = ManualClock(START_MS)
    feeds = [DumpFeed(folder, clock) for folder in (whole, cut)]
    rng = random.Random(2)
    while True:
        first, second = [await answers(feed) for feed in feeds]
        assert first == second
        left_ms = cut_ms - clock.now_ms()
        if not left_ms:
            break
        await clock.advance(min(left_ms, rng.randrange(1, 9 * MINUTE_MS)))
    await clock.advance(10 * MINUTE_MS)
    assert await answers(feeds[0]) != await answers(feeds[1])


async def test_what_is_known_when(tmp_path: Path) -> None:
    clock = ManualClock(START_MS + 12 * MINUTE_MS + 30_000)
    feed = DumpFeed(folder_until(tmp_path / "x"), clock)
    bars = read_bars(tmp_path / "x", "BTCUSDT")
    assert await feed.bars("BTC", MINUTE_MS, 0, FOREVER_MS) == bars[:12]
    assert await feed.bars("BTC", MINUTE_MS, bars[3].ts_ms, bars[5].ts_ms) == bars[3:5]
    assert await feed.bars("BTC", 5 * MINUTE_MS, 0, FOREVER_MS) == coarser(bars, 5 * MINUTE_MS)[:2]
    assert await feed.quote("BTC") == Quote(bars[12].ts_ms, bars[12].open_usd)
    assert (await feed.open_interest("BTC")).ts_ms == START_MS + 10 * MINUTE_MS
    assert len(await feed.long_short_ratio("BTC", START_MS, FOREVER_MS)) == 3
    assert (await feed.market("BTC")).tick_usd == pytest.approx(0.1)
    assert feed.span_ms() == span_ms(tmp_path / "x") == (START_MS, START_MS + MINUTES * MINUTE_MS)
    await clock.advance(10 * HOUR_MS)
    assert await feed.quote("BTC") == Quote(bars[-1].end_ms, bars[-1].close_usd)
    assert await feed.bars("BTC", MINUTE_MS, 0, FOREVER_MS) == bars


async def test_what_a_folder_lacks_is_unsupported(tmp_path: Path) -> None:
    write(tmp_path / "BTCUSDT-5m-x.csv", kline(START_MS), kline(START_MS + 300_000))
    feed = DumpFeed(tmp_path, ManualClock(START_MS + 1))
    abilities = feed.abilities
    assert abilities.bar_steps_ms == (300_000,) and abilities.prints == "none" and not feed.prints_live()
    assert not (abilities.open_interest_history or abilities.long_short_ratio or abilities.funding)
    for ask in (
        feed.bars("BTC", MINUTE_MS, 0, FOREVER_MS),
        feed.open_interest("BTC"),
        feed.open_interest_history("BTC", 0, FOREVER_MS),
        feed.long_short_ratio("BTC", 0, FOREVER_MS),
        feed.funding("BTC"),
        feed.order_book("BTC"),
        feed.market("ETH"),
    ):
        with pytest.raises(Unsupported):
            await ask
    assert await feed.brackets("BTC") == binance_brackets("BTCUSDT")
    with pytest.raises(Unavailable, match="yet"):
        await DumpFeed(tmp_path, ManualClock(START_MS - 1)).quote("BTC")


async def take(feed: DumpFeed, clock: ManualClock | MarketClock, found: list[Liquidation]) -> None:
    """Take prints for ever; none may come before its time."""
    async for one in feed.prints(["BTC", "ETH"]):
        assert not isinstance(one, PrintGap)
        assert one.ts_ms <= clock.now_ms()
        found.append(one)


async def eventually_has(found: list[Liquidation], count: int) -> None:
    """Wait in real time until so many came, ten seconds at most."""
    for _ in range(500):
        if len(found) >= count:
            return
        await asyncio.sleep(0.02)


async def test_prints_come_when_the_clock_passes_them_and_a_second_call_goes_on(tmp_path: Path) -> None:
    folder = folder_until(tmp_path / "x")
    clock = ManualClock(START_MS + 20 * MINUTE_MS)
    told = [one for one in read_liquidations(folder, "BTCUSDT") if one.ts_ms > clock.now_ms()]
    feed = DumpFeed(folder, clock)
    await feed.open()
    await feed.quote("BTC")
    found: list[Liquidation] = []
    for _ in range(4):
        task = asyncio.create_task(take(feed, clock, found))
        for _ in range(20):
            await clock.advance(97_531)
            assert found == [one for one in told if one.ts_ms <= clock.now_ms()]
        task.cancel()
    assert len(found) > 50


async def test_past_prints_are_those_stamped_up_to_now(tmp_path: Path) -> None:
    folder = folder_until(tmp_path / "x")
    clock = ManualClock(START_MS + 20 * MINUTE_MS)
    told = read_liquidations(folder, "BTCUSDT", venue="replay")
    feed = DumpFeed(folder, clock)
    for _ in range(3):
        now = clock.now_ms()
        assert await feed.print_history("BTC", 0, 2**53) == [one for one in told if one.ts_ms <= now]
        assert await feed.print_history("BTC", START_MS + MINUTE_MS, now) == [
            one for one in told if START_MS + MINUTE_MS <= one.ts_ms < now
        ]
        await clock.advance(5 * MINUTE_MS + 123)
    assert feed.abilities.print_history and len(told) > 50


async def test_a_fast_clock_gets_every_print(tmp_path: Path) -> None:
    rows = [f"{START_MS + at * 7},BUY,LIMIT,IOC,1,95000,95000,FILLED,1,1.{at % 7}" for at in range(1, 30_000)]
    write(tmp_path / "BTCUSDT-liquidationSnapshot-x.csv", *rows)
    write(tmp_path / "BTCUSDT-1m-x.csv", kline(START_MS))
    clock = MarketClock(START_MS, 3600.0)
    feed = DumpFeed(tmp_path, clock)
    await feed.open()
    found: list[Liquidation] = []
    task = asyncio.create_task(take(feed, clock, found))
    await eventually_has(found, len(rows))
    task.cancel()
    assert [one.ts_ms for one in found] == [START_MS + at * 7 for at in range(1, 30_000)]


@pytest.mark.parametrize(
    ("name", "bars", "samples", "prints"),
    [("data/btc_2025-12", 17_198, 17_197, 0), ("worlds/retail", 11_520, 2_304, 32_266)],
)
def test_recorded_folders_are_read_whole(name: str, bars: int, samples: int, prints: int) -> None:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"no recorded data at {folder}")
    faults = Faults()
    assert len(read_bars(folder, "BTCUSDT", faults=faults)) == bars
    assert len(read_open_interest(folder, "BTCUSDT", faults)) == samples
    assert len(read_liquidations(folder, "BTCUSDT", faults=faults)) == prints
    assert faults == Faults()


async def test_the_recorded_market_is_not_read_ahead(tmp_path: Path) -> None:
    folder = SHARED / "data/btc_2025-12"
    if not folder.is_dir():
        pytest.skip(f"no recorded data at {folder}")
    cut_ms = 1_765_800_123_000
    for path in folder.glob("BTCUSDT-*"):
        with gzip.open(path, "rt", newline="") as text, gzip.open(tmp_path / path.name, "wt", newline="") as out:
            rows = list(csv.reader(text))
            kept = [r for r in rows if not r[0][0].isdigit() or _stamp(r[0]) <= cut_ms]
            csv.writer(out).writerows(kept)
    clock = ManualClock(cut_ms - 20 * HOUR_MS)
    feeds = [DumpFeed(one, clock) for one in (folder, tmp_path)]
    for _ in range(5):
        for ask in ("quote", "open_interest", "market"):
            first, second = [await getattr(feed, ask)("BTC") for feed in feeds]
            assert first == second
        for ask in ("bars", "open_interest_history"):
            span = ([300_000] if ask == "bars" else []) + [0, FOREVER_MS]
            first, second = [await getattr(feed, ask)("BTC", *span) for feed in feeds]
            assert first == second and len(first) > 1000
        await clock.advance(4 * HOUR_MS)


def _stamp(text: str) -> int:
    if text.isdigit():
        return int(text)
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


async def test_what_was_read_needs_the_files_no_more(tmp_path: Path) -> None:
    folder = folder_until(tmp_path / "x")
    feed = DumpFeed(folder, ManualClock(START_MS + HOUR_MS))
    await feed.quote("BTC")
    shutil.rmtree(folder)
    assert await feed.bars("BTC", MINUTE_MS, 0, FOREVER_MS)
    await feed.close()
