"""Recipes: the schedule, when weights are evaluated, and the values a field refuses."""

from __future__ import annotations

import dataclasses

import pytest

from seqzoo.errors import InputError
from seqzoo.signals import Sine
from seqzoo.zoo._recipes import MAX_SIZE, Recipe, replaced


def test_the_learning_rate_rises_over_the_warm_up_and_falls_linearly_to_zero():
    recipe = Recipe(learning_rate=1.0, steps=100, warmup=0.1)
    rates = [recipe.learning_rate_at(step) for step in range(100)]
    assert rates[:10] == pytest.approx([(step + 1) / 10 for step in range(10)])
    assert rates[10:] == pytest.approx([(100 - step) / 90 for step in range(10, 100)])


def test_without_decay_the_learning_rate_stays_after_the_warm_up():
    recipe = Recipe(learning_rate=0.5, steps=10, warmup=0.2, decay="none")
    assert [recipe.learning_rate_at(step) for step in range(10)] == [0.25] + [0.5] * 9


@pytest.mark.parametrize("warmup", [0.0, 1.0])
@pytest.mark.parametrize("steps", [1, 2, 50])
def test_every_step_has_a_positive_learning_rate_up_to_the_peak(steps, warmup):
    recipe = Recipe(learning_rate=0.1, steps=steps, warmup=warmup)
    assert all(0 < recipe.learning_rate_at(step) <= 0.1 for step in range(steps))


def test_weights_are_evaluated_five_times_as_often_at_the_start_and_always_at_the_end():
    recipe = Recipe(steps=1003, evaluate_every=50)
    steps = [step for step in range(1, 1004) if recipe.is_evaluated_at(step)]
    assert steps == [*range(10, 401, 10), *range(450, 1001, 50), 1003]


@pytest.mark.parametrize("name", ["steps", "batch_size", "evaluate_every"])
@pytest.mark.parametrize("value", [0, -1])
def test_a_count_below_one_is_refused(name, value):
    with pytest.raises(InputError, match=rf"{name}.*{value}"):
        Recipe(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("warmup", -0.1),
        ("warmup", 1.1),
        ("averaging", 2.0),
        ("averaging", float("nan")),
        ("learning_rate", 0.0),
        ("learning_rate", float("inf")),
        ("learning_rate", float("nan")),
        ("clip_norm", 0.0),
        ("clip_norm", float("nan")),
    ],
)
def test_a_fraction_or_rate_outside_its_range_is_refused(name, value):
    with pytest.raises(InputError, match=name):
        Recipe(**{name: value})


def test_one_field_is_replaced_and_the_others_kept():
    assert replaced(Recipe(), "recipe", "steps", 7) == dataclasses.replace(Recipe(), steps=7)
    assert replaced(Recipe(), "recipe", "points", None).points is None
    assert replaced(Sine(), "signal", "sigma", 1).sigma == 1.0


@pytest.mark.parametrize(
    ("name", "value"),
    [("steps", "7"), ("steps", 7.5), ("steps", None), ("optimiser", "sgd"), ("decay", "cosine"), ("points", "many")],
)
def test_a_value_of_another_type_is_refused_with_the_field_and_the_value(name, value):
    with pytest.raises(InputError, match=rf"recipe.{name}.*{value!r}"):
        replaced(Recipe(), "recipe", name, value)


def test_a_choice_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(InputError, match=r"recipe.optimiser cannot be 'sgd': expected soap or adam"):
        replaced(Recipe(), "recipe", "optimiser", "sgd")


def test_a_field_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(InputError, match=r"'epochs'.*optimiser, learning_rate, steps"):
        replaced(Recipe(), "recipe", "epochs", 3)


@pytest.mark.parametrize("value", [0, -1, MAX_SIZE + 1])
def test_a_size_out_of_range_is_refused(value):
    @dataclasses.dataclass(frozen=True)
    class Config:
        hidden_size: int = 64

    with pytest.raises(InputError, match=rf"config.hidden_size.*1 to {MAX_SIZE}.*{value}"):
        replaced(Config(), "config", "hidden_size", value)
