"""A simulated n8n: answers as a real one does, and fails as a real one does, on demand.

It is a development tool: the demo's workflow, the tests' upstream, the benchmarks' load.
"""

from chatstream.n8n_sim.answers import expected_text
from chatstream.n8n_sim.server import Simulator

__all__ = ["Simulator", "expected_text"]
