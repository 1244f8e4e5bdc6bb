"""The street side: pages and forms over the domain's verbs."""
