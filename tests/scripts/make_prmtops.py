"""Makes the prmtops of tests/data/prmtop that no package holds: ff19SB, GLYCAM, DNA and CHAMBER files.

Usage: make_prmtops.py FOLDER, with tleap on the path (AmberTools), ParmEd, and its examples/charmm folder as $PARMED_CHARMM
(from `pip download --no-binary :all: parmed`). FOLDER gets NAME.prmtop and NAME.inpcrd; the other files of tests/data/prmtop are
copies from the package openmmtools (MIT), as make_prmtop_references.py says.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

TLEAP = {
    # Correction maps (CMAP_*), mbondi3 radii as GBn2 wants them, a phosphoserine and an arginine.
    "ff19sb": """
source leaprc.protein.ff19SB
source leaprc.phosaa19SB
set default PBRadii mbondi3
x = sequence { ACE ALA GLY SEP ARG NME }
""",
    # A disulfide bridge between two chains of ff14SB.
    "cystine": """
source leaprc.protein.ff14SB
set default PBRadii mbondi2
a = sequence { ACE CYX NME }
b = sequence { ACE CYX NME }
translate b { 0.0 0.0 7.0 }
x = combine { a b }
bond x.2.SG x.5.SG
""",
    # Asparagine with chitobiose's first sugar: 1-4 factors of 1.2 and 2.0 beside 1.0 and 1.0.
    "glycan": """
source leaprc.protein.ff14SB
source leaprc.GLYCAM_06j-1
set default PBRadii mbondi2
x = sequence { ACE NLN NME }
s = sequence { 0YB }
x = combine { x s }
bond x.2.ND2 x.4.C1
""",
    # The nucleic parameters of GBn2.
    "dna": """
source leaprc.DNA.OL15
set default PBRadii mbondi3
x = sequence { DG5 DA DC3 }
""",
}
ENDING = """
saveamberparm x {name}.prmtop {name}.inpcrd
quit
"""


def leap(name: str, text: str, folder: pathlib.Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        script = pathlib.Path(scratch, "leap.in")
        script.write_text(text + ENDING.format(name=folder / name))
        done = subprocess.run(["tleap", "-f", script], cwd=scratch, capture_output=True, text=True, check=False)
    if not (folder / f"{name}.prmtop").exists():
        raise SystemExit(done.stdout + done.stderr)


def chamber(folder: pathlib.Path) -> None:
    """Alanine dipeptide in CHARMM36: Urey-Bradley, harmonic impropers, maps, 1-4 pairs with Lennard-Jones terms of their own."""
    import parmed

    charmm = pathlib.Path(os.environ["PARMED_CHARMM"])
    parameters = parmed.charmm.CharmmParameterSet(str(charmm / "toppar/par_all36_prot.prm"))
    psf = parmed.charmm.CharmmPsfFile(str(charmm / "ala5_autopsf.psf"))
    psf.coordinates = parmed.load_file(str(charmm / "ala5_autopsf.pdb")).coordinates
    psf.load_parameters(parameters)
    parm = parmed.amber.ChamberParm.from_structure(psf)
    parmed.tools.changeRadii(parm, "mbondi2").execute()
    # The format has seven decimals of Å; the name stays out of the file for it would hold a path and a date.
    parm.title = "ala5"
    parm.save(str(folder / "chamber.prmtop"), format="amber", overwrite=True)
    parm.save(str(folder / "chamber.inpcrd"), format="rst7", overwrite=True)


def off_diagonal(folder: pathlib.Path) -> None:
    """The disulfide with a well between sulfur and amide hydrogen that no combination rule gives, as in NBFIX corrections."""
    import shutil

    import parmed

    parm = parmed.amber.AmberParm(str(folder / "cystine.prmtop"))
    parmed.tools.changeLJPair(parm, "@SG", "@H", 2.9, 0.35).execute()
    parm.save(str(folder / "off_diagonal.prmtop"), format="amber", overwrite=True)
    shutil.copy(folder / "cystine.inpcrd", folder / "off_diagonal.inpcrd")


def relax(folder: pathlib.Path, name: str) -> None:
    """Bonds that tleap left long shrink, and every term gets something to say: minimised, then displaced by 0.005 nm a coordinate."""
    import numpy as np
    import openmm
    import parmed
    from openmm import app, unit

    prmtop = app.AmberPrmtopFile(str(folder / f"{name}.prmtop"))
    inpcrd = str(folder / f"{name}.inpcrd")
    platform = openmm.Platform.getPlatformByName("Reference")
    context = openmm.Context(prmtop.createSystem(), openmm.VerletIntegrator(0.001), platform)
    context.setPositions(app.AmberInpcrdFile(inpcrd).positions)
    openmm.LocalEnergyMinimizer.minimize(context, maxIterations=300)
    positions = context.getState(getPositions=True).getPositions(asNumpy=True).value_in_unit(unit.angstrom)
    positions = positions + np.random.default_rng(7).normal(scale=0.05, size=positions.shape)
    restart = parmed.amber.Rst7(natom=len(positions))
    restart.title = name
    restart.coordinates = positions
    restart.write(inpcrd)


def restart(folder: pathlib.Path) -> None:
    """A NetCDF restart as ParmEd writes it; needs scipy or netCDF4."""
    import parmed

    structure = parmed.load_file(str(folder / "cystine.prmtop"), str(folder / "cystine.inpcrd"))
    structure.save(str(folder / "cystine.ncrst"), format="ncrst", overwrite=True)


def main() -> None:
    folder = pathlib.Path(sys.argv[1]).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in TLEAP.items():
        leap(name, text, folder)
    chamber(folder)
    for name in [*TLEAP, "chamber"]:
        relax(folder, name)
    off_diagonal(folder)
    restart(folder)


if __name__ == "__main__":
    main()
