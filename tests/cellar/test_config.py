"""Settings are checked at start; a wrong one is named, with what it should be."""

from __future__ import annotations

import sys

import pytest

from webapp import create_app
from webapp.config import Settings, SettingsError

GOOD = {"SECRET_KEY": "0123456789" * 4, "PUBLIC_URL": "https://gate.example.org"}


def settings(**given):
    return Settings.from_mapping({**GOOD, **given})


def test_production_is_what_one_gets_without_asking():
    assert settings().gatehouse_env == "production"
    assert settings().https


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SECRET_KEY", "", "at least 32"),
        ("SECRET_KEY", "short", "at least 32"),
        ("SECRET_KEY_FALLBACKS", "short", "at least 32"),
        ("PUBLIC_URL", "", "https://"),
        ("PUBLIC_URL", "http://gate.example.org", "https://"),
        ("PUBLIC_URL", "gate.example.org", "like https://"),
        ("PUBLIC_URL", "https://gate.example.org/path", "no path"),
        ("DATABASE_URL", "mysql://x", "postgresql:// or sqlite:///"),
        ("DATABASE_READ_URL", "sqlite:///copy.db", "postgresql://"),
        ("DATABASE_READ_URL", "postgresql://replica/gatehouse", "only a PostgreSQL has replicas"),
        ("REDIS_URL", "http://x", "redis://"),
        ("REDIS_URL", "redis+sentinel://host:26379", "host2:26379/primary"),
        ("REDIS_URL", "redis+sentinel://,b/primary", "host2:26379/primary"),
        ("REDIS_URL", "redis+sentinel://a:port/primary", "host2:26379/primary"),
        ("TRUSTED_HOSTS", "https://gate.example.org", "host names"),
        ("TRUSTED_HOSTS", "gate.example.org/path", "host names"),
        ("DATABASE_POOL_SIZE", "1", "2 to 200"),
        ("MAIL_PORT", "0", "1 to 65535"),
        ("MAIL_PORT", "smtp", "1 to 65535"),
        ("MAIL_USE_TLS", "maybe", "on or off"),
        ("INVITATION_EXPIRY_DAYS", "0", "1 to 30"),
        ("INVITATION_EXPIRY_DAYS", "31", "1 to 30"),
        ("INVITATION_EXPIRY_DAYS", "٧", "1 to 30"),
        ("ALLOWED_INVITE_DOMAINS", "example", "domain names"),
        ("ALLOW_INTERNAL_EMAIL_DOMAINS", "corp.local", "on or off"),
        ("INVITATIONS_PER_ADMIN_PER_DAY", "-1", "0 to"),
        ("PASSWORD_MIN_LENGTH", "7", "8 to 128"),
        ("TRUSTED_PROXIES", "many", "0 to 10"),
        ("LOG_FORMAT", "xml", "text, json"),
        ("GATEHOUSE_ENV", "prod", "production, development, test"),
        ("RATELIMIT_ENABLED", "2", "on or off"),
        ("BOUNCE_ADDRESS", "bounces", "email address"),
        ("BOUNCE_ADDRESS", "bounces+x@example.org", r"no \+ before"),
        ("BOUNCE_ADDRESS", "b" * 28 + "@example.org", "at most 27"),
        ("BOUNCE_ADDRESS", "bücher@example.org", "email address"),
        ("SENTRY_DSN", "https://sentry.example.org/7", "https://key@host/1"),
        ("SENTRY_DSN", "https://key@sentry.example.org", "https://key@host/1"),
        ("SENTRY_DSN", "key", "https://key@host/1"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "like http://collector"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "key", "name=value"),
        ("OTEL_TRACES_SAMPLER_ARG", "1.5", "from 0 to 1"),
        ("OTEL_TRACES_SAMPLER_ARG", "nan", "from 0 to 1"),
        ("OTEL_TRACES_SAMPLER_ARG", "some", "from 0 to 1"),
        ("RESEND_WEBHOOK_SECRET", "secret", "like whsec_"),
        ("RESEND_WEBHOOK_SECRET", "whsec_", "like whsec_"),
        ("RESEND_WEBHOOK_SECRET", "whsec_!" + "A" * 40, "like whsec_"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_its_name(name, value, words):
    with pytest.raises(SettingsError, match=rf"{name}: .*{words}"):
        settings(**{name: value})


def test_all_wrong_settings_are_named_at_once():
    with pytest.raises(SettingsError) as wrong:
        settings(MAIL_PORT="x", LOG_FORMAT="y")
    assert "MAIL_PORT" in str(wrong.value)
    assert "LOG_FORMAT" in str(wrong.value)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000"])
def test_http_is_good_enough_on_loopback(host):
    assert not settings(PUBLIC_URL=f"http://{host}").https


def test_both_ways_to_switch_tls_on_are_not_both_on():
    with pytest.raises(SettingsError, match="MAIL_USE_TLS"):
        settings(MAIL_USE_TLS="on", MAIL_USE_SSL="on")


def test_a_resend_key_alone_sets_up_its_smtp():
    found = settings(RESEND_API_KEY="re_123")
    assert (found.mail_server, found.mail_port, found.mail_use_ssl) == (
        "smtp.resend.com",
        465,
        True,
    )
    assert (found.mail_username, found.mail_password) == ("resend", "re_123")
    assert settings(RESEND_API_KEY="re_123", MAIL_SERVER="mx.example.org").mail_port == 25


@pytest.mark.parametrize(
    "name", ["MAIL_PORT", "MAIL_USE_TLS", "MAIL_USE_SSL", "MAIL_USERNAME", "MAIL_PASSWORD"]
)
def test_what_a_resend_key_would_overrule_is_refused_beside_it(name):
    value = {"MAIL_PORT": "587", "MAIL_USERNAME": "u", "MAIL_PASSWORD": "p"}.get(name, "on")
    with pytest.raises(SettingsError, match=f"{name}: .*RESEND_API_KEY"):
        settings(RESEND_API_KEY="re_123", **{name: value})


def test_a_mail_server_beside_a_resend_key_is_the_one_that_counts():
    given = {"MAIL_SERVER": "mx.example.org", "MAIL_PORT": "587", "MAIL_USE_TLS": "on"}
    found = settings(RESEND_API_KEY="re_123", **given)
    assert (found.mail_server, found.mail_port, found.mail_use_tls) == ("mx.example.org", 587, True)
    assert (found.mail_use_ssl, found.mail_username, found.mail_password) == (False, "", "")


def test_a_bounce_address_is_kept_as_servers_that_lower_the_case_write_it():
    found = settings(BOUNCE_ADDRESS="Bounces@Bücher.example")
    assert found.bounce_address == "bounces@xn--bcher-kva.example"


def test_resends_webhook_secret_is_taken_as_it_is_shown():
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    assert settings(RESEND_WEBHOOK_SECRET=secret).resend_webhook_secret == secret


def test_postgresql_is_spoken_to_through_psycopg():
    for scheme in ("postgres", "postgresql"):
        assert settings(DATABASE_URL=f"{scheme}://u@h/d").database_url == (
            "postgresql+psycopg://u@h/d"
        )


def test_lists_are_separated_by_commas():
    found = settings(ALLOWED_INVITE_DOMAINS="Example.org, bücher.example,")
    assert found.allowed_invite_domains == ("example.org", "xn--bcher-kva.example")


def test_the_sender_is_at_the_public_host_unless_named():
    assert settings().from_email == "gatehouse@gate.example.org"


def test_development_needs_no_key_and_production_refuses_developments():
    key = Settings.from_mapping({"GATEHOUSE_ENV": "development"}).secret_key
    with pytest.raises(SettingsError, match="not the one for development"):
        settings(SECRET_KEY=key)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FROM_EMAIL", "not an address"),
        ("FROM_EMAIL", "a@b.example\r\nBcc: c@d.example"),
        ("SECRET_KEY", "a" * 40),
        ("PUBLIC_URL", "https://user:password@gate.example.org"),
        ("PUBLIC_URL", "https://gate.example.org:99999"),
        ("PUBLIC_URL", "https://gate.example.org?x=y"),
        ("PUBLIC_URL", 'https://gate".example.org'),
        ("PUBLIC_URL", "https://gate example.org"),
    ],
)
def test_what_would_break_later_stops_the_start(name, value):
    with pytest.raises(SettingsError, match=name):
        settings(**{name: value})


def test_developments_key_is_no_fallback_in_production():
    key = Settings.from_mapping({"GATEHOUSE_ENV": "development"}).secret_key
    with pytest.raises(SettingsError, match="not the one for development"):
        settings(SECRET_KEY_FALLBACKS=key)


@pytest.mark.parametrize(
    ("given", "is_said"),
    [
        ({}, True),
        ({"TRUSTED_PROXIES": ""}, True),
        ({"TRUSTED_PROXIES": "0"}, False),
        ({"TRUSTED_PROXIES": "1"}, False),
        ({"PUBLIC_URL": "http://127.0.0.1:8000"}, False),
    ],
)
def test_https_without_a_word_about_proxies_is_said_at_start(given, is_said, caplog):
    create_app(settings(**given))
    assert ("Set TRUSTED_PROXIES to the number of proxies" in caplog.text) is is_said


def test_a_debugging_flag_changes_nothing_in_production(monkeypatch):
    monkeypatch.setenv("FLASK_DEBUG", "1")
    assert not create_app(settings()).debug


@pytest.mark.parametrize("written", ["on", "True", "YES", "1"])
def test_a_switch_is_on_in_any_case(written):
    assert settings(MAIL_USE_TLS=written).mail_use_tls


def test_no_message_shows_a_secret():
    secret = "whsec_not-base64"
    with pytest.raises(SettingsError) as wrong:
        settings(RESEND_WEBHOOK_SECRET=secret, SECRET_KEY="hunter2", MAIL_PORT="hunter2")
    assert "RESEND_WEBHOOK_SECRET" in str(wrong.value)
    assert secret not in str(wrong.value)
    assert "hunter2" not in str(wrong.value)
    assert wrong.value.__cause__ is None and wrong.value.__context__ is None


def test_traces_need_what_is_installed_apart(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry", None)  # as where it is not installed
    with pytest.raises(SettingsError, match=r"pip install -r requirements-tracing\.txt"):
        settings(OTEL_EXPORTER_OTLP_ENDPOINT="http://collector:4318")


def test_our_own_mailboxes_may_be_at_an_internal_domain():
    found = settings(FROM_EMAIL="Gate@Corp.Local", BOUNCE_ADDRESS="back@mail.internal")
    assert (found.from_email, found.bounce_address) == ("Gate@corp.local", "back@mail.internal")


SECRETS = {
    "SECRET_KEY": "a-secret-key-from-a-file-0123456789",
    "SECRET_KEY_FALLBACKS": "an-earlier-key-from-a-file-0123456",
    "DATABASE_URL": "postgresql+psycopg://u:secret@h/d",
    "REDIS_URL": "rediss://:secret@h:6380/0",
    "MAIL_PASSWORD": "secret",
    "RESEND_WEBHOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "METRICS_TOKEN": "secret",
    "SENTRY_DSN": "https://key@sentry.example.org/7",
    "OTEL_EXPORTER_OTLP_HEADERS": "key=secret",
}


def given_without(name):
    return {other: value for other, value in GOOD.items() if other != name}


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_can_be_in_a_file(name, tmp_path):
    file = tmp_path / "secret"
    file.write_text(SECRETS[name] + "\n")
    found = Settings.from_mapping({**given_without(name), f"{name}_FILE": str(file)})
    plain = Settings.from_mapping({**given_without(name), name: SECRETS[name]})
    assert getattr(found, name.lower()) == getattr(plain, name.lower())
    assert found == plain


def test_the_file_of_a_resend_key_sets_up_its_smtp(tmp_path):
    file = tmp_path / "key"
    file.write_text("re_123")
    assert settings(RESEND_API_KEY_FILE=str(file)).mail_password == "re_123"


@pytest.mark.parametrize("name", [*SECRETS, "RESEND_API_KEY"])
def test_a_secret_both_in_a_file_and_beside_it_stops_the_start(name, tmp_path):
    file = tmp_path / "secret"
    file.write_text("x" * 40)
    both = {name: SECRETS.get(name, "re_123"), f"{name}_FILE": str(file)}
    with pytest.raises(SettingsError, match=f"{name}: should be unset beside {name}_FILE"):
        Settings.from_mapping({**GOOD, **both})


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    there, binary, empty = tmp_path / "there", tmp_path / "binary", tmp_path / "empty"
    binary.write_bytes(b"\xff\xfe\x00")
    empty.write_text("\n")
    for path, why in (
        (tmp_path / "missing", "can be read .No such file or directory."),
        (tmp_path, "can be read .Is a directory."),
        (binary, "in UTF-8"),
        (empty, "with the value and nothing else"),
    ):
        with pytest.raises(SettingsError, match=f"MAIL_PASSWORD_FILE: .*{why}.*{path}"):
            settings(MAIL_PASSWORD_FILE=str(path))
    there.write_text("hunter2")
    with pytest.raises(SettingsError) as wrong:
        Settings.from_mapping({**given_without("SECRET_KEY"), "SECRET_KEY_FILE": str(there)})
    assert "SECRET_KEY" in str(wrong.value) and "hunter2" not in str(wrong.value)


def test_a_setting_that_is_no_secret_has_no_file(tmp_path):
    file = tmp_path / "port"
    file.write_text("9000")
    assert settings(MAIL_PORT_FILE=str(file)).mail_port == 25
