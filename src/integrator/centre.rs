//! Where a molecule is, in whole nanometres: what engines take off positions before they round them to f32.
//!
//! f32 keeps 24 bits wherever they are needed or not: 90 nm from the origin an atom is known to 8e-6 nm only. Whole
//! nanometres come off f64 positions without any rounding, so that a molecule moved by some has the same forces and
//! energies, bit for bit, and one about the origin is left as it is.

/// The nearest point of the grid of whole nanometres to the middle of a molecule at `positions`, `[n_atoms * 3]` in nm;
/// the origin for positions that are no numbers.
///
/// ```
/// use saltus::integrator::whole_nanometres;
/// assert_eq!(whole_nanometres(&[89.8, 0.2, -3.0, 90.4, 0.1, -4.5]), [90.0, 0.0, -4.0]);
/// ```
#[must_use]
pub fn whole_nanometres(positions: &[f64]) -> [f64; 3] {
    let (atoms, _) = positions.as_chunks::<3>();
    let sum = atoms.iter().fold([0.0; 3], |sum: [f64; 3], atom| {
        std::array::from_fn(|axis| sum[axis] + atom[axis])
    });
    sum.map(|sum| {
        let nearest = (sum / atoms.len() as f64).round();
        if nearest.is_finite() { nearest } else { 0.0 }
    })
}

/// Takes whole nanometres off every replica of `positions`, `[n_replicas, n_atoms, 3]`, and tells which.
#[must_use]
pub fn take_off(positions: &mut [f64], n_atoms: usize) -> Vec<[f64; 3]> {
    let replicas = positions.chunks_exact_mut((n_atoms * 3).max(1));
    let origins = replicas.map(|replica| {
        let origin = whole_nanometres(replica);
        add(replica, origin.map(|axis| -axis));
        origin
    });
    origins.collect()
}

/// The reverse of [`take_off`].
pub fn put_back(positions: &mut [f64], n_atoms: usize, origins: &[[f64; 3]]) {
    let replicas = positions.chunks_exact_mut((n_atoms * 3).max(1));
    for (replica, &origin) in replicas.zip(origins) {
        add(replica, origin);
    }
}

fn add(replica: &mut [f64], shift: [f64; 3]) {
    if shift == [0.0; 3] {
        return;
    }
    for atom in replica.as_chunks_mut::<3>().0 {
        for axis in 0..3 {
            atom[axis] += shift[axis];
        }
    }
}

/// Brings every replica of `positions`, `[n_replicas, n_atoms, 3]` in nm, that has left the origin by more than a
/// nanometre back to it, by whole nanometres; says whether there was any.
pub fn bring_back(positions: &mut [f64], n_atoms: usize) -> bool {
    let mut any = false;
    for replica in positions.chunks_exact_mut((n_atoms * 3).max(1)) {
        let origin = whole_nanometres(replica);
        if origin.iter().all(|axis| axis.abs() <= 1.0) {
            continue;
        }
        any = true;
        add(replica, origin.map(|axis| -axis));
    }
    any
}
