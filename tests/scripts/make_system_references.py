"""Writes tests/data/systems/*.json.gz: serialized OpenMM Systems, their PDB files, and what OpenMM's Reference platform says of them.

    pip install -r tests/scripts/requirements.txt
    python tests/scripts/make_system_references.py [NAME ...]

Energies and forces are those at the positions of the PDB file, in its order of atoms. Nothing here uses code of this project.
"""

import gzip
import io
import json
import sys
from pathlib import Path

import numpy as np
import openmm
from make_openmm_references import (
    build_topology,
    capped,
    kappa_per_nm,
    place,
    read_templates,
)
from openmm import app, unit
from openmm.app.internal import customgbforces

OUTPUT = Path(__file__).parent.parent / "data" / "systems"
AMBER14 = "amber14/protein.ff14SB.xml"
FF19SB = "amber19/protein.ff19SB.xml"
FF15IPQ = "amber14/protein.ff15ipq.xml"
KEPT = 9


def platform():
    return openmm.Platform.getPlatformByName("Reference")


def context_of(system, positions):
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform())
    context.setPositions(positions)
    return context


def minimised(topology, positions, closing=()):
    """Near a minimum in vacuum; `closing` are bonds that are pulled shut first."""
    system = app.ForceField(AMBER14).createSystem(topology, nonbondedMethod=app.NoCutoff)
    bonds = next(force for force in system.getForces() if isinstance(force, openmm.HarmonicBondForce))
    pull = openmm.CustomBondForce("scale*k*(r-0.1335)^2/(1+abs(r-0.1335))")
    pull.addGlobalParameter("scale", 0.0)
    pull.addPerBondParameter("k")
    closed = []
    for index in range(bonds.getNumBonds()):
        i, j, length, k = bonds.getBondParameters(index)
        if sorted((i, j)) in [sorted(pair) for pair in closing]:
            bonds.setBondParameters(index, i, j, length, 0.0)
            closed.append((index, i, j, length, k))
            pull.addBond(i, j, [1.0])
    system.addForce(pull)
    integrator = openmm.LangevinMiddleIntegrator(400, 5.0, 0.0005)
    integrator.setRandomNumberSeed(3)
    context = openmm.Context(system, integrator, platform())
    context.setPositions(positions)
    openmm.LocalEnergyMinimizer.minimize(context, maxIterations=300)
    if closed:
        context.setVelocitiesToTemperature(400, 5)
        for scale in np.geomspace(20, 20000, 40):
            context.setParameter("scale", scale)
            integrator.step(250)
        for parameters in closed:
            bonds.setBondParameters(*parameters)
        context.setParameter("scale", 0.0)
        bonds.updateParametersInContext(context)
    openmm.LocalEnergyMinimizer.minimize(context, maxIterations=2000)
    state = context.getState(getPositions=True)
    return state.getPositions(asNumpy=True).value_in_unit(unit.nanometer)


def peptide(chains, disulfides=(), ring=False, style="template", seed=1):
    generator = np.random.default_rng(seed)
    topology, residues = build_topology(chains, list(disulfides), read_templates(), style, generator)
    closing = [(residues[a][b]["SG"].index, residues[c][d]["SG"].index) for (a, b), (c, d) in disulfides]
    positions = place(topology, residues, generator)
    if ring:
        last, first = residues[0][-1]["C"], residues[0][0]["N"]
        topology.addBond(last, first)
        closing.append((last.index, first.index))
    positions = minimised(topology, positions, closing)
    return topology, positions + generator.normal(scale=0.003, size=positions.shape)


def created(topology, files, **arguments):
    files = [files] if isinstance(files, str) else files
    return app.ForceField(*files).createSystem(topology, nonbondedMethod=app.NoCutoff, **arguments)


def salty(molar=0.15):
    return {"implicitSolventKappa": kappa_per_nm(molar, 300.0)}


# A molecule by hand: 2-chloroethanol with parameters of no force field in particular, and torsions as polynomials.
ETHANOL = [
    ("CL1", "Cl", 35.45, -0.2, 0.340, 1.25, (0.000, 0.000, 0.000)),
    ("C1", "C", 12.011, 0.05, 0.350, 0.276, (0.179, 0.000, 0.000)),
    ("C2", "C", 12.011, 0.15, 0.350, 0.276, (0.232, 0.143, 0.000)),
    ("O1", "O", 15.999, -0.68, 0.312, 0.711, (0.374, 0.143, 0.010)),
    ("HA", "H", 1.008, 0.06, 0.250, 0.126, (0.215, -0.052, 0.089)),
    ("HB", "H", 1.008, 0.06, 0.250, 0.126, (0.215, -0.052, -0.089)),
    ("HC", "H", 1.008, 0.06, 0.250, 0.126, (0.196, 0.195, 0.089)),
    ("HD", "H", 1.008, 0.06, 0.250, 0.126, (0.196, 0.195, -0.089)),
    ("HO", "H", 1.008, 0.44, 0.000, 0.0, (0.404, 0.234, 0.012)),
]
ETHANOL_BONDS = [(0, 1), (1, 2), (2, 3), (1, 4), (1, 5), (2, 6), (2, 7), (3, 8)]


def by_hand():
    """Topology, System without nonbonded terms, positions, and neighbours."""
    topology, system = app.Topology(), openmm.System()
    residue = topology.addResidue("CEO", topology.addChain("A"))
    atoms = []
    for name, symbol, mass, *_ in ETHANOL:
        atoms.append(topology.addAtom(name, app.Element.getBySymbol(symbol), residue))
        system.addParticle(mass)
    neighbors = {index: [] for index in range(len(ETHANOL))}
    bonds, angles, torsions = openmm.HarmonicBondForce(), openmm.HarmonicAngleForce(), openmm.RBTorsionForce()
    for i, j in ETHANOL_BONDS:
        topology.addBond(atoms[i], atoms[j])
        neighbors[i].append(j)
        neighbors[j].append(i)
        distance = np.linalg.norm(np.subtract(ETHANOL[i][-1], ETHANOL[j][-1]))
        bonds.addBond(i, j, float(distance) + 0.001, 250000.0)
    for middle, around in neighbors.items():
        for place_, i in enumerate(around):
            for j in around[place_ + 1 :]:
                angles.addAngle(i, middle, j, 1.9, 400.0)
    for j, k in ETHANOL_BONDS:
        for i in neighbors[j]:
            for l in neighbors[k]:
                if i != k and l != j and i != l:
                    torsions.addTorsion(i, j, k, l, 1.2, -0.7 + 0.1 * i, 0.45, 2.1, -0.3, 0.15 * l)
    for force in (bonds, angles, torsions):
        system.addForce(force)
    generator = np.random.default_rng(5)
    positions = np.array([row[-1] for row in ETHANOL]) + generator.normal(scale=0.004, size=(len(ETHANOL), 3))
    return topology, system, positions, neighbors


def nonbonded(charged=True, deep=True):
    force = openmm.NonbondedForce()
    for _, _, _, charge, sigma, epsilon, _ in ETHANOL:
        force.addParticle(charge if charged else 0.0, sigma, epsilon if deep else 0.0)
    force.createExceptionsFromBonds(ETHANOL_BONDS, 0.5, 0.5)
    return force


def chloroethanol(solvent=None):
    topology, system, positions, _ = by_hand()
    system.addForce(nonbonded())
    if solvent:
        system.addForce(solvent)
    return topology, system, positions


def native_obc():
    force = openmm.GBSAOBCForce()
    force.setSoluteDielectric(2.0)
    force.setSolventDielectric(60.0)
    for row in ETHANOL:
        force.addParticle(row[3], 0.12 if row[1] == "H" else 0.17, 0.8)
    return force


def guide_obc():
    """The CustomGBForce of OpenMM's user guide."""
    force = openmm.CustomGBForce()
    for name in ("q", "radius", "scale"):
        force.addPerParticleParameter(name)
    force.addGlobalParameter("solventDielectric", 78.3)
    force.addGlobalParameter("soluteDielectric", 1.0)
    force.addComputedValue(
        "I",
        "step(r+sr2-or1)*0.5*(1/L-1/U+0.25*(1/U^2-1/L^2)*(r-sr2*sr2/r)+0.5*log(L/U)/r+C);"
        "U=r+sr2; C=2*(1/or1-1/L)*step(sr2-r-or1); L=max(or1, D); D=abs(r-sr2); sr2=scale2*or2;"
        "or1=radius1-0.009; or2=radius2-0.009",
        openmm.CustomGBForce.ParticlePairNoExclusions,
    )
    force.addComputedValue(
        "B",
        "1/(1/or-tanh(1*psi-0.8*psi^2+4.85*psi^3)/radius); psi=I*or; or=radius-0.009",
        openmm.CustomGBForce.SingleParticle,
    )
    force.addEnergyTerm(
        "28.3919551*(radius+0.14)^2*(radius/B)^6-0.5*138.935485*(1/soluteDielectric-1/solventDielectric)*q^2/B",
        openmm.CustomGBForce.SingleParticle,
    )
    force.addEnergyTerm(
        "-138.935485*(1/soluteDielectric-1/solventDielectric)*q1*q2/f; f=sqrt(r^2+B1*B2*exp(-r^2/(4*B1*B2)))",
        openmm.CustomGBForce.ParticlePairNoExclusions,
    )
    for row in ETHANOL:
        force.addParticle([row[3], 0.12 if row[1] == "H" else 0.17, 0.8])
    return force


def split_forces():
    """Charges and Lennard-Jones in forces of their own, bonds in two, off-diagonal pairs as a table, harmonic impropers."""
    topology, system, positions, neighbors = by_hand()
    system.addForce(nonbonded(deep=False))
    kinds = sorted({row[4:6] for row in ETHANOL})
    a, b = [], []
    for sigma_2, epsilon_2 in kinds:
        for sigma_1, epsilon_1 in kinds:
            sigma, epsilon = 0.5 * (sigma_1 + sigma_2), (epsilon_1 * epsilon_2) ** 0.5
            if sorted([sigma_1, sigma_2]) == [0.25, 0.312]:
                sigma, epsilon = 0.265, 0.4
            a.append(4 * epsilon * sigma**12)
            b.append(4 * epsilon * sigma**6)
    table = openmm.CustomNonbondedForce("a/r6^2-b/r6; r6=r^6; a=acoef(type1, type2); b=bcoef(type1, type2)")
    table.addPerParticleParameter("type")
    table.addTabulatedFunction("acoef", openmm.Discrete2DFunction(len(kinds), len(kinds), a))
    table.addTabulatedFunction("bcoef", openmm.Discrete2DFunction(len(kinds), len(kinds), b))
    for row in ETHANOL:
        table.addParticle([kinds.index(row[4:6])])
    table.createExclusionsFromBonds(ETHANOL_BONDS, 2)
    system.addForce(table)
    pairs = openmm.CustomBondForce("2*epsilon*((sigma/r)^12-(sigma/r)^6)")
    pairs.addPerBondParameter("sigma")
    pairs.addPerBondParameter("epsilon")
    pairs.addBond(0, 3, [0.33, 0.9])
    pairs.addBond(4, 6, [0.25, 0.126])
    system.addForce(pairs)
    angle = openmm.HarmonicBondForce()
    angle.addBond(0, 2, 0.275, 9000.0)
    system.addForce(angle)
    improper = openmm.CustomTorsionForce("k*min(dtheta, 2*pi-dtheta)^2; dtheta=abs(theta-theta0); pi=3.1415926535")
    improper.addPerTorsionParameter("k")
    improper.addPerTorsionParameter("theta0")
    improper.addTorsion(1, 0, 2, 4, [120.0, -0.61])
    improper.addTorsion(2, 1, 3, 6, [80.0, 2.9])
    system.addForce(improper)
    return topology, system, positions


def waters():
    topology = app.Topology()
    chain = topology.addChain("W")
    positions = []
    for number in range(2):
        residue = topology.addResidue("HOH", chain)
        atoms = [topology.addAtom(name, app.Element.getBySymbol(name[0]), residue) for name in ("O", "H1", "H2")]
        topology.addBond(atoms[0], atoms[1])
        topology.addBond(atoms[0], atoms[2])
        positions += [(0.29 * number, 0, 0), (0.29 * number + 0.09572, 0, 0), (0.29 * number - 0.024, 0.0927, 0)]
    return topology, created(topology, "tip3p.xml"), np.array(positions)


def with_solvent(topology, files, force_class, **arguments):
    """As `AmberPrmtopFile.createSystem` adds its solvents."""
    system = created(topology, files)
    charges = next(force for force in system.getForces() if isinstance(force, openmm.NonbondedForce))
    force = force_class(**arguments)
    for index, parameters in enumerate(force_class.getStandardParameters(topology)):
        charge = charges.getParticleParameters(index)[0]._value
        force.addParticle([charge, *[float(value) for value in parameters]])
    force.finalize()
    system.addForce(force)
    return system


def systems():
    """Name: function without arguments that gives topology, System, positions."""
    found = {}
    dipeptide = lambda: peptide([capped("ALA")])

    def add(name, molecule, make):
        def build():
            topology, positions = molecule()
            return topology, make(topology), positions

        found[name] = build

    add("amber14_vacuum", dipeptide, lambda t: created(t, AMBER14))
    for solvent in ("hct", "obc1", "obc2", "gbn", "gbn2"):
        files = [AMBER14, f"implicit/{solvent}.xml"]
        add(f"amber14_{solvent}", dipeptide, lambda t, files=files: created(t, files))
    bare = {"soluteDielectric": 2.0, "solventDielectric": 60.0, "sasaMethod": None}
    add("amber14_obc2_salt", dipeptide, lambda t: created(t, [AMBER14, "implicit/obc2.xml"], **salty(), **bare))
    heavy = {"constraints": app.HBonds, "hydrogenMass": 3.0}
    add("amber14_gbn2_rigid", dipeptide, lambda t: created(t, [AMBER14, "implicit/gbn2.xml"], **salty(), **heavy))
    arginine = lambda: peptide([capped("ARG", "ASP")], style="heavy_first", seed=2)
    add("amber99sbildn_gbn2", arginine, lambda t: created(t, ["amber99sbildn.xml", "implicit/gbn2.xml"]))
    add("amber99sbildn_native", arginine, lambda t: created(t, ["amber99sbildn.xml", "amber99_obc.xml"]))
    ions = lambda: peptide([["NALA", "CSER"]], style="shuffled", seed=4)
    classes = {"hct": "GBSAHCTForce", "obc1": "GBSAOBC1Force", "gbn": "GBSAGBnForce"}
    for solvent, name in classes.items():
        make = getattr(customgbforces, name)
        add(f"class_{solvent}", ions, lambda t, make=make: with_solvent(t, AMBER14, make, SA="ACE", kappa=0.7))
    three = lambda: peptide([["NALA", "ALA", "CSER"]], seed=6)
    add("ff15ipq_vacuum", dipeptide, lambda t: created(t, FF15IPQ))
    add("ff15ipq_obc2", ions, lambda t: created(t, [FF15IPQ, "implicit/obc2.xml"]))
    add("ff19sb_vacuum", dipeptide, lambda t: created(t, FF19SB))
    add("ff19sb_gbn2", three, lambda t: created(t, [FF19SB, "implicit/gbn2.xml"]))
    add("charmm36_vacuum", three, lambda t: created(t, "charmm36.xml"))
    add("charmm36_2024_vacuum", three, lambda t: created(t, "charmm36_2024.xml"))
    add("charmm36_obc2", three, lambda t: with_solvent(t, "charmm36.xml", customgbforces.GBSAOBC2Force))
    loop = lambda: peptide([capped("CYX", "GLY", "CYX")], [((0, 1), (0, 3))], seed=7)
    add("disulfide_gbn", loop, lambda t: created(t, [AMBER14, "implicit/gbn.xml"]))
    glycines = lambda: peptide([["GLY"] * 6], ring=True, seed=8)
    add("ring_of_glycines_obc1", glycines, lambda t: created(t, [AMBER14, "implicit/obc1.xml"]))
    alanines = lambda: peptide([["ALA"] * 5], ring=True, seed=9)
    add("ring_of_alanines_ff19sb", alanines, lambda t: created(t, FF19SB))
    found["chloroethanol"] = chloroethanol
    found["chloroethanol_native"] = lambda: chloroethanol(native_obc())
    found["chloroethanol_guide"] = lambda: chloroethanol(guide_obc())
    found["chloroethanol_split"] = split_forces
    found["waters"] = waters
    return found


def reference(topology, system, positions):
    pdb = io.StringIO()
    app.PDBFile.writeFile(topology, positions * unit.nanometer, pdb, keepIds=True)
    # The first remark holds the date.
    text = "".join(line for line in pdb.getvalue().splitlines(True) if not line.startswith("REMARK"))
    pdb.seek(0)
    positions = app.PDBFile(pdb).getPositions(asNumpy=True)
    xml = openmm.XmlSerializer.serialize(system)
    copy = openmm.XmlSerializer.deserialize(xml)
    for group, force in enumerate(copy.getForces()):
        force.setForceGroup(group)
    context = context_of(copy, positions)
    energies = {}
    for group, force in enumerate(copy.getForces()):
        energy = context.getState(getEnergy=True, groups={group}).getPotentialEnergy()._value
        kind = type(force).__name__
        energies[kind] = round(energies.get(kind, 0.0) + energy, 8)
    state = context.getState(getEnergy=True, getForces=True)
    forces = state.getForces(asNumpy=True)._value
    return {
        "openmm": openmm.__version__,
        "n_constraints": system.getNumConstraints(),
        "bonds": sorted(sorted((a.index, b.index)) for a, b in topology.bonds()),
        "energies_kj_per_mol": energies,
        "potential_energy_kj_per_mol": round(state.getPotentialEnergy()._value, 8),
        "forces_kj_per_mol_per_nm": [[float(f"{x:.{KEPT}g}") for x in row] for row in forces],
        "pdb": text,
        "system": xml,
    }


def main():
    OUTPUT.mkdir(exist_ok=True)
    wanted = sys.argv[1:]
    for name, build in systems().items():
        if wanted and name not in wanted:
            continue
        found = reference(*build())
        text = json.dumps(found, separators=(",", ":")).encode()
        with open(OUTPUT / f"{name}.json.gz", "wb") as raw:
            with gzip.GzipFile("", "wb", 9, raw, 0) as file:
                file.write(text)
        print(name, found["potential_energy_kj_per_mol"], found["energies_kj_per_mol"])


if __name__ == "__main__":
    main()
