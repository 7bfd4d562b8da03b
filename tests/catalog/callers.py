"""Calls to the API of the library."""

from rest_framework.test import APIClient

SONGS, VENUES = "/api/v1/songs", "/api/v1/venues"


def client(user=None):
    caller = APIClient(headers={"If-Match": "*"})
    if user:
        caller.force_login(user)
    return caller


def refused(answer, status, code):
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code), body
    assert answer["Content-Type"].startswith("application/problem+json")
    return body
