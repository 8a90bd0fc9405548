//! Torsion leaps of one molecule as the tables that shaders/proposal/torsion_leap.wgsl reads.

use super::moves::pivot_words;
use crate::flow::torsion::{Angles, Head, LeapModel};
use crate::flow::{Dense, torsion::Network};
use crate::gpu::shape::NetworkRoom;
use crate::gpu::tables::{index, single};
use crate::proposal::{
    Feature, Known, LeapDraws, LeapStep, Measure, Site, SiteKind, TorsionLeapProposal,
};
use crate::units::thermal_energy_kj_per_mol;
use std::collections::BTreeMap;

/// Leaps that the torsion leaps of a cycle choose from, with the networks they are drawn from.
#[derive(Debug, Clone)]
pub struct TorsionLeaps {
    sites: Vec<Site>,
    blocks: Vec<LeapDraws>,
    heads: [HeadPlace; 2],
    /// Vector of each density's first bias, by site and [`Known`].
    biases: BTreeMap<(usize, Known), u32>,
    networks: Networks,
    width: usize,
}

/// Numbers that bound the loops of a leap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct LeapSize {
    /// Steps of the longest block.
    pub(crate) n_steps: u64,
    /// Blocks to choose from.
    pub(crate) n_blocks: u64,
    /// Most numbers that a layer takes or gives.
    pub(crate) width: u64,
    /// Most layers.
    pub(crate) n_layers: u64,
}

/// Scales, weights and biases in vectors of four.
#[derive(Debug, Clone, Default)]
struct Networks {
    vectors: Vec<[f32; 4]>,
}

/// Where a head lies among them.
#[derive(Debug, Clone)]
struct HeadPlace {
    scales: u32,
    /// Inputs and outputs in fours, vectors of the weights and of the bias.
    layers: Vec<[u32; 4]>,
    n_components: u32,
    n_angles: u32,
}

impl Networks {
    /// Puts numbers down, filled up to full vectors; returns the number of the first vector.
    fn push(&mut self, numbers: &[f32]) -> u32 {
        let first = index(self.vectors.len());
        for chunk in numbers.chunks(4) {
            let mut vector = [0.0; 4];
            vector[..chunk.len()].copy_from_slice(chunk);
            self.vectors.push(vector);
        }
        first
    }

    fn push_head(&mut self, head: &Head) -> HeadPlace {
        let scales = index(self.vectors.len());
        let pairs = head.mean.iter().zip(&head.scale);
        self.vectors
            .extend(pairs.map(|(&mean, &scale)| [mean, scale, 0.0, 0.0]));
        let layers = head.network.layers.iter().enumerate();
        let layers = layers.map(|(number, layer)| {
            let n_in = if number == 0 {
                head.n_dynamic()
            } else {
                layer.n_in
            };
            self.push_layer(layer, n_in)
        });
        HeadPlace {
            scales,
            layers: layers.collect(),
            n_components: index(head.shape.n_components),
            n_angles: index(head.shape.n_angles),
        }
    }

    /// The columns of the first `n_in` inputs, `[n_in, n_out]`, filled up with zeros to fours.
    fn push_layer(&mut self, layer: &Dense, n_in: usize) -> [u32; 4] {
        let weights = index(self.vectors.len());
        let mut column = vec![0.0; layer.n_out];
        for input in 0..n_in.next_multiple_of(4) {
            for (row, weight) in column.iter_mut().enumerate() {
                *weight = if input < n_in {
                    layer.weights[row * layer.n_in + input]
                } else {
                    0.0
                };
            }
            self.push(&column);
        }
        let fours = |n: usize| index(n.div_ceil(4));
        [
            fours(n_in),
            fours(layer.n_out),
            weights,
            self.push(&layer.bias),
        ]
    }
}

impl TorsionLeaps {
    /// The tables of a proposal and the model it was made with; `None` where residues are left to a proposal that learns,
    /// which stays on the host.
    #[must_use]
    pub fn new(proposal: &TorsionLeapProposal, model: &LeapModel) -> Option<Self> {
        if !proposal.fallback_residues().is_empty() || proposal.blocks().is_empty() {
            return None;
        }
        let mut networks = Networks::default();
        let heads = [&model.backbone, &model.side_chain].map(|head| networks.push_head(head));
        let mut biases = BTreeMap::new();
        for &step in proposal.blocks().iter().flat_map(|block| &block.steps) {
            biases
                .entry((step.site, step.known))
                .or_insert_with(|| networks.push(proposal.first_bias(step)));
        }
        let widths = [&model.backbone, &model.side_chain].map(widest);
        Some(Self {
            sites: proposal.sites().to_vec(),
            blocks: proposal.blocks().to_vec(),
            heads,
            biases,
            networks,
            width: widths[0].max(widths[1]).next_multiple_of(4),
        })
    }

    /// Room in workgroup memory, and layers to go through.
    #[must_use]
    pub fn room(&self) -> NetworkRoom {
        let n_layers = self.heads.iter().map(|head| head.layers.len()).max();
        NetworkRoom {
            width: self.width,
            n_layers: n_layers.unwrap_or(0),
        }
    }

    /// Bytes of the tables on the device.
    #[must_use]
    pub fn table_bytes(&self, n_atoms: usize) -> u64 {
        (self.table(0, n_atoms).len() * 4 + self.networks.vectors.len() * 16) as u64
    }

    /// What decides how long the longest leap loops.
    pub(crate) fn size(&self) -> LeapSize {
        let steps = self.blocks.iter().map(|block| block.steps.len());
        let NetworkRoom { width, n_layers } = self.room();
        LeapSize {
            n_steps: steps.max().unwrap_or(0) as u64,
            n_blocks: self.blocks.len() as u64,
            width: width as u64,
            n_layers: n_layers as u64,
        }
    }

    pub(crate) fn networks(&self) -> &[[f32; 4]] {
        &self.networks.vectors
    }

    /// How many energy evaluations of `n_atoms` atoms take about as long as the longest leap: for the length of dispatches.
    pub(crate) fn n_evaluations(&self, n_atoms: usize) -> u64 {
        /// Multiplications that cost as much as a pair of atoms.
        const PAIR: usize = 60;
        let passes = |block: &LeapDraws| 2 * block.steps.len() - 1;
        let most = self.blocks.iter().map(passes).max().unwrap_or(0);
        let products = |head: &HeadPlace| -> usize {
            let layers = head.layers.iter();
            layers.map(|l| 16 * l[0] as usize * l[1] as usize).sum()
        };
        let largest = self.heads.iter().map(products).max().unwrap_or(0);
        (1 + most * largest / (PAIR * n_atoms * n_atoms)) as u64
    }

    /// The table of leaps for the place `start` in the table of moves.
    pub(crate) fn table(&self, start: usize, n_atoms: usize) -> Vec<u32> {
        let mut words = vec![0; 1 + 3 * self.blocks.len()];
        words[0] = index(self.blocks.len());
        let address = |words: &Vec<u32>| index(start + words.len());
        let mut heads = Vec::new();
        for head in &self.heads {
            heads.push(address(&words));
            let n_layers = index(head.layers.len());
            words.extend([head.scales, n_layers, head.n_components, head.n_angles]);
            words.extend(head.layers.iter().flatten());
        }
        let mut pivots = vec![Vec::new(); self.sites.len()];
        for (site, places) in self.sites.iter().zip(&mut pivots) {
            for pivot in &site.pivots {
                places.push(address(&words));
                words.extend([index(pivot.atoms[0]), index(pivot.atoms[3])]);
                words.extend(pivot_words(pivot, n_atoms));
            }
        }
        let mut features = BTreeMap::new();
        for &(site, known) in self.biases.keys() {
            let list = self.sites[site].features(known);
            features.insert((site, known), (address(&words), index(list.len())));
            words.extend(list.iter().flat_map(feature_words));
        }
        let covered = covered(&self.blocks);
        for (number, block) in self.blocks.iter().enumerate() {
            words[1 + 3 * number] = covered[number];
            words[2 + 3 * number] = address(&words);
            words[3 + 3 * number] = index(block.steps.len());
            for &LeapStep { site, known } in &block.steps {
                let (first, n_features) = features[&(site, known)];
                let head = usize::from(self.sites[site].kind != SiteKind::Backbone);
                let angles = match self.sites[site].angles {
                    Angles::Both => 0,
                    Angles::First => 1,
                    Angles::Second => 2,
                };
                let places = &pivots[site];
                words.extend([first, n_features, self.biases[&(site, known)], heads[head]]);
                words.extend([angles, index(places.len()), places[0]]);
                words.push(places[places.len() - 1]);
            }
        }
        words
    }
}

/// Most numbers that a layer of a head takes or gives, and what its mixture needs room for.
fn widest(head: &Head) -> usize {
    let Network { layers } = &head.network;
    let outputs = layers.iter().map(|layer| layer.n_out);
    let beside = 3 * head.shape.n_components;
    outputs.fold(head.n_dynamic().max(beside), usize::max)
}

/// Which part of 2^32 every block and those before it cover.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of 2^32, which saturates"
)]
fn covered(blocks: &[LeapDraws]) -> Vec<u32> {
    let total: f64 = blocks.iter().map(|block| block.weight).sum();
    let mut sum = 0.0;
    let share = |block: &LeapDraws| {
        sum += block.weight;
        (sum / total * 4_294_967_296.0) as u32
    };
    blocks.iter().map(share).collect()
}

/// One feature: slot and kind, then atoms.
fn feature_words(feature: &Feature) -> [u32; 5] {
    let (kind, atoms) = match feature.measure {
        Measure::Angle([a, b, c]) => (0, [a, b, c, 0]),
        Measure::Plane(atoms) => (1, atoms),
        Measure::Torsion(atoms) => (2, atoms),
        Measure::DoubleTorsion(atoms) => (3, atoms),
        Measure::Place(atoms) => (4, atoms),
        Measure::Temperature(_) => (5, [0; 4]),
    };
    let mut words = [0; 5];
    words[0] = index(feature.slot) | kind << 16;
    for (word, atom) in words[1..].iter_mut().zip(atoms) {
        *word = index(atom);
    }
    if let Measure::Temperature(kelvin) = feature.measure {
        words[1] = single(thermal_energy_kj_per_mol(kelvin)).to_bits();
    }
    words
}
