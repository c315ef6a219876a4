"""Routes: policy as decorators, then a few lines. Their docstrings are the API's text."""
