"""The demo from curtain to curtain: a gateway of its own, the declarations, three dossiers, and then yours."""

from __future__ import annotations

import asyncio
import signal
import socket
import tempfile
import time
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import paramiko
from rich.markup import escape

from gateway.app import office_for
from gateway.cli.demo import ending, scene_deaths, scene_records, scene_unions, world
from gateway.cli.demo.cast import Cast
from gateway.cli.demo.checks import Checks, DemoFailure
from gateway.cli.demo.legacy import ArchiveRefused, Login
from gateway.cli.demo.people import ApiSubscriber, Depositor
from gateway.cli.demo.process import Doors, command, log_end, running, write_config
from gateway.cli.demo.rest import Rest, connected
from gateway.cli.exits import Exit
from gateway.cli.printing import console
from gateway.cli.timeline import read_story, show_story
from gateway.config import load_settings
from gateway.services.office import gateway_caller

if TYPE_CHECKING:
    from rich.console import Console

    from gateway.services.office import Office


async def play(*, once: bool) -> int:
    """Runs everything; 0 when every step held, 1 with what was expected and seen when one did not."""
    out = console()
    try:
        with tempfile.TemporaryDirectory(prefix="gateway-demo-") as directory:
            log = Path(directory, "gateway.log")
            try:
                await _run(out, Path(directory), log, once=once)
            except (DemoFailure, ArchiveRefused, paramiko.SSHException, OSError) as error:
                raise DemoFailure(f"{error}\nThe gateway's log ends:\n{log_end(log)}") from error
    except DemoFailure as failure:
        out.print(f"\n[bold red]✗ The demo found something wrong:[/bold red] {escape(str(failure))}")
        return Exit.FAILED
    return Exit.OK


async def _run(out: Console, directory: Path, log: Path, *, once: bool) -> None:
    stop = _stop_signal()
    began = time.monotonic()
    checks = Checks(out)
    config = write_config(directory)
    people = world.World(directory / "id_ed25519")
    declared = directory / "onboarding.yaml"
    declared.write_text(world.onboarding_file(people, world.make_key(people.key)), encoding="utf-8")
    checks.scene("A gateway of its own, on free ports")
    async with AsyncExitStack() as stack:
        doors = await stack.enter_async_context(running(config, log))
        checks.true(f"serving REST at {doors.url} and SFTP at {doors.host}:{doors.sftp_port}", holds=True)
        out.print(await command("import", str(declared), "--config", str(config)), markup=False, end="")
        known_hosts = directory / "known_hosts"
        known_hosts.write_text(await asyncio.to_thread(host_key_line, doors))
        rests = {
            client.client_id: await stack.enter_async_context(connected(doors.url, client)) for client in people.clients
        }
        office = await stack.enter_async_context(office_for(load_settings(config, {})))
        cast = _cast(out, checks, directory, doors, people, rests, office, known_hosts)
        for scene in (scene_deaths, scene_records, scene_unions):
            await _unless_stopped(stop, scene.play(cast))
        took = time.monotonic() - began
        out.print(f"\n[bold green]✓ {checks.held} checks held, {took:.1f} s.[/bold green]")
        if once:
            return
        folder = await ending.leave_something(cast)
        tokens = {client_id: rest.token for client_id, rest in rests.items()}
        ending.show(out, ending.lines_to_paste(cast, people, config, folder, tokens=tokens), people)
        await stop.wait()
        out.print("\nStopping.")


def host_key_line(doors: Doors) -> str:
    """The server's host keys as `known_hosts` lines, read over the loopback interface from the server just started."""
    lines = []
    for kind in ("ssh-ed25519", "rsa-sha2-512"):
        with socket.create_connection((doors.host, doors.sftp_port), timeout=10) as connection:
            transport = paramiko.Transport(connection)
            transport.get_security_options().key_types = (kind,)
            transport.start_client(timeout=10)
            key = transport.get_remote_server_key()
            transport.close()
        lines.append(f"[{doors.host}]:{doors.sftp_port} {key.get_name()} {key.get_base64()}\n")
    return "".join(lines)


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


async def _unless_stopped(stop: asyncio.Event, scene: Coroutine[Any, Any, None]) -> None:
    """Runs a scene to its end, or gives it up at Ctrl-C."""
    playing = asyncio.ensure_future(scene)
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait((playing, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not playing.done():
        playing.cancel()
        raise DemoFailure("interrupted before its end")
    playing.result()


def _cast(
    out: Console,
    checks: Checks,
    directory: Path,
    doors: Doors,
    people: world.World,
    rests: dict[str, Rest],
    office: Office,
    known_hosts: Path,
) -> Cast:
    shown: dict[str, int] = {}

    async def tell(folder_id: str) -> None:
        story = await read_story(office, gateway_caller(office, "demo"), folder_id)
        out.print("  [dim]time line[/dim]")
        shown[folder_id] = show_story(out, story, after=shown.get(folder_id, 0), indent="  ")

    return Cast(
        checks=checks,
        doors=doors,
        directory=directory,
        key=people.key,
        login=Login(doors.host, doors.sftp_port, world.SFTP_USER, people.password, known_hosts),
        health=Depositor(rests[people.health.client_id]),
        services=Depositor(rests[people.services.client_id]),
        town_deaths=ApiSubscriber(rests[people.town_deaths.client_id]),
        tell=tell,
    )
