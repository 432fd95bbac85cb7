"""What is wrong with what a user gave."""


class PolicyInputError(Exception):
    """A blueprint, configuration or exemption that cannot be used; the message names the place and a way out."""
