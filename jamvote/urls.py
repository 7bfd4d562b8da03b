"""Every address. The API stands once: `apps.core.middleware.ApiPaths` makes `/api/…` and closing slashes mean it."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from apps.accounts import api as accounts
from apps.catalog import api as catalog
from apps.catalog import library_api as library
from apps.catalog import list_api as song_lists
from apps.catalog import reads as catalog_reads
from apps.core.api import Root
from apps.core.cached import public_read
from apps.core.formats import JSONRenderer
from apps.core.media import media
from apps.core.metrics import metrics
from apps.core.retries import repeatable
from apps.insight import api as insight
from apps.insight import sla_api
from apps.jams import api as jams
from apps.jams import door_api as door
from apps.jams import lineup, operations
from apps.jams import nights_api as nights
from apps.jams import people_api as people
from apps.jams import performers_api as performers
from apps.jams import reads as jam_reads
from apps.jams import search_api as search
from apps.reports import api as reports
from apps.stage import api as stage
from apps.stage import history_api as history
from apps.stage import room_api as room
from apps.stage import setlist_api as setlist
from apps.tasks import api as tasks
from apps.voting import api as voting
from apps.voting import library_api as whole_library
from apps.webhooks import api as webhooks
from apps.webhooks import in_api as webhooks_in

PAGED = ("page", "page_size", "ordering")
jam_list = public_read("jams", *PAGED, "when", "status", "venue", hot=jam_reads.jams)
one_jam = public_read("jam", hot=jam_reads.jam)
board = public_read("board", hot=jam_reads.board)
song_list = public_read("songs", "cursor", *PAGED[1:], hot=catalog_reads.songs)
venue_list = public_read("venues", *PAGED, hot=catalog_reads.venues)
performances = public_read("songs", "cursor", *PAGED[1:2], "jam", "venue", "song", "started_after", "started_before")
docs = SpectacularSwaggerSplitView.as_view(  # its script has an address of its own, ?script=, so that none is inline
    url_name="api:schema", template_name="api_docs.html", http_method_names=["get", "head"]
)

jam = [  # first what phones ask for most: all that stands before is tried before
    path("/songs/<int:pk>/vote", voting.VoteView.as_view(), name="vote"),
    path("", one_jam(jams.JamDetail.as_view()), name="jam"),
    path("/snapshot", board(jams.JamSnapshot.as_view()), name="snapshot"),
    path("/me", voting.MyJam.as_view(), name="me"),
    path("/desk", jams.Desk.as_view(), name="desk"),
    path("/duplicate", jams.JamDuplicate.as_view(), name="duplicate"),
    path("/recurrence", nights.JamRecurrence.as_view(), name="recurrence"),
    path("/pause", jams.JamPause.as_view(), name="pause"),
    path("/start-next", jams.JamStartNext.as_view(), name="start-next"),
    path("/attendees", jams.Attendees.as_view(), name="attendees"),
    path("/attendees/<int:pk>", voting.AttendeeDetail.as_view(), name="attendee"),
    path("/attendees/<int:pk>/away", people.Absence.as_view(), name="attendee-away"),
    path("/attendees/<int:pk>/votes/<int:song>", voting.VoteOfAttendee.as_view(), name="attendee-vote"),
    path("/people", people.People.as_view(), name="people"),
    path("/clusters", voting.JamClusters.as_view(), name="clusters"),
    path("/clusters/void", voting.VoidClusters.as_view(), name="void"),
    path("/undo", voting.JamUndo.as_view(), name="undo"),
    path("/door", door.JamDoor.as_view(), name="door"),
    path("/hosts", door.JamHosts.as_view(), name="hosts"),
    path("/hosts/<int:pk>", door.JamHostDetail.as_view(), name="host"),
    path("/invitations", door.Invitations.as_view(), name="invitations"),
    path("/invitations/<int:pk>", door.InvitationDetail.as_view(), name="invitation"),
    path("/slots", public_read("board", *PAGED[:2], "jam_song", "playable")(stage.Slots.as_view()), name="slots"),
    path("/line-ups", public_read("board")(room.LineUps.as_view()), name="line-ups"),
    path("/playable", public_read("board")(room.PlayableTonight.as_view()), name="playable"),
    path("/setlist", setlist.SetList.as_view(), name="setlist"),
    path("/setlist/arrange", setlist.ArrangeSetList.as_view(), name="setlist-arrange"),
    path("/slots/<int:pk>", stage.SlotDetail.as_view(), name="slot"),
    path("/signups", stage.SignUps.as_view(), name="signups"),
    path("/signups/<int:pk>", stage.SignUpDetail.as_view(), name="signup"),
    path("/signups/<int:pk>/check-in", stage.CheckIn.as_view(), name="check-in"),
    path("/signups/<int:pk>/move", stage.MoveSignUp.as_view(), name="signup-move"),
    path("/attendees/<int:pk>/signups", stage.SignUpsOfAttendee.as_view(), name="attendee-signups"),
    path("/me/performer", performers.MyPerformer.as_view(), name="my-performer"),
    path("/me/set", stage.MySetView.as_view(), name="my-set"),
    path("/me/away", people.MyAbsence.as_view(), name="my-away"),
    path("/songs", public_read("board", *PAGED[:2], "status")(voting.JamSongs.as_view()), name="jam-songs"),
    path("/votes", voting.MyVotes.as_view(), name="votes"),
    path("/songs/<int:pk>/move", jams.JamSongMove.as_view(), name="move"),
    path("/songs/<int:pk>/encore", voting.JamSongEncore.as_view(), name="song-encore"),
    path("/songs/<int:pk>/merge", voting.JamSongMerge.as_view(), name="song-merge"),
    *(path(f"/{name}", jams.JamAction.as_view(action=name), name=name) for name in operations.ACTIONS),
    *(path(f"/songs/<int:pk>/{name}", jams.JamSongAction.as_view(action=name), name=f"song-{name}")
      for name in lineup.SONG_ACTIONS),
]  # fmt: skip

many: dict[str, Any] = {"get": "list", "post": "create"}
one: dict[str, Any] = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}

v1: list[Any] = [
    path("", Root.as_view(), name="root"),
    path("/jams", jam_list(jams.Jams.as_view()), name="jams"),
    path("/jams/by-slug/<slug:slug>", one_jam(jams.JamBySlug.as_view()), name="jam-by-slug"),
    path("/jams/<slug:slug>", include(jam)),
    path("/invitations/accept", door.AcceptInvitation.as_view(), name="accept"),
    path("/songs", song_list(catalog.SongViewSet.as_view(many)), name="songs"),
    path("/songs/<int:pk>", public_read("songs")(catalog.SongViewSet.as_view(one)), name="song"),
    path("/search", search.Search.as_view(), name="search"),
    path("/songs/<int:pk>/merge", whole_library.SongMerge.as_view(), name="merge-songs"),
    path("/venues", venue_list(catalog.VenueViewSet.as_view(many)), name="venues"),
    path("/performances", performances(history.Performances.as_view()), name="performances"),
    path("/venues/<slug:slug>/statistics", history.VenueStatistics.as_view(), name="venue-statistics"),
    path("/venues/<slug:slug>", public_read("venues")(catalog.VenueViewSet.as_view(one)), name="venue"),
    path("/venues/<slug:slug>/library", library.Library.as_view(), name="library"),
    path("/venues/<slug:slug>/library/<int:pk>", library.LibrarySongDetail.as_view(), name="library-song"),
    path("/venues/<slug:slug>/song-list", song_lists.VenueSongList.as_view(), name="venue-song-list"),
    path("/venues/<slug:slug>/song-list/fetch", song_lists.FetchSongList.as_view(), name="venue-song-list-fetch"),
    path("/venues/<slug:slug>/song-list/changes", song_lists.SongListChanges.as_view(), name="venue-song-list-changes"),
    path("/venues/<slug:slug>/song-list/apply", song_lists.ApplySongList.as_view(), name="venue-song-list-apply"),
    path("/venues/<slug:slug>/wanted", library.VenueWanted.as_view(), name="venue-wanted"),
    path("/reports", reports.Reports.as_view(), name="reports"),
    path("/reports/<int:pk>", reports.ReportDetail.as_view(), name="report"),
    path("/reports/jams/<slug:slug>", reports.JamReport.as_view(), name="jam-report"),
    path("/reports/venues/<slug:slug>", reports.VenueReport.as_view(), name="venue-report"),
    path("/reports/hosts/<slug:host>", reports.HostReport.as_view(), name="host-report"),
    path("/capacity", insight.CapacityView.as_view(), name="capacity"),
    path("/sla", sla_api.SlaDetail.as_view(), name="sla"),
    path("/auth", accounts.Auth.as_view(), name="auth"),
    path("/auth/tokens", accounts.Tokens.as_view(), name="tokens"),
    path("/auth/tokens/<int:pk>", accounts.TokenDetail.as_view(), name="token"),
    path("/tasks", tasks.Tasks.as_view(), name="tasks"),
    path("/tasks/<int:pk>", tasks.TaskDetail.as_view(), name="task"),
    path("/tasks/<int:pk>/run-again", tasks.RunTaskAgain.as_view(), name="task-run-again"),
    path("/webhooks", webhooks.Webhooks.as_view(), name="webhooks"),
    path("/webhooks/in/<slug:key>", webhooks_in.Inbound.as_view(), name="inbound"),
    path("/webhooks/inboxes", webhooks_in.Inboxes.as_view(), name="inboxes"),
    path("/webhooks/inboxes/<int:pk>", webhooks_in.InboxDetail.as_view(), name="inbox"),
    path("/webhooks/inboxes/<int:pk>/rotate", webhooks_in.InboxRotate.as_view(), name="inbox-rotate"),
    path("/webhooks/inboxes/<int:pk>/events", webhooks_in.InboxEvents.as_view(), name="inbox-events"),
    path("/webhooks/<int:pk>", webhooks.WebhookDetail.as_view(), name="webhook"),
    path("/webhooks/<int:pk>/rotate", webhooks.WebhookRotate.as_view(), name="webhook-rotate"),
    path("/webhooks/<int:pk>/test", webhooks.WebhookTest.as_view(), name="webhook-test"),
    path("/webhooks/<int:pk>/deliveries", webhooks.Deliveries.as_view(), name="deliveries"),
    path("/webhooks/<int:pk>/deliveries/<int:delivery>/send-again", webhooks.SendAgain.as_view(), name="send-again"),
    path("/users", accounts.Users.as_view(), name="users"),
    path("/users/me", accounts.Myself.as_view(), name="myself"),
    path("/users/<int:pk>", accounts.UserDetail.as_view(), name="user"),
    path("/schema", SpectacularAPIView.as_view(renderer_classes=[OpenApiYamlRenderer, JSONRenderer]), name="schema"),
    path("/docs", docs, name="docs"),
]

urlpatterns = [
    path("api/v1", include((repeatable(v1), "api"))),
    path("admin/", admin.site.urls),
    path("metrics", metrics, name="metrics"),
    path(f"{settings.MEDIA_URL.lstrip('/')}<path:path>", media),
    path("", include("apps.pages.account_urls")),
    path("", include("apps.pages.urls")),
]

handler400 = "apps.core.handlers.bad_request"
handler403 = "apps.core.handlers.forbidden"
handler429 = "apps.core.handlers.too_many"
handler404 = "apps.core.handlers.not_found"
handler500 = "apps.core.handlers.failure"
