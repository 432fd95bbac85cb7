"""The engines that carry a stack out: one protocol, two ways."""

from rehearsal.engines.protocol import Drift, Engine, EngineError, Outcome, Progress

__all__ = ["Drift", "Engine", "EngineError", "Outcome", "Progress"]
