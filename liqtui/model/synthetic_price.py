"""The price of a synthetic market: stochastic volatility, drifting regimes, jumps, and the push of forced trades."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liqtui.model.market import DAY_MS, MINUTE_MS

NODES = 12
"""Prices in a minute after its open: one each five seconds."""
NODE_MS = MINUTE_MS // NODES

MINUTES_A_DAY = DAY_MS // MINUTE_MS
BLOCK = 60
"""Minutes whose random numbers are drawn at once; blocks are counted from the start, so batching changes nothing."""

COMMON_SHARE = 0.6
"""Correlation of the returns of all markets of one seed."""
SLOW_HALF_LIFE_MIN, FAST_HALF_LIFE_MIN = 300.0, 18.0
SLOW_SPREAD, FAST_SPREAD = 0.30, 0.38
"""Standard deviations of the slow and the fast part of log volatility."""
REGIME_MIN = 200.0
"""Mean length of a drift regime."""
DRIFT_DAYS = 0.55
"""Drift of a regime, as standard deviations of daily returns per day."""
JUMPS_A_DAY = 3.0
JUMP_DAYS = 0.16
"""Size of a jump as a share of daily volatility."""
PULL_DAYS = 12.0
"""The price is drawn back toward its first value over this span, so that a long run stays in a known region."""
PUSH_SHARE = 0.35
"""Share of a pending push that is felt in each node."""
LEAN_SHARE = 0.5
"""Share of a forced push that is given back."""
RECOVERY = NODE_MS / (12 * MINUTE_MS)
"""Share of what is to be given back that returns in each node."""


@dataclass(slots=True)
class Draws:
    """Random numbers of one block of minutes."""

    own: NDArray[np.float64]
    """(BLOCK, NODES) normals."""
    volatility: NDArray[np.float64]
    """(BLOCK, 2) normals."""
    events: NDArray[np.float64]
    """(BLOCK, 2) uniforms: regime change, jump."""
    sizes: NDArray[np.float64]
    """(BLOCK, 2) normals: size of drift and jump."""


def _draw(rng: np.random.Generator, common: np.random.Generator) -> Draws:
    shared = common.standard_normal((BLOCK, NODES))
    own = math.sqrt(1 - COMMON_SHARE**2) * rng.standard_normal((BLOCK, NODES)) + COMMON_SHARE * shared
    return Draws(own, rng.standard_normal((BLOCK, 2)), rng.random((BLOCK, 2)), rng.standard_normal((BLOCK, 2)))


class PricePath:
    """A price that moves node by node; forced trades push it in between."""

    def __init__(self, price_usd: float, daily_volatility: float, tick_decimals: int, seed: int, stream: int) -> None:
        self.price_usd = price_usd
        """Price at the newest node, on the tick."""
        self.activity = 1.0
        """Volatility of the minute over its usual level."""
        self._log, self._anchor = math.log(price_usd), math.log(price_usd)
        self._daily, self._decimals = daily_volatility, tick_decimals
        self._rng = np.random.default_rng([seed, stream, 1])
        self._common = np.random.default_rng([seed, 0])
        self._minute = 0
        self._slow = self._fast = self._drift = self._push = self._lean = 0.0
        self._draws = _draw(self._rng, self._common)

    def begin_minute(self) -> list[float]:
        """Return the log returns of the minute's nodes, without pushes."""
        row = self._minute % BLOCK
        if row == 0 and self._minute:
            self._draws = _draw(self._rng, self._common)
        self._minute += 1
        self._step_volatility(row)
        self._step_events(row)
        scale = self._daily * self.activity / math.sqrt(MINUTES_A_DAY * NODES)
        pull = (self._anchor - self._log) / (PULL_DAYS * MINUTES_A_DAY)
        drift = (self._drift / MINUTES_A_DAY + pull) / NODES
        returns: list[float] = (self._draws.own[row] * scale + drift).tolist()
        return returns

    def move(self, log_return: float) -> float:
        """Go on by one node and return its price."""
        felt = PUSH_SHARE * self._push
        back = RECOVERY * self._lean
        self._push -= felt
        self._lean += LEAN_SHARE * felt - back
        self._log += log_return + felt - back
        self.price_usd = round(math.exp(self._log), self._decimals)
        return self.price_usd

    def push(self, log_impact: float) -> None:
        """Let a forced trade press on the next nodes."""
        self._push += log_impact

    def _step_volatility(self, row: int) -> None:
        slow, fast = 0.5 ** (1 / SLOW_HALF_LIFE_MIN), 0.5 ** (1 / FAST_HALF_LIFE_MIN)
        z_slow, z_fast = self._draws.volatility[row].tolist()
        self._slow = slow * self._slow + SLOW_SPREAD * math.sqrt(1 - slow * slow) * z_slow
        self._fast = fast * self._fast + FAST_SPREAD * math.sqrt(1 - fast * fast) * z_fast
        self.activity = math.exp(self._slow + self._fast - SLOW_SPREAD**2 - FAST_SPREAD**2)

    def _step_events(self, row: int) -> None:
        change, jump = self._draws.events[row].tolist()
        z_drift, z_jump = self._draws.sizes[row].tolist()
        if change < 1 / REGIME_MIN:
            self._drift = DRIFT_DAYS * self._daily * z_drift
        if jump < JUMPS_A_DAY / MINUTES_A_DAY:
            self._push += JUMP_DAYS * self._daily * z_jump
            self._fast += 2 * FAST_SPREAD
