"""From a trained module to a bundle: weights, TorchScript, ONNX, golden tensors, score, card, manifest."""

from __future__ import annotations

import dataclasses
import math
import platform
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load as from_safetensors
from safetensors.torch import save as to_safetensors
from torch import nn

from .. import __version__
from .._arrays import FloatArray, with_known
from .._extras import one_thread
from ..bundles import holdout as holdouts
from ..bundles import intervals as kept_intervals
from ..bundles import store
from ..bundles.manifest import SCHEMA_VERSION, Contract, Manifest, ScoreFacts, TrainingFacts
from ..bundles.store import Bundle
from ..data.calendar import VALUE, Calendar
from ..data.scaling import Scaling
from ..data.windows import pooled
from ..errors import InputError, IntegrityError
from ..evaluation.holdout import HoldoutScore, linear_on, score_on_series
from ..evaluation.scoring import HELD_OUT_SEEDS, Score, most_windows, score
from ..signals import Observed, ObservedSet, Simulated
from ..training import modules
from ..training.loop import Trained
from ..training.scaled import Scaled
from ..training.spec import TrainingSpec
from ..zoo import _model_files, _registry
from ..zoo._card import Card
from ..zoo._recipes import configured
from . import cards, series_intervals
from .onnx import check_exporter, to_onnx
from .set_scores import score_of_set
from .torchscript import to_torchscript

SCORE_SEED = HELD_OUT_SEEDS + 1
GOLDEN_WINDOWS = 64


def export(trained: Trained, card: Card, path: Path, *, name: str | None = None) -> Bundle:
    """The bundle of a trained model, written to the folder `path`; an older bundle there is replaced as a whole.

    Args:
        name: the bundle's name; by default that of the zoo's entry of this architecture, source and size.

    Raises:
        InputError: the run has no evaluation yet, or the folder holds other files.
        MissingExtraError: onnx, onnxscript or PyYAML is not installed.
    """
    if not trained.history:
        raise InputError("the run has no evaluated weights yet: train it for longer.")
    store.check_replaceable(path)
    spec, module = trained.spec, trained.module
    holdout, known = _holdout(spec), _known_holdout(spec)
    manifest = _manifest(trained, card, name or spec.zoo_name)
    if not isinstance(spec.source, Simulated):
        predict, source, length = in_units(module, spec.scaling), spec.source, spec.context_length
        errors = series_intervals.calibration(predict, source, spec.scaling, length, spec.horizon, spec.known())
        assert holdout is not None
        facts = series_intervals.facts_of(predict, errors, holdout, spec.scaling, length, source, known)
        manifest = msgspec.structs.replace(manifest, intervals=facts)
    golden = _golden_windows(spec)
    contents = {
        store.CARD: cards.render(manifest, card).encode(),
        store.WEIGHTS: to_safetensors(weights_of(module)),
        store.TORCHSCRIPT: to_torchscript(module, manifest.contract),
        store.ONNX: to_onnx(module, manifest.contract),
        store.GOLDEN: _golden(golden, in_units(module, manifest.contract.scaling)(golden)),
        store.HISTORY: msgspec.json.encode(trained.history) + b"\n",
    }
    if holdout is not None:
        contents[store.HOLDOUT] = holdouts.encoded(holdout, known)
    if manifest.intervals is not None:
        contents[store.INTERVALS] = kept_intervals.encoded(errors)
    return store.write_bundle(path, manifest, contents)


def _holdout(spec: TrainingSpec) -> list[NDArray[np.float64]] | None:
    """The held-out part of each measured series with the window before it; None for a simulated source."""
    if isinstance(spec.source, Simulated):
        return None
    return [member.held_out(spec.context_length) for member in spec.source.members]


def _known_holdout(spec: TrainingSpec) -> list[NDArray[np.float64]] | None:
    """The channels beside these values of each series that were known in advance; None if D is 1."""
    known = spec.known()
    if known is None:
        return None
    assert not isinstance(spec.source, Simulated)
    cutoffs = [member.cutoff for member in spec.source.members]
    return [each[cutoff - spec.context_length :] for each, cutoff in zip(known, cutoffs, strict=True)]


def _golden(context: FloatArray, forecast: FloatArray) -> bytes:
    tensors = {"context": context, "forecast": forecast}
    return to_safetensors({name: torch.from_numpy(values) for name, values in tensors.items()})


def weights_of(module: nn.Module) -> dict[str, torch.Tensor]:
    """The tensors of a module, as bundles save them."""
    return {key: value.detach().clone().contiguous() for key, value in module.state_dict().items()}


def check_exportable(spec: TrainingSpec) -> None:
    """Check that a bundle of this spec could be written; call it before training.

    Raises:
        InputError: its module cannot be trained, scripted or expressed in ONNX.
        MissingExtraError: onnx, onnxscript or PyYAML is not installed.
    """
    check_exporter()
    build = modules.builder(spec)
    if spec.architecture in _registry.shipped():  # tests export these
        return
    with torch.random.fork_rng():
        module = build()
    contract = contract_of(spec)
    to_torchscript(module, contract)
    to_onnx(module, contract)


def _golden_windows(spec: TrainingSpec) -> FloatArray:
    """Windows [B, L, D] in the units of the series: float64 if there is a scaling, otherwise float32.

    Some are of the source; some are far from it, which reveals errors of gates.
    """
    length = spec.context_length
    rng = np.random.default_rng(HELD_OUT_SEEDS + 2)
    process, known = spec.source.process, None
    if process is not None:
        likely = process.draw(GOLDEN_WINDOWS, length, 1, rng).context
    else:
        assert not isinstance(spec.source, Simulated)
        pasts = [spec.scaling.standardise(member.past()) for member in spec.source.members]
        seen, own = pooled(pasts, length)
        places = np.concatenate(own)
        rows = places[rng.integers(len(places), size=GOLDEN_WINDOWS)]
        likely = seen.context[rows]
        beside = spec.known()
        if beside is not None:  # of the pasts laid end to end, where rows are positions
            laid = np.concatenate([each[: len(past)] for each, past in zip(beside, pasts, strict=True)])
            known = laid[rows[:, None] + np.arange(length)]
    unlikely = rng.uniform(-3, 3, (GOLDEN_WINDOWS // 4, length))
    ramp = np.linspace(-1, 1, length)
    chosen = np.stack([np.zeros(length), np.ones(length), ramp, -ramp, np.eye(1, length)[0]])
    windows = np.concatenate([likely, unlikely, chosen]).astype(np.float32)
    if known is not None:
        others = rng.uniform(-1, 1, (len(windows) - len(known), length, spec.channels - 1))
        known = np.concatenate([known, others]).astype(np.float32)
    return with_known(spec.scaling.restore(windows), known)


def eager(module: nn.Module, windows: FloatArray) -> torch.Tensor:
    """The forecast [B, H] of a module in PyTorch, from windows [B, L, D], as the module takes and returns them."""
    pieces = np.array_split(windows, -(-len(windows) // 512))
    with torch.no_grad(), one_thread():
        return torch.cat([module(torch.from_numpy(piece)) for piece in pieces])


def module_of(bundle: Bundle) -> nn.Module:
    """The PyTorch module of a bundle, with its weights, in eval mode.

    Raises:
        UnknownNameError: this installation does not have the architecture.
        IntegrityError: the weights do not fit it.
    """
    architecture = _registry.architecture(bundle.manifest.architecture)
    channels = bundle.manifest.contract.channels
    data = bundle.read(store.WEIGHTS)
    try:
        config = configured(architecture.config(), "config", bundle.manifest.config)
        weights = from_safetensors(data)
        if any(tensor.dtype != torch.float32 for tensor in weights.values()):
            raise IntegrityError("the weights are not all float32.")
        with torch.device("meta"):  # compares shapes before taking any memory
            architecture.build(config, channels).load_state_dict(weights, assign=True)
        with torch.random.fork_rng():
            module = architecture.build(config, channels)  # also makes tensors that the weights do not hold
        module.load_state_dict(weights)
    except (KeyError, RuntimeError, ValueError, InputError, SafetensorError) as error:
        first = str(error).splitlines()[0]
        raise IntegrityError(f"the weights do not fit the architecture {architecture.name}: {first}") from None
    return module.eval()


def score_of(module: nn.Module, spec: TrainingSpec) -> ScoreFacts:
    """The score of a module, on the windows that score every bundle of its signal, or on the held-out part of its
    series."""
    length, horizon, process = spec.context_length, spec.horizon, spec.source.process
    if process is None:
        values = _holdout(spec)
        assert values is not None
        assert not isinstance(spec.source, Simulated)
        if isinstance(spec.source, ObservedSet):
            return score_of_set(
                in_units(module, spec.scaling), spec.source, values, length, horizon, spec.known()
            )
        whole, beside = spec.known(), _known_holdout(spec)
        return _on_series(
            score_on_series(
                in_units(module, spec.scaling), values[0], length, horizon, season=spec.source.season,
                linear=linear_on(spec.source, length, horizon, whole[0] if whole else None),
                known=beside[0] if beside else None,
            )
        )  # fmt: skip
    windows = min(process.windows_to_score, most_windows(length, horizon))
    predict = in_units(module, spec.scaling)
    return _on_process(score(predict, process, length, horizon=horizon, windows=windows, seed=SCORE_SEED))


def in_units(module: nn.Module, scaling: Scaling) -> Callable[[NDArray[np.floating]], NDArray[np.floating]]:
    """A function from windows [B, L, D] to a module's forecasts [B, H] in PyTorch, both in the series' units."""
    whole = module if scaling.is_identity else Scaled(module, scaling)
    return lambda windows: eager(whole, windows.astype(scaling.dtype, copy=False)).numpy()


def _on_series(measured: HoldoutScore) -> ScoreFacts:
    steps: dict[str, list[float]] = {}
    if len(measured.model.steps) > 1:
        own = measured.model.steps
        steps = {"mse": [step.value for step in own], "mse_se": [step.se for step in own]}
        steps |= {name: [step.value for step in result.steps] for name, result in measured.rivals.items()}
    return ScoreFacts(
        windows=measured.model.cutoffs, seed=0, mse=(measured.mse.value, measured.mse.se), excess=None, skill=None,
        rivals=measured.rival_mse, steps=steps,
    )  # fmt: skip


def _on_process(measured: Score) -> ScoreFacts:
    steps: dict[str, list[float]] = {}
    if len(measured.steps) > 1:
        is_known = all(math.isfinite(step.excess.value) for step in measured.steps)
        for step in measured.steps:
            facts = {"mse": step.mse.value, "mse_se": step.mse.se}
            facts |= {"excess": step.excess.value} if is_known else {}
            for name, value in {**facts, **dict(step.floors.items())}.items():
                steps.setdefault(name, []).append(value)
    return ScoreFacts(
        windows=measured.windows,
        seed=measured.seed,
        mse=(measured.mse.value, measured.mse.se),
        excess=(measured.excess.value, measured.excess.se) if math.isfinite(measured.excess.value) else None,
        skill=(measured.skill.value, measured.skill.se),
        floors=measured.floors,
        steps=steps,
    )


def contract_of(spec: TrainingSpec) -> Contract:
    """The contract of the bundle of a spec."""
    length, horizon, scaling = spec.context_length, spec.horizon, spec.scaling
    if isinstance(spec.source, Simulated):
        return Contract(length, horizon, scaling=scaling)
    series = spec.source.members[0].series()
    reach = None
    if isinstance(spec.source, Observed):
        reach = float(np.nanmax(np.abs(spec.source.past() - scaling.center)) / scaling.scale)
    calendar = Calendar(spec.calendar, None if series.times is None else series.times.zone)
    several = {"channels": spec.channels, "names": (VALUE, *calendar.names), "zone": calendar.zone}
    return Contract(
        length, horizon, scaling=scaling, **(several if spec.calendar else {"names": (spec.source.key,)}),
        frequency=None if series.times is None else series.times.frequency.alias,
        reach=reach,
    )  # fmt: skip


def stack(core: str = "") -> dict[str, str]:
    """The versions and the processor, on which the exact weights depend besides recipe and seed.

    Args:
        core: the core that trained the weights, see `training.compiled.name_of`; PyTorch's kernels are not named.
    """
    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "onnxruntime": onnxruntime.__version__,
        "machine": platform.machine(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        **({"core": core} if core else {}),
    }


def _manifest(trained: Trained, card: Card, name: str) -> Manifest:
    spec = trained.spec
    return Manifest(
        schema_version=SCHEMA_VERSION,
        name=name,
        title=card.title,
        summary=card.summary,
        architecture=spec.architecture,
        config=spec.config,
        parameters=sum(parameter.numel() for parameter in trained.module.parameters()),
        contract=contract_of(spec),
        source=spec.source,
        score=score_of(trained.module, spec),
        training=TrainingFacts(
            recipe=dataclasses.asdict(spec.recipe),
            seed=spec.seed,
            steps=trained.best_step,
            windows_seen=trained.best_step * spec.recipe.batch_size,
            seconds=round(trained.seconds, 1),
            stack=stack(trained.core),
            model_file=spec.model_file,
        ),
        rebuild=f"seqzoo reproduce {name}{_model_files.option_for(spec.architecture)}",
        created_with=f"seqzoo {__version__}",
        files={},
    )
