"""Why a song stands where it does. A page words each code, with its parameters:

code            params
locked          {}: the host has locked it there
pinned          {votes}: it stands where the ranking has it, pinned by the host
votes           {votes}: it stands where the ranking has it
tie             {votes, song}: the same, and that song got as many votes earlier

and of a song that the balance has moved, each for what would be worse if it stood where the ranking has it:
waiting         {seconds}: performers would wait so much longer, all together
rest            {times, performers}: so many more would play twice in a row; these of its own would
artist          {artist}: songs of one artist would follow each other; it is None if not of this song's
tempo           {tempo}: songs of about one tempo would follow each other; it is None if not of this song's
more_votes      {}: songs that have more votes would stand later than they do
missing         {missing}: it stands later, since performers of these instruments are missing
ready           {}: it stands earlier than songs that miss more performers
makes_room      {}: nothing would; others have moved past it
placed          {}: nothing would, and it stands where a host has put it

and of a song that is left out:
no_time         {seconds, left}: it takes more than is left of the night
not_playable    {missing}: the host insists on playable songs, and these instruments are missing
"""

from collections.abc import Sequence

from apps.stage.planning.choice import Choice
from apps.stage.planning.plans import Reason
from apps.stage.planning.scores import TINY, Score, Terms


def why_unmoved(choice: Choice, place: int) -> tuple[Reason, ...]:
    if place in choice.fixed:
        return (Reason("locked"),)
    index = choice.order[place]
    song = choice.songs[index]
    if song.pinned:
        return (Reason("pinned", {"votes": song.votes}),)
    better = choice.songs[index - 1] if index else None
    if better and better.votes == song.votes and not better.pinned:
        return (Reason("tie", {"votes": song.votes, "song": better.id}),)
    return (Reason("votes", {"votes": song.votes}),)


def why(choice: Choice, score: Score, order: Sequence[int]) -> list[tuple[Reason, ...]]:
    """Of each place; the reason that weighs most comes first."""
    terms = score.terms(order)
    return [
        why_unmoved(choice, place) if song == choice.order[place] else why_moved(choice, score, order, place, terms)
        for place, song in enumerate(order)
    ]


def why_moved(choice: Choice, score: Score, order: Sequence[int], place: int, terms: Terms) -> tuple[Reason, ...]:
    back = put_back(choice, order, place)
    growths = (there - here for here, there in zip(terms, score.terms(back), strict=True))
    found = [pair for pair in sorted(zip(growths, terms._fields, strict=True), reverse=True) if pair[0] > TINY]
    reasons = [
        why_votes(score, order, back, order[place])
        if name == "votes"
        else worded(name, growth, score, back, order[place])
        for growth, name in found
    ]
    return tuple(reasons) or (Reason("makes_room"),)


def put_back(choice: Choice, order: Sequence[int], place: int) -> list[int]:
    """The order with the song of a place where the ranking has it, and locked songs where they are."""
    free = [at for at in range(len(order)) if at not in choice.fixed]
    songs = [order[at] for at in free]
    songs.remove(order[place])
    songs.insert(free.index(choice.order.index(order[place])), order[place])
    back = list(order)
    for at, song in zip(free, songs, strict=True):
        back[at] = song
    return back


def why_votes(score: Score, order: Sequence[int], back: Sequence[int], song: int) -> Reason:
    if score.honoured(back) < score.honoured(order) - TINY:
        return Reason("more_votes")
    # It is for the votes that songs lose while performers are missing: its own, or those of what it has passed.
    if order.index(song) > back.index(song):
        return Reason("missing", {"missing": score.songs[song].missing})
    return Reason("ready")


def worded(term: str, growth: float, score: Score, back: Sequence[int], song: int) -> Reason:
    own, place = score.songs[song], back.index(song)
    beside = [back[place - 1] if place else score.after, *back[place + 1 : place + 2]]
    if term == "waiting":
        return Reason("waiting", {"seconds": round(growth / score.per_second)})
    if term == "rest":
        performers = score.players_of(score.plays[song] & (score.plays[beside[0]] | score.plays[beside[-1]]))
        return Reason("rest", {"times": round(growth / score.per_tight), "performers": tuple(sorted(performers))})
    if term == "artist":
        return Reason("artist", {"artist": own.artist if any(score.same_artist(song, one) for one in beside) else None})
    return Reason("tempo", {"tempo": own.tempo if any(score.same_tempo(song, one) for one in beside) else None})
