"""What holds while releases and instances come and go: people vote meanwhile (`./dev cluster --drill`).

__main__.py  the entry: arguments, table, exit status
drills.py    what is done: restarts, releases, what is lost
night.py     one after the other, and what each cost who voted
room.py      phones that ask as browsers do, behind nginx, and visitors
stage.py     the instances of deploy/cluster, as loadtests/chaos knows them
scaling.py   one web process beside two
"""
