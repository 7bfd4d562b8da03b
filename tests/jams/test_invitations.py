"""Links that make somebody a co-host: once, for some days, and only while whoever made them may."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import AuditEvent
from apps.accounts.roles import Right
from apps.jams.errors import AlreadyAHost, InvitationGone, NotAHost, NotAnOwner, OwnerStays, TooManyInvitations
from apps.jams.invitations import accept, invite, remove_host, take_back
from apps.jams.models import Invitation, JamHost
from tests.callers import Caller
from tests.factories import make_jam, make_staff, make_user, make_venue
from tests.races import in_threads

pytestmark = pytest.mark.django_db


@pytest.fixture
def host():
    return make_user(name="Hanna")


@pytest.fixture
def jam(host):
    return make_jam(host=host)


def co_host_of(jam, **fields):
    user = make_user(**fields)
    return JamHost.objects.create(jam=jam, user=user, role="co_host")


def test_a_link_makes_somebody_a_co_host_once(jam, host):
    guest = make_user()
    _row, token = invite(jam=jam, host=host, role="co_host")

    accept(token=token, user=guest)

    assert jam.lets(guest, Right.RUN)
    assert not jam.lets(guest, Right.APPOINT)
    with pytest.raises(InvitationGone):
        accept(token=token, user=make_user())
    verbs = AuditEvent.objects.about(jam).order_by("pk").values_list("verb", "actor")
    assert list(verbs) == [("invite", host.pk), ("accept", guest.pk)]


def test_only_a_hash_of_the_token_is_kept(jam, host):
    row, token = invite(jam=jam, host=host, role="co_host")

    kept = [str(value) for value in Invitation.objects.filter(pk=row.pk).values_list()[0]]
    told = str(list(AuditEvent.objects.values()))
    assert token not in "".join(kept) + told


def test_who_runs_the_jam_already_does_not_use_the_link_up(jam, host):
    _row, token = invite(jam=jam, host=host, role="co_host")

    with pytest.raises(AlreadyAHost):
        accept(token=token, user=host)

    accept(token=token, user=make_user())


def test_a_link_that_is_too_old_opens_nothing(jam, host, settings):
    row, token = invite(jam=jam, host=host, role="co_host")
    assert row.expires_at - timezone.now() > timedelta(days=settings.INVITATION_DAYS - 1)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    with pytest.raises(InvitationGone):
        accept(token=token, user=make_user())


def test_a_link_that_was_taken_back_opens_nothing(jam, host):
    row, token = invite(jam=jam, host=host, role="co_host")

    take_back(invitation=row, host=host)

    with pytest.raises(InvitationGone):
        accept(token=token, user=make_user())


def test_a_screens_link_makes_nobody_a_host(jam, host):
    _row, token = invite(jam=jam, host=host, role="display")

    with pytest.raises(InvitationGone):
        accept(token=token, user=make_user())


def test_a_link_of_somebody_who_lost_the_right_opens_nothing():
    manager = make_user()
    jam = make_jam(venue=make_venue(manager=manager))
    _row, token = invite(jam=jam, host=manager, role="co_host")

    jam.venue.managers.clear()

    with pytest.raises(InvitationGone):
        accept(token=token, user=make_user())


def test_owner_managers_and_staff_invite_and_co_hosts_open_screens_alone(host):
    manager = make_user()
    jam = make_jam(host=host, venue=make_venue(manager=manager))
    co_host = co_host_of(jam).user

    for user in (host, manager, make_staff()):
        invite(jam=jam, host=user, role="co_host")
    invite(jam=jam, host=co_host, role="display")
    with pytest.raises(NotAnOwner):
        invite(jam=jam, host=co_host, role="co_host")
    for role in ("co_host", "display"):
        with pytest.raises(NotAHost):
            invite(jam=jam, host=make_user(), role=role)


def test_a_co_host_takes_no_invitation_back(jam, host):
    row, _token = invite(jam=jam, host=host, role="co_host")

    with pytest.raises(NotAnOwner):
        take_back(invitation=row, host=co_host_of(jam).user)

    assert Invitation.objects.count() == 1


def test_links_are_not_made_without_end(jam, host, settings):
    settings.MAX_INVITATIONS = 2
    for _ in range(2):
        invite(jam=jam, host=host, role="co_host")

    with pytest.raises(TooManyInvitations):
        invite(jam=jam, host=host, role="display")

    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
    invite(jam=jam, host=host, role="display")
    assert Invitation.objects.count() == 1


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_of_many_who_say_yes_at_once_one_becomes_a_co_host(jam, host):
    _row, token = invite(jam=jam, host=host, role="co_host")
    guests = [make_user() for _ in range(8)]

    raised = in_threads([lambda guest=guest: accept(token=token, user=guest) for guest in guests])

    assert [type(error) for error in raised] == [InvitationGone] * 7
    assert JamHost.objects.filter(role="co_host").count() == 1


def test_the_owner_takes_a_co_host_off(jam, host):
    row = co_host_of(jam)

    remove_host(jam_host=row, by=host)

    assert not jam.lets(row.user, Right.RUN)
    event = AuditEvent.objects.about(jam).get()
    assert (event.verb, event.before) == ("remove_host", {"host": {"user": row.user.pk, "role": "co_host"}})


def test_a_co_host_goes_alone_and_takes_nobody_along(jam, host):
    one, other = co_host_of(jam), co_host_of(jam)

    with pytest.raises(NotAnOwner):
        remove_host(jam_host=other, by=one.user)
    remove_host(jam_host=one, by=one.user)

    assert list(JamHost.objects.filter(role="co_host")) == [other]


def test_the_owner_stays(jam, host):
    for user in (host, make_staff()):
        with pytest.raises(OwnerStays):
            remove_host(jam_host=JamHost.objects.get(), by=user)


# Over the API -----------------------------------------------------------------------------------------


def test_the_api_lists_links_without_what_opens_them(jam, host):
    say, path = Caller(user=host), f"/api/v1/jams/{jam.slug}/invitations"

    made = say("POST", path, {"role": "co_host"}).json()
    listed = say("GET", path)

    assert made["url"].endswith(f"/invitations/{made['token']}")
    assert listed.json()["results"] == [
        {name: made[name] for name in ("id", "role", "made_by", "created_at", "expires_at")}
    ]
    assert made["token"] not in listed.content.decode()


def test_the_api_makes_a_co_host_of_whoever_is_logged_in(jam, host):
    guest = make_user(name="Gus")
    _row, token = invite(jam=jam, host=host, role="co_host")

    nobody = Caller()("POST", "/api/v1/invitations/accept", {"token": token})
    answer = Caller(user=guest)("POST", "/api/v1/invitations/accept", {"token": token})
    hosts = Caller(user=guest)("GET", f"/api/v1/jams/{jam.slug}/hosts").json()["results"]

    assert (nobody.status_code, answer.status_code, answer.json()["slug"]) == (401, 200, jam.slug)
    assert [(row["name"], row["role"]) for row in hosts] == [("Hanna", "owner"), ("Gus", "co_host")]
    assert "@" not in str(hosts)


def test_another_jams_rows_are_not_found(jam, host):
    other = make_jam(host=make_user())
    row, _token = invite(jam=other, host=JamHost.objects.get(jam=other).user, role="co_host")
    say, base = Caller(user=host), f"/api/v1/jams/{jam.slug}"

    assert say("DELETE", f"{base}/invitations/{row.pk}").status_code == 404
    assert say("DELETE", f"{base}/hosts/{co_host_of(other).pk}").status_code == 404


@pytest.mark.parametrize(
    "body", [{}, {"role": "owner"}, {"role": "co_host", "expires_at": None}, {"role": "display", "jam": 1}]
)
def test_a_link_is_of_a_role_and_nothing_else_is_set(jam, host, body):
    answer = Caller(user=host)("POST", f"/api/v1/jams/{jam.slug}/invitations", body)

    assert answer.status_code == 400
    assert not Invitation.objects.exists()
