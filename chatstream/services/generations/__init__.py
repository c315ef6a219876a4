"""Generations: one answer each, owned from the user's message to its stored end.

``intake`` takes a message in and opens the generation, in one transaction. ``generation`` runs it in greenlets of its
own. ``outcomes`` stores its end. ``runner`` holds those of this worker, keeps their heartbeat and ends them, and
``reaping`` ends those of workers that are gone. ``following`` and ``resuming`` are for those who read along,
``stopping`` and ``idempotency`` for those who asked.
"""

from chatstream.services.generations.generation import Generation
from chatstream.services.generations.runner import GenerationRunner

__all__ = ["Generation", "GenerationRunner"]
