//! All pairs with one atom per lane: a single replica, whose rows of pairs are cut into full registers.
//!
//! Positions are `[n_blocks][3]` vectors of `LANES` atoms; the atoms that pad the last block stand far away, carry no
//! charge and feel nothing. Only the block on the diagonal of a row needs a mask.

use super::Want;
use super::bonded::{bonded, rare_torsions};
use super::parameters::{Parameters, RareTorsions, Solvent};
use crate::forcefield::{generalized_born, nonbonded, surface_area};
use crate::lane::{AtomField, Lane, dot, subtract, vectorized};

/// Where padding atoms stand, nm from the origin and from each other.
pub(super) const PADDING_NM: f64 = 1.0e4;

/// Parameters cut into blocks.
#[derive(Debug, Clone)]
pub(super) struct Blocks<L: Lane> {
    n_blocks: usize,
    lane_index: L,
    /// `[a, b, coulomb]` of row i and block b >= i / LANES, rows one after the other; zero where j <= i.
    pairs: Vec<[L; 3]>,
    solvent: Option<SolventBlocks<L>>,
}

#[derive(Debug, Clone)]
struct SolventBlocks<L: Lane> {
    charge: Vec<L>,
    radius: Vec<L>,
    rho: Vec<L>,
    screened: Vec<L>,
    tanh: Vec<[L; 3]>,
    /// As [`Solvent::necks`], in the order of `pairs`.
    necks: Vec<[[L; 3]; 2]>,
}

/// Scratch memory of one replica.
#[derive(Debug, Clone)]
pub(super) struct Scratch<L> {
    integral: Vec<L>,
    born: Vec<L>,
    chain: Vec<L>,
    energy_slope: Vec<L>,
    slopes: Vec<[L; 2]>,
}

impl<L: Lane> Blocks<L> {
    pub(super) fn new(parameters: &Parameters<L>) -> Self {
        let n_atoms = parameters.n_atoms;
        let n_blocks = n_atoms.div_ceil(L::LANES);
        let mut pairs = Vec::new();
        let mut necks = Vec::new();
        for i in 0..n_atoms {
            for block in i / L::LANES..n_blocks {
                let pair = |lane: usize| {
                    let j = block * L::LANES + lane;
                    (j > i && j < n_atoms).then(|| nonbonded::pair_index(n_atoms, i, j))
                };
                let entry = |select: &dyn Fn(usize) -> L::Scalar| {
                    L::from_fn(|lane| pair(lane).map_or(0.0, |index| select(index).into()))
                };
                pairs.push(std::array::from_fn(|column| {
                    entry(&|index| parameters.pairs[index][column])
                }));
                if let Some(solvent) = parameters
                    .solvent
                    .as_ref()
                    .filter(|solvent| !solvent.necks.is_empty())
                {
                    necks.push(std::array::from_fn(|side| {
                        std::array::from_fn(|column| {
                            entry(&|index| solvent.necks[index][side][column])
                        })
                    }));
                }
            }
        }
        let solvent = parameters
            .solvent
            .as_ref()
            .map(|solvent| SolventBlocks::new(solvent, n_blocks, necks));
        #[expect(clippy::cast_precision_loss, reason = "a lane number is small")]
        let lane_index = L::from_fn(|lane| lane as f64);
        Self {
            n_blocks,
            lane_index,
            pairs,
            solvent,
        }
    }
}

impl<L: Lane> SolventBlocks<L> {
    fn new(solvent: &Solvent<L>, n_blocks: usize, necks: Vec<[[L; 3]; 2]>) -> Self {
        let atoms = &solvent.atoms;
        // Padding repeats the last atom's radii, so that nothing divides by zero, with no charge.
        let last = atoms.len() - 1;
        let column = |select: &dyn Fn(usize) -> L::Scalar| -> Vec<L> {
            (0..n_blocks)
                .map(|block| L::from_fn(|lane| select((block * L::LANES + lane).min(last)).into()))
                .collect()
        };
        let tanh: [Vec<L>; 3] =
            std::array::from_fn(|order| column(&|atom| atoms[atom].tanh[order]));
        let charge = (0..n_blocks)
            .map(|block| {
                L::from_fn(|lane| {
                    atoms
                        .get(block * L::LANES + lane)
                        .map_or(0.0, |atom| atom.charge.into())
                })
            })
            .collect();
        Self {
            charge,
            radius: column(&|atom| atoms[atom].radius),
            rho: column(&|atom| atoms[atom].rho),
            screened: column(&|atom| atoms[atom].screened),
            tanh: (0..n_blocks)
                .map(|block| std::array::from_fn(|order| tanh[order][block]))
                .collect(),
            necks,
        }
    }
}

impl<L: Lane> Scratch<L> {
    pub(super) fn new(blocks: &Blocks<L>) -> Self {
        let zero = L::splat(0.0);
        let (n_blocks, n_pairs) = if blocks.solvent.is_some() {
            (blocks.n_blocks, blocks.pairs.len())
        } else {
            (0, 0)
        };
        Self {
            integral: vec![zero; n_blocks],
            born: vec![zero; n_blocks],
            chain: vec![zero; n_blocks],
            energy_slope: vec![zero; n_blocks],
            slopes: vec![[zero; 2]; n_pairs],
        }
    }
}

/// Potential energy (added to `energies`, in parts) and forces (overwritten) of one replica.
pub(super) fn evaluate<L: Lane, W: Want>(
    parameters: &Parameters<L>,
    blocks: &Blocks<L>,
    scratch: &mut Scratch<L>,
    position: &mut [[L; 3]],
    force: &mut [[L; 3]],
    energies: &mut [f64],
) {
    bonded_terms::<L, W>(parameters, &mut *position, &mut *force, &mut *energies);
    if let Some(rare) = &parameters.rare {
        rare_terms::<L, W>(rare, &mut *position, &mut *force, &mut *energies);
    }
    let position: &[[L; 3]] = position;
    let n_atoms = parameters.n_atoms;
    let (Some(solvent), Some(columns)) = (&parameters.solvent, &blocks.solvent) else {
        direct_pairs::<L, W>(n_atoms, blocks, position, force, energies);
        return;
    };
    born_integrals::<L, W>(n_atoms, blocks, columns, &mut *scratch, position);
    born_radii::<L, W>(n_atoms, solvent, columns, &mut *scratch, &mut *energies);
    solvated_pairs::<L, W>(
        n_atoms,
        blocks,
        solvent,
        columns,
        &mut *scratch,
        position,
        &mut *force,
        energies,
    );
    if W::FORCES {
        chain_rule::<L>(n_atoms, blocks, scratch, position, force);
    }
}

vectorized! {
    /// Bonds, angles, torsions; the first to write the forces.
    fn bonded_terms<L: Lane, W: Want>(
        parameters: &Parameters<L>,
        position: &mut [[L; 3]],
        force: &mut [[L; 3]],
        energies: &mut [f64],
    ) -> () {
        force.fill([L::splat(0.0); 3]);
        let sums = W::ENERGY.then_some(energies);
        bonded::<L, L::Scalar, _>(
            parameters,
            &AtomField::new(position),
            &mut AtomField::new(force),
            sums,
        );
    }
}

vectorized! {
    /// Harmonic torsions and energy maps.
    fn rare_terms<L: Lane, W: Want>(
        rare: &RareTorsions<L>,
        position: &mut [[L; 3]],
        force: &mut [[L; 3]],
        energies: &mut [f64],
    ) -> () {
        let sums = W::ENERGY.then_some(energies);
        rare_torsions::<L, L::Scalar, _>(rare, &AtomField::new(position), &mut AtomField::new(force), sums);
    }
}

/// Row i of the pair matrix: its atom in all lanes, and the mask of the block on the diagonal.
struct Row<L> {
    x: [L; 3],
    block: usize,
    lane: usize,
    lane_splat: L,
}

impl<L: Lane> Row<L> {
    #[inline(always)]
    fn new(position: &[[L; 3]], i: usize) -> Self {
        let (block, lane) = (i / L::LANES, i % L::LANES);
        #[expect(clippy::cast_precision_loss, reason = "a lane number is small")]
        let lane_splat = L::splat(lane as f64);
        Self {
            x: [
                broadcast(position[block][0], lane),
                broadcast(position[block][1], lane),
                broadcast(position[block][2], lane),
            ],
            block,
            lane,
            lane_splat,
        }
    }

    /// `value` where j > i, else `otherwise`; only the diagonal block has lanes with j <= i.
    #[inline(always)]
    fn above(&self, block: usize, lane_index: L, value: L, otherwise: f64) -> L {
        if block == self.block {
            L::select(
                self.lane_splat.less_than(lane_index),
                value,
                L::splat(otherwise),
            )
        } else {
            value
        }
    }

    /// Vector to the atoms of a block and its square; 1 nm² in lanes that don't count.
    #[inline(always)]
    fn vector(&self, position: &[[L; 3]], block: usize, lane_index: L) -> ([L; 3], L) {
        let vector = subtract(position[block], self.x);
        (
            vector,
            self.above(block, lane_index, dot(vector, vector), 1.0),
        )
    }
}

/// One lane in all lanes.
#[inline(always)]
fn broadcast<L: Lane>(vector: L, lane: usize) -> L {
    L::splat_scalar(L::scalars(std::slice::from_ref(&vector))[lane])
}

/// Adds a number to one lane.
#[inline(always)]
fn add_to_lane<L: Lane>(vector: &mut L, lane: usize, value: f64) {
    let old = vector.lane(lane);
    vector.set_lane(lane, old + value);
}

/// Applies a pair force to both sides.
#[inline(always)]
fn apply<L: Lane>(force: &mut [L; 3], on_i: &mut [L; 3], vector: [L; 3], factor: L) {
    for axis in 0..3 {
        let component = vector[axis] * factor;
        force[axis] += component;
        on_i[axis] -= component;
    }
}

#[inline(always)]
fn finish_row<L: Lane>(row: &Row<L>, force: &mut [[L; 3]], on_i: [L; 3]) {
    for (sum, component) in force[row.block].iter_mut().zip(on_i) {
        add_to_lane(sum, row.lane, component.sum());
    }
}

vectorized! {
    fn direct_pairs<L: Lane, W: Want>(
        n_atoms: usize,
        blocks: &Blocks<L>,
        position: &[[L; 3]],
        force: &mut [[L; 3]],
        energies: &mut [f64],
    ) -> () {
        let mut pairs = blocks.pairs.iter();
        for i in 0..n_atoms {
            let row = Row::new(position, i);
            let (mut on_i, mut energy_i) = ([L::splat(0.0); 3], L::splat(0.0));
            for (block, &[a, b, coulomb]) in (row.block..blocks.n_blocks).zip(&mut pairs) {
                let (vector, square) = row.vector(position, block, blocks.lane_index);
                let (energy, factor) = nonbonded::pair(square.rsqrt(), a, b, coulomb);
                energy_i += energy;
                if W::FORCES {
                    apply(&mut force[block], &mut on_i, vector, factor);
                }
            }
            if W::FORCES {
                finish_row(&row, force, on_i);
            }
            if W::ENERGY {
                energy_i.accumulate(energies);
            }
        }
    }
}

vectorized! {
    fn born_integrals<L: Lane, W: Want>(
        n_atoms: usize,
        blocks: &Blocks<L>,
        columns: &SolventBlocks<L>,
        scratch: &mut Scratch<L>,
        position: &[[L; 3]],
    ) -> () {
        scratch.integral.fill(L::splat(0.0));
        let mut entry = 0;
        for i in 0..n_atoms {
            let row = Row::new(position, i);
            let rho_i = broadcast(columns.rho[row.block], row.lane);
            let screened_i = broadcast(columns.screened[row.block], row.lane);
            let mut integral_i = L::splat(0.0);
            for block in row.block..blocks.n_blocks {
                let (_, square) = row.vector(position, block, blocks.lane_index);
                let inverse_r = square.rsqrt();
                let r = square * inverse_r;
                let (mut seen_i, mut slope_i) =
                    generalized_born::pair_integral(r, inverse_r, rho_i, columns.screened[block]);
                let (mut seen_j, mut slope_j) =
                    generalized_born::pair_integral(r, inverse_r, columns.rho[block], screened_i);
                if let Some(&[by_i, by_j]) = columns.necks.get(entry) {
                    let neck_i =
                        generalized_born::neck_integral(r, inverse_r, by_i[0], by_i[1], by_i[2]);
                    let neck_j =
                        generalized_born::neck_integral(r, inverse_r, by_j[0], by_j[1], by_j[2]);
                    (seen_i, slope_i) = (seen_i + neck_i.0, slope_i + neck_i.1);
                    (seen_j, slope_j) = (seen_j + neck_j.0, slope_j + neck_j.1);
                }
                integral_i += row.above(block, blocks.lane_index, seen_i, 0.0);
                scratch.integral[block] += row.above(block, blocks.lane_index, seen_j, 0.0);
                if W::FORCES {
                    scratch.slopes[entry] =
                        [
 row.above(block, blocks.lane_index, slope_i, 0.0),
 row.above(block, blocks.lane_index, slope_j, 0.0),
];
                }
                entry += 1;
            }
            add_to_lane(&mut scratch.integral[row.block], row.lane, integral_i.sum());
        }
    }
}

vectorized! {
    fn born_radii<L: Lane, W: Want>(
        n_atoms: usize,
        solvent: &Solvent<L>,
        columns: &SolventBlocks<L>,
        scratch: &mut Scratch<L>,
        energies: &mut [f64],
    ) -> () {
        for (block, &charge) in columns.charge.iter().enumerate() {
            let (radius, rho) = (columns.radius[block], columns.rho[block]);
            let (born, chain) = generalized_born::born_radius(
                solvent.model,
                scratch.integral[block],
                radius,
                rho,
                columns.tanh[block],
            );
            let (mut energy, mut slope) =
                generalized_born::self_energy(charge, born, &solvent.dielectric);
            if solvent.surface_area {
                let (area_energy, area_slope) = surface_area::surface_area(radius, born);
                (energy, slope) = (energy + area_energy, slope + area_slope);
            }
            scratch.born[block] = born;
            scratch.chain[block] = chain;
            scratch.energy_slope[block] = slope;
            if W::ENERGY {
                let n_real = (n_atoms - block * L::LANES).min(L::LANES);
                for (lane, sum) in energies.iter_mut().enumerate().take(n_real) {
                    *sum += energy.lane(lane);
                }
            }
        }
    }
}

vectorized! {
    fn solvated_pairs<L: Lane, W: Want>(
        n_atoms: usize,
        blocks: &Blocks<L>,
        solvent: &Solvent<L>,
        columns: &SolventBlocks<L>,
        scratch: &mut Scratch<L>,
        position: &[[L; 3]],
        force: &mut [[L; 3]],
        energies: &mut [f64],
    ) -> () {
        let mut pairs = blocks.pairs.iter();
        for i in 0..n_atoms {
            let row = Row::new(position, i);
            let born_i = broadcast(scratch.born[row.block], row.lane);
            let charge_i = broadcast(columns.charge[row.block], row.lane);
            let (mut on_i, mut energy_i, mut slope_i) =
                ([L::splat(0.0); 3], L::splat(0.0), L::splat(0.0));
            for (block, &[a, b, coulomb]) in (row.block..blocks.n_blocks).zip(&mut pairs) {
                let (vector, square) = row.vector(position, block, blocks.lane_index);
                let (direct, along_direct) = nonbonded::pair(square.rsqrt(), a, b, coulomb);
                let charges = row.above(
                    block,
                    blocks.lane_index,
                    charge_i * columns.charge[block],
                    0.0,
                );
                let born_j = scratch.born[block];
                let (screened, along_screened, along_born) =
                    generalized_born::pair(square, charges, born_i, born_j, &solvent.dielectric);
                energy_i += direct + screened;
                if W::FORCES {
                    slope_i = along_born.mul_add(born_j, slope_i);
                    scratch.energy_slope[block] =
                        along_born.mul_add(born_i, scratch.energy_slope[block]);
                    apply(
                        &mut force[block],
                        &mut on_i,
                        vector,
                        along_direct + along_screened,
                    );
                }
            }
            if W::FORCES {
                add_to_lane(
                    &mut scratch.energy_slope[row.block],
                    row.lane,
                    slope_i.sum(),
                );
                finish_row(&row, force, on_i);
            }
            if W::ENERGY {
                energy_i.accumulate(energies);
            }
        }
    }
}

vectorized! {
    fn chain_rule<L: Lane>(
        n_atoms: usize,
        blocks: &Blocks<L>,
        scratch: &mut Scratch<L>,
        position: &[[L; 3]],
        force: &mut [[L; 3]],
    ) -> () {
        for (chain, slope) in scratch.chain.iter_mut().zip(&scratch.energy_slope) {
            *chain = *chain * *slope;
        }
        let mut slopes = scratch.slopes.iter();
        for i in 0..n_atoms {
            let row = Row::new(position, i);
            let chain_i = broadcast(scratch.chain[row.block], row.lane);
            let mut on_i = [L::splat(0.0); 3];
            for (block, &[slope_i, slope_j]) in (row.block..blocks.n_blocks).zip(&mut slopes) {
                let vector = subtract(position[block], row.x);
                let factor = -chain_i.mul_add(slope_i, scratch.chain[block] * slope_j);
                apply(&mut force[block], &mut on_i, vector, factor);
            }
            finish_row(&row, force, on_i);
        }
    }
}
