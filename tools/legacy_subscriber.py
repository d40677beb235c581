"""A legacy subscriber to try a gateway with: polls, fetches, verifies, renames or deletes, answers what it is told to.

    python -m tools.legacy_subscriber --user rennes --password-file secret --known-hosts known_hosts EtatCivil

It uses nothing but the public SFTP interface. Exit code 1: an archive was refused (and moved to FAILED).
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from gateway.cli.demo.legacy import ArchiveRefused, LegacySubscriber, Login, answer_archive, answer_message, opened


def main(arguments: list[str] | None = None) -> int:
    """Serves each process once, or again and again with `--every`."""
    options = _options(arguments)
    login = Login(
        options.host, options.port, options.user, options.password_file.read_text().strip(), options.known_hosts
    )
    refused = 0
    while True:
        with LegacySubscriber(login, flat=options.flat) as subscriber:
            for process in options.process:
                refused += _serve(subscriber, process, options)
        if options.every is None:
            return 1 if refused else 0
        time.sleep(options.every)


def _serve(subscriber: LegacySubscriber, process: str, options: argparse.Namespace) -> int:
    """Handles what waits for one process; answers how many archives were refused."""
    refused = 0
    for name in subscriber.waiting(process):
        content = subscriber.read(process, name)
        try:
            taken = opened(name, content)
        except ArchiveRefused as error:
            print(f"refused: {error}", file=sys.stderr)
            subscriber.reject(process, name)
            refused += 1
            continue
        if options.out is not None:
            (options.out / name).write_bytes(content)
        if options.delete:
            subscriber.delete(process, name)
        else:
            subscriber.accept(process, name)
        print(f"{name}: {taken.number}, {len(taken.files)} documents, {len(content)} bytes")
        if options.answer is not None:
            make, ending = (answer_message, "xml") if options.bare else (answer_archive, "zip")
            content = make(taken.number, options.answer)
            subscriber.answer(process, f"{taken.number}-{taken.sequence}.{ending}", content)
    return refused


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="legacy_subscriber", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("process", nargs="+", help="process codes, for example EtatCivil")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2222)
    parser.add_argument("--user", required=True)
    parser.add_argument("--password-file", type=Path, required=True, help="a file that holds the password")
    parser.add_argument("--known-hosts", type=Path, required=True, help="the server's key, as ssh-keyscan writes it")
    parser.add_argument("--flat", action="store_true", help="the account shows /in and /out")
    parser.add_argument("--answer", type=int, help="answer each dossier with this code, for example 100")
    parser.add_argument("--bare", action="store_true", help="answer with the XML alone instead of a zip")
    parser.add_argument("--delete", action="store_true", help="delete what was taken in instead of moving it to DONE")
    parser.add_argument("--out", type=Path, help="keep the archives in this directory")
    parser.add_argument("--every", type=float, help="poll again after so many seconds")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
