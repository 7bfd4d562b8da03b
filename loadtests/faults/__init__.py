"""What developers and operators really do wrong, for the examination of Insight (`./dev bench insight`). None of it is
shipped: servers that a benchmark starts run `loadtests.faults.wsgi` or `.asgi` in place of the product's.

cases.py    the twelve faults, and six changes that harm nobody
code.py     those that are code: put into the product's own before it starts
outside.py  those that are not: an index that is gone, a slow line to Redis
mix.py      what people ask meanwhile
"""
