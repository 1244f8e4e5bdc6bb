"""Applications: what an accepted invitation opens, for whom it should and as long as it should."""

from __future__ import annotations

from webapp.domain.applications.entry import may_enter as may_enter
