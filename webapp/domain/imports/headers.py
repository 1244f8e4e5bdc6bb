"""What other programs call the columns of a list: one table, the surest name of each field first.

From the exports of Google Workspace, Contacts and Forms, Microsoft 365, Entra and Outlook, Slack,
Mailchimp, Moodle, Canvas, Discourse, WordPress, Okta, Zoom, Asana, Jira, HubSpot, Salesforce,
Pipedrive, Eventbrite, BambooHR, Workday, Personio and others, in seven languages.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence

EMAIL, NAME, FIRST, LAST = "email", "name", "first", "last"
ROLE, MESSAGE, ACCESS = "role", "message", "access_until"
FIELDS = (EMAIL, NAME, FIRST, LAST, ROLE, MESSAGE, ACCESS)

_NAMES = {
    EMAIL: """
        email; email address; mail; mail address; primary email; primary email address
        work email; work email address; business email; company email; corporate email
        email work; email primary work; email primary; email business; email 1 value; email 1
        email 1 address; emails; email addresses; email id; user email; user email address
        member email; contact email; person email; attendee email; invitee email; student email
        participant email; employee email; customer email; billing email; your email
        e-mail-adresse; mailadresse; e-mail-adressen; e-mail geschäftlich; geschäftliche e-mail
        geschäftliche e-mail-adresse; e-mail dienstlich; dienstliche e-mail; e-mail-kontakt
        adresse e-mail; adresse mail; adresse électronique; adresse de courriel; courriel; mél
        adresse mél; adresse de messagerie; courrier électronique; e-mail professionnel
        adresse e-mail professionnelle; courriel professionnel
        correo electrónico; correo; dirección de correo electrónico; dirección de correo
        dirección electrónica; correo corporativo; correo electrónico del trabajo; e-correo
        endereço de e-mail; endereço eletrônico; endereço eletrónico; correio eletrônico
        correio eletrónico; endereço de correio eletrónico; e-mail corporativo; e-mail profissional
        e-mailadres; mailadres; e-mail werk; e-mailadres werk; zakelijk e-mailadres
        zakelijke e-mail
        indirizzo e-mail; indirizzo di posta elettronica; posta elettronica; e-mail aziendale
        indirizzo e-mail aziendale; e-mail di lavoro
        home email; email home; personal email; personal email address; private e-mail; email other
        other email; alternate email; secondary email; recovery email
        email 2 value; email 2 address
    """,
    NAME: """
        name; full name; display name; complete name; real name; employee name; employee
        member name
        contact name; person name; attendee name; participant name; participant; student name
        full legal name; worker; person; member
        vollständiger name; anzeigename; ganzer name; vor- und nachname; mitarbeiter; teilnehmer
        nom; nom complet; nom et prénom; prénom et nom; nom d'affichage
        nombre; nombre completo; nombre y apellidos; nombre para mostrar; nombre y apellido
        nome; nome completo; nome de exibição; nome e sobrenome; nome e cognome; nominativo
        nome visualizzato; naam; volledige naam; weergavenaam; voor- en achternaam
    """,
    FIRST: """
        first name; given name; forename; fname; christian name; preferred first name
        user first name
        legal first name; attendee first name; name first; person first name; vorname; rufname
        prénom; prénoms; nombre de pila; primer nombre; nombres; primeiro nome; nome próprio
        voornaam; roepnaam; nome di battesimo
    """,
    LAST: """
        last name; surname; family name; lname; second name; user last name; legal last name
        attendee last name; name last; person last name; nachname; familienname; zuname
        nom de famille; apellido; apellidos; primer apellido; sobrenome; apelido; apelidos
        último nome; achternaam; familienaam; cognome
    """,
    ROLE: """
        role; roles; user role; member role; team role; account role; role name; org role
        organization role; rolle; benutzerrolle; rôle; rol; papel; função; ruolo; gebruikersrol
    """,
    MESSAGE: """
        message; personal message; nachricht; persönliche nachricht; message personnel; mensaje
        mensaje personal; mensagem; mensagem pessoal; messaggio; messaggio personale; bericht
        persoonlijk bericht
    """,
    # Only names that mean nothing else: the end of a contract is not the end of access.
    ACCESS: "access until; access ends; access ends on; access end date; zugang bis",
}
# Columns that hold an address in some programs, and no more than a word in others.
_SIGN_INS = """
    user principal name; upn; username; user name; login; login name; login id; sign in name; user
    user id; account; benutzername; benutzerprinzipalname; anmeldename; nom d'utilisateur
    identifiant; nombre de usuario; usuario; nome de usuário; nome de utilizador; nome utente
    gebruikersnaam
"""
# Beside a column of first names these hold last names, and the other way round.
_EITHER = ("name", "nom", "nome", "nombre", "naam")

_REMARK = re.compile(
    r"[\[(][^\])]*(?:requ|option|mandat|pflicht|oblig|obbl|obrig|facult|facolt|opci|verplicht)"
    r"[^\])]*[\])]"
)


@functools.lru_cache(1024)
def bare(header: str) -> str:
    """A header without case, accents, blanks, punctuation and remarks such as “[Required]”."""
    text = _REMARK.sub("", header[:200].casefold()).replace("#", "number") or header[:200]
    letters = unicodedata.normalize("NFKD", text)
    return "".join(char for char in letters if char.isalnum()).casefold()


def _ranks(names: str) -> dict[str, int]:
    listed = [bare(name) for name in re.split(r"[;\n]", names) if name.strip()]
    return {name: rank for rank, name in reversed(list(enumerate(listed)))}


_RANKS = {field: _ranks(names) for field, names in _NAMES.items()}
_SIGN_IN_RANKS = _ranks(_SIGN_INS)
_EITHER_BARE = {bare(name) for name in _EITHER}


def columns_of(field: str, headers: Sequence[str]) -> list[int]:
    """The columns that may hold a field, the surest first; of the same name in the file's order."""
    ranks = _RANKS[field]
    places = [(ranks[bare(one)], place) for place, one in enumerate(headers) if bare(one) in ranks]
    return [place for _, place in sorted(places)]


def sign_ins(headers: Sequence[str]) -> list[int]:
    """The columns of names to sign in with, which may be addresses."""
    return [place for place, one in enumerate(headers) if bare(one) in _SIGN_IN_RANKS]


def found(headers: Sequence[str]) -> dict[str, int]:
    """The column of each field, by the names of the columns."""
    surest = {field: columns_of(field, headers) for field in FIELDS}
    taken = {field: places[0] for field, places in surest.items() if places}
    name = taken.get(NAME)
    if name is not None and bare(headers[name]) in _EITHER_BARE:
        if FIRST in taken and LAST not in taken:
            taken[LAST] = taken.pop(NAME)
        elif LAST in taken and FIRST not in taken:
            taken[FIRST] = taken.pop(NAME)
    return taken


def twins(headers: Sequence[str], taken: dict[str, int]) -> str | None:
    """The field of which two columns have the same name, if there is one."""
    names = [bare(one) for one in headers]
    return next((one for one, place in taken.items() if names.count(names[place]) > 1), None)
