"""Engines that deploy a stack: one protocol, two implementations."""

from rehearsal.engines.protocol import Drift, Engine, EngineError, Outcome, Progress

__all__ = ["Drift", "Engine", "EngineError", "Outcome", "Progress"]
