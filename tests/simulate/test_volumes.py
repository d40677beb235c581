"""The shape of a year."""

from collections import Counter
from datetime import date, timedelta
from random import Random

from tools.simulate.volumes import CENSUS, CIVIL, CLOSING, ELECTORAL, SHARES, START, arrivals, weight


def test_as_many_come_as_were_asked_for_in_their_order_and_within_the_time() -> None:
    found = arrivals(Random(1), 500, 30)
    assert len(found) == 500
    assert found == sorted(found, key=lambda one: one.moment)
    assert found[0].moment >= START
    assert found[-1].moment < START + timedelta(days=30)
    assert {one.process for one in found} == set(SHARES)


def test_the_same_seed_is_the_same_year() -> None:
    assert arrivals(Random(5), 50, 365) == arrivals(Random(5), 50, 365)


def test_january_september_and_mondays_are_the_peaks() -> None:
    found = [one.moment for one in arrivals(Random(2), 20_000, 365, (CIVIL, CENSUS))]
    months = Counter(moment.month for moment in found)
    assert {month for month, _ in months.most_common(2)} == {1, 9}
    assert min(months, key=months.__getitem__) == 8
    days = Counter(moment.weekday() for moment in found)
    assert days.most_common(1)[0][0] == 0
    assert sum(days[day] for day in (5, 6)) < days[0]


def test_registrations_come_before_their_closing_date() -> None:
    assert weight(ELECTORAL, CLOSING) > 4 * weight(ELECTORAL, CLOSING - timedelta(days=28))
    assert weight(ELECTORAL, CLOSING + timedelta(days=7)) < weight(ELECTORAL, CLOSING) / 20
    assert weight(CIVIL, date(2026, 2, 6)) == weight(CIVIL, date(2026, 2, 13))


def test_town_halls_work_by_day() -> None:
    hours = Counter(one.moment.hour for one in arrivals(Random(3), 5000, 365))
    assert sum(hours[hour] for hour in range(8, 20)) > 0.7 * 5000
