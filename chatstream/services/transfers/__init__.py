"""Transfers: a chat as a document, out and in again.

The document is the chat as the API shows it, with all messages and ``"version": 1``. Both ways take it a piece at a
time, so that a long chat needs no more memory than a short one.
"""
