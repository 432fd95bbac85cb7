"""The events layer: streams, their archive, order routing, queues, notifications."""
