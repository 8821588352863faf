"""The ONNX file of every shipped bundle gives the same forecasts in three engines, at batches of 1 and 7."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import tract
from onnx.reference import ReferenceEvaluator

from seqzoo.bundles import store


@pytest.mark.parametrize("folder", sorted(store.SHIPPED.iterdir()), ids=lambda folder: folder.name)
def test_an_onnx_file_opens_in_onnx_runtime_the_reference_and_tract(folder: Path) -> None:
    path, contract = folder / store.ONNX, store.open_bundle(folder).manifest.contract
    windows = np.random.default_rng(0).standard_normal((7, contract.context_length, 1)).astype(np.float32)
    session, reference = onnxruntime.InferenceSession(path), ReferenceEvaluator(onnx.load(path))
    compiled = tract.onnx().load(str(path)).into_model().into_runnable()
    (expected,) = session.run(None, {contract.input: windows})
    for rows in (windows, windows[:1]):
        given = {
            "ONNX Runtime": session.run(None, {contract.input: rows})[0],
            "reference": reference.run(None, {contract.input: rows})[0],
            "tract": compiled.run([rows])[0].to_numpy(),
        }
        for engine, forecast in given.items():
            np.testing.assert_allclose(forecast, expected[: len(rows)], rtol=0, atol=1e-5, err_msg=engine)
