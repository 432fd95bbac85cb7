"""The in-memory AWS: moto behind a loopback listener, corrected and completed where the genuine provider
needs it.

`server` starts it, `outage` takes regions away, `corrections` mends what moto answers wrongly and
`additions` brings what moto lacks. Nothing leaves the machine.
"""
