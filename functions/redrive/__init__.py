"""Brings back what failed: messages of dead-letter queues, and orders that the stream did not take."""
