"""AWS facts that the preflight and the AWS emulator share: default quotas, On-Demand families and restricted zones.

Each fact has its source.
"""
