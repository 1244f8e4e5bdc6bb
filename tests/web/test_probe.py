from functools import partial
import pytest
from tests import cast
from tests.support.visits import HOST, NAMES, PAGE, Visitor, names, wiki

def test_probe(app, browser, make_app):
    out = []
    with app.app_context():
        wiki()
    chen = Visitor(app, browser, cast.CHEN)
    chen.enter()
    nobody = Visitor(app, browser)
    def show(label, r):
        out.append((label, r.status_code, r.headers.getlist("Remote-User"), all(n in r.headers for n in NAMES), r.headers.get("Location"), r.headers.getlist("Set-Cookie")))
    for who in (chen, nobody):
        c = who.there
        for m in ("GET","HEAD","POST","PUT","DELETE","OPTIONS","PATCH","TRACE","PROPFIND","MKCOL","REPORT","CONNECT", "FOO"):
            show(m, c.open("/gate/check", method=m, base_url=f"https://{HOST}", headers={**PAGE, "X-Forwarded-Host": HOST}))
        for h in ("", "a b", "wiki.acme.example:443", "WIKI.ACME.EXAMPLE", "wiki.acme.example.", "[::1", "wiki.acme.example, evil.example", "wiki.acme.example:80", "wiki.acme.example:8443", "\xff"):
            show("XFH " + repr(h), c.open("/gate/check", base_url="https://gatehouse.test", headers={**PAGE, "X-Forwarded-Host": h}))
        for h in ("a b", "", "evil.example", "[::1"):
            show("Host " + repr(h), c.open("/gate/check", base_url="https://gatehouse.test", headers={**PAGE, "Host": h, "X-Forwarded-Host": HOST}))
        show("slash", c.open("/gate/check/", base_url="https://gatehouse.test", headers={**PAGE, "X-Forwarded-Host": HOST}))
        show("big", c.open("/gate/check", method="POST", data=b"x"*400000, base_url="https://gatehouse.test", headers={**PAGE, "X-Forwarded-Host": HOST}))
        show("badform", c.open("/gate/check", method="POST", data=b"a=%ff", content_type="application/x-www-form-urlencoded", base_url="https://gatehouse.test", headers={**PAGE, "X-Forwarded-Host": HOST}))
        for q in ("application=acme/wiki", "application=", "application", "application=acme/wiki&application=acme/wiki", "application=%FF", "application=acme/wiki%00", "application=ACME/wiki", "x=y", "%FF"):
            show("?" + q, c.open("/gate/check?" + q, base_url="https://gatehouse.test", headers={**PAGE, "X-Forwarded-Host": HOST}))
            show("noXFH ?" + q, c.open("/gate/check?" + q, base_url="https://gatehouse.test", headers={**PAGE}))
        for u in ("http://[bad", "https://wiki.acme.example/x?y=1", "//wiki.acme.example/x", "https://evil.example/", "https://a@wiki.acme.example/", "https://wiki.acme.example:99999/"):
            show("XOU " + u, c.open("/gate/check", base_url="https://gatehouse.test", headers={**PAGE, "X-Original-URL": u}))
        show("cross", c.open("/gate/check", method="POST", base_url="https://gatehouse.test", headers={**PAGE, "Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example", "X-Forwarded-Host": HOST}))
        show("XFM post", c.open("/gate/check", base_url="https://gatehouse.test", headers={**PAGE, "X-Forwarded-Method": "POST", "X-Forwarded-Host": HOST}))
        show("XFM get lower", c.open("/gate/check", base_url="https://gatehouse.test", headers={**PAGE, "X-Forwarded-Method": "get", "X-Forwarded-Host": HOST}))
        show("basic", c.open("/gate/check", base_url="https://gatehouse.test", headers={"Authorization": "Basic x", "X-Forwarded-Host": HOST}))
        show("hx", c.open("/gate/check", base_url="https://gatehouse.test", headers={**PAGE, "HX-Request": "true", "X-Forwarded-Host": HOST}))
        show("forged", c.open("/gate/check", base_url="https://gatehouse.test", headers={**PAGE, "Remote-User": "admin", "X-Forwarded-Host": HOST}))
        out.append("-----")
    with open("/tmp/probe/gate.txt", "w") as f:
        f.write("\n".join(map(str, out)))
