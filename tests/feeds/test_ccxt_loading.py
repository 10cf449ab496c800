"""ccxt without what nobody uses: its exchanges are those of the whole library, which is loaded where this fails."""

import json
import subprocess
import sys

import pytest

_FACTS = """
import json, logging, sys
logging.basicConfig(stream=sys.stderr)
{before}
from liqtui.feeds.ccxt_loading import load_ccxt
from liqtui.feeds.errors import as_feed_error
from liqtui.feeds.venues import VENUES
pro = load_ccxt()
exchanges = [getattr(pro, venue.ccxt_id) for venue in VENUES.values()]
made = [kind() for kind in exchanges]
print(json.dumps({{
    "loaded": sorted(sys.modules),
    "other": hasattr(pro, "alpaca"),
    "members": [sorted(name for name in dir(kind) if not name.startswith("_abc")) for kind in exchanges],
    "described": [one.describe() for one in made],
    "agents": [one.userAgent for one in made],
    "signed": made[1].sign("v5/market/time", ["public"], "GET", {{"a": 1}}),
    "refused": type(as_feed_error("okx", pro.RestrictedLocation("no"))).__name__,
    "ids": [one.id for one in made],
}}, default=str))
"""


def facts(before: str = "") -> tuple[dict[str, object], str]:
    """Return what a process knows of ccxt as loaded here, and what it said on stderr."""
    done = subprocess.run(
        [sys.executable, "-c", _FACTS.format(before=before)], capture_output=True, text=True, check=True
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found, done.stderr


@pytest.fixture(scope="module")
def lean() -> dict[str, object]:
    """Return the facts of ccxt without what is not used."""
    found, said = facts()
    assert "loaded whole" not in said
    return found


@pytest.mark.parametrize("module", ["ccxt.alpaca", "ccxt.pro.kraken", "ccxt.binance", "requests", "cryptography"])
def test_what_nobody_uses_is_not_loaded(module: str, lean: dict[str, object]) -> None:
    loaded = lean["loaded"]
    assert isinstance(loaded, list)
    assert "ccxt.pro.binanceusdm" in loaded
    assert module not in loaded


def test_the_exchanges_are_the_same_as_in_the_whole_library(lean: dict[str, object]) -> None:
    whole, said = facts("import ccxt.pro")
    assert "loaded whole" not in said
    assert whole["other"] and not lean["other"]
    for fact in ("members", "described", "agents", "signed", "refused", "ids"):
        assert lean[fact] == whole[fact], fact


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ("import liqtui.feeds.ccxt_loading as l; l._LEANS_ON.clear()", "binanceusdm"),
        ("import liqtui.feeds.ccxt_loading as l; l._PARTS = ('async_support', 'pro')", "ccxt"),
    ],
    ids=["an exchange leans on another one", "the packages have other parts"],
)
def test_where_the_layout_is_not_as_expected_all_of_it_is_loaded(
    before: str, why: str, lean: dict[str, object]
) -> None:
    whole, said = facts(before)
    assert "ccxt is loaded whole" in said and why in said
    assert whole["other"]
    assert whole["members"] == lean["members"]


def test_what_was_left_out_can_still_be_imported_by_others() -> None:
    code = (
        "from liqtui.feeds.ccxt_loading import load_ccxt; load_ccxt();"
        "import requests, cryptography.hazmat.primitives.hashes; from ccxt.abstract.alpaca import ImplicitAPI;"
        "print(requests.Session().headers['User-Agent'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("python-requests/")
