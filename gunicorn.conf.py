"""gunicorn, as the Procfile starts it. The program's own settings are in webapp/config.py."""

import logging
import os

bind = f"0.0.0.0:{os.environ.get('PORT') or '8000'}"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
worker_class = "gthread"
threads = 4
timeout = 30
graceful_timeout = 30
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 - heartbeats only

# No access log: addresses carry tokens. The program writes its own line for each request.
accesslog = None
errorlog = "-"

# Which proxies to believe is TRUSTED_PROXIES' business alone, not gunicorn's.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}

# The control socket would be one for all of a user's gunicorns, and nothing here uses it.
control_socket_disable = True


def without_address(record: logging.LogRecord) -> bool:
    """Keep the address, which can carry a token, out of what gunicorn says of bad requests."""
    if str(record.msg).startswith(("Error handling request", "Invalid request")):
        record.msg, record.args = "A request could not be handled (its address is left out)", ()
    return True


logging.getLogger("gunicorn.error").addFilter(without_address)
