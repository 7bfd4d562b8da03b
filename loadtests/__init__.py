"""Benchmarks: the real server processes on private stores, each beside the floor it is measured by.

bench.py     the entry: arguments, table, JSON, exit status
machine.py   stores, server processes, cores, processor time
client.py    the load generator
floor.py     the smallest Django there is: F
naive.py     two reads as they are usually written
collected.py jamvote.wsgi with the garbage collector otherwise
faults/      what is wrong in the examination of Insight
load/        people on a night, by Locust
bench_*.py   what `./dev bench NAME` runs
"""
