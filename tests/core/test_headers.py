"""Every answer forbids what it does not need: pages, problems, files, finished answers, faults of any layer."""

import re

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import OperationalError
from django.test import Client

from apps.core.headers import RUNS_NOTHING, policy, policy_of
from tests.callers import Caller, with_cookie
from tests.factories import make_attendee_with_token, make_jam, make_jam_song
from tests.world import EVERYBODY, READ, World

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]
PAGE = {"Content-Security-Policy", "Permissions-Policy", "X-Frame-Options", "Referrer-Policy",
        "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "X-Content-Type-Options"}  # fmt: skip
BY_OTHERS = {"admin", "api:docs"}
INLINE = re.compile(r"<style|\sstyle=|\son\w+=|javascript:|<base\b|<object|<embed|<iframe")


def missing(response, wanted=frozenset(PAGE)):
    return {name for name in wanted if name not in response.headers}


@pytest.fixture
def world(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    return World()


@pytest.fixture
def jam():
    return make_jam()


def test_every_page_of_every_role_has_all_headers_and_nothing_inline(world):
    pages = 0
    for name in READ:
        for role in ["staff"] if name.startswith("admin") else EVERYBODY:
            response = world.callers[role]("GET", world.address(name), Accept="text/html")
            if not response.get("Content-Type", "").startswith("text/html"):
                continue
            pages += 1
            assert not missing(response), (name, role)
            if not name.startswith("admin"):
                page = response.getvalue().decode()
                assert not INLINE.search(page), (name, role, INLINE.search(page)[0])
                for script in re.findall(r"<script[^>]*>", page):
                    assert 'type="application/json"' in script or " src=" in script, (name, role, script)

    assert pages > 200


def test_the_browsable_api_shows_filters_without_anything_inline(world):
    page = world.callers["staff"]("GET", "/api/v1/jams", Accept="text/html").content.decode()

    assert "filtersModal" in page
    assert not INLINE.search(page)


# The policy -------------------------------------------------------------------------------------------


def directives(text):
    return {name: set(values) for name, *values in (part.split() for part in text.split("; "))}


def test_the_rule_allows_what_is_ours_and_nothing_else():
    rule = directives(policy(""))

    allowed = {"'none'", "'self'", "'script'", "worker"}
    assert {value for name, values in rule.items() if name != "connect-src" for value in values} == allowed
    assert rule["connect-src"] - {"'self'"} == {"ws://127.0.0.1:8000"}
    assert rule["default-src"] == rule["base-uri"] == rule["frame-ancestors"] == rule["object-src"] == {"'none'"}
    assert rule["trusted-types"] == {"worker"}
    assert rule["form-action"] == rule["worker-src"] == rule["manifest-src"] == {"'self'"}


def test_the_exceptions_are_these_and_no_more(settings):
    rule = directives(policy(""))
    different = {
        beginning: {name for name, values in directives(policy(beginning)).items() if rule[name] != values}
        for beginning in settings.CSP_EXCEPTIONS
    }

    assert different == {
        "/api/": {"img-src"}, "/api/v1/docs": {"img-src"}, "/admin/": {"img-src", "script-src", "style-src"},
    }  # fmt: skip
    unsafe = {beginning for beginning in settings.CSP_EXCEPTIONS if "unsafe" in policy(beginning)}
    assert unsafe == {"/admin/"}
    assert "'unsafe-inline'" not in directives(policy("/admin/"))["script-src"]


@pytest.mark.parametrize("path", ["/", "/adminer", "/jams/admin/", "/login", "/apis", "/static/js/jam.js", "//admin/"])
def test_an_exception_holds_for_its_paths_only(path):
    assert policy_of(path) == policy("")


def test_the_longest_beginning_counts(settings):
    assert policy_of("/admin/jams/") == policy("/admin/")
    assert policy_of("/api/v1/docs") == policy("/api/v1/docs")


# Answers of all kinds ---------------------------------------------------------------------------------


def test_json_runs_nothing(jam):
    for response in (
        Caller()("GET", "/api/v1/jams"),
        Caller()("GET", "/api/v1/nothing"),
        Caller()("POST", "/api/v1/jams"),
    ):
        assert response["Content-Security-Policy"] == RUNS_NOTHING
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Cross-Origin-Resource-Policy"] == "same-origin"


def test_the_vote_has_them_however_it_is_cast(jam):
    jam_song = make_jam_song(jam=jam)
    token = make_attendee_with_token(jam=jam)[1]
    address = f"/api/v1/jams/{jam.slug}/songs/{jam_song.pk}/vote"

    for response in (
        Caller(token=token)("PUT", address), with_cookie(jam, token)("PUT", address, Origin="http://testserver"),
        Caller()("PUT", address),
    ):  # fmt: skip
        assert response["Content-Security-Policy"] == RUNS_NOTHING
        assert response["Cache-Control"] == "private, no-store"


def test_finished_pages_keep_all_and_finished_json_only_what_it_needs(settings, jam):
    settings.CACHED_READS = True
    client = Client()
    pages = [client.get("/"), client.get("/"), client.get(f"/jams/{jam.slug}")]
    json = [Caller()("GET", f"/api/v1/jams/{jam.slug}/snapshot") for _ in range(2)]

    for page in pages:
        assert "Surrogate-Key" in page
        assert not missing(page)
    for answer in json:
        assert "Surrogate-Key" in answer
        assert missing(answer) == PAGE - {"X-Content-Type-Options", "Cross-Origin-Resource-Policy"}
    again = client.get("/", headers={"If-None-Match": pages[0]["ETag"]})
    assert (again.status_code, missing(again)) == (304, PAGE)  # the browser has them already


FAULTS = {
    400: {"path": "/", "headers": {"Host": "evil.example"}},
    403: {"path": "/login", "method": "POST"},
    404: {"path": "/nothing"},
    405: {"path": "/logout"},
    411: {"path": "/", "method": "POST", "headers": {"Transfer-Encoding": "chunked"}},
    413: {"path": "/", "method": "POST", "body": "x" * 1_100_000},
    415: {"path": "/", "method": "POST", "body": "x", "kind": "text/plain; charset=utf-7"},
}


@pytest.mark.parametrize("status", FAULTS)
@pytest.mark.parametrize("cached", [True, False])
def test_error_pages_have_them(settings, status, cached):
    settings.CACHED_READS = cached
    given = dict(FAULTS[status])
    headers = {"Accept": "text/html"} | given.pop("headers", {})

    response = Caller()(given.pop("method", "GET"), given.pop("path"), **given, **headers)

    assert response.status_code == status
    assert not missing(response)


@pytest.mark.parametrize("where", ["apps.pages.views.home.render", "apps.core.cached.understood"])
@pytest.mark.parametrize(("error", "status"), [(ZeroDivisionError, 500), (OperationalError, 503)])
def test_faults_of_ours_have_them_whatever_layer_fails(monkeypatch, settings, where, error, status):
    def fail(*args, **kwargs):
        raise error

    settings.CACHED_READS = True
    monkeypatch.setattr(where, fail)

    response = Caller()("GET", "/", Accept="text/html")

    assert response.status_code == status
    assert not missing(response)
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("file", ["js/jam.js", "css/tokens.css", "favicon.svg", "icons.svg"])
def test_static_files_have_them_too(file):
    response = Client().get(f"/static/{file}")

    assert response.status_code == 200
    wanted = PAGE if not file.endswith(".css") else {"X-Content-Type-Options", "Cross-Origin-Resource-Policy"}
    assert not missing(response, wanted)
    assert "Access-Control-Allow-Origin" not in response


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.webp", "image/webp"), ("a.html", "application/octet-stream"), ("a.svg", "application/octet-stream"),
     ("a.js", "application/octet-stream"), ("a", "application/octet-stream")],
)  # fmt: skip
def test_an_uploaded_file_can_do_nothing_whatever_it_is(settings, tmp_path, name, kind):
    settings.MEDIA_ROOT = str(tmp_path)
    stored = default_storage.save(f"jams/{name}", ContentFile(b"<script>alert(1)</script>"))

    response = Client().get(f"/media/{stored}")

    assert response.status_code == 200
    assert response["Content-Type"] == kind
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_nginx_logs_no_address_that_lets_in(settings):
    conf = (settings.BASE_DIR / "deploy/nginx.conf").read_text()
    [pattern] = re.findall(r'"~(\S+)" "\$\{before\}\*\*\*"', conf)
    begins = re.compile(pattern.replace("?<before>", "?P<before>"))

    for before in ("/reports/link/", "/invitations/", "/jams/x/display/", "/account/verify/", "/account/reset/1-a/"):
        assert begins.search(f"{before}s3cret")["before"] == before
    assert not begins.search("/reports/12/file")
    assert "$uri" not in conf[conf.index("log_format") :].partition("\n")[0]


def test_nginx_serves_media_in_the_same_way(settings):
    conf = (settings.BASE_DIR / "deploy/nginx.conf").read_text()
    media = conf[conf.index("location /media/") :]

    for said in ("sandbox; default-src 'none'", "nosniff always", "image/webp webp", "application/octet-stream"):
        assert said in media
    assert "$request_uri" not in conf
    assert "$request " not in conf  # which would bring the query into the log
    assert "server_tokens off" in conf
