"""What the API returns: each schema dumps rows as they are and describes them."""
