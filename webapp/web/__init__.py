"""The web layer: pages, forms and the API, each a thin cover over verbs of the domain."""
