from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError, NotAllowed


class NotAHost(NotAllowed):
    code = "not_a_host"
    message = _("Only the hosts of this jam may do this. Log in as one of them.")


class NotAnOwner(NotAllowed):
    code = "not_an_owner"
    message = _("Only the owner of this jam and the venue's managers may do this. Ask one of them.")


class JamGone(DomainError):
    code = "jam_gone"
    status = 404
    message = _("This jam is no longer here. Look for another one on the home page.")


class WrongStatus(DomainError):
    code = "wrong_status"
    message = _("The jam is past that. Look at its status.")


class NightStays(DomainError):
    code = "night_stays"
    message = _(
        "People have voted for this night already, so it stays in its month. End it, and duplicate it for the new date."
    )


class SongNotReady(DomainError):
    code = "song_not_ready"
    message = _("The song is not where that is possible. Look again.")


class NothingToUndo(DomainError):
    code = "nothing_to_undo"
    message = _("There is nothing of yours to undo here.")


class UndoTooLate(DomainError):
    code = "undo_too_late"
    message = _("It is too late to undo that. Change it by hand.")


class ChangedSince(DomainError):
    code = "changed_since"
    message = _("Not undone: it has changed since. Look again and change it by hand.")


class AlreadyInJam(DomainError):
    code = "already_in_jam"
    message = _("This song is in the jam already: vote for it there.")


class VotingClosed(DomainError):
    code = "voting_closed"
    message = _("Voting is closed. Your votes stay as they are.")


class VotingPaused(DomainError):
    code = "voting_paused"
    message = _("The host has paused voting. Your votes stay; try again in a moment.")


class SongFrozen(DomainError):
    code = "song_frozen"
    message = _("Not counted: the host has just taken this song. Vote for another one.")


class VotesOut(DomainError):
    code = "votes_out"
    message = _("All your votes are out. Take one back first.")


class SuggestionsClosed(DomainError):
    code = "suggestions_closed"
    message = _("Suggestions are closed for tonight. You can still vote.")


class SuggestionsPaused(DomainError):
    code = "suggestions_paused"
    message = _("The host has paused suggestions. Try again in a moment.")


class TooManySuggestions(DomainError):
    code = "too_many_suggestions"
    message = _("You have as many open suggestions as one person can have. Wait until one is played.")


class NotInJam(DomainError):
    code = "not_in_jam"
    status = 401
    message = _("Join the jam first: scan the code on the screen.")


class WasRemoved(DomainError):
    code = "removed"
    status = 403
    message = _("You were taken off this jam. If that is a mistake, talk to the host at the stage.")


class DoorClosed(DomainError):
    code = "door_closed"
    status = 403
    message = _("The door is closed: nobody new can join. Talk to the host at the stage.")


class RoomCodeNeeded(DomainError):
    code = "room_code_needed"
    status = 403
    message = _("To join now you need the room code. It stands on the big screen and changes every minute.")


class RoomCodeWrong(DomainError):
    code = "room_code_wrong"
    status = 403
    message = _("This is not the room code of this minute. Look at the big screen and type it again.")


class InvitationGone(DomainError):
    code = "invitation_gone"
    status = 404
    message = _("This link is used up, taken back or too old. Ask for a new one.")


class AlreadyAHost(DomainError):
    code = "already_a_host"
    message = _("You run this jam already. Keep the link for somebody else.")


class TooManyInvitations(DomainError):
    code = "too_many_invitations"
    message = _("So many links are out that no more can be made. Take one back first.")


class OwnerStays(DomainError):
    code = "owner_stays"
    message = _("The owner of a jam cannot be taken off it.")


class JamEnded(DomainError):
    code = "jam_ended"
    message = _("This jam has ended. Look for the next one on the home page.")
