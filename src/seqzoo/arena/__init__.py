"""The arena: experiments that put one question to many models, with intervals and verdicts.

`experiment` states what an experiment is, `experiments` holds them and their list, `running` measures what a folder
lacks. `results`, `measurements` and `result_files` keep what is measured; `report` has what findings and reports are
made of; `committed` is what the package ships.
"""
