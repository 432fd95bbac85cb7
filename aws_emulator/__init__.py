"""The in-memory AWS: moto behind a loopback listener, with corrections and additions that the Terraform provider needs.

`server` starts it, `outage` makes regions fail, `corrections` fixes wrong answers of moto, and `additions` implements
actions that moto lacks. It sends no request to the network.
"""
