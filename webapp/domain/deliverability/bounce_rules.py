"""The table by which a failed report is read: codes and words, and what they say.

A report has a code (RFC 3463: class, subject, detail), the reply code of SMTP and a text, and
these often disagree. Lines are asked from the top, and the first that fits decides. The order
is by what a mistake costs: a fault of ours read as the address's shuts out somebody who can be
reached, so all that tells of us comes first, then what tells of a mailbox that is there, and only
then what says that nobody has the address. Within that, words overrule vague codes (5.0.0, 5.7.1
"user unknown"), because servers choose words more carefully than codes. Nothing fits: unclear.
"""

from __future__ import annotations

from dataclasses import dataclass

from webapp.domain.deliverability.faults import Cause


@dataclass(frozen=True, slots=True)
class Rule:
    """A cause, the codes (without their class) or words that tell of it, and who says so."""

    cause: Cause
    codes: str
    source: str
    words: str


IANA = "IANA, SMTP Enhanced Status Codes"
GOOGLE = "Google Workspace, SMTP errors and codes"
MICROSOFT = "Microsoft Exchange Online, NDR error codes"
YAHOO = "Yahoo Sender Hub, SMTP error codes"

RULES = (
    # Sentences of one vendor that say something else than their code or their words alone.
    Rule(Cause.NO_MAILBOX, "", f"{MICROSOFT}: 5.4.1",
         r"5\.4\.1\b.{0,80} recipient address rejected: access denied"),
    Rule(Cause.NO_MAILBOX, "1.351", f"{MICROSOFT}: 5.1.10, 5.1.351",
         r"resolver\.adr\.\w*notfound"),
    Rule(Cause.NO_MAILBOX, "", "HCL Domino, delivery failure reports",
         r"not listed in (the )?(\w+ )?(directory|public)"),
    Rule(Cause.CLOSED, "7.12 7.124 7.13[3-6]", f"{MICROSOFT}: 5.7.12, 5.7.124, 5.7.133 to 5.7.136",
         r"resolver\.rst\.\w*auth|only accepts? (messages|mail|e-?mail) from"),
    Rule(Cause.FULL, "", f"{GOOGLE}: 4.2.1, 5.2.1",
         r"receiving (mail|messages) (too|at a rate)"),
    # The sender: our server, our domain, our letter.
    Rule(Cause.DMARC, "7.509", f"RFC 7489; {MICROSOFT}: 5.7.509",
         r"\bdmarc\b"),
    Rule(Cause.UNAUTHENTICATED, "7.26 7.515",
         f"RFC 7372 §3.3: 5.7.26; {GOOGLE}: 5.7.26; {MICROSOFT}: 5.7.515",
         r"\A(?=.*\bspf\b)(?=.*\bdkim\b)|unauthenticated"),
    Rule(Cause.NO_PTR, "7.25", f"RFC 7372 §3.3: 5.7.25; {GOOGLE}: 5.7.25",
         r"\bptr\b|reverse[- ](dns|host ?name|lookup|mapping)|\brdns\b|"
         r"find your (reverse )?host ?name|ip address .{0,40}no host ?name"),
    Rule(Cause.DKIM, "7.20 7.21 7.22", "RFC 7372 §3.1: 5.7.20 to 5.7.22",
         r"\bdkim\b|domainkeys"),
    Rule(Cause.SPF, "7.23 7.24", "RFC 7372 §3.2: 5.7.23, 5.7.24; RFC 7208 §8.4",
         r"\bspf\b|sender policy framework"),
    Rule(Cause.TLS, "7.29 7.30", f"RFC 8689 §6: 5.7.30; {GOOGLE}: 5.7.29",
         r"starttls|\btls\b.{0,30}(required|needed)|(must|need)\w* .{0,20}\btls\b|"
         r"encryption (is )?(needed|required)"),
    Rule(Cause.RATE, "7.28 7.705 1.90 7.508",
         f"{IANA}: 5.7.28; {MICROSOFT}: 5.1.90, 5.7.705; {YAHOO}: TSS04",
         r"too (many|much) (\w+ )?(connections|messages|mails?|e-?mails|recipients|sessions|"
         r"traffic)|(sending|rate|connection) ?limit|throttl|(daily|hourly|"
         r"monthly)[ _](\w+[ _])?(limit|quota)|unusual rate|mail flood"),
    Rule(Cause.BLOCK_LIST, "7.51[1-3] 7.60[5-9] 7.6[1-4]?",
         f"RFC 5782; {MICROSOFT}: 5.7.511, 5.7.606 to 5.7.649",
         r"(black|block|deny|black ?hole) ?list|\b(rbl|dns[br]l|cbl)\b|spamhaus|spamcop|"
         r"barracudacentral|uceprotect|abuseat|banned sending|blocked using|(\bhost|\bip|"
         r"network|(\.\d{1,3}){3}\]?).{0,60}\b(blocked|banned|listed)|listed (in|on|at|by) "),
    Rule(Cause.REPUTATION, "7.708", f"{MICROSOFT}: 5.7.708; {GOOGLE}: 5.7.1",
         r"reputation|sender ?score|senderbase|not trusted|low trust"),
    Rule(Cause.SPAM, "7.50[1-3] 7.520",
         f"RFC 3463 §3.8: 5.7.1; {MICROSOFT}: 5.7.501; {YAHOO}: PH01",
         r"\bspam|unsolicited|\bjunk|\bviru|malware|phish|suspici|unwanted|"
         r"content .{0,30}(reject|denied|block)|(reject|block)\w* .{0,30}content"),
    Rule(Cause.RELAY, "7.64 7.57", f"RFC 5321 §3.6; {MICROSOFT}: 5.7.57, 5.7.64",
         r"relay(ing)?( access)?( is)? ?(denied|not|prohibit|refused)|(unable|allowed|"
         r"permitted|not|cannot|refused|authori[sz]ed)( to)? relay|relaying|rcpthosts|"
         r"authentication .{0,12}(required|needed)|must (first )?(authenticate|log ?in)"),
    Rule(Cause.HOPS, "4.6 4.14", f"RFC 3463 §3.5: 5.4.6; {MICROSOFT}: 5.4.14",
         r"too many hops|hop count|\bloop(s|ed|ing)?\b|too many received"),
    Rule(Cause.SENDER_ADDRESS, "1.7 1.8 1.20 7.27 7.750",
         "RFC 3463 §3.2: 5.1.7, 5.1.8; RFC 7505 §4.2: 5.7.27",
         r"sender( address| domain|'s)?\b.{0,20}(reject|denied|refused|invalid|unknown|verif|"
         r"not |does)|\bmail ?from\b.{0,40}(reject|invalid|unknown)|domain of sender|"
         r"bad sender|call-?(out|back)|envelope sender"),
    Rule(Cause.POLICY, "7.7 7.13", "RFC 3463 §3.8; Postfix, access(5)",
         r"\b(helo|ehlo)\b|client host|not (authori[sz]ed|allowed|permitted) to send|polic(y|"
         r"ies)\b.{0,20}(violat|reason|reject|restrict)|(violat|reject|due to|local|"
         r"security)\w* .{0,30}polic"),
    # The mailbox: it is there.
    Rule(Cause.FULL, "2.2 3.1", "RFC 3463 §3.3, §3.4: 5.2.2, 5.3.1",
         r"(mail ?(box|file|drop|folder)|inbox|quota|storage|disk|postfach)\b.{0,60}(full|"
         r"exceed|over|out of|limit|voll)|(over|exceed|above|insufficient|out of|"
         r"not enough)\w*( \w+){0,4} (quota|storage|space)|no space left|\boverquota|"
         r"quotaexceed"),
    Rule(Cause.TOO_BIG, "2.3 3.4", "RFC 3463 §3.3, §3.4: 5.2.3, 5.3.4; RFC 1870 §6",
         r"(message|mail|size|it)\b.{0,40}too (big|large)|exceed\w* .{0,40}(message |"
         r"mail )?size|(message|fixed|maximum)[- ]\w* ?size|size (limit|exceed)"),
    Rule(Cause.DISABLED, "2.1", f"RFC 3463 §3.3: 5.2.1; {GOOGLE}: 5.2.1; {YAHOO}: 554.30",
         r"(account|mail ?box|user|recipient|address)\b.{0,50}(disabled|inactive|suspended|"
         r"deactivated|locked|expired|frozen|closed|blocked|not active|discontinued)|(inactive|"
         r"disabled|suspended) (user|account|mail ?box|recipient)"),
    Rule(Cause.CLOSED, "7.2", "RFC 3463 §3.8: 5.7.2",
         r"not authori[sz]ed .{0,30}(recipient|group|list|mailbox)|not allowed to (post|mail)|"
         r"members? only|restricted"),
    # Servers waited until their time was over.
    Rule(Cause.GAVE_UP, "4.7 4.300", f"RFC 3463 §3.5: 5.4.7; {MICROSOFT}: 5.4.300",
         r"retry time(out)?\b.{0,40}(exceeded|reached)|(message|delivery|queue)\w*( time|"
         r" lifetime)?( has| was)? ?(expired|timed? ?out|exceeded)|giv(en|ing) up|"
         r"in the queue too|gr[ae]y-?list"),
    # The address.
    Rule(Cause.NO_MAIL, "1.10 556 521", "RFC 7505 §4.1: 5.1.10; RFC 7504 §5: 521, 556",
         r"null ?mx|domain\b.{0,40}(does ?n[o']t|do ?n[o']t|not|never|no longer) (accept|"
         r"receive)s? (any )?(e-?)?mail"),
    Rule(Cause.NO_DOMAIN, "1.2 4.310",
         f"RFC 3463 §3.2: 5.1.2; {MICROSOFT}: 5.4.310; {GOOGLE}: 4.0.0",
         r"(domain|host)( name)?\b.{0,40}(not (be )?found|(does ?n[o']t|do ?n[o']t|not|never|"
         r"no longer) exist|unknown|invalid)|(unknown|no such|invalid|nonexistent|"
         r"unrouteable) (mail )?(domain|host)|nxdomain|name service error|no relevant answers|"
         r"name or service not known"),
    Rule(Cause.NO_MAILBOX, "1.1 1.3 1.4 1.6",
         f"RFC 3463 §3.2: 5.1.1, 5.1.3, 5.1.6; RFC 5321 §4.2.3: 550; {YAHOO}: dd",
         r"(user|recipient|mail ?box|account|address|alias|name)\b.{0,80}(unknown|"
         r"not (be )?found|(does ?n[o']t|do ?n[o']t|not|never|no longer) exist|invalid|no such|"
         r"not (listed|known|valid|a valid|here)|unrouteable|undeliverable|doesn't have)|"
         r"(unknown|invalid|no such|nonexistent|unrouteable|undeliverable|bad)( \w+)? (user|"
         r"recipient|mail ?box|account|address|person|alias|name)|no (mail ?box|person|user|"
         r"account|one|such)\b.{0,20}\b(here|name|there)|nobody|not our (customer|user)|"
         r"doesn't have an? .{0,30}account|couldn't be found|не существует|нет такого|"
         r"gibt es nicht|unbekannt|n'existe pas|no existe"),
    # What is left of the codes, once no word has told more.
    Rule(Cause.UNREACHED, "4.*", "RFC 3463 §3.5",
         r"connection (timed out|refused|reset|dropped|lost)|timed? ?out|no route|unreachable|"
         r"could not connect|lost connection"),
    Rule(Cause.FULL, "552", "RFC 5321 §4.2.3",
         r""),
    Rule(Cause.DISABLED, "2.*",
         "RFC 3463 §3.3: the mailbox exists; RFC 5321 §4.2.3: 550 may mean several things",
         r"mail ?box (is |was )?(not available|unavailable)"),
    Rule(Cause.POLICY, "7.* 530 535", "RFC 3463 §3.8; RFC 4954 §6",
         r"access (is )?denied|\bblocked\b|polic(y|ies)\b"),
)  # fmt: skip
