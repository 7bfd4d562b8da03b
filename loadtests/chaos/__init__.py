"""What holds whatever fails: stores and processes are killed, paused and emptied while people vote (`./dev chaos`).

__main__.py  the entry: arguments, rounds, table, exit status
ledger.py    what each phone was told, and whether the database agrees
phone.py     one attendee: votes that wait, a socket, a board
room.py      all of them, and what they were answered
house.py     the processes of production on this machine, each to be killed, paused and begun again
faults.py    what fails, what may be answered meanwhile, and how soon all is well again
night.py     one round
errands.py   background tasks, of which none may be lost or done twice
"""
