import pytest
from tests import cast
from webapp.db import db
from webapp.models import Membership
from webapp import clock
from sqlalchemy import text

EXPORTS = ["/orgs/acme/audit/trail.jsonl", "/orgs/acme/reports/invitations.csv", "/account/data.json"]

@pytest.mark.parametrize("path", EXPORTS)
def test_seen(app, browser, path, travel):
    priya = browser(cast.PRIYA)
    priya.open("/orgs/acme/members")
    travel(hours=1)
    with app.app_context():
        before = cast.member(cast.PRIYA).last_seen_at
    a = priya.open(path)
    assert a.status == 200
    with app.app_context():
        after = cast.member(cast.PRIYA).last_seen_at
    print(path, before, after)
    assert after != before
