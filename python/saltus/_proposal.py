"""Proposals written in Python."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ._potential import flat, free_name, told
from ._topology import Topology

Array = NDArray[np.float64]


class _Symmetric:
    """The type of :data:`SYMMETRIC`."""

    def __repr__(self) -> str:
        return "saltus.SYMMETRIC"


SYMMETRIC: Final = _Symmetric()
"""Says that q(y|x) = q(x|y) for every replica, by construction: ``return new, saltus.SYMMETRIC``."""


class Proposal:
    """Base class of proposals in Python; an instance stands in the sampler list of an input.

    Each move asks for the whole batch in one call, and Metropolis' rule makes it exact if the densities are. The contract:

    * ``rng`` is the only source of chance: a run with the same seed then gives the same bits, also after a resume;
    * the densities are exact, Jacobians included: a wrong one gives a wrong distribution, silently. :func:`saltus.check` finds out;
    * nothing that the densities depend on changes after the equilibration.

    Example:
        A move that scales the whole molecule about the origin by s, with ln s normal. Its way back, 1/s, is as likely as s, but
        the volume around x grows by s to the power of the number of coordinates::

            class Scaling(saltus.Proposal):
                width = 1e-3

                def propose(self, positions, temperatures, rng):
                    log_scale = self.width * rng.standard_normal(len(positions))
                    log_volume = positions[0].size * log_scale
                    return positions * np.exp(log_scale)[:, None, None], -log_volume / 2, log_volume / 2
    """

    repeats: int = 1
    """Moves a cycle."""
    is_ergodic: bool = False
    """Whether repeated moves reach, in principle, every configuration; ``False`` is the safe answer."""

    def setup(self, topology: Topology) -> None:
        """Told once of the molecule, before the first move; raises what the user should read where it does not fit."""

    def propose(self, positions: Array, temperatures: Array, rng: np.random.Generator) -> tuple[Any, ...]:
        """Proposes a state for every replica.

        Args:
            positions: x in nm, ``[n_replicas, n_atoms, 3]``: a copy, which may be overwritten.
            temperatures: K, ``[n_replicas]``.
            rng: the only source of chance.

        Returns:
            ``(new, log_q_forward, log_q_reverse)``: y in nm, ``[n_replicas, n_atoms, 3]``, ln q(y|x) and ln q(x|y),
            ``[n_replicas]`` each; or ``(new, saltus.SYMMETRIC)``. What is not finite is rejected, and counted apart.
        """
        raise NotImplementedError(f"{type(self).__name__} has no `propose`")

    def adapt(self, positions: Array, temperatures: Array, accepted: NDArray[np.bool_]) -> None:
        """Learns from the last move; called during equilibration only, after the chain has moved."""

    def freeze(self) -> None:
        """Ends the adaptation: from here on the proposal must not change."""

    def save(self) -> Any:
        """What was adapted, for a checkpoint: anything that JSON can hold."""
        return None

    def restore(self, saved: Any) -> None:
        """Restores what :meth:`save` returned."""


class Asked:
    """A proposal as the library asks it: arrays checked, a seed in place of a generator."""

    def __init__(self, proposal: Proposal, taken: Iterable[str] = ()) -> None:
        self.proposal = proposal
        self.kind = type(proposal).__name__
        self.name = free_name(self.kind, taken)

    @property
    def adapts(self) -> bool:
        return type(self.proposal).adapt is not Proposal.adapt

    @property
    def is_ergodic(self) -> bool:
        return bool(self.proposal.is_ergodic)

    def setup(self, topology: Any) -> None:
        self.proposal.setup(Topology._of(topology))

    def ask(self, positions: Array, temperatures: Array, seed: int) -> tuple[Array, tuple[Array, Array] | None]:
        shape = positions.shape
        answer = self.proposal.propose(positions, temperatures, np.random.default_rng(seed))
        if isinstance(answer, tuple) and len(answer) == 2 and answer[1] is SYMMETRIC:
            return flat("propose", "positions", answer[0], shape), None
        if not isinstance(answer, tuple) or len(answer) != 3:
            raise TypeError(
                f"`propose` returned {told(answer)}, expected (new, log_q_forward, log_q_reverse)\n"
                "  help: where both densities are the same by construction, return (new, saltus.SYMMETRIC)"
            )
        new, forward, reverse = answer
        n_replicas = shape[:1]
        return flat("propose", "positions", new, shape), (
            flat("propose", "log_q_forward", forward, n_replicas),
            flat("propose", "log_q_reverse", reverse, n_replicas),
        )

    def adapt(self, positions: Array, temperatures: Array, accepted: NDArray[np.bool_]) -> None:
        self.proposal.adapt(positions, temperatures, accepted)

    def freeze(self) -> None:
        self.proposal.freeze()

    def save(self) -> str:
        return json.dumps(self.proposal.save())

    def restore(self, saved: str) -> None:
        self.proposal.restore(json.loads(saved))
