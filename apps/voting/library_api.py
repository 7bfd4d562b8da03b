"""The library over HTTP, as far as votes move with it."""

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.auth import user_of
from apps.accounts.models import ApiToken
from apps.accounts.roles import Right, may, roles_of
from apps.catalog.errors import StaffOnly
from apps.catalog.models import Song
from apps.catalog.serializers import SongSerializer
from apps.core.api import valid
from apps.core.errors import NotThere
from apps.voting.merging import merge_songs
from apps.voting.serializers import SongMergeInput


class SongMerge(APIView):
    """Two songs of the library that are one, for staff: jams, votes, sign-ups, history and what venues say of this one
    are the other's, which takes the facts that it lacks; this one is gone. Answers the other. It is not undone.

    Where a jam has both, people's votes are united, one of each. 409 `same_song`; `song_busy`: try again.
    """

    scope = ApiToken.Scope.LIBRARY

    @extend_schema(tags=["songs"], request=SongMergeInput, responses=SongSerializer)
    def post(self, request: Request, pk: int) -> Response:
        by = user_of(request)
        if not may(Right.CHANGE_SONG, roles_of(by)):
            raise StaffOnly
        song = get_object_or_404(Song, pk=pk)
        wanted = valid(SongMergeInput, request)["into"]
        into = Song.objects.filter(pk=wanted).first()
        if into is None:
            raise NotThere(_("There is no song %(id)d to merge this one into. Look its id up.") % {"id": wanted})
        return Response(SongSerializer(merge_songs(songs=[song], into=into, by=by)).data)
