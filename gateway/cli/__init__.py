"""The `gateway` command."""


def main() -> None:
    """Run the command and exit with one of the documented codes."""
    from gateway.cli.application import run  # imported late: tools may import this room without paying for it

    run()
