"""Reports over HTTP: read at once, or made in the background where that takes its time."""

from typing import Any

from django.conf import settings
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotAuthenticated
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.auth import user_of
from apps.accounts.models import ApiToken, User
from apps.accounts.permissions import TokenMay
from apps.catalog.models import Venue
from apps.core.api import valid
from apps.core.formats import MOST_BYTES, BrowsableAPI, JSONRenderer, fitting, size_of
from apps.jams.models import Jam
from apps.reports.errors import NotYourReport
from apps.reports.models import Report
from apps.reports.nights import Large
from apps.reports.operations import order_report
from apps.reports.periods import ALL, Period
from apps.reports.reading import read_report
from apps.reports.serializers import PeriodQuery, ReportInput, ReportOutput, ReportState
from apps.reports.subjects import OfHost, OfJam, OfVenue, Subject
from apps.reports.tables import as_csv


class CSVRenderer(BaseRenderer):
    media_type, format, charset = "text/csv", "csv", "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        """A problem is told as JSON, whatever was asked for."""
        return as_csv(data) if "figures" in data else JSONRenderer().render(data)


class ReportView(APIView):
    """`?format=csv` answers the same as CSV. Where many votes are still to be summed up, 202: a report is made in the
    background, and the answer says where it will be."""

    renderer_classes = (JSONRenderer, CSVRenderer, BrowsableAPI)

    def answer(self, request: Request, subject: Subject) -> Response:
        if not subject.lets(request.user):
            raise NotYourReport
        period, csv = period_of(request, subject), request.accepted_renderer.format == "csv"
        try:
            report = read_report(subject, period=period, by=user_of(request), most=settings.REPORT_VOTES_AT_ONCE)
        except Large:
            kind = Report.Format.CSV if csv else Report.Format.JSON
            return asked(order_report(subject=subject, by=user_of(request), period=period, kind=kind))
        return Response(report if csv else within(report))


class JamReport(ReportView):
    @extend_schema(tags=["reports"], responses={200: ReportOutput, 202: ReportState})
    def get(self, request: Request, slug: str) -> Response:
        jam = get_object_or_404(Jam.objects.visible_to(request.user).select_related("venue"), slug=slug)
        return self.answer(request, OfJam(jam))


class VenueReport(ReportView):
    @extend_schema(tags=["reports"], parameters=[PeriodQuery], responses={200: ReportOutput, 202: ReportState})
    def get(self, request: Request, slug: str) -> Response:
        return self.answer(request, OfVenue(get_object_or_404(Venue, slug=slug)))


class HostReport(ReportView):
    @extend_schema(
        tags=["reports"],
        parameters=[PeriodQuery, OpenApiParameter("host", str, "path", description="`me`; staff also an id.")],
        responses={200: ReportOutput, 202: ReportState},
    )
    def get(self, request: Request, host: str) -> Response:
        return self.answer(request, host_called(request, host))


@extend_schema(tags=["reports"])
class Reports(GenericAPIView):
    """Reports that one has asked for as files, the last first. POST: one is made in the background, and a link to it is
    mailed; the same again while it is being made is the same report."""

    scope = ApiToken.Scope.JAMS
    permission_classes = (TokenMay, IsAuthenticated)
    serializer_class = ReportState
    queryset = Report.objects.none()  # the description asks for one

    @extend_schema(operation_id="reports_list", responses=ReportState(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(Report.objects.of(user_of(request))) or []
        return self.get_paginated_response(ReportState(page, many=True).data)

    @extend_schema(request=ReportInput, responses={202: ReportState})
    def post(self, request: Request) -> Response:
        wanted = valid(ReportInput, request)
        subject = subject_called(request, wanted["about"])
        period = ALL if isinstance(subject, OfJam) else Period(wanted.get("since"), wanted.get("until"))
        return asked(order_report(subject=subject, by=user_of(request), period=period, kind=wanted["format"]))


@extend_schema(tags=["reports"])
class ReportDetail(APIView):
    """How far a report of one's own is. Its file is at `file`."""

    permission_classes = (TokenMay, IsAuthenticated)

    @extend_schema(responses=ReportState)
    def get(self, request: Request, pk: int) -> Response:
        return Response(ReportState(get_object_or_404(Report.objects.of(user_of(request)), pk=pk)).data)


def asked(report: Report) -> Response:
    return Response(ReportState(report).data, status=202, headers={"Location": f"/api/v1/reports/{report.pk}"})


def period_of(request: Request, subject: Subject) -> Period:
    if isinstance(subject, OfJam):
        return ALL
    query = PeriodQuery(data=request.query_params.dict())
    query.is_valid(raise_exception=True)
    return Period(**query.validated_data)


def host_called(request: Request, host: str) -> OfHost:
    if not request.user.is_authenticated:
        raise NotAuthenticated
    if host == "me" or host == str(request.user.pk):
        return OfHost(user_of(request))
    if not request.user.is_staff:
        return OfHost(User(pk=0))
    return OfHost(get_object_or_404(User, pk=host if host.isdecimal() else 0))


def subject_called(request: Request, about: str) -> Subject:
    kind, _, name = about.partition(":")
    if kind == "jam":
        return OfJam(get_object_or_404(Jam.objects.visible_to(request.user).select_related("venue"), slug=name))
    if kind == "venue":
        return OfVenue(get_object_or_404(Venue, slug=name))
    return host_called(request, name)


def within(report: dict[str, Any]) -> dict[str, Any]:
    """No answer of the API is larger than 100 KB: as many nights as fit are listed; the CSV has all."""
    nights = report["nights"]
    listed = fitting(nights, MOST_BYTES - size_of(report | {"nights": []}))
    return report | {"nights": listed, "more_nights": len(nights) - len(listed)}
