"""One module per report: the columns that it needs and the pure function from table to result, as its `REPORT`.

Modules are found by their presence here: a new report needs no list to be extended.
"""
