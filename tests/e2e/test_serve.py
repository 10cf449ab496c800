"""The screen in a browser: the server's own protocol, strangers refused, and a real Chromium where there is one."""

import asyncio
import base64
import contextlib
import re
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from subprocess import PIPE, Popen

import aiohttp
import pytest

from tests.e2e.processes import wait_until_gone
from tests.e2e.terminal import app_environment

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET_CHROMIUM = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --window-size=1200,800 --remote-debugging-port=0"
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serving(home: Path, *words: str) -> Iterator[int]:
    """Serve a command on a free port, which is yielded; end it and its engine afterwards."""
    port = free_port()
    command = [sys.executable, "-m", "liqtui", "serve", "--port", str(port), *words]
    with Popen(command, env=app_environment(home), stderr=PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            assert f"http://127.0.0.1:{port}/" in process.stderr.readline()
            yield port
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(15) == 0
    wait_until_gone(home)


async def reachable(session: aiohttp.ClientSession, url: str, headers: dict[str, str] | None = None) -> int:
    """Return the status of a page, once the server listens."""
    for _ in range(100):
        with contextlib.suppress(aiohttp.ClientConnectorError):
            async with session.get(url, headers=headers) as reply:
                return reply.status
        await asyncio.sleep(0.1)
    raise AssertionError(f"{url} is not served")


async def test_the_page_shows_the_demo_takes_keys_and_refuses_strangers(tmp_path: Path) -> None:
    with serving(tmp_path, "demo", "--color", "16") as port:
        at = f"127.0.0.1:{port}"
        async with aiohttp.ClientSession() as session:
            assert await reachable(session, f"http://{at}/") == 200
            async with session.get(f"http://{at}/") as reply:
                page = await reply.text()
            assert not re.search(r"https?://", page)
            for path in re.findall(r'(?:src|href)="(/[^"]+)"', page):
                assert await reachable(session, f"http://{at}{path}") == 200
            for headers in ({"Host": f"liqtui.example:{port}"}, {"Origin": "http://liqtui.example"}):
                assert await reachable(session, f"http://{at}/ws", headers) == 403
            tunnel = {"Host": "localhost:9999", "Origin": "http://localhost:9999"}
            assert await reachable(session, f"http://{at}/", tunnel) == 200
            async with session.ws_connect(f"ws://{at}/ws?width=100&height=30") as page_socket:
                assert "DEMO" in await shown_until(page_socket, "DEMO")
                await page_socket.send_json(["stdin", "?"])
                assert "KEYS" in await shown_until(page_socket, "KEYS")
                for _ in ("the help", "the viewer"):
                    await page_socket.send_json(["stdin", "q"])
                async with asyncio.timeout(20):
                    async for _ in page_socket:
                        pass


async def shown_until(page_socket: aiohttp.ClientWebSocketResponse, wanted: str) -> str:
    """Return what the page is sent, without colours, until it holds a text."""
    text = ""
    async with asyncio.timeout(20):
        async for message in page_socket:
            if message.type == aiohttp.WSMsgType.BINARY:
                text += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", message.data.decode("utf-8", "replace"))
            if wanted in text:
                break
    return text


async def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "liqtui", "serve", "--port", str(port), "demo", stderr=PIPE
        )
        _, said = await process.communicate()
    assert process.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in said.decode() and "--port" in said.decode()


class Tab:
    """One page of a browser, over its debugging protocol."""

    def __init__(self, protocol: aiohttp.ClientWebSocketResponse) -> None:
        self._protocol, self._asked = protocol, 0

    async def ask(self, method: str, **params: object) -> dict[str, object]:
        """Send one command and return its result."""
        self._asked += 1
        await self._protocol.send_json({"id": self._asked, "method": method, "params": params})
        while True:
            reply = await self._protocol.receive_json()
            if reply.get("id") == self._asked:
                result: dict[str, object] = reply["result"]
                return result

    async def picture(self) -> bytes:
        """Return what the page looks like, as PNG."""
        return base64.b64decode(str((await self.ask("Page.captureScreenshot", format="png"))["data"]))


@contextlib.asynccontextmanager
async def chromium(profile: Path, url: str) -> AsyncIterator[Tab]:
    """Open a page in a real browser."""
    assert CHROMIUM is not None
    words = [*QUIET_CHROMIUM.split(), f"--user-data-dir={profile}", url]
    process = await asyncio.create_subprocess_exec(CHROMIUM, *words, stdout=PIPE, stderr=PIPE)
    try:
        port = await debugging_port(profile)
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json") as reply:
                pages = [one for one in await reply.json() if one["type"] == "page"]
            async with session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0) as protocol:
                yield Tab(protocol)
    finally:
        process.kill()
        await process.communicate()


async def debugging_port(profile: Path) -> int:
    for _ in range(150):
        with contextlib.suppress(OSError, IndexError, ValueError):
            return int((profile / "DevToolsActivePort").read_text().splitlines()[0])
        await asyncio.sleep(0.1)
    raise AssertionError("the browser opened no debugging port")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: the page is not seen in a browser")
async def test_a_real_browser_paints_the_screen_and_its_keys_reach_it(tmp_path: Path) -> None:
    with serving(tmp_path, "demo") as port:
        async with aiohttp.ClientSession() as session:
            assert await reachable(session, f"http://127.0.0.1:{port}/") == 200
        async with chromium(tmp_path / "profile", f"http://127.0.0.1:{port}/") as tab:
            picture = await painted(tab)
            (tmp_path / "screen.png").write_bytes(picture)
            for act in ("mousePressed", "mouseReleased"):
                await tab.ask("Input.dispatchMouseEvent", type=act, x=300, y=300, button="left", clickCount=1)
            await tab.ask("Input.dispatchKeyEvent", type="keyDown", key="q", text="q", windowsVirtualKeyCode=81)
            assert await ended(tab)


async def painted(tab: Tab) -> bytes:
    """Return the picture once it is a full screen."""
    picture = b""
    for _ in range(60):
        picture = await tab.picture()
        if len(picture) > 90_000:
            return picture
        await asyncio.sleep(0.25)
    raise AssertionError(f"the page stayed a picture of {len(picture)} bytes")


async def ended(tab: Tab) -> bool:
    """Return whether the page comes to say that the viewer has ended."""
    for _ in range(40):
        found = await tab.ask("Runtime.evaluate", expression="document.body.classList.contains('-closed')")
        if found["result"] == {"type": "boolean", "value": True}:
            return True
        await asyncio.sleep(0.25)
    return False
