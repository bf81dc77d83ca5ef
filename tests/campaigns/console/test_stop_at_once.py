"""An emergency stop while other processes report events as fast as they can."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from urllib.parse import quote, urlsplit

import pytest
from django.db import connection

from campaigns.models import CampaignAccount, Participation
from campaigns.running.stops import request_resume
from campaigns.running.switches import stop_campaign
from campaigns.services import take_events, tie_out
from tests.approvals.people import make_operator
from tests.approvals.racing import SLUG, at_once, racing_bank
from tests.campaigns.making import SYSTEM, a_campaign, a_template, an_event
from tests.coupons.making import people
from tests.province import ROOT

pytestmark = pytest.mark.django_db(transaction=True)
Worker = subprocess.Popen[str]


def start(prefix: str) -> Worker:
    name = quote(str(connection.settings_dict["NAME"]))
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    env = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    command = [sys.executable, "-m", "tests.campaigns.console.firing", SLUG, prefix]
    return subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def say(worker: Worker, word: str) -> None:
    assert worker.stdin is not None
    worker.stdin.write(f"{word}\n")
    worker.stdin.flush()


def until(count: int) -> None:
    """As many participations have come, of both processes."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = Participation.objects.values("customer_number").distinct().count()
        if found == 2 and Participation.objects.count() >= count:
            return
        time.sleep(0.02)
    pytest.fail("the processes report nothing")


def test_no_event_that_begins_after_an_emergency_stop_is_rewarded_in_any_process() -> None:
    with racing_bank():
        campaign = a_campaign(a_template(coupons=0), budget_cents=10**9)
        workers = [start("A"), start("B")]
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline().strip() == "ready"
            say(worker, "go")
        until(40)
        stop_campaign(actor=people()[0], campaign=campaign, reason="wrong coupon")
        stopped_at = time.time()
        time.sleep(1)
        for worker in workers:
            say(worker, "enough")
        told = [json.loads(worker.communicate(timeout=60)[0]) for worker in workers]

        for found in told:
            before = [rewarded for begun, rewarded in found if begun < stopped_at]
            after = [rewarded for begun, rewarded in found if begun >= stopped_at]
            assert any(before)
            assert after
            assert not any(after)
        rewarded = sum(rewarded for found in told for _begun, rewarded in found)
        account = CampaignAccount.objects.get(campaign=campaign)
        assert (account.counted, account.committed_cents) == (rewarded, rewarded * 500)
        assert tie_out(campaign.pk).breaks == []


def test_of_many_stops_and_approvals_at_once_the_last_word_is_one_state() -> None:
    """Ten stops make one step; two checkers let it run again once."""
    from approvals.services import approve_request
    from campaigns.models import CampaignStep

    with racing_bank() as bank:
        maker, checker = people()
        other = make_operator("second-checker", "checker")
        campaign = a_campaign(a_template(coupons=0))

        def stop() -> None:
            stop_campaign(actor=maker, campaign=campaign, reason="wrong coupon")

        at_once(bank, *[stop] * 10)
        assert CampaignStep.objects.filter(what="stopped").count() == 1

        asked = request_resume(actor=maker, campaign=campaign, reason="corrected")
        at_once(
            bank,
            lambda: approve_request(actor=checker, request_id=asked.pk),
            lambda: approve_request(actor=other, request_id=asked.pk),
        )
        assert CampaignStep.objects.filter(what="running").count() == 1
        (taken,) = take_events(source=SYSTEM, events=[an_event("C1")])
        assert taken.outcome == "rewarded"
