"""What the API answers: each schema dumps rows as they are and describes them for the document."""
