"""OpenID Connect: telling the applications of an organization who somebody is (rule A3)."""
