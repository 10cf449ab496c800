"""Loads of ccxt only what is used here: its packages import every exchange, and libraries to sign requests with.

That would be 80 MB and half a second for exchanges nobody watches, an HTTP client beside aiohttp and the cryptography
of accounts that liqtui does not have. While ccxt is imported, empty modules stand in for these; they are gone from
`sys.modules` afterwards, so that whoever else imports one of them gets the real one. A ccxt of another layout than is
expected is imported as it is.
"""

import importlib.abc
import importlib.machinery
import logging
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from types import ModuleType
from typing import Any

from liqtui.feeds.venues import VENUES

log = logging.getLogger(__name__)

_PACKAGES = ("ccxt", "ccxt.async_support", "ccxt.pro")
"""Each of these imports all exchanges: for programs that block, for asyncio, and with streams on top of that."""
_PARTS = ("abstract", "async_support", "base", "pro", "static_dependencies")
"""What they hold besides exchanges."""
_LEANS_ON = {"binanceusdm": "binance"}
"""Exchanges that are made from another one."""
_UNUSED = ("requests", "cryptography")


class _Absent(type):
    """The class of what stands in for something left out: any attribute of it is one more of these."""

    def __getattr__(cls, name: str) -> "_Absent":
        if name.startswith("__"):
            raise AttributeError(name)
        return _Absent(name, (), {})

    def __call__(cls, *arguments: object, **named: object) -> Any:
        raise RuntimeError(f"{cls.__name__} was left out when ccxt was loaded, since nothing public needs it")


class _StandIn(ModuleType):
    """An empty module that passes for a package."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__ = []

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        if (self.__name__, name) == ("requests.utils", "default_user_agent"):
            return _user_agent  # ccxt names itself so
        return type.__call__(_Absent, name, (), {})


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds stand-ins for all exchanges but the wanted ones, and for the libraries that are not used."""

    def __init__(self, wanted: Collection[str]) -> None:
        self._wanted = wanted

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the spec of a stand-in, None for what is to be imported as usual."""
        package, _, last = name.rpartition(".")
        kept = last in _PARTS or (package != "ccxt" and last in self._wanted)
        unwanted = package in _PACKAGES and not kept
        return importlib.machinery.ModuleSpec(name, self) if unwanted or name.split(".")[0] in _UNUSED else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Return an empty module."""
        return _StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing."""


@cache
def load_ccxt() -> Any:
    """Return the package `ccxt.pro` with the exchanges of the table of venues, and its errors."""
    ids = [venue.ccxt_id for venue in VENUES.values()]
    wanted = {*ids, *(_LEANS_ON[name] for name in ids if name in _LEANS_ON)}
    if "ccxt" not in sys.modules:
        try:
            with _stand_ins(wanted):
                import ccxt.pro
            return _proved(ccxt.pro, wanted)
        except Exception as error:
            log.warning("ccxt is loaded whole, which takes more memory: %s: %s", type(error).__name__, error)
            for name in [name for name in sys.modules if name.split(".")[0] == "ccxt"]:
                del sys.modules[name]
    import ccxt.pro

    return ccxt.pro


@contextmanager
def _stand_ins(wanted: Collection[str]) -> Iterator[None]:
    """Import with stand-ins within the block, and leave none behind where one would be found by its name."""
    finder = _Finder(wanted)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name, module in sys.modules.items() if isinstance(module, _StandIn)]:
            del sys.modules[name]
        for package in [sys.modules[name] for name in _PACKAGES if name in sys.modules]:
            for name in [name for name, value in vars(package).items() if isinstance(value, _Absent | _StandIn)]:
                delattr(package, name)


def _proved(pro: Any, wanted: Collection[str]) -> Any:
    """Return the package; raises if an exchange is missing, or leans on one that was left out."""
    for kind in {kind for name in wanted for kind in getattr(pro, name).__mro__}:
        home = sys.modules[kind.__module__]
        used = [kind, *(vars(home).values() if home.__name__.rpartition(".")[0] in _PACKAGES else ())]
        absent = {word.__name__ for word in used if isinstance(word, _Absent)}
        if absent:
            raise ImportError(f"{home.__name__} needs {', '.join(sorted(absent))}")
    return pro


def _user_agent() -> str:
    """Return what requests calls itself, which is what venues hear from ccxt."""
    return f"python-requests/{version('requests')}"
