"""The C that every network shares: declarations, forecasts of windows and streams, the test of the golden tensors.

`@` stands for the prefix of all names; LL, HH, DD and KK for context length, horizon, channels and features.
"""

from __future__ import annotations

from ...bundles.manifest import Contract
from ...data.scaling import FLOOR
from ...runtime.golden import Comparison
from .arrays import array
from .networks import Network

MATHEMATICS = """\
#if __STDC_HOSTED__
#include <math.h>
#else /* no standard library: link these functions from any */
#ifdef __cplusplus
extern "C" {
#endif
float expf(float);
float tanhf(float);
float erff(float);
double sqrt(double);
#ifdef __cplusplus
}
#endif
#endif
"""

_INTERFACE = """\
#ifndef @@_INTERFACE
#define @@_INTERFACE
#ifdef __cplusplus
extern "C" {{
#endif

#define @@_CONTEXT {length} /* steps of a window */
#define @@_HORIZON {horizon} /* values of a forecast */
#define @@_CHANNELS {channels} /* values of a step */
#define @@_FEATURES {features} /* the forecast is a weighted sum of these */

/* Forecasts after a window of @@_CONTEXT steps, the oldest first{order}. */
{predict};
{step}
#ifdef __cplusplus
}}
#endif
#endif /* @@_INTERFACE */
"""

_STEP = """
/* What the model keeps of the values that it has read; the caller owns it. */
{state}

/* Call it before the first value, and before each new stretch of data. */
void @_reset(@_state *state);

/* Forecasts after one more {read}. After @@_CONTEXT of them it is the forecast of their window. */
{step};
"""

_NO_STEP = "\n/* There is no @_step: {why}. */\n"

_RESET = """\
{static}void @_reset(@_state *state) {{
{loops}
}}
"""

_PREDICT_BY_STATE = """\
{predict} {{
    @_state state;
    float x[DD];
{begin}    @_reset(&state);
    for (int t = 0; t < LL; ++t) {{
        @_enter(window + t * DD, x{frame});
        @_advance(&state, x);
    }}
    @_leave(state.h, forecast{base});
{end}}}
"""

_PREDICT = """\
{predict} {{
    float values[LL * DD], features[KK];
{begin}    for (int t = 0; t < LL; ++t) @_enter(window + t * DD, values + t * DD{frame});
    @_read(values, features);
    @_leave(features, forecast{base});
{end}}}
"""

_STEP_CODE = """\
{step} {{
    float read[DD];
{begin}    @_enter({given}, read);
    @_advance(state, read);
    @_leave(state->h, forecast);
{end}}}
"""

_UNITS = """\
/* from the units of the series to those of the network, and back */
static void @_enter(const {kind} *given, float *x{of_frame}) {{
    x[0] = {entered};{others}
}}

static void @_leave(const float *features, {kind} *forecast{of_base}) {{
    for (int step = 0; step < HH; ++step) {{
        const float ahead = @_head_bias[step] + @_head(step, features);
        forecast[step] = {left};
    }}
}}
"""

_FRAME = """\
    double level = 0.0, spread = 0.0; /* the mean and the standard deviation of the window */
    for (int t = 0; t < LL; ++t) level += window[t * DD] - {center};
    level = {center} + level / LL;
    for (int t = 0; t < LL; ++t) {{
        const double apart = window[t * DD] - level;
        spread += apart * apart;
    }}
    spread = sqrt(spread / LL);
    if (spread < {floor}) spread = {floor};
"""

_SELFTEST = """\
#ifdef SELFTEST
#include <stdio.h>

{windows}
{forecasts}
{allowed}
int main(void) {{
    double worst = 0.0;
    int failed = 0;
    for (int row = 0; row < {rows}; ++row) {{
        {kind} forecast[HH];
        for (int pass = 0; pass < {passes}; ++pass) {{
            if (pass == 0) {{
                {predict}
            }}{else_step}
            for (int step = 0; step < HH; ++step) {{
                const double difference = fabs((double)forecast[step] - (double)@_golden_forecasts[row][step]);
                if (!(difference <= @_golden_allowed[row])) failed = 1; /* also where it is not a number */
                if (!(difference <= worst)) worst = difference;
            }}
        }}
    }}
    printf("{name}: {rows} golden windows by {doors}, worst difference %.2g, {bound:.2g} allowed: %s\\n", worst,
           failed ? "FAILED" : "passed");
    return failed;
}}
#endif /* SELFTEST */
"""

_BY_STEP = """ else {{
                @_state state;
                @_reset(&state);
                for (int t = 0; t < LL; ++t) {{
                    {step}
                }}
            }}"""


def can_step(contract: Contract, network: Network) -> bool:
    """Whether the model can read one step at a time: it has a state, and its scaling needs no whole window."""
    return bool(network.states) and contract.scaling.kind == "series"


def interface(contract: Contract, network: Network) -> str:
    """Sizes, the state, and the functions that callers use."""
    if can_step(contract, network):
        read = "value" if contract.channels == 1 else "step of @@_CHANNELS values"
        step = _STEP.format(state=_state(network), read=read, step=_declared(contract, "step"))
    else:
        why = "each window is scaled by its own mean and deviation" if network.states else "the network has no state"
        step = _NO_STEP.format(why=why)
    order = f"; a step is {', '.join(contract.names)}" if contract.channels > 1 else ""
    return _INTERFACE.format(
        length=contract.context_length, horizon=contract.horizon, channels=contract.channels,
        features=network.features, order=order, predict=_declared(contract, "predict"), step=step,
    )  # fmt: skip


def functions(contract: Contract, network: Network) -> str:
    """The definitions of what `interface` declares."""
    kind, scaling, steps = _number(contract), contract.scaling, can_step(contract, network)
    of_window, season = scaling.kind != "series", scaling.season
    level, spread = ("level", "spread") if of_window else (f"{scaling.center!r}", f"{scaling.scale!r}")
    frame_of, frame = (", double level, double spread", ", level, spread") if of_window else ("", "")
    base_of, base = (", double spread, const double *window", ", spread, window") if season > 1 else (frame_of, frame)
    added = f"window[(LL - {season} + step % {season}) * DD]" if season > 1 else level
    is_double = not scaling.is_identity
    others = "\n    for (int d = 1; d < DD; ++d) x[d] = (float)given[d];" if contract.channels > 1 else ""
    parts = [_UNITS.format(
        kind=kind, others=others, of_frame=frame_of, of_base=base_of,
        entered=f"(float)((given[0] - {level}) / {spread})" if is_double else "given[0]",
        left=f"(double)ahead * {spread} + {added}" if is_double else "ahead",
    )]  # fmt: skip
    one = contract.horizon == 1
    begin, end = (f"    {kind} forecast[HH];\n", "    return forecast[0];\n") if one else ("", "")
    if network.states:
        loops = [f"    for (int k = 0; k < KK; ++k) state->{state}[k] = 0.0f;" for state in network.states]
        parts.append(_RESET.format(static="" if steps else "static ", loops="\n".join(loops)))
    predict = _PREDICT_BY_STATE if network.states else _PREDICT
    measured = _FRAME.format(center=repr(scaling.center), floor=repr(FLOOR * scaling.scale)) if of_window else ""
    parts.append(predict.format(
        predict=_declared(contract, "predict"), begin=begin + measured, end=end,
        frame=frame, base=base,
    ))  # fmt: skip
    if steps:
        given = "&x" if contract.channels == 1 else "x"
        parts.append(_STEP_CODE.format(step=_declared(contract, "step"), begin=begin, end=end, given=given))
    return "\n".join(parts)


def private_state(contract: Contract, network: Network) -> str:
    """The state of a model whose callers never see it; nothing for the others."""
    return f"{_state(network)}\n\n" if network.states and not can_step(contract, network) else ""


def selftest(name: str, contract: Contract, network: Network, proof: Comparison) -> str:
    """A program that compares the golden forecasts, each by a window and, where the model can, step by step."""
    kind, steps = _number(contract), can_step(contract, network)
    window = "@_golden_windows[row]"
    step = "@_golden_windows[row][t]" if contract.channels == 1 else "@_golden_windows[row] + t * DD"
    one = contract.horizon == 1
    by_window = f"forecast[0] = @_predict({window});" if one else f"@_predict({window}, forecast);"
    by_step = f"forecast[0] = @_step(&state, {step});" if one else f"@_step(&state, {step}, forecast);"
    rows = len(proof.context)
    return _SELFTEST.format(
        name=name, kind=kind, rows=rows, passes=2 if steps else 1, doors="window and by step" if steps else "window",
        windows=array(kind, "golden_windows", proof.context.reshape(rows, -1)),
        forecasts=array(kind, "golden_forecasts", proof.expected),
        allowed=array("double", "golden_allowed", proof.bounds),
        predict=by_window, else_step=_BY_STEP.format(step=by_step) if steps else "", bound=proof.bounds.max(),
    )  # fmt: skip


def _number(contract: Contract) -> str:
    """The C type of the contract's numbers."""
    return "float" if contract.scaling.is_identity else "double"


def _state(network: Network) -> str:
    return f"typedef struct {{ float {', '.join(f'{state}[KK]' for state in network.states)}; }} @_state;"


def _declared(contract: Contract, what: str) -> str:
    """`predict` or `step`: a single value is returned, several are written to `forecast`."""
    kind = _number(contract)
    given = f"const {kind} *window"
    if what == "step":
        given = f"@_state *state, {f'{kind} x' if contract.channels == 1 else f'const {kind} *x'}"
    return f"{kind} @_{what}({given})" if contract.horizon == 1 else f"void @_{what}({given}, {kind} *forecast)"
