"""A live account as the project that a person would have written."""
