"""Who runs the mail server that refused a mail, by its name or by the domain of the address."""

from __future__ import annotations

# By the end of a host or a domain. The large ones only: for any other, its domain says more.
PROVIDERS = {
    "gmail.com": "Gmail",
    "googlemail.com": "Gmail",
    "google.com": "Gmail",
    "outlook.com": "Outlook",
    "hotmail.com": "Outlook",
    "live.com": "Outlook",
    "msn.com": "Outlook",
    "yahoo.com": "Yahoo",
    "yahoodns.net": "Yahoo",
    "aol.com": "Yahoo",
    "icloud.com": "iCloud",
    "me.com": "iCloud",
    "mac.com": "iCloud",
    "gmx.net": "GMX",
    "gmx.de": "GMX",
    "web.de": "WEB.DE",
    "t-online.de": "T-Online",
    "mail.ru": "Mail.ru",
    "yandex.ru": "Yandex",
    "yandex.net": "Yandex",
    "zoho.com": "Zoho",
    "zoho.eu": "Zoho",
    "mimecast.com": "Mimecast",
    "pphosted.com": "Proofpoint",
    "ppe-hosted.com": "Proofpoint",
    "barracudanetworks.com": "Barracuda",
    "messagelabs.com": "Symantec",
    "iphmx.com": "Cisco",
    "proton.me": "Proton",
    "protonmail.ch": "Proton",
    "fastmail.com": "Fastmail",
    "messagingengine.com": "Fastmail",
    "mailbox.org": "mailbox.org",
    "orange.fr": "Orange",
    "free.fr": "Free",
    "ovh.net": "OVH",
    "qq.com": "QQ",
    "163.com": "NetEase",
    "comcast.net": "Comcast",
}


def provider(*names: str) -> str | None:
    """The provider that one of these hosts or domains belongs to."""
    for name in names:
        labels = name.lower().split("(")[0].strip(" .\t").split(".")
        for place in range(max(len(labels) - 4, 0), len(labels) - 1):
            if found := PROVIDERS.get(".".join(labels[place:])):
                return found
    return None
