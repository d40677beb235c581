"""`gateway subscriptions`: shown, switched, certified; and the certificate checked off line."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.cli import certificates
from gateway.cli.failing import CommandError
from gateway.cli.journal import show_key
from gateway.cli.subscriptions import certify, show, switch
from gateway.config import Settings
from gateway.domain.errors import ConflictError, NotFoundError
from tests.cli.dossiers import deposited
from tests.cli.onboarding import TOWN


@pytest.fixture
def town(settings: Settings, config: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """A subscriber of EtatCivil in mode SFTP, in whose inbox a delivery waits."""
    deposited(settings, config)
    capsys.readouterr()
    return TOWN


def switched(config: Path, to: str = "API", drain: timedelta | None = None, epoch: int | None = None) -> None:
    switch(TOWN, "EtatCivil", to, "pull", drain, epoch, config, json=False)


def test_a_switch_says_what_became_of_what_was_open(
    town: str, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    switched(config)
    told = capsys.readouterr().out
    assert f"{town} → EtatCivil: SFTP → API, epoch 2.\n" in told
    assert "Carried into the new inbox: 1, 0 of them fetched already.\n" in told
    switched(config, "SFTP", timedelta(days=7))
    assert "The old door finishes 1 until " in capsys.readouterr().out


def test_scripts_are_told_the_same(town: str, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    switch(town, "EtatCivil", "API", "pull", None, 1, config, json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["to"]["accessMode"], told["epoch"], told["open"]) == (
        "API",
        2,
        {"ready": 1, "fetched": 0, "pinned": 0},
    )
    show(town, "EtatCivil", config, json=True)
    shown = json.loads(capsys.readouterr().out)
    assert (shown["accessMode"], shown["epoch"], shown["open"]["ready"], shown["rehearses"]) == ("API", 2, 1, None)


def test_a_switch_on_old_news_is_refused(town: str, config: Path) -> None:
    switched(config)
    with pytest.raises(ConflictError, match="epoch 2, not epoch 1"):
        switched(config, "SFTP", epoch=1)
    with pytest.raises(NotFoundError, match=f"Subscription of {town} to PACS"):
        show(town, "PACS", config, json=False)


def test_its_certificate_is_checked_by_the_public_key_alone(
    town: str, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show_key(config)
    key = tmp_path / "key.pem"
    key.write_text(capsys.readouterr().out)
    switched(config)
    capsys.readouterr()
    certify(town, "EtatCivil", None, Path("certificate.jsonl"), config, json=False)
    told = capsys.readouterr().out
    assert "Deliveries:              1, 1 of them open at the switch\n" in told
    assert "Lost:                    0\n" in told
    (tmp_path / "var").rename(tmp_path / "elsewhere")
    certificates.verify(Path("certificate.jsonl"), key, json=False)
    assert capsys.readouterr().out == told.split("\nCheck it")[0]
    certificates.verify(Path("certificate.jsonl"), key, json=True)
    assert json.loads(capsys.readouterr().out)["lost"] == 0


def test_nothing_is_left_of_a_certificate_that_could_not_be_made(town: str, config: Path, tmp_path: Path) -> None:
    file = Path("certificate.jsonl")
    with pytest.raises(ConflictError, match="never switched"):
        certify(town, "EtatCivil", None, file, config, json=False)
    assert not file.exists()
    file.write_text("mine")
    switched(config)
    with pytest.raises(CommandError, match="exists already"):
        certify(town, "EtatCivil", None, file, config, json=False)
    assert file.read_text() == "mine"
