"""What the broker should do, said a second time and as simply as possible.

It knows no tasks, feeds or bytes: a channel is the list of all that was ever told on it,
and a number that says from where on it is still kept.
"""

from __future__ import annotations

from uuid import UUID

from attrs import define, field

Key = tuple[str, UUID]
"""``("message", its id)``, or ``("response", the id of its prompt)``."""

Decision = tuple[str, str | None, str]
"""The type of a response, its answer, and who gave it."""

WITHDRAWN: Decision = ("cancelled", None, "the agent")
TIMED_OUT: dict[str, Decision] = {
    "question": ("timeout", None, "the server"),
    "authorization": ("authorization_denied", None, "the server"),
}
FITS = {
    "question": {"text", "cancelled"},
    "authorization": {"authorization_approved", "authorization_denied", "cancelled"},
}
STATES = {
    "text": "answered",
    "authorization_approved": "approved",
    "authorization_denied": "denied",
    "cancelled": "cancelled",
}
CREATED, KNOWN = "created", "known"
BEFORE_THE_JOURNAL = {"original_not_found", "wrong_response"}


@define
class ModelPrompt:
    """A prompt, and the decision that settled it."""

    id: UUID
    kind: str
    deadline: float
    decision: Decision | None = None
    settled_at: int = -1
    """The place of its response among all that its channel was told."""

    @property
    def state(self) -> str:
        """Where it stands."""
        if self.decision is None:
            return "pending"
        return "timeout" if self.decision[2] == "the server" else STATES[self.decision[0]]


@define
class ModelChannel:
    """All that was told on a channel, and what of it is kept."""

    keep: int
    age: float
    told: list[Key] = field(factory=list)
    at: list[float] = field(factory=list)
    first: int = 0
    prompts: dict[UUID, ModelPrompt] = field(factory=dict)

    @property
    def open(self) -> list[ModelPrompt]:
        """The pending prompts, in the order they were asked."""
        return [prompt for prompt in self.prompts.values() if prompt.decision is None]

    def knows(self, which: UUID) -> bool:
        """Whether a message is found by its id."""
        prompt = self.prompts.get(which)
        if prompt is None:
            return ("message", which) in self.told[self.first :]
        return prompt.decision is None or prompt.settled_at >= self.first

    def tell(self, key: Key, now: float) -> None:
        """Add one entry."""
        self.told.append(key)
        self.at.append(now)

    def ask(self, which: UUID, kind: str, seconds: float, now: float) -> None:
        """Add a prompt, perhaps under the id of one that has been forgotten."""
        self.prompts.pop(which, None)
        self.prompts[which] = ModelPrompt(which, kind, now + seconds)
        self.tell(("message", which), now)

    def settle(self, prompt: ModelPrompt, decision: Decision, now: float) -> None:
        """Settle a prompt, which can happen once."""
        assert prompt.decision is None, "settled twice"
        prompt.decision = decision
        prompt.settled_at = len(self.told)
        self.tell(("response", prompt.id), now)

    def judge(self, which: UUID, decision: Decision, now: float) -> str:
        """Say what becomes of a response, without applying it."""
        if not self.knows(which):
            return "original_not_found"
        prompt = self.prompts[which]
        if decision != WITHDRAWN and decision[0] not in FITS[prompt.kind]:
            return "wrong_response"
        if prompt.decision is None:
            return CREATED if now < prompt.deadline else "expired"
        if prompt.decision == decision:
            return KNOWN
        return "expired" if prompt.state == "timeout" else "already_settled"

    def advance(self, now: float, *, late: bool = False) -> None:
        """Let time pass: prompts end, entries leave.

        :param late: whether the timeouts could be written only now.
        """
        due = [prompt for prompt in self.open if prompt.deadline <= now]
        # Sorting keeps the order of asking among those that are due together.
        for prompt in sorted(due, key=lambda prompt: prompt.deadline):
            self.settle(prompt, TIMED_OUT[prompt.kind], now if late else prompt.deadline)
        self.first = max(self.first, len(self.told) - self.keep)
        while self.first < len(self.told) and self.at[self.first] + self.age <= now:
            self.first += 1
