"""The microscope: every gate and state of a recurrent cell, computed in the browser, and the pieces it is made of.

`facts` is what Python computes, `js` the page as ES modules that know of no host, `hosts` how each host carries facts
to them, and `widget` what Jupyter needs of Python. `feedforward` has the equations of the other architectures.
"""
