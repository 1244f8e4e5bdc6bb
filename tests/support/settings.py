"""The environment of a program under test."""

from __future__ import annotations

SECRET_KEY = "the-key-of-the-tests-0123456789abcdef"


def environment(database: str, redis_url: str, smtp_port: int) -> dict[str, str]:
    """Settings by environment name for a program over these parts."""
    return {
        "GATEHOUSE_ENV": "test",
        "SECRET_KEY": SECRET_KEY,
        "PUBLIC_URL": "http://gatehouse.test",
        "PORT": "1",  # where nobody listens; the web server of a test gets one of its own
        "DATABASE_URL": database,
        "REDIS_URL": redis_url,
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(smtp_port),
        "FROM_EMAIL": "gatehouse@acme.example",
    }
