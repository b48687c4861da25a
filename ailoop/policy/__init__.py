"""Which calls of tools need a person: rules from a file, and what follows from them.

Nothing here asks anybody, waits or talks to a server.
"""

from ailoop.policy.call import Call
from ailoop.policy.decide import Verdict, decide, denied_as_edited
from ailoop.policy.file import PolicyError, find_policy, parse_policy, read_policy
from ailoop.policy.reader import Problem
from ailoop.policy.rule import Decision, Policy, Rule

__all__ = [
    "Call",
    "Decision",
    "Policy",
    "PolicyError",
    "Problem",
    "Rule",
    "Verdict",
    "decide",
    "denied_as_edited",
    "find_policy",
    "parse_policy",
    "read_policy",
]
