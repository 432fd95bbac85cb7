"""What a plan must satisfy before it is carried out: rules, their catalogue, and the ways to apply them.

The rules know properties of resources alone. They are applied to a recorded blueprint by `policy.check`, and under the
engine by the CrossGuard pack in `policy.pack`.
"""
