"""What a browser calls itself, as a person would say it: Firefox on Linux.

Our own few words and not a library: the libraries bring a thousand patterns for finer
distinctions than a person's list of sessions needs.
"""

from __future__ import annotations

from webapp.languages import gettext

# The first that fits: Edge and Opera call themselves Chrome, and everyone calls itself Safari.
BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("python", "Python"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def name(user_agent: str) -> str:
    """The device in a few words; the start of its own text if unknown."""
    names = [
        next((word for sign, word in table if sign.casefold() in user_agent.casefold()), None)
        for table in (BROWSERS, SYSTEMS)
    ]
    browser, system = names
    if browser and system:
        return gettext("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or user_agent[:60] or gettext("An unknown device")
