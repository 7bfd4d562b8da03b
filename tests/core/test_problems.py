"""Errors have one shape for programs and a page for people, whatever they come from."""

import json

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.test import RequestFactory
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core import handlers
from apps.core.errors import DomainError, Invalid
from apps.core.formats import JSONRenderer
from apps.jams.errors import NotInJam
from tests.callers import Caller
from tests.factories import make_jam


def answer(error):
    """What a view that fails like this answers."""

    class Failing(APIView):
        permission_classes = ()
        authentication_classes = ()

        def get(self, request):
            raise error

    response = Failing.as_view()(RequestFactory().get("/api/v1/x"))
    return response, json.loads(response.render().content)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "permission_denied"),
        (ValidationError("wrong"), 400, "invalid"),
        (ValidationError({"name": "wrong"}), 400, "invalid"),
        (exceptions.ValidationError(["wrong"]), 400, "invalid"),
        (exceptions.ParseError(), 400, "parse_error"),
        (exceptions.Throttled(7), 429, "throttled"),
        (exceptions.APIException({"a": ["b"]}), 500, "error"),
        (DomainError("Not now."), 409, "refused"),
        (Invalid(fields={"name": ["wrong"]}), 400, "invalid"),
        (NotInJam(), 401, "not_in_jam"),
    ],
)
def test_every_error_is_a_problem(error, status, code):
    response, body = answer(error)

    assert (response.status_code, body["status"], body["code"]) == (status, status, code)
    assert response["Content-Type"] == "application/problem+json"
    assert body["title"]


def test_errors_stand_by_field():
    assert answer(ValidationError({"name": "wrong"}))[1]["errors"] == {"name": ["wrong"]}
    assert answer(ValidationError("wrong"))[1]["errors"] == {"non_field_errors": ["wrong"]}
    assert answer(Invalid(fields={"name": ["wrong"]}))[1]["errors"] == {"name": ["wrong"]}
    assert "errors" not in answer(DomainError())[1]


def test_an_error_says_how_to_go_on():
    assert answer(exceptions.Throttled(7))[0]["Retry-After"] == "7"
    assert answer(NotInJam())[0]["WWW-Authenticate"] == "Bearer"
    assert answer(DomainError(extra={"jam_song": 7}))[1]["jam_song"] == 7


def test_what_nobody_foresaw_is_djangos_to_report():
    with pytest.raises(ZeroDivisionError):
        answer(ZeroDivisionError())


@pytest.mark.django_db
def test_a_fault_of_ours_is_a_problem_too(monkeypatch):
    jam = make_jam()
    monkeypatch.setattr("apps.jams.api.snapshot", lambda jam: 1 / 0)

    response = Caller()("GET", f"/api/v1/jams/{jam.slug}/snapshot")

    body = response.json()
    assert (response.status_code, body["code"]) == (500, "failure")
    assert body["request_id"] == response["X-Request-Id"]
    assert "ZeroDivision" not in response.content.decode()


HANDLERS = [
    (handlers.bad_request, 400),
    (handlers.forbidden, 403),
    (handlers.not_found, 404),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("handler", "status"), HANDLERS)
def test_programs_get_a_problem_and_people_a_page(handler, status):
    program = handler(RequestFactory().get("/api/v1/x"), Exception("secret"))
    person = handler(RequestFactory().get("/x"), Exception("secret"))

    assert (program.status_code, program["Content-Type"]) == (status, "application/problem+json")
    assert person.status_code == status
    assert person["Content-Type"].startswith("text/html")
    assert b"secret" not in program.content + person.content


def test_a_fault_is_a_page_for_people():
    response = handlers.failure(RequestFactory().get("/x"))

    assert response.status_code == 500
    assert response["Content-Type"].startswith("text/html")


def test_an_answer_without_a_body_is_empty():
    assert JSONRenderer().render(None) == b""
    assert Response(None, status=204).data is None
