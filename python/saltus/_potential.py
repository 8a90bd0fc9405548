"""Energies written in Python."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._topology import Topology

Array = NDArray[np.float64]


class Potential:
    """Base class of energies in Python; an instance stands in the ``system`` of an input, as ``potential``.

    Its energies take the place of the force field's: the run samples exp(-U/kT) of this U, by every kernel of the sampler
    list, exactly where these are exact. The force field of the input still gives bonds, masses and the starting structure.
    All replicas are asked for in one call; a call costs some microseconds beside what happens in it.

    Example:
        A machine-learned energy, as PyTorch has it::

            class Learned(saltus.Potential):
                def evaluate(self, positions):
                    x = torch.tensor(positions, requires_grad=True)
                    energies = model(x)
                    (gradient,) = torch.autograd.grad(energies.sum(), x)
                    return energies.detach().numpy(), -gradient.numpy()

            saltus.run({"system": {"sequence": "ACE-ALA-NME", "potential": Learned()}, ...})
    """

    is_free: bool = True
    """Whether the energy stays the same when the molecule is shifted as a whole."""

    def setup(self, topology: Topology) -> None:
        """Told once of the molecule, before the first energy; raises what the user should read where it does not fit."""

    def evaluate(self, positions: Array) -> tuple[Any, Any]:
        """Energies and forces.

        Args:
            positions: nm, ``[n_replicas, n_atoms, 3]``: a copy, which may be overwritten.

        Returns:
            Energies in kJ/mol, ``[n_replicas]``, and forces in kJ/mol/nm, ``[n_replicas, n_atoms, 3]``. What is not finite
            is rejected. Hybrid Monte Carlo is exact even if the forces are not the energy's slope, but accepts little then.
        """
        raise NotImplementedError(f"{type(self).__name__} has no `evaluate`")

    def energies(self, positions: Array) -> Any:
        """Energies alone, ``[n_replicas]``, for moves that need no forces; to be overridden where that is cheaper."""
        return self.evaluate(positions)[0]


class OpenMMPotential(Potential):
    """The energy of an ``openmm.System``, one replica after the other.

    Args:
        system: of the same atoms in the same order as the input's molecule, without constraints or virtual sites.
        platform: name of OpenMM's platform.
        properties: of the platform, such as ``{"Threads": "1"}``.
    """

    def __init__(self, system: Any, platform: str = "Reference", properties: dict[str, str] | None = None) -> None:
        import openmm

        if system.getNumConstraints():
            raise ValueError(
                f"the System has {system.getNumConstraints()} constraints, which a potential is sampled without\n"
                "  help: make it with `constraints=None`"
            )
        self._n_atoms = system.getNumParticles()
        arguments = [system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName(platform)]
        self._context = openmm.Context(*arguments, *([properties] if properties else []))

    def setup(self, topology: Topology) -> None:
        if len(topology.atoms) != self._n_atoms:
            raise ValueError(f"the System has {self._n_atoms} particles, the molecule {len(topology.atoms)} atoms")

    def evaluate(self, positions: Array) -> tuple[Array, Array]:
        energies, forces = np.empty(len(positions)), np.empty_like(positions)
        for replica, own in enumerate(positions):
            state = self._state(own, getForces=True)
            energies[replica] = state.getPotentialEnergy()._value
            forces[replica] = state.getForces(asNumpy=True)._value
        return energies, forces

    def energies(self, positions: Array) -> Array:
        return np.array([self._state(own).getPotentialEnergy()._value for own in positions])

    def _state(self, positions: Array, **what: bool) -> Any:
        self._context.setPositions(positions)
        return self._context.getState(getEnergy=True, **what)


class AskedPotential:
    """A potential as the library asks it: arrays checked and flat."""

    def __init__(self, potential: Potential, taken: Iterable[str] = ()) -> None:
        self.potential = potential
        self.name = free_name(type(potential).__name__, taken)

    @property
    def is_free(self) -> bool:
        return bool(self.potential.is_free)

    def setup(self, topology: Any) -> None:
        self.potential.setup(Topology._of(topology))

    def energies(self, positions: Array) -> Array:
        if type(self.potential).energies is Potential.energies:
            return self.evaluate(positions)[0]
        return flat("energies", "energies", self.potential.energies(positions), positions.shape[:1])

    def evaluate(self, positions: Array) -> tuple[Array, Array]:
        shape = positions.shape
        answer = self.potential.evaluate(positions)
        if not isinstance(answer, tuple) or len(answer) != 2:
            raise TypeError(f"`evaluate` returned {told(answer)}, expected (energies, forces)")
        return flat("evaluate", "energies", answer[0], shape[:1]), flat("evaluate", "forces", answer[1], shape)


def free_name(name: str, taken: Iterable[str]) -> str:
    """The name, with a number where it is taken."""
    taken = set(taken)
    free, number = name, 2
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free


def flat(method: str, what: str, values: Any, shape: tuple[int, ...]) -> Array:
    """Real numbers of a shape, row-major and flat, or an exception that says what a method returned instead."""
    array = np.asarray(values)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"`{method}` returned {what} of type {array.dtype}, expected real numbers")
    if array.shape != shape:
        names = "[n_replicas, n_atoms, 3]" if len(shape) == 3 else "[n_replicas]"
        raise ValueError(f"`{method}` returned {what} of shape {array.shape}, expected {shape}, {names}")
    return np.ascontiguousarray(array, dtype=np.float64).reshape(-1)


def told(answer: Any) -> str:
    """What something is, in an exception."""
    return f"a tuple of {len(answer)}" if isinstance(answer, tuple) else type(answer).__name__
