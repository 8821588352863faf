"""A minimal Streamlit page doing the same: a gallery of models with drawings, a model with sliders and a chart.

Runs in an environment of its own: streamlit run rival_streamlit.py -- FOLDER-OF-BUNDLES
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import streamlit as st

BUNDLES = Path(sys.argv[1])


@st.cache_resource
def session(name: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(BUNDLES / name / "model.onnx"), options)


@st.cache_data
def drawing(name: str) -> pd.DataFrame:
    truth = np.sin(0.1 * np.arange(80))
    windows = np.lib.stride_tricks.sliding_window_view(truth, 20)[:, :, None].astype(np.float32)
    said = session(name).run(None, {"context": windows})[0][:, 0]
    return pd.DataFrame({"truth": truth[19:], "forecast": said})


if name := st.query_params.get("model"):
    st.header(name)
    frequency = st.slider("Frequency", 0.005, 0.5, 0.02, 0.005, key="frequency")
    phase = st.slider("Phase", 0.0, 6.28, 0.6, 0.02, key="phase")
    amplitude = st.slider("Amplitude", 0.0, 2.0, 1.0, 0.05, key="amplitude")
    noise = st.slider("Noise", 0.0, 0.5, 0.1, 0.01, key="noise")
    steps = np.arange(20)
    window = amplitude * np.sin(frequency * (steps - 20) + phase)
    window = window + noise * np.random.default_rng(3).standard_normal(20)
    said = session(name).run(None, {"context": window.astype(np.float32)[None, :, None]})[0][0, 0]
    st.line_chart(pd.DataFrame({"value": [*window, said]}))
    st.markdown(f'<p id="said">{said:.6f}</p>', unsafe_allow_html=True)
else:
    st.title("A zoo of small sequence models")
    for folder in sorted(BUNDLES.iterdir()):
        facts = json.loads((folder / "manifest.json").read_text("utf-8"))
        st.subheader(folder.name)
        st.caption(facts["summary"])
        st.line_chart(drawing(folder.name), height=130)
