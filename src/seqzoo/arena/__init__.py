"""The arena: every model on the same data and the same number of windows, several seeds, intervals, verdicts.

`cells` trains and scores one model once, `pool` runs cells in processes, `results` keeps them, `contest` puts the
three together; `verdicts` compares, `report`, `page` and `figures` show. `efficiency` asks how many points it takes,
`shift` what a changed signal does, `order` who needs the order of what it reads. `stored` reads and writes the files.
"""
