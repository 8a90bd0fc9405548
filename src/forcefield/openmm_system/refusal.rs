//! Why forces of other classes are not taken, and what to do instead.

/// What a force of this class does that saltus does not, and the remedy.
pub(super) fn of(class: &str) -> (&'static str, &'static str) {
    match class {
        "MonteCarloBarostat"
        | "MonteCarloAnisotropicBarostat"
        | "MonteCarloMembraneBarostat"
        | "MonteCarloFlexibleBarostat" => (
            "it keeps the pressure of a periodic box, and saltus simulates one free molecule",
            "remove it before the System is serialized (`system.removeForce(index)`)",
        ),
        "AndersenThermostat" => (
            "it changes velocities, which the entries of `sampler` do",
            "remove it before the System is serialized (`system.removeForce(index)`), and take `langevin`, which keeps the temperature",
        ),
        "CustomExternalForce" => (
            "it ties atoms to places in space, and where a molecule is has no meaning here",
            "remove the restraints before the System is serialized (`system.removeForce(index)`)",
        ),
        "DrudeForce"
        | "AmoebaMultipoleForce"
        | "AmoebaVdwForce"
        | "AmoebaTorsionTorsionForce"
        | "AmoebaGeneralizedKirkwoodForce"
        | "AmoebaWcaDispersionForce"
        | "HippoNonbondedForce" => (
            "it belongs to a polarisable force field",
            "parametrise the molecule with a fixed-charge force field: AMBER, CHARMM, OpenFF or GAFF",
        ),
        "ATMForce" | "CustomCVForce" | "RMSDForce" | "CustomVolumeForce" => (
            "it biases the molecule, or mixes several of its states",
            "serialize the System before the bias is added",
        ),
        "TorchForce" | "PythonForce" => (
            "its energy is a program that is not in the file",
            "serialize a System with a classical force field",
        ),
        _ => (
            "saltus does not compute this kind of force",
            "remove it before the System is serialized if it adds no energy; taken are HarmonicBondForce, HarmonicAngleForce, PeriodicTorsionForce, RBTorsionForce, CMAPTorsionForce, NonbondedForce, GBSAOBCForce, CustomGBForce (hct, obc1, obc2, gbn, gbn2), harmonic CustomTorsionForce, and Lennard-Jones pairs as CustomNonbondedForce and CustomBondForce",
        ),
    }
}
