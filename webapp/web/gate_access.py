"""Who may use the addresses at the gate before applications; a part of the table in `access`.

Whether somebody may enter an application is decided in `webapp.domain.applications.entry`.
"""

from webapp.web.call_access import ANYONE, USER

GATE: dict[str, str] = {
    "gate.check": ANYONE,
    "gate.enter": USER,
    "gate.failed": USER,
    # On the hosts of applications.
    "gate_visits.start": ANYONE,
    "gate_visits.enter": ANYONE,
    "gate_visits.refused": ANYONE,
    "gate_visits.ask_sign_out": ANYONE,
    "gate_visits.sign_out": ANYONE,
    "gate_visits.left": ANYONE,
    "gate_visits.style": ANYONE,
}
