"""Files of moves: what they ask for, and every fault at its place."""

from __future__ import annotations

import string
from datetime import time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.faults import ConfigurationError, Fault
from gateway.config.moves import MoveFile, read_move
from gateway.domain.identity import Mode, Transport
from gateway.domain.moves import DualRun, Selection, Spec, StopRules, Subscriber, WaveSize
from gateway.domain.plans import PlanFault, UnplannableError
from gateway.domain.switches import InFlight
from gateway.domain.windows import Window

EXAMPLE = Path(__file__).parents[2] / "config" / "moves" / "example.yaml"
LEAST = "move: m\nselect: {mode: SFTP}\nto: API\n"


def read(place: Path, text: str, **files: str) -> MoveFile:
    for name, content in files.items():
        (place / f"{name}.csv").write_text(content, encoding="utf-8")
    (place / "m.yaml").write_text(text, encoding="utf-8")
    return read_move(place / "m.yaml")


def told(place: Path, text: str, **files: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        read(place, text, **files)
    return str(caught.value).split("\n")


def test_the_example_says_everything() -> None:
    assert read_move(EXAMPLE).spec == Spec(
        "bretagne-etat-civil",
        Selection(("EtatCivil",), Mode.SFTP, None, ("22", "29", "35", "56"), (), (Subscriber("21350238800019"),)),
        Mode.API,
        via=DualRun(timedelta(days=14), 20, timedelta(days=30)),
        waves=(WaveSize(count=5), WaveSize(percent=10.0), WaveSize(percent=100.0, pause=timedelta(days=2))),
        window=Window(frozenset(range(4)), time(6), time(12)),
        stop_when=StopRules(0.02, timedelta(hours=4), 0.01),
    )


def test_what_the_example_leaves_out_can_be_said_too() -> None:
    text = EXAMPLE.read_text(encoding="utf-8").split("\n")
    known = {line.split(":")[0].lstrip(" #") for line in text if ":" in line}
    assert known >= {"transport", "organizations", "subscriptions", "list", "drain_for"}


def test_the_defaults(tmp_path: Path) -> None:
    assert read(tmp_path, LEAST).spec == Spec("m", Selection(mode=Mode.SFTP), Mode.API)


def test_one_value_is_a_list_of_one(tmp_path: Path) -> None:
    spec = read(
        tmp_path, "move: m\nselect: {process: CERTDC, department: 2A}\nto: API\nwindow: {days: sun, hours: 00:30-24:00}"
    ).spec
    assert (spec.select.processes, spec.select.departments) == (("CERTDC",), ("2A",))
    assert spec.window == Window(frozenset({6}), time(0, 30), None)


def test_a_transport_is_one_of_sftp_and_may_be_changed(tmp_path: Path) -> None:
    spec = read(tmp_path, "move: m\nselect: {transport: pull}\nto: SFTP\ntransport: push\n").spec
    assert (spec.select.mode, spec.select.transport, spec.transport) == (Mode.SFTP, Transport.PULL, Transport.PUSH)
    assert read(tmp_path, "move: m\nselect: {transport: push}\nto: SFTP\n").spec.transport is Transport.PULL


def test_a_drain_says_for_how_long_and_approval_may_be_automatic(tmp_path: Path) -> None:
    spec = read(tmp_path, f"{LEAST}in_flight: drain\ndrain_for: 7d\napprove: automatic\n").spec
    assert (spec.in_flight, spec.drain_for, spec.automatic) == (InFlight.DRAIN, timedelta(days=7), True)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("wavs: []", "m.yaml:4:1: wavs: unknown key; did you mean `waves`?"),
        ("via: {dualrun: {at_least: 1d}}", "m.yaml:4:7: via.dualrun: unknown key; did you mean `dual_run`?"),
        ("via: {dual_run: {}}", "m.yaml:4:17: via.dual_run.at_least: is missing"),
        ("in_flight: carried", "m.yaml:4:12: in_flight: must be 'carry' or 'drain'"),
        ("waves: []", "m.yaml:4:8: waves: must hold at least one wave, for example [{size: 100%}]"),
        ("waves: [{size: 0}]", "m.yaml:4:16: waves[0].size: must be at least 1"),
        ("waves: [{size: 0%}]", "m.yaml:4:16: waves[0].size: must be more than 0% and no more than 100%"),
        ("waves: [{size: 101%}]", "m.yaml:4:16: waves[0].size: must be more than 0% and no more than 100%"),
        ("waves: [{pause: 2d}]", "m.yaml:4:9: waves[0].size: is missing"),
        ("waves: [{size: 100%}, {size: 5}]", "m.yaml:4:23: waves[1]: is left with nothing: the waves before"),
        ("window: {days: []}", "m.yaml:4:16: window.days: never opens: name at least one day"),
        ("window: {days: [lundi]}", "m.yaml:4:17: window.days[0]: must be one of mon, tue, wed, thu, fri, sat, sun"),
        ("window: {hours: 12:00-06:00}", "m.yaml:4:17: window.hours: never opens: it must end after it begins"),
        ("window: {hours: 06:00}", "m.yaml:4:17: window.hours: must be from when to when"),
        ("window: {hours: 06:00-24:30}", "m.yaml:4:17: window.hours: must be hours of a day"),
        ("stop_when: {error_rate_over: 100%}", "m.yaml:4:30: stop_when.error_rate_over: must be below 100%"),
        ("stop_when: {error_rate_over: 0.5}", "m.yaml:4:30: stop_when.error_rate_over: must be a percentage"),
        ("stop_when: {undelivered_age_over: 4}", "m.yaml:4:35: stop_when.undelivered_age_over: must be a duration"),
        ("in_flight: drain", "m.yaml:4:1: in_flight: drain needs to know how long it may take"),
        ("drain_for: 7d", "m.yaml:4:1: drain_for: goes with `in_flight: drain` alone"),
        ("transport: pull", "m.yaml:4:1: transport: goes with `to: SFTP` alone, not with API"),
        ("via: {dual_run: {at_least: 9d, or_all_within: 8d}}", "m.yaml:4:32: via.dual_run.or_all_within: ends before"),
    ],
)
def test_every_fault_has_its_place(tmp_path: Path, line: str, fault: str) -> None:
    (only,) = (one for one in told(tmp_path, f"{LEAST}{line}\n") if ".dual_run: is missing" not in one)
    assert only.startswith(fault)


@pytest.mark.parametrize(
    ("select", "rest", "fault"),
    [
        ("{}", "to: API", "m.yaml:2:1: select: would be every subscription there is"),
        ("{exclude: []}", "to: API", "m.yaml:2:1: select: would be every subscription there is"),
        ("{mode: API}", "to: API", "m.yaml:3:1: to: is the mode of what is selected"),
        ("{mode: SFTP}", "to: SFTP", "m.yaml:3:1: to: is the mode of what is selected"),
        ("{transport: push}", "{to: SFTP, transport: push}", "m.yaml:3:1: to: is the mode of what is selected"),
        ("{mode: API, transport: pull}", "to: API", "m.yaml:2:21: select.transport: goes with mode SFTP alone"),
        ("{process: []}", "to: API", "m.yaml:2:19: select.process: must not be empty"),
        ("{department: [22]}", "to: API", "m.yaml:2:23: select.department[0]: must be text: put it in quotes"),
        ('{department: ["2C"]}', "to: API", "m.yaml:2:23: select.department[0]: must be the number"),
        ("{list: ../m.csv}", "to: API", "m.yaml:2:16: select.list: must be the name"),
        ("{mode: API}", "{to: SFTP, transport: push, via: {dual_run: {at_least: 1d}}}", "m.yaml:5:7: via.dual_run: ca"),
        ("{mode: SFTP}", "{to: SFTP, transport: push, in_flight: drain, drain_for: 1d}", "m.yaml:5:1: in_flight: dra"),
        ("{transport: pull}", "{to: SFTP, transport: push, via: {dual_run: {at_least: 1d}}}", "m.yaml:5:7: via.dual"),
        ("{transport: push}", "{to: SFTP, via: {dual_run: {at_least: 1d}}}", "m.yaml:4:7: via.dual_run: cannot rehe"),
    ],
)
def test_rules_that_contradict_each_other_are_faults(tmp_path: Path, select: str, rest: str, fault: str) -> None:
    lines = rest.removeprefix("{").removesuffix("}") if rest.startswith("{") else rest
    (only, *more) = told(tmp_path, f"move: m\nselect: {select}\n" + lines.replace(", ", "\n", 3) + "\n")
    assert (only[: len(fault)], [line for line in more if ": to: " not in line]) == (fault, [])


def test_what_is_left_out_cannot_be_named_too(tmp_path: Path) -> None:
    one, other = '{companyRegister: "21350238800019", branchCode: "35238"}', '{companyRegister: "21290019900015"}'
    faults = told(
        tmp_path,
        f"move: m\nselect:\n  organizations: [{one}]\n  exclude:\n  - {other}\n"
        f'  - {other}\n  - {{companyRegister: "21350238800019"}}\nto: API\n',
    )
    assert [fault.split(": ", 2)[1:] for fault in faults] == [
        ["select.exclude[1]", "is given twice"],
        ["select.exclude[2]", "leaves out what `organizations` names: take it out of one of them"],
    ]


def test_a_list_beside_the_file_names_subscriptions(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "move: m\nselect: {list: a.csv}\nto: API\n",
        a="process;organization\nEtatCivil;SI-21350238800019-35238\n",
    )
    assert found.spec.select.listed == (("SI-21350238800019-35238", "EtatCivil"),)


def test_subscriptions_can_stand_in_the_file(tmp_path: Path) -> None:
    rows = ["{organization: SI-21350238800019-35238, process: EtatCivil}"]
    start = "move: m\nto: API\nselect:\n  subscriptions:\n"
    found = read(tmp_path, start + f"  - {rows[0]}\n")
    assert found.spec.select.listed == (("SI-21350238800019-35238", "EtatCivil"),)
    fault = PlanFault(("select", "list", 0), "does not exist")
    assert str(found.placed(UnplannableError(fault))) == "m.yaml:5:5: select.subscriptions[0]: does not exist"
    rows += [rows[0], "{organization: Rennes, process: EtatCivil}"]
    assert told(tmp_path, start + "".join(f"  - {row}\n" for row in rows[:2])) == [
        "m.yaml:6:5: select.subscriptions[1]: is given twice"
    ]
    (wrong,) = told(tmp_path, start + f"  - {rows[2]}\n")
    assert wrong.startswith("m.yaml:5:20: select.subscriptions[0].organization: ")
    (empty,) = told(tmp_path, "move: m\nto: API\nselect: {subscriptions: []}\n")
    assert "must not be empty" in empty
    both = told(
        tmp_path, start + f"  - {rows[0]}\n  list: a.csv\n", a="organization,process\nSI-21350238800019-35238,P\n"
    )
    assert [one.split(": ", 1)[1] for one in both] == [
        "select.subscriptions: goes without `list`: name the subscriptions in one of them"
    ]


def test_faults_of_the_file_and_its_list_are_told_together(tmp_path: Path) -> None:
    faults = told(tmp_path, "move: m\nselect: {list: a.csv}\nto: API\ndrain_for: 1d\n", a="organization\n")
    assert [fault.split(": ")[0] for fault in faults] == ["a.csv:1:1", "m.yaml:4:1"]
    (missing,) = told(tmp_path, "move: m\nselect: {list: b.csv}\nto: API\n")
    assert missing.startswith("b.csv: cannot be read: ")


def test_what_stands_against_a_plan_is_told_at_its_key_or_row(tmp_path: Path) -> None:
    listed = "organization,process\nSI-21350238800019-35238,PACS\n"
    found = read(tmp_path, "move: m\nselect:\n  list: a.csv\nto: API\n", a=listed)
    faults = [
        PlanFault(("select",), "matches nothing"),
        PlanFault(("select", "list", 0), "does not exist"),
        PlanFault(("waves",), "leave 3 out"),
    ]
    assert str(found.placed(UnplannableError(*faults))).split("\n") == [
        "m.yaml:1:1: leave 3 out",
        "a.csv:2:1: does not exist",
        "m.yaml:2:1: select: matches nothing",
    ]


words = st.sampled_from(
    ["move", "select", "to", "via", "waves", "window", "SFTP", "API", "size", "10%", "06:00-12:00", "mon", "7d", "mode"]
) | st.text(string.printable, max_size=6)
values = st.recursive(
    words | st.integers() | st.booleans() | st.none() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)
keys = ["process", "mode", "transport", "department", "organizations", "exclude", "subscriptions", "list"]
files = st.fixed_dictionaries(
    {"move": st.just("m") | values, "select": st.dictionaries(st.sampled_from(keys), values) | values},
    optional=dict.fromkeys(
        ("to", "transport", "via", "in_flight", "drain_for", "waves", "window", "stop_when"), values
    ),
)


def written(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{written(key)}: {written(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return "null" if value is None else str(value).lower()


def faults_of(place: Path, text: str) -> tuple[Fault, ...]:
    try:
        read(place, text)
    except ConfigurationError as error:
        return error.faults
    return ()


@given(files.map(written) | st.text() | values.map(written))
def test_whatever_is_written_every_fault_has_a_place(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    for fault in faults_of(tmp_path_factory.getbasetemp(), text.encode("utf-8", "replace").decode()):
        assert (fault.line >= 1 and fault.column >= 1) or "cannot be read" in fault.message
