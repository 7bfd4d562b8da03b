"""A crowd of simulated attendees, for a demo that moves and for load. It knows the server only as phones do.

here.py      that it runs against this machine and no other
server.py    HTTP
board.py     what a phone knows of the jam
room.py      what all of them share
phone.py     a socket and a board
person.py    one attendee: joins and votes like people do
figures.py   what came of it
evening.py   all of them together
check.py     whether what they were told is so
"""
