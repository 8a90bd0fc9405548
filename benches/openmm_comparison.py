"""Times Langevin steps of saltus and OpenMM on the same molecules, the same threads, in turns; prints a table of ratios.

    cargo build --release --bin saltus --example throughput
    python benches/openmm_comparison.py --json comparison.json

Every round runs every contestant once, one after the other, so that a slow spell of the machine hits all of them alike;
ratios are taken within a round. Contestants: saltus with 64 replicas and with one, and on every platform of OpenMM that
runs on the processor (Reference, CPU, OpenCL where its device is the processor) one simulation with all threads, and one
simulation a thread side by side, which is how one fills a machine with OpenMM. OpenMM's best counts.

Both: ff14SB, flexible bonds, no cutoff, Langevin middle integrator, 1 fs, 310 K, generalised Born with surface area, no
energies, no output. OpenMM has the native `GBSAOBCForce` (OBC2 coefficients), saltus OBC1: the same arithmetic.
Needs openmm and numpy (tests/python/requirements.txt has the versions).
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

SEQUENCES = ["ACE-ALA-NME", "AAAY", "GYDPETGTWG"]
N_REPLICAS = 64
TEMPERATURE_KELVIN = 310.0


def openmm_context(pdb, platform_name, threads):
    """A minimised system ready to run; the options are those of the module's description."""
    import openmm
    from openmm import app, unit
    from openmm.app.internal.customgbforces import GBSAOBC2Force

    molecule = app.PDBFile(pdb)
    system = app.ForceField("amber14/protein.ff14SB.xml").createSystem(
        molecule.topology, nonbondedMethod=app.NoCutoff, constraints=None, removeCMMotion=False
    )
    solvent = openmm.GBSAOBCForce()
    solvent.setNonbondedMethod(openmm.GBSAOBCForce.NoCutoff)
    nonbonded = next(force for force in system.getForces() if isinstance(force, openmm.NonbondedForce))
    nonbonded.setReactionFieldDielectric(1.0)
    for index, (radius, scale) in enumerate(GBSAOBC2Force.getStandardParameters(molecule.topology)):
        charge, _, _ = nonbonded.getParticleParameters(index)
        solvent.addParticle(charge, radius, scale)
    system.addForce(solvent)
    integrator = openmm.LangevinMiddleIntegrator(
        TEMPERATURE_KELVIN * unit.kelvin, 1 / unit.picosecond, 1 * unit.femtosecond
    )
    platform = openmm.Platform.getPlatformByName(platform_name)
    properties = {"Threads": str(threads)} if platform_name == "CPU" else {}
    context = openmm.Context(system, integrator, platform, properties)
    context.setPositions(molecule.positions)
    context.setVelocitiesToTemperature(TEMPERATURE_KELVIN * unit.kelvin, 1)
    return context, integrator


def worker(pdb, platform_name, threads, seconds):
    """Times one OpenMM simulation and prints microseconds a step."""
    context, integrator = openmm_context(pdb, platform_name, threads)

    def run(seconds):
        start, n_steps = time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            integrator.step(100)
            # Asking for the time waits for steps that are only queued.
            context.getState().getTime()
            n_steps += 100
        return (time.perf_counter() - start) * 1e6 / n_steps

    run(seconds / 5)
    print(json.dumps({"us_per_step": run(seconds), "n_atoms": context.getSystem().getNumParticles()}))


def processor_platforms():
    """Names of the platforms of OpenMM that run on the processor."""
    import openmm

    names = []
    for index in range(openmm.Platform.getNumPlatforms()):
        name = openmm.Platform.getPlatform(index).getName()
        if name in ("Reference", "CPU") or (name == "OpenCL" and opencl_is_processor()):
            names.append(name)
    return names


def opencl_is_processor():
    """Whether OpenMM finds an OpenCL device, and that is a processor (pocl, Intel's runtime)."""
    import openmm

    system = openmm.System()
    system.addParticle(1.0)
    try:
        context = openmm.Context(system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("OpenCL"))
    except openmm.OpenMMException:
        return False
    device = context.getPlatform().getPropertyValue(context, "DeviceName").lower()
    return any(word in device for word in ("cpu", "pocl", "pthread", "processor", "epyc", "xeon", "core"))


def time_openmm(arguments, pdb, platform_name, n_simulations, threads):
    """Microseconds a step, in aggregate, of simulations side by side."""
    command = [sys.executable, __file__, "--worker", pdb, platform_name, str(threads), str(arguments.seconds)]
    # OpenCL has no property for it: pocl reads this variable.
    environment = os.environ | {"OPENMM_CPU_THREADS": str(threads), "POCL_MAX_PTHREAD_COUNT": str(threads)}
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(n_simulations)
    ]
    outputs = [process.communicate()[0] for process in processes]
    if any(process.returncode for process in processes):
        raise SystemExit(f"OpenMM failed: {' '.join(command)}")
    return 1 / sum(1 / json.loads(output)["us_per_step"] for output in outputs)


def time_saltus(arguments, pdb, n_replicas, threads):
    """Microseconds a replica-step, and what the engine says of itself."""
    command = [arguments.throughput, pdb, str(n_replicas), str(threads), str(arguments.seconds)]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return result["us_per_replica_step"], result


def one_round(arguments, pdb, threads, platforms):
    """Every contestant once: name to microseconds a (replica-)step."""
    times = {}
    for n_replicas in (N_REPLICAS, 1):
        times[f"saltus {n_replicas}"], facts = time_saltus(arguments, pdb, n_replicas, threads)
    for platform_name in platforms:
        # The Reference platform has one thread: more of it is only side by side.
        if platform_name == "Reference" and threads > 1:
            times["Reference, one"] = time_openmm(arguments, pdb, platform_name, 1, 1)
        else:
            times[f"{platform_name}, one"] = time_openmm(arguments, pdb, platform_name, 1, threads)
        if threads > 1:
            times[f"{platform_name}, side by side"] = time_openmm(arguments, pdb, platform_name, threads, 1)
    return times, facts


def ratios_of(times):
    """OpenMM's best over saltus: in aggregate, and one simulation against one."""
    openmm = {name: value for name, value in times.items() if not name.startswith("saltus")}
    single = [value for name, value in openmm.items() if name.endswith(", one")]
    return {
        "aggregate": min(openmm.values()) / times[f"saltus {N_REPLICAS}"],
        "single": min(single) / times["saltus 1"],
    }


def measure(arguments, folder):
    """All rounds of all molecules; a list of rows."""
    platforms = processor_platforms()
    print(f"OpenMM platforms: {', '.join(platforms)}; {arguments.rounds} rounds of {arguments.seconds} s each", file=sys.stderr)
    pdbs = {}
    for sequence in arguments.sequences:
        pdbs[sequence] = str(folder / f"{sequence}.pdb")
        subprocess.run([arguments.saltus, "build", sequence, "-o", pdbs[sequence]], check=True, capture_output=True)
    rows = {}
    for index in range(arguments.rounds):
        for sequence, pdb in pdbs.items():
            for threads in arguments.threads:
                times, facts = one_round(arguments, pdb, threads, platforms)
                row = rows.setdefault((sequence, threads), dict(sequence=sequence, threads=threads, rounds=[]))
                row |= dict(n_atoms=facts["n_atoms"], device=facts["device"])
                row["rounds"].append(dict(us=times, ratios=ratios_of(times)))
        print(f"round {index + 1} of {arguments.rounds} done", file=sys.stderr)
    return list(rows.values())


def add_scaling(rows):
    """Threads' gain of saltus with 64 replicas, round by round."""
    single = {row["sequence"]: row for row in rows if row["threads"] == 1}
    for row in rows:
        if row["threads"] == 1 or row["sequence"] not in single:
            continue
        name = f"saltus {N_REPLICAS}"
        for mine, base in zip(row["rounds"], single[row["sequence"]]["rounds"]):
            mine["ratios"]["scaling"] = base["us"][name] / mine["us"][name]


def spread(values):
    return f"{statistics.median(values):8.2f} ({min(values):.2f})"


def print_table(rows):
    """Medians, and the worst round in brackets (for times: the best round)."""
    for row in rows:
        print(f"\n{row['sequence']}, {row['n_atoms']} atoms, {row['threads']} threads ({row['device']})")
        print("  us a replica-step, median (least) over the rounds")
        for name in row["rounds"][0]["us"]:
            label = name if name.startswith("saltus") else f"OpenMM {name}"
            print(f"    {label:32s} {spread([r['us'][name] for r in row['rounds']])}")
        print("  times as fast as OpenMM's best, median (least)")
        for name in row["rounds"][0]["ratios"]:
            label = "two threads over one, 64 replicas" if name == "scaling" else name
            print(f"    {label:32s} {spread([r['ratios'][name] for r in row['rounds']])}")


def main():
    if sys.argv[1:2] == ["--worker"]:
        pdb, platform_name, threads, seconds = sys.argv[2:]
        return worker(pdb, platform_name, int(threads), float(seconds))
    target = pathlib.Path(__file__).resolve().parent.parent / "target" / "release"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--saltus", default=str(target / "saltus"))
    parser.add_argument("--throughput", default=str(target / "examples" / "throughput"))
    parser.add_argument("--sequences", nargs="+", default=SEQUENCES)
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of one measurement")
    parser.add_argument("--json", type=pathlib.Path, help="write all rounds to this file")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(arguments, pathlib.Path(folder))
    add_scaling(rows)
    print_table(rows)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
