"""Whether a proposal in Python is exact."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass

from ._energy import _evaluator
from ._proposal import Asked, Proposal
from ._saltus import check as _check
from ._system import System


@dataclass(frozen=True)
class Verdict:
    """One target and what came of it."""

    target: str
    """The target in words."""
    acceptance: float
    """Share of moves that were accepted."""
    outcome: str
    """``passed``; ``failed``: the distribution changes; ``unclear``: hardly a move was accepted; ``refused``: by ``setup``."""
    reason: str
    """Why it is not ``passed``."""


class Check:
    """The verdicts of :func:`check`; true where none failed and one passed."""

    def __init__(self, name: str, verdicts: list[Verdict]) -> None:
        self.name = name
        self.verdicts = verdicts

    @property
    def passed(self) -> bool:
        """Whether at least one target passed and none failed."""
        outcomes = [verdict.outcome for verdict in self.verdicts]
        return "passed" in outcomes and "failed" not in outcomes

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        lines = [f"{self.name}: {'exact, as far as this can tell' if self.passed else 'NOT SHOWN TO BE EXACT'}"]
        for verdict in self.verdicts:
            lines.append(f"  {verdict.outcome:<8} {100 * verdict.acceptance:5.1f} % accepted  {verdict.target}")
            if verdict.reason:
                lines.append(f"           {verdict.reason}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(repr(self))}</pre>"


def check(
    proposal: type[Proposal] | Callable[[], Proposal],
    molecule: System | str | None = "ACE-ALA-NME",
    *,
    n_replicas: int = 6000,
    n_steps: int = 60,
    seed: int = 21,
) -> Check:
    """Puts a proposal through the exactness suite.

    Exact draws of known distributions are moved and have to stay exact draws; a forgotten Jacobian, a wrong sign or a density
    that is not that of the draw shows as a mean that drifts. The targets are wells, springs, chains of four and ten atoms, and
    ``molecule`` as a crystal, each atom on a spring of its own: whether a proposal is exact does not depend on the energy. A
    proposal whose ``setup`` raises on a target is not tested there.

    Args:
        proposal: the class, or a function without arguments that makes one; called anew for every target.
        molecule: a :class:`saltus.System` or a sequence; ``None`` for the toys alone.
        n_replicas: independent draws of every target.
        n_steps: moves of each; more of both finds smaller errors.
        seed: of the proposal's chance.

    Returns:
        :class:`Check`, which is true or false: ``assert saltus.check(Mine)``.

    Raises:
        Whatever ``propose`` raises, and what is wrong with the arrays that it returns.
    """
    evaluator = None
    if molecule is not None:
        system = molecule if isinstance(molecule, System) else System.from_sequence(molecule)
        evaluator = _evaluator(system)
    name = getattr(proposal, "__name__", type(proposal).__name__)
    verdicts = _check(lambda: Asked(proposal()), evaluator, n_replicas, n_steps, seed)
    return Check(name, [Verdict(*verdict) for verdict in verdicts])
