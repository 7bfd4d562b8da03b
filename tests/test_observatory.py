"""A+ by the rules of the MDN HTTP Observatory, on a server with the settings of production.

The rules and their modifiers: https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring and
https://github.com/mdn/mdn-http-observatory (src/grader/charts.js), of November 2026. Each has its result here in the
order in which the first that holds counts. Redirection from HTTP is the TLS proxy's (docs/security.md); its modifier is
0 where it is done. Extra points count from 90.
"""

import re
from http.cookies import SimpleCookie

import httpx
import pytest

from tests.factories import PASSWORD, make_jam, make_jam_song, make_user
from tests.processes import WSGI, servers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]

HOST = "jam.example"
SIX_MONTHS = 15_768_000


@pytest.fixture(scope="module")
def address(django_db_setup, tmp_path_factory):
    """Of a server with the settings of production."""
    with servers(tmp_path_factory.mktemp("data")) as start:
        yield start(WSGI, PUBLIC_URL=f"https://{HOST}", ALLOWED_HOSTS=HOST, DEBUG="false", INSIGHT="false")


@pytest.fixture
def production(address):
    """That server behind a TLS proxy, and how a browser speaks to it."""
    with httpx.Client(base_url=address, headers={"Host": HOST, "X-Forwarded-Proto": "https"}, timeout=60) as client:
        yield client


def csp(answer):
    text = answer.headers.get("content-security-policy", "")
    parts = {name: values for name, *values in (part.split() for part in text.split(";") if part.strip())}
    if not parts:
        return -25
    scripts, styles = (parts.get(name, parts.get("default-src", ["*"])) for name in ("script-src", "style-src"))
    objects = parts.get("object-src", parts.get("default-src", ["*"]))
    broad = {"*", "http:", "https:", "data:", "'unsafe-inline'"}
    if broad & {*scripts, *objects}:
        return -20
    if "http:" in [value for values in parts.values() for value in values]:
        return -20
    if "'unsafe-eval'" in scripts:
        return -10
    if broad & set(styles):
        return 0
    closed = parts.get("default-src") == ["'none'"] and parts.get("form-action") in (["'none'"], ["'self'"])
    return 10 if closed and "unsafe" not in text else 5


def cookies(answer):
    given = [morsel for line in answer.headers.get_list("set-cookie") for morsel in SimpleCookie(line).values()]
    if not given:
        return 0
    for morsel in given:
        session = re.search("sess|login|token|jam", morsel.key.lower())
        csrf = "csrf" in morsel.key.lower()
        if not morsel["secure"]:
            return -40 if session else -20
        if session and not csrf and not morsel["httponly"]:
            return -30
        if morsel["samesite"] not in {"Lax", "Strict"}:
            return -20 if csrf or morsel["samesite"] else 0
    return 5


def cors(answer):
    everybody = answer.headers.get("access-control-allow-origin") not in {None, "*"}
    return -50 if everybody and answer.headers.get("access-control-allow-credentials") == "true" else 0


def referrer(answer):
    private = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
    said = answer.headers.get("referrer-policy")
    return 0 if said is None else 5 if said in private else -5


def hsts(answer):
    """5 more are for those in the browsers' own list, which an operator asks for."""
    found = re.search(r"max-age=(\d+)", answer.headers.get("strict-transport-security", ""))
    return -20 if not found else 0 if int(found[1]) >= SIX_MONTHS else -10


def integrity(answer):
    sources = re.findall(r'<script[^>]* src="([^"]*)"', answer.text)
    return 0 if all(source.startswith("/") and not source.startswith("//") for source in sources) else -50


def sniffing(answer):
    return 0 if answer.headers.get("x-content-type-options") == "nosniff" else -5


def framing(answer):
    if re.search(r"frame-ancestors '(none|self)'", answer.headers.get("content-security-policy", "")):
        return 5
    return 0 if answer.headers.get("x-frame-options", "").upper() in {"DENY", "SAMEORIGIN"} else -20


def resources(answer):
    said = answer.headers.get("cross-origin-resource-policy")
    return 10 if said in {"same-origin", "same-site"} else 0 if said in {None, "cross-origin"} else -5


RULES = {
    "Content Security Policy": csp, "Cookies": cookies, "Cross-Origin Resource Sharing": cors,
    "Referrer Policy": referrer, "Strict Transport Security": hsts, "Subresource Integrity": integrity,
    "X-Content-Type-Options": sniffing, "X-Frame-Options": framing, "Cross-Origin Resource Policy": resources,
}  # fmt: skip


def score(answer):
    given = {name: rule(answer) for name, rule in RULES.items()}
    without_extra = 100 + sum(points for points in given.values() if points < 0)
    extra = sum(points for points in given.values() if points > 0)
    return without_extra + (extra if without_extra >= 90 else 0), given


def test_pages_are_worth_an_a_plus(production):
    jam = make_jam(host=make_user(email="hanna@example.com"))
    make_jam_song(jam=jam)

    for path in ("/", f"/jams/{jam.slug}", "/login", f"/j/{jam.code}", "/admin/login/", "/nothing"):
        points, given = score(production.get(path))
        assert points >= 105 or path.startswith("/admin/"), (path, given)
        assert min(points for name, points in given.items() if name != "Content Security Policy") >= 0, (path, given)


def test_every_cookie_is_bound_to_this_host_and_hidden_from_scripts(production, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]  # as the server has it
    jam = make_jam(host=make_user(email="hanna@example.com"))
    origin = {"Origin": f"https://{HOST}"}
    form = {"login": "hanna@example.com", "password": PASSWORD}
    answers = [
        production.get("/login"),
        production.post("/login", data=form, headers=origin),
        production.post(f"/j/{jam.code}", data={"display_name": "Sam"}, headers=origin),
        production.post("/j/", data={"code": ""}, headers=origin),  # answers with a message
        production.post("/logout", headers=origin),
        production.post("/language", data={"language": "ar"}, headers=origin),
    ]

    lines = [line for answer in answers for line in answer.headers.get_list("set-cookie")]
    names = {line.partition("=")[0] for line in lines}

    assert names == {f"__Host-{name}" for name in ("csrf", "session", f"jam-{jam.pk}", "messages", "language")}
    for line in lines:
        said = {part.strip().lower() for part in line.split(";")[1:]}
        assert {"secure", "path=/"} <= said, line
        assert said & {"samesite=lax", "samesite=strict"}, line
        assert not [part for part in said if part.startswith("domain")], line
        assert "httponly" in said or "max-age=0" in said, line


def test_production_is_https_for_two_years_and_does_not_say_what_it_runs_on(production):
    answer = production.get("/")

    assert answer.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains; preload"
    assert "upgrade-insecure-requests" in answer.headers["content-security-policy"]
    assert f"wss://{HOST}" in answer.headers["content-security-policy"]
    assert not re.search(r"gunicorn|\d+\.\d+", answer.headers.get("server", ""))
    assert not {"x-powered-by", "via"} & set(answer.headers)


def test_the_rules_tell_good_from_bad():
    bare = httpx.Response(200, html="<script src='https://cdn.example/x.js'></script>")
    loose = httpx.Response(
        200,
        headers={
            "Content-Security-Policy": "script-src 'self' 'unsafe-inline'", "Set-Cookie": "session=1; SameSite=Lax",
            "Strict-Transport-Security": "max-age=60", "Referrer-Policy": "unsafe-url",
            "Cross-Origin-Resource-Policy": "x",
        },
    )  # fmt: skip

    assert score(bare)[1]["Content Security Policy"] == -25
    assert score(bare)[0] < 60
    assert list(score(loose)[1].values()) == [-20, -40, 0, -5, -10, 0, -5, -20, -5]
