"""The front door."""

import sys

from webapp import create_app
from webapp.config import Settings, SettingsError

try:
    app = create_app(Settings.from_env())
except SettingsError as wrong:
    sys.exit(str(wrong))
