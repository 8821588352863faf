"""The arena: experiments that compare many models, with intervals and verdicts.

`experiment` defines the protocol of an experiment, and `experiments` holds the experiments and their list. `running`
measures the cases that a folder lacks. `results`, `measurements` and `result_files` store measurements. `report`
holds the parts of findings and reports, and `committed` the results that the package ships.
"""
