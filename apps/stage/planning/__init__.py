"""Set lists: who asks gives candidates and the night, and has a plan. Pure functions: no database, no clock, no chance.

The room decides what is played, the balance decides when: both algorithms choose the same songs, by the ranking.
"""
