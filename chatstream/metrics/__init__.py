"""Prometheus metrics: each worker counts by ``instruments``, into a ``folder``; a ``scrape`` adds up all of them.

Light on purpose, as chatstream/config.py is: gunicorn's arbiter imports ``folder``.
"""
