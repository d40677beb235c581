from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from gateway.cli.demo.checks import DemoFailure
from gateway.cli.demo.rest import connected
from gateway.cli.demo.world import SERVICES, Client

CLIENT = Client("depot", SERVICES, "OSL", secret="right")


async def token(request: web.Request) -> web.Response:
    form = await request.post()
    basic = request.headers.get("Authorization", "")
    if not basic.startswith("Basic ") or form["scope"] != "OSL":
        return web.json_response({"error": "invalid_client"}, status=401)
    return web.json_response({"access_token": "given"})


async def echo(request: web.Request) -> web.Response:
    if request.headers["Authorization"] != "Bearer given":
        return web.json_response({"errors": [{"code": 900901, "message": "Invalid Credentials"}]}, status=401)
    if request.method == "DELETE":
        return web.Response(status=204)
    if request.method == "PUT":
        return web.Response(status=400, text="Size does not match")
    return web.json_response({"path": request.path, "editor": request.headers["editorName"]}, headers={"digest": "d"})


@pytest.fixture
async def url() -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/token", token)
    app.router.add_route("*", "/teledossiers/v1/{rest:.*}", echo)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}"
    await runner.cleanup()


async def test_it_fetches_a_token_and_uses_it(url: str) -> None:
    async with connected(url, CLIENT) as rest:
        assert await rest.ask("GET", "/folders/1") == {"path": "/teledossiers/v1/folders/1", "editor": "Gateway"}
        assert await rest.ask("DELETE", "/folders/1") is None
        _, headers = await rest.download("/cases/1")
        assert headers["digest"] == "d"


async def test_every_refusal_is_a_failure_that_says_which(url: str) -> None:
    async with connected(url, CLIENT) as rest:
        with pytest.raises(DemoFailure, match="PUT /x was answered 400: Size does not match"):
            await rest.put("/x", b"", {})
    with pytest.raises(DemoFailure, match="POST /token was answered 401"):
        async with connected(url, Client("depot", SERVICES, "SI", secret="right")):
            raise AssertionError("not reached")
