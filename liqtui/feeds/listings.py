"""The instrument list of a venue: read from ccxt's markets, kept in memory and for a day on disk."""

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path

from liqtui.feeds import parse
from liqtui.feeds.asker import Asker
from liqtui.feeds.base import FeedError, Garbled, Unsupported
from liqtui.feeds.cache import load_listings, save_listings
from liqtui.feeds.calls import Listing
from liqtui.feeds.clock import Clock
from liqtui.feeds.limits import Limits
from liqtui.feeds.venues import Venue
from liqtui.model.market import Market


class Listings:
    """What a venue lists, by asset; renewed once a day and when a price contradicts its tick."""

    def __init__(self, venue: Venue, asker: Asker, clock: Clock, cache_dir: Path | None, limits: Limits) -> None:
        self._venue, self._asker, self._clock, self._limits = venue, asker, clock, limits
        self._cache_dir = cache_dir
        self._by_asset: dict[str, Listing] = {}
        self._saved_ms = 0
        self._tried_ms = 0
        self._doubted = False
        self._lock = asyncio.Lock()

    async def load(self) -> None:
        """Make sure that there is a list; a list that has grown old is renewed if the venue answers."""
        async with self._lock:
            if not self._by_asset:
                self._restore()
            if not self._by_asset:
                await self._fetch()
            elif self._is_due():
                await self._renew()

    async def get(self, asset: str) -> Listing:
        """Return the listing of an asset as known, loading a first list if need be; Unsupported where there is none."""
        if not self._by_asset:
            await self.load()
        listing = self._by_asset.get(asset)
        if listing is None:
            raise Unsupported(f"{self._venue.key}: {asset} is not listed")
        return listing

    async def assets_by_id(self) -> dict[str, str]:
        """Return the assets by the venue's own names, loading a first list if need be."""
        if not self._by_asset:
            await self.load()
        return {listing.id: asset for asset, listing in self._by_asset.items()}

    def check_tick(self, listing: Listing, price_usd: float) -> None:
        """Doubt the list when a traded price is not a multiple of the tick: the venue may have changed it."""
        steps = price_usd / listing.market.tick_usd
        if not self._venue.off_tick and abs(steps - round(steps)) > 1e-3:
            self._doubted = True

    def _is_due(self) -> bool:
        now_ms = self._clock.now_ms()
        old = now_ms - self._saved_ms >= self._limits.markets_age_s * 1000
        return (old or self._doubted) and now_ms - self._tried_ms >= self._limits.markets_retry_s * 1000

    async def _renew(self) -> None:
        self._tried_ms = self._clock.now_ms()
        try:
            await self._fetch()
        except FeedError:
            return  # the old list serves on; the next try is due after `markets_retry_s`

    async def _fetch(self) -> None:
        found = read_listings(self._venue, await self._asker.call("fetch_markets"))
        self._by_asset, self._saved_ms, self._doubted = found, self._clock.now_ms(), False
        self._tried_ms = self._saved_ms
        if self._cache_dir is not None:
            await asyncio.to_thread(save_listings, self._cache_dir, self._venue.key, found, self._saved_ms)

    def _restore(self) -> None:
        if self._cache_dir is None:
            return
        cached = load_listings(self._cache_dir, self._venue.key)
        if cached is not None and 0 <= self._clock.now_ms() - cached[1] < self._limits.markets_age_s * 1000:
            self._by_asset, self._saved_ms = cached


def read_listings(venue: Venue, markets: object) -> dict[str, Listing]:
    """Return the active linear perpetuals by asset, in the venue's preferred quote coin; Garbled if there are none."""
    found: dict[str, Listing] = {}
    for quote in reversed(venue.quotes):
        found.update(_in_quote(venue, parse.rows(markets, "markets"), quote))
    if not found:
        raise Garbled(f"{venue.key}: the instrument list holds no perpetual")
    return found


def _in_quote(venue: Venue, markets: Iterable[object], quote: str) -> dict[str, Listing]:
    found = {}
    for row in markets:
        market = parse.fields(row, "market")
        if market.get("swap") and market.get("linear") and market.get("active") and market.get("settle") == quote:
            try:
                listing = _listing(venue, market)
            except Garbled:
                continue  # one odd instrument does not hide the others
            found[listing.market.asset] = listing
    return found


def _listing(venue: Venue, market: Mapping[str, object]) -> Listing:
    info = parse.fields(market.get("info"), "info")
    leverage = parse.fields(parse.fields(market.get("limits"), "limits").get("leverage"), "leverage").get("max")
    return Listing(
        market=Market(
            venue=venue.key,
            asset=parse.text(market.get("base"), "base"),
            symbol=parse.text(market.get("symbol"), "symbol"),
            tick_usd=parse.positive(parse.fields(market.get("precision"), "precision").get("price"), "tick"),
            contract_base=parse.positive(market.get("contractSize"), "contract size"),
            max_leverage=None if leverage is None else parse.positive(leverage, "leverage"),
        ),
        id=parse.text(market.get(venue.id_field), "id"),
        hints={name: str(info[name]) for name in venue.hints if info.get(name) not in (None, "")},
    )
