"""Load: people on a night, by Locust, and whether what is promised holds for them. `./dev load NAME`.

scenarios.toml  what there is to be gone through, each with a short form
__main__.py     the entry: arguments, table, report, exit status
people.py       what one person does (Locust, gevent)
watcher.py      their socket
ballot.py       what they were told of their votes
generator.py    the process of Locust; no Django in it, and nothing else of ours has gevent
windows.py      what came of a stretch of time
house.py        what is measured: private stores and the processes of production
running.py      a scenario on such a house, or on a service that there is
gates.py        from what came of it to rows that are met or not
bottlenecks.py  what would be full first, and what takes the time
report.py       HTML and Markdown
charts.py       SVG
"""
