"""Exact Boltzmann sampling of peptides.

>>> run = saltus.sample("AAAY", ess=1000)     # chooses the sampler, goes on until it is that accurate
>>> run = saltus.run("input.yaml")            # or a dict with the same keys, or YAML text
>>> run.positions                             # [replica, frame, atom, 3] in nm
>>> run.analyze()                             # ESS, R-hat, Ramachandran plots
>>> saltus.campaign(sequences, {"ess": 1000}, executor, output="library")     # many of them, on a cluster

Units are nm, ps, Da, kJ/mol and K throughout; a name at a boundary carries its unit. Everything is batched: arrays begin with
the replica or the frame. Errors are :class:`InputError` (the input is wrong: file, line, remedy) and :class:`Error` (a run failed).
"""

import os as _os

# Mesa's layer that chooses between adapters complains on stderr where there is no desktop session; it reads this when it is loaded.
_os.environ.setdefault("NODEVICE_SELECT", "1")

from ._analysis import Analysis, analyze
from ._bench import Bench, bench
from ._campaign import Campaign, Result, campaign
from ._check import Check, Verdict, check
from ._energy import Energies, Structure, build, energy
from ._errors import Error, Fault, InputError
from ._potential import OpenMMPotential, Potential
from ._proposal import SYMMETRIC, Proposal
from ._run import Run, run
from ._sample import sample
from ._saltus import __version__
from ._system import System
from ._topology import Atom, Residue, Topology

__all__ = [
    "SYMMETRIC",
    "Analysis",
    "Atom",
    "Bench",
    "Campaign",
    "Check",
    "Energies",
    "Error",
    "Fault",
    "InputError",
    "OpenMMPotential",
    "Potential",
    "Proposal",
    "Residue",
    "Result",
    "Run",
    "Structure",
    "System",
    "Topology",
    "Verdict",
    "__version__",
    "analyze",
    "bench",
    "build",
    "campaign",
    "check",
    "energy",
    "run",
    "sample",
]
