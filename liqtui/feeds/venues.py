"""The table of live venues: what each gives, where, and in which format. Nothing here needs ccxt."""

from dataclasses import dataclass, field

from liqtui.feeds.base import Abilities
from liqtui.feeds.calls import AccountQuestion, MarkRange, Question, Series, Stream
from liqtui.feeds.wire import binance, bybit, hyperliquid, okx
from liqtui.model.market import (
    DAY_MS,
    HOUR_MS,
    Bracket,
    Funding,
    LongShortRatio,
    OpenInterest,
    OrderBook,
    PriceBar,
    Quote,
)


@dataclass(frozen=True, slots=True)
class Venue:
    """One venue. A question that is None cannot be asked there."""

    key: str
    title: str
    hosts: tuple[str, ...]
    """Host names that must be reachable: the one for requests, then the one for streams."""
    ccxt_id: str
    ccxt_config: dict[str, object]
    """Merged into the constructor's configuration: which markets to load, how fast to ask."""
    quotes: tuple[str, ...]
    """Quote and margin coins of its perpetuals, the preferred one first."""
    abilities: Abilities
    bars: Series[PriceBar]
    quote: Question[Quote]
    open_interest: Question[OpenInterest]
    funding: Question[Funding]
    order_book: Question[OrderBook]
    marks: Series[MarkRange] | None = None
    open_interest_history: Series[OpenInterest] | None = None
    ratio: Series[LongShortRatio] | None = None
    brackets: Question[tuple[Bracket, ...]] | None = None
    """None where the packaged table stands in."""
    positions: AccountQuestion | None = None
    """None where the positions of an account are nobody else's business."""
    stream: Stream | None = None
    hints: tuple[str, ...] = ()
    """Fields of the instrument list that its calls need."""
    id_field: str = "id"
    """Key of ccxt's market that holds the venue's own name."""
    off_tick: bool = False
    """Its prices need not be multiples of the tick, so they tell nothing about it."""
    share_ms: dict[str, int] = field(default_factory=dict)
    """How long one answer of a method (of a method and type, where one method serves all) serves like questions."""
    gap_ms: dict[str, int] = field(default_factory=dict)
    """Least time between two requests of a method that the venue limits apart from the rest."""


_BINANCE = Venue(
    key="binance",
    title="Binance",
    hosts=("fapi.binance.com", "fstream.binance.com"),
    ccxt_id="binanceusdm",
    ccxt_config={},
    quotes=("USDT", "USDC"),
    abilities=Abilities(
        prints="sampled",
        open_interest_history=True,
        long_short_ratio=True,
        brackets=True,
        order_book=True,
        calls_per_s=8.0,
    ),
    bars=Series("fapiPublicGetKlines", binance.klines, binance.read_bars, page=1000),
    marks=Series("fapiPublicGetMarkPriceKlines", binance.klines, binance.read_marks, page=1000),
    quote=Question(
        (("fapiPublicGetTicker24hr", binance.symbol), ("fapiPublicGetPremiumIndex", binance.symbol)),
        binance.read_quote,
    ),
    open_interest=Question((("fapiPublicGetOpenInterest", binance.symbol),), binance.read_open_interest),
    open_interest_history=Series(
        "fapiDataGetOpenInterestHist",
        binance.statistics,
        binance.read_open_interest_history,
        page=500,
        depth_ms=29 * DAY_MS,
    ),
    funding=Question(
        (("fapiPublicGetPremiumIndex", binance.symbol), ("fapiPublicGetFundingInfo", binance.nothing)),
        binance.read_funding,
    ),
    ratio=Series(
        "fapiDataGetGlobalLongShortAccountRatio",
        binance.statistics,
        binance.read_ratio,
        page=500,
        depth_ms=29 * DAY_MS,
    ),
    order_book=Question((("fapiPublicGetDepth", binance.depth),), binance.read_order_book),
    stream=Stream(
        url=binance.stream_url,
        subscribe=binance.subscribe,
        split=binance.split,
        market_id=binance.market_id,
        read=binance.read_liquidation,
    ),
    share_ms={"fapiPublicGetPremiumIndex": 1_000, "fapiPublicGetFundingInfo": HOUR_MS},
    gap_ms={"fapiDataGetOpenInterestHist": 350, "fapiDataGetGlobalLongShortAccountRatio": 350},
)
"""`/futures/data` has a limit of its own: 1,000 requests in 5 minutes."""

_BYBIT = Venue(
    key="bybit",
    title="Bybit",
    hosts=("api.bybit.com", "stream.bybit.com"),
    ccxt_id="bybit",
    ccxt_config={"options": {"fetchMarkets": {"types": ["linear"]}, "defaultType": "swap"}},
    quotes=("USDT", "USDC"),
    abilities=Abilities(
        prints="full",
        open_interest_history=True,
        long_short_ratio=True,
        brackets=True,
        order_book=True,
        calls_per_s=8.0,
    ),
    bars=Series("publicGetV5MarketKline", bybit.klines, bybit.read_bars, page=1000),
    marks=Series("publicGetV5MarketMarkPriceKline", bybit.klines, bybit.read_marks, page=1000),
    quote=Question((("publicGetV5MarketTickers", bybit.symbol),), bybit.read_quote),
    open_interest=Question((("publicGetV5MarketTickers", bybit.symbol),), bybit.read_open_interest),
    open_interest_history=Series(
        "publicGetV5MarketOpenInterest", bybit.open_interest_history, bybit.read_open_interest_history, page=200
    ),
    funding=Question((("publicGetV5MarketTickers", bybit.symbol),), bybit.read_funding),
    ratio=Series("publicGetV5MarketAccountRatio", bybit.ratio, bybit.read_ratio, page=500),
    brackets=Question((("publicGetV5MarketRiskLimit", bybit.symbol),), bybit.read_brackets),
    order_book=Question((("publicGetV5MarketOrderbook", bybit.depth),), bybit.read_order_book),
    stream=Stream(
        url=bybit.stream_url,
        subscribe=bybit.subscribe,
        split=bybit.split,
        market_id=bybit.market_id,
        read=bybit.read_liquidation,
    ),
    hints=("fundingInterval",),
    share_ms={"publicGetV5MarketTickers": 500},
)

_OKX = Venue(
    key="okx",
    title="OKX",
    hosts=("www.okx.com", "ws.okx.com"),
    ccxt_id="okx",
    ccxt_config={"options": {"fetchMarkets": {"types": ["swap"]}, "defaultType": "swap"}},
    quotes=("USDT", "USDC"),
    abilities=Abilities(
        prints="sampled",
        open_interest_history=True,
        long_short_ratio=True,
        brackets=True,
        order_book=True,
        calls_per_s=4.0,
    ),
    bars=Series(okx.candles_method, okx.candles, okx.read_bars, page=300),
    marks=Series(okx.marks_method, okx.candles, okx.read_marks, page=100),
    quote=Question((("publicGetMarketTicker", okx.instrument), ("publicGetPublicMarkPrice", okx.swap)), okx.read_quote),
    open_interest=Question((("publicGetPublicOpenInterest", okx.swap),), okx.read_open_interest),
    open_interest_history=Series(
        "publicGetRubikStatContractsOpenInterestHistory", okx.statistics, okx.read_open_interest_history, page=100
    ),
    funding=Question((("publicGetPublicFundingRate", okx.instrument),), okx.read_funding),
    ratio=Series("publicGetRubikStatContractsLongShortAccountRatioContract", okx.statistics, okx.read_ratio, page=100),
    brackets=Question(
        (("publicGetPublicPositionTiers", okx.tiers), ("publicGetMarketTicker", okx.instrument)), okx.read_brackets
    ),
    order_book=Question((("publicGetMarketBooks", okx.depth),), okx.read_order_book),
    stream=Stream(
        url=okx.stream_url,
        subscribe=okx.subscribe,
        split=okx.split,
        market_id=okx.market_id,
        read=okx.read_liquidation,
        replays_on_subscribe=True,
    ),
    hints=("instFamily",),
    share_ms={"publicGetMarketTicker": 500},
)

_HYPERLIQUID = Venue(
    key="hyperliquid",
    title="Hyperliquid",
    hosts=("api.hyperliquid.xyz",),
    ccxt_id="hyperliquid",
    ccxt_config={"options": {"fetchMarkets": {"types": ["swap"]}}, "rateLimit": 100},
    quotes=("USDC",),
    abilities=Abilities(prints="none", brackets=True, order_book=True, calls_per_s=8.0),
    bars=Series("publicPostInfo", hyperliquid.candles, hyperliquid.read_bars, page=5000),
    quote=Question((("publicPostInfo", hyperliquid.universe),), hyperliquid.read_quote),
    open_interest=Question((("publicPostInfo", hyperliquid.universe),), hyperliquid.read_open_interest),
    funding=Question((("publicPostInfo", hyperliquid.universe),), hyperliquid.read_funding),
    brackets=Question((("publicPostInfo", hyperliquid.universe),), hyperliquid.read_brackets),
    order_book=Question((("publicPostInfo", hyperliquid.depth),), hyperliquid.read_order_book),
    positions=AccountQuestion("publicPostInfo", hyperliquid.account, hyperliquid.read_positions),
    id_field="baseName",
    off_tick=True,
    share_ms={"publicPostInfo metaAndAssetCtxs": 2_900},
    gap_ms={"publicPostInfo candleSnapshot": 1_000},
)
"""The library paces `/info` at twice the documented rate (weight 20 each, 1,200 a minute): rateLimit 100 halves it.

Candles weigh 20 and one more for every 60 rows, so they are spaced besides."""

VENUES: dict[str, Venue] = {venue.key: venue for venue in (_BINANCE, _BYBIT, _OKX, _HYPERLIQUID)}
"""By venue key, in the order in which they are shown."""
