"""Says plainly when this Python cannot run Gatehouse. Must itself run on any Python 3."""

import sys

OLDEST = (3, 11)

if sys.version_info < OLDEST:
    sys.exit(
        "Gatehouse needs Python %d.%d or newer; this one is %d.%d.%d (%s).\n"
        "Choose another: make run PYTHON=python3.12"
        % (OLDEST + sys.version_info[:3] + (sys.executable,))
    )
try:
    import ensurepip  # noqa: F401
    import venv  # noqa: F401
except ImportError:
    sys.exit(
        "This Python (%s) has no venv or pip. On Debian or Ubuntu: apt-get install python3-venv"
        % sys.executable
    )
