"""Traces: what a request, its statements, its answer and the call of its workflow took, as spans of one trace.

``interface`` is what the rest of ChatStream speaks to, and does nothing by itself. ``otel`` is the same with
OpenTelemetry's SDK behind it; the factory alone imports it, and only where TRACES is on.
"""
