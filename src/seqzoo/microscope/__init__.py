"""The microscope: every gate and state of a recurrent cell, computed in the browser.

`facts` computes the parts that need Python. `js` is the page as ES modules, independent of any host. `hosts` connects
these modules to each host, and `widget` is the host for Jupyter. `feedforward` looks into the other architectures;
`runtime.feedforward` has their equations.
"""
