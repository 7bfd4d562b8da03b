"""The API by its OpenAPI description: cases that schemathesis makes from it, and who calls with them."""

import json
from collections.abc import Iterator
from itertools import islice

import schemathesis
from django.conf import settings as django_settings
from django.core.wsgi import get_wsgi_application
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.generation.drivers import CoverageGenerator
from schemathesis.generation.feedback import NO_FEEDBACK
from schemathesis.generation.hypothesis.builder import HypothesisTestConfig, HypothesisTestMode, create_test
from schemathesis.generation.overrides import Override

from apps.accounts.models import User
from tests.factories import make_api_token
from tests.routes import OF_ACCOUNTS
from tests.world import ROUTES

ROLES = ("anonymous", "attendee", "host", "staff")
# Not among them: `ignored_auth` and `object_level_authorization`. Who calls is no part of a case here but one of
# ROLES, and who may do what is the matter of tests/jams/test_api_roles.py. Nor `max_response_time`: see loadtests.
CHECKS = [
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "positive_data_acceptance", "missing_required_header",
    "unsupported_method", "allow_header_conformance", "use_after_free", "ensure_resource_availability",
]  # fmt: skip


class Application:
    """Django, called as whoever's turn it is, whatever the case says of that."""

    def __init__(self):
        self.django, self.caller = get_wsgi_application(), {}

    def __call__(self, environ, start_response):
        said = {name: value for name, value in environ.items() if name not in {"HTTP_AUTHORIZATION", "HTTP_COOKIE"}}
        return self.django(said | self.caller, start_response)


class Description:
    """As /api/schema says it, and the world's callers by role."""

    def __init__(self, world):
        self.world, self.application = world, Application()
        self.callers = {role: callers(world, role) for role in ROLES}
        raw = json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True), default=str))
        for methods in raw["paths"].values():
            for operation in methods.values():
                operation.pop("security", None)  # see CHECKS
        self.schema = schemathesis.openapi.from_dict(raw, config=SchemathesisConfig())
        self.schema.app = self.application
        config = self.schema.config
        config.checks.update(included_check_names=CHECKS)
        config.checks.missing_required_header.expected_statuses += ["404", "428"]  # nothing there; If-Match is missing
        config.checks.positive_data_acceptance.expected_statuses += ["412", "422"]  # as things stand
        config.generation.allow_x00 = False  # no text may hold one, which tests/jams/test_api_fuzz.py looks after

    def operations(self):
        return {found.ok().label: found.ok() for found in self.schema.get_all_operations()}

    def call_as(self, role, row):
        """By session what is for sessions only; else by token."""
        self.application.caller = self.callers[role]["session" if row.name in OF_ACCOUNTS else "token"]

    def examples(self, operation, call, most):
        """Those of the description, and as many that Hypothesis finds."""
        modes = [HypothesisTestMode.EXAMPLES, HypothesisTestMode.FUZZING]
        config = HypothesisTestConfig(self.schema.config, modes, settings=repeatable(max_examples=most))
        create_test(operation=operation, test_func=call, config=config)()

    def coverage(self, operation, most) -> Iterator:
        """Every limit of every parameter from within and without; the good ones come first."""
        generation = self.schema.config.generation_for(operation=operation, phase="coverage")
        modes = list(GenerationMode)
        found = CoverageGenerator(operation=operation, generation_modes=modes, generation_config=generation,
                                  auth_storage=None, override=Override(), feedback=NO_FEEDBACK)  # fmt: skip
        return islice(found, most)


def callers(world, role):
    caller = world.callers[role]
    session = caller.client.cookies.get(django_settings.SESSION_COOKIE_NAME)
    if not session:
        found = {f"HTTP_{name.upper()}": value for name, value in caller.headers.items()}
        return {"token": found, "session": found}
    _token, text = make_api_token(user=User.objects.get(pk=caller.client.session["_auth_user_id"]))
    return {
        "token": {"HTTP_AUTHORIZATION": f"Bearer {text}"},
        "session": {"HTTP_COOKIE": f"{session.key}={session.value}", "HTTP_SEC_FETCH_SITE": "same-origin"},
    }


def repeatable(**more):
    """The same cases in each run."""
    return settings(derandomize=True, database=None, deadline=None, phases=[Phase.explicit, Phase.generate],
                    suppress_health_check=list(HealthCheck), **more)  # fmt: skip


def label(row):
    """`GET /api/v1/jams/{slug}`."""
    pattern = ROUTES[f"api:{row.name}"].pattern
    names = {
        "<slug:host>": "{host}",
        "<int:pk>": "{id}",
        "<int:song>": "{song}",
        "<int:delivery>": "{delivery}",
        "<slug:slug>": "{slug}",
    }
    for converter, name in names.items():
        pattern = pattern.replace(converter, name)
    return f"{row.method} /{pattern}"


def parts(case, *, good):
    found = case.meta.components.items() if case.meta else ()
    return {place for place, part in found if part.mode.is_positive == good}


def aim(case, there, body=None):
    """Good parts of the case are of what is there: else nearly all would be answered 404."""
    good = parts(case, good=True)
    if ParameterLocation.PATH in good:
        case.path_parameters = case.path_parameters | there
    if ParameterLocation.HEADER in good and "If-Match" in case.headers:
        case.headers["If-Match"] = "*"
    if ParameterLocation.BODY in good and isinstance(case.body, dict):
        known = {"song", "venue", "attendees", "token"} & set(case.body) & set(body or ())
        case.body = case.body | {name: body[name] for name in known}
