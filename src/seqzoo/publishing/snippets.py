"""Code examples for a model: with seqzoo, without it, over HTTP, from C++ and from C. Tests run all of them."""

from __future__ import annotations

import json
import textwrap
from typing import NamedTuple

from ..bundles.manifest import Contract, Manifest
from ..bundles.store import CARD, ONNX, TORCHSCRIPT
from . import c
from .c.networks import NETWORKS


class Snippet(NamedTuple):
    """A file of code or a command. `needs` states what must be installed or present to run it."""

    key: str
    title: str
    needs: str
    code: str


def of(name: str, manifest: Manifest, origin: str) -> list[Snippet]:
    """The snippets of a bundle.

    Args:
        name: under which it lies on the shelf, where names are known to be harmless.
        origin: the address of a server, as "http://127.0.0.1:8000".
    """
    length, width = manifest.contract.context_length, manifest.contract.channels
    is_double = not manifest.contract.scaling.is_identity
    likely, step = _typical_value(manifest.contract), typical_step(manifest.contract)
    values = _lines([likely] * length) if width == 1 else ",\n".join([f"    {step}"] * length)
    named_channels = textwrap.wrap(f"Each step: {', '.join(manifest.contract.names)}.", 58)
    told = "" if width == 1 else "".join(f"# {line}\n" for line in [*named_channels, f"{CARD} has their formulas."])
    steps = f"[[{step}] * {length}]"
    of_numpy = f"np.full((1, {length}, 1), {likely}, np.{{}})" if width == 1 else f"np.array({steps}, np.{{}})"
    kind, number = ("float64", "double") if is_double else ("float32", "float")
    dtype = ", dtype=torch.float64" if is_double else ""
    of_torch = f"torch.full((1, {length}, 1), {likely}{dtype})" if width == 1 else f"torch.tensor({steps}{dtype})"
    options = ", torch::kFloat64" if is_double else ""
    horizon = 10 if width == 1 else manifest.contract.horizon  # beyond it, more of the calendar is needed
    named = json.dumps(manifest.contract.input)
    python = f"""\
import seqzoo

predictor = seqzoo.load("{name}")
{told}forecast = predictor.predict([{step}] * {length})
print(forecast.tolist())
"""
    onnx = f"""\
import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession("{ONNX}")
{told}window = {of_numpy.format(kind)}
if not len(window):  # ONNX Runtime aborts the process on an empty batch of an LSTM or a GRU
    raise ValueError("no window to forecast from")
(forecast,) = session.run(None, {{{named}: window}})
print(forecast.tolist())
"""
    torchscript = f"""\
import torch

model = torch.jit.load("{TORCHSCRIPT}")
{told}window = {of_torch}
with torch.no_grad():
    forecast = model(window)
print(forecast.tolist())
"""
    curl = f"""\
curl -s {origin}/api/models/{name}/forecast \\
  -H 'content-type: application/json' \\
  -d '{{"horizon": {horizon}, "context": [
{values}
  ]}}'
"""
    cpp = f"""\
#include <torch/script.h>

#include <iomanip>
#include <iostream>
#include <iterator>
#include <vector>

// Reads windows of {length if width == 1 else f"{length} rows of {width}"} values each,
// writes a line of forecasts for each.
int main() {{
  torch::NoGradGuard without_gradients;
  auto model = torch::jit::load("{TORCHSCRIPT}");

  std::istream_iterator<{number}> first(std::cin), last;
  std::vector<{number}> values(first, last);
  const int64_t rows = values.size() / {length * width};
  auto window = torch::from_blob(
      values.data(), {{rows, {length}, {width}}}{options});

  auto forecast = model.forward({{window}}).toTensor();

  std::cout << std::setprecision({17 if is_double else 9});
  for (int64_t row = 0; row < rows; ++row) {{
    for (int64_t step = 0; step < forecast.size(1); ++step)
      std::cout << forecast[row][step].item<{number}>() << " ";
    std::cout << "\\n";
  }}
}}
"""
    return [
        Snippet("python", "Python", "seqzoo installed", python),
        Snippet("onnx", "ONNX Runtime", f"ONNX Runtime, and {ONNX} in the same folder", onnx),
        Snippet("torchscript", "TorchScript", f"torch, and {TORCHSCRIPT} in the same folder", torchscript),
        Snippet("curl", "curl", "this server running", curl),
        Snippet("cpp", "C++", f"libtorch, {TORCHSCRIPT} in the folder where it runs, and CMakeLists.txt", cpp),
        Snippet("cmake", "CMakeLists.txt", "the C++ saved as forecast.cpp beside it, and libtorch", CMAKE),
        *_in_c(manifest),
    ]


def _in_c(manifest: Manifest) -> list[Snippet]:
    """A program in C around the exported model; nothing for an architecture that has no C."""
    if manifest.architecture not in NETWORKS:
        return []
    prefix, contract = c.prefix_of(manifest), manifest.contract
    upper = prefix.upper()
    number, scan, digits = ("float", "%f", 9) if contract.scaling.is_identity else ("double", "%lf", 17)
    is_one = contract.horizon == 1
    call = f"forecast[0] = {prefix}_predict(window);" if is_one else f"{prefix}_predict(window, forecast);"
    code = f"""\
/* cc -O2 forecast.c {prefix}.c -lm && echo "0.1 0.1 ..." | ./a.out */
#define {upper}_INTERFACE_ONLY
#include "{prefix}.c"
#include <stdio.h>

int main(void) {{
    {number} window[{upper}_CONTEXT * {upper}_CHANNELS];
    {number} forecast[{upper}_HORIZON];
    for (int n = 0; n < {upper}_CONTEXT * {upper}_CHANNELS; ++n)
        if (scanf("{scan}", &window[n]) != 1) return 1;
    {call}
    for (int h = 0; h < {upper}_HORIZON; ++h)
        printf("%.{digits}g\\n", (double)forecast[h]);
    return 0;
}}
"""
    needs = f"a C compiler, and {prefix}.c in the same folder, which `seqzoo export {manifest.name} --c` writes"
    return [Snippet("c", "C", needs, code)]


CMAKE = """\
# cmake -B build -DCMAKE_PREFIX_PATH="$(python -c 'import torch; print(torch.utils.cmake_prefix_path)')"
# cmake --build build && echo "0.1 0.1 ..." | build/forecast
cmake_minimum_required(VERSION 3.18)
project(forecast CXX)
find_package(Torch REQUIRED)
add_executable(forecast forecast.cpp)
target_link_libraries(forecast ${TORCH_LIBRARIES})
set_property(TARGET forecast PROPERTY CXX_STANDARD 20)
"""


def _typical_value(contract: Contract) -> float:
    """The centre of the series that the model was trained on; 0.1 on a signal."""
    return 0.1 if contract.scaling.is_identity else float(f"{contract.scaling.center:.6g}")


def typical_step(contract: Contract) -> float | list[float]:
    """An example of one step of a window; calendar channels are sines and cosines at midnight."""
    value = _typical_value(contract)
    return value if contract.channels == 1 else [value, *[0.0, 1.0] * (contract.channels // 2)]


def _lines(values: list[float], width: int = 10) -> str:
    """Numbers as the inside of a JSON list, ten to a line."""
    rows = [values[start : start + width] for start in range(0, len(values), width)]
    return ",\n".join("    " + ", ".join(map(str, row)) for row in rows)
