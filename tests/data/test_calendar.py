"""The calendar of the next step as sines and cosines: by the local clock, and refused where it says nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from seqzoo.data.calendar import Calendar, chosen, named, unseen
from seqzoo.data.frequency import frequency
from seqzoo.data.times import TimeIndex
from seqzoo.data.windows import sliding, split
from seqzoo.errors import InputError, UnknownNameError


def index(start: str, alias: str, zone: str | None = None) -> TimeIndex:
    return TimeIndex(np.datetime64(start, "us"), frequency(alias), zone)


def test_a_position_holds_the_calendar_of_the_step_after_it():
    cases = [  # part, start, frequency, fraction of the period at positions 0 and 1
        ("hour", "2024-01-01T22:00", "h", (23 / 24, 0 / 24)),
        ("hour", "2024-01-01T05:30", "30min", (6 / 24, 6.5 / 24)),
        ("hour", "2024-01-01T23:59:30", "15s", ((23 + 59 / 60 + 45 / 3600) / 24, 0)),
        ("weekday", "2024-01-06", "D", (6 / 7, 0 / 7)),  # a Saturday, followed by Sunday and Monday
        ("weekday", "2024-01-05", "B", (0 / 7, 1 / 7)),  # a Friday, followed by Monday
        ("month", "2023-11-01", "MS", (11 / 12, 0 / 12)),
        ("month", "2023-12-31", "ME", (0 / 12 + 30 / 31 / 12, 1 / 12 + 28 / 29 / 12)),
        ("month", "2024-02-28", "D", (1 / 12 + 28 / 29 / 12, 2 / 12)),
    ]
    for part, start, alias, fractions in cases:
        given = Calendar((part,)).channels(index(start, alias), 2)
        angle = 2 * np.pi * np.array(fractions)
        expected = np.stack([np.sin(angle), np.cos(angle)], axis=1)
        np.testing.assert_allclose(given, expected, atol=1e-12, err_msg=f"{part} {start} {alias}")


def test_the_hour_is_that_of_the_local_clock_across_both_clock_changes():
    for day in ("2024-03-31", "2024-10-27"):
        start = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=ZoneInfo("Europe/Berlin"))
        utc = start.astimezone(ZoneInfo("UTC"))
        clock = [(utc + timedelta(hours=n + 1)).astimezone(ZoneInfo("Europe/Berlin")).hour for n in range(30)]
        angle = 2 * np.pi * np.array(clock) / 24
        at_home = index(utc.replace(tzinfo=None).isoformat(), "h", "Europe/Berlin")
        in_utc = index(utc.replace(tzinfo=None).isoformat(), "h", "UTC")
        for times, zone in ((at_home, None), (in_utc, "Europe/Berlin"), (at_home, "Europe/Berlin")):
            given = Calendar(("hour",), zone).channels(times, 30)
            np.testing.assert_allclose(given, np.stack([np.sin(angle), np.cos(angle)], axis=1), atol=1e-12)
        assert not np.allclose(Calendar(("hour",)).channels(in_utc, 30)[:, 0], np.sin(angle))


def test_days_have_their_own_dates_whatever_the_zone_of_the_model():
    friday = index("2024-01-05T00:00", "D", "UTC")  # in New York still a Thursday
    plain = Calendar(("weekday",)).channels(index("2024-01-05", "D"), 3)
    assert np.array_equal(Calendar(("weekday",), "America/New_York").channels(friday, 3), plain)


def test_what_follows_a_file_continues_its_calendar():
    times, calendar = index("2024-02-27T13:00", "h", "America/New_York"), Calendar(("hour", "weekday", "month"))
    whole = calendar.channels(times, 400)
    assert np.array_equal(calendar.channels(times, 150, 250), whole[250:])
    assert np.array_equal(calendar.channels(times.after(250), 150), whole[250:])


def test_parts_that_say_nothing_of_the_steps_are_refused():
    hourly, daily, yearly = (index("2024-01-01", alias) for alias in ("h", "D", "YS"))
    refused = [
        (["hour"], daily, "hour says nothing of steps of D: they are whole days"),
        (["hour"], index("2024-01-01", "24h"), "whole days"),
        (["weekday"], index("2024-01-07", "W-SUN"), "whole weeks"),
        (["weekday"], index("2024-01-01", "MS"), "or take month"),
        (["month"], yearly, "whole years. Leave it out."),
        (["auto"], yearly, "finds no part"),
        (["auto", "hour"], hourly, "give no others"),
        (["hour"], None, "file with a column of times"),
    ]
    for parts, times, sentence in refused:
        with pytest.raises(InputError, match=sentence):
            chosen(parts, times, 10_000)
    with pytest.raises(UnknownNameError, match=r"Did you mean .hour"):
        chosen(["hours"], hourly, 100)
    assert chosen(["month", "hour", "hour"], hourly, 100) == ("hour", "month")
    assert chosen([], None, 100) == ()


def test_auto_takes_what_the_values_before_the_hold_out_can_teach():
    hourly = index("2024-01-01", "h")
    cases = [(hourly, 300, ("hour",)), (hourly, 400, ("hour", "weekday")),
             (hourly, 20_000, ("hour", "weekday", "month")), (index("2024-01-01", "D"), 400, ("weekday",)),
             (index("2020-01-01", "MS"), 30, ("month",))]  # fmt: skip
    for times, count, parts in cases:
        assert chosen(["auto"], times, count) == parts
    assert "every month" in unseen(("hour", "month"), hourly, 24 * 300)
    assert unseen(("hour", "month"), hourly, 24 * 366) == ""


def test_a_calendar_is_known_by_the_names_of_its_channels():
    calendar = Calendar(("hour", "month"), "UTC")
    assert calendar.names == ("hour_sin", "hour_cos", "month_sin", "month_cos")
    assert named(calendar.names, "UTC") == calendar
    months = ("month_sin", "month_cos", "hour_sin", "hour_cos")
    for names in (("hour_cos", "hour_sin"), ("hour_sin",), months, ("x",)):
        assert named(names) is None


def test_windows_carry_the_channels_of_their_own_steps():
    values, known = np.arange(10.0), np.arange(20.0).reshape(10, 2) + 100
    context, target = sliding(values, 4, 2, 3, known=known)
    assert context.shape == (2, 4, 3) and np.shares_memory(sliding(values, 4, 2).context, values)
    assert np.array_equal(context[1, :, 0], [3, 4, 5, 6]) and np.array_equal(context[1, :, 1:], known[3:7])
    assert np.array_equal(target[1], [7, 8])
    before, after = split(values, 7, 3, 1, known=known)
    assert np.array_equal(before.context[-1, :, 1:], known[3:6])
    assert np.array_equal(after.context[0, :, 1:], known[4:7])
