//! Residues that are taken as the file has them, by its CONECT and LINK records or `_chem_comp_bond` and `_struct_conn`: those of unknown kind whose atoms CONECT bonds, and
//! those that a record bonds to another residue elsewhere than at a peptide bond or a disulfide.

use crate::topology::pdb::names::residue_name;
use crate::topology::pdb::record::{AtomRecord, RawResidue, Records, ResidueId};
use std::collections::{HashMap, HashSet};

/// Residue index and atom of both ends of a record.
type Ends = [(usize, String); 2];

/// Marks the residues; a heavy file of waters costs one pass.
pub(in crate::topology::pdb) fn mark(residues: &mut [RawResidue], records: &Records) {
    let mut place_of: HashMap<i64, (usize, usize)> = HashMap::new();
    for (index, residue) in residues.iter().enumerate() {
        for (rank, atom) in residue.atoms.iter().enumerate() {
            if let Some(serial) = atom.serial {
                place_of.entry(serial).or_insert((index, rank));
            }
        }
    }
    let mut bonded: HashSet<(usize, usize)> = HashSet::new();
    let mut links: Vec<Ends> = Vec::new();
    for (_, serials) in &records.conect {
        let places = serials.map(|serial| place_of.get(&serial).copied());
        if let [Some(a), Some(b)] = places {
            bonded.extend([a, b]);
            let name = |(index, rank): (usize, usize)| residues[index].atoms[rank].name.clone();
            links.push([(a.0, name(a)), (b.0, name(b))]);
        }
    }
    for link in records.links.iter().filter(|link| link.same_image) {
        let find = |end: &(ResidueId, String)| {
            let index = residues.iter().position(|residue| residue.id == end.0)?;
            residues[index].has(&end.1).then(|| (index, end.1.clone()))
        };
        if let [Some(a), Some(b)] = link.ends.each_ref().map(find) {
            links.push([a, b]);
        }
    }
    for (index, residue) in residues.iter_mut().enumerate() {
        // A single atom is an ion, whatever coordinates it.
        let n_atoms = residue.atoms.len();
        let all_bonded = n_atoms > 1 && (0..n_atoms).all(|rank| bonded.contains(&(index, rank)));
        residue.as_is = residue_name(&residue.name).is_none() && all_bonded;
    }
    let crossing: Vec<usize> = links
        .iter()
        .filter(|ends| is_cross_link(residues, ends))
        .flat_map(|[a, b]| [a.0, b.0])
        .collect();
    for index in crossing {
        residues[index].as_is = true;
    }
}

/// Whether a record bonds heavy atoms of two residues otherwise than backbones and disulfides do, in a file that has their hydrogens.
fn is_cross_link(residues: &[RawResidue], [(i, first), (j, second)]: &Ends) -> bool {
    let ends = [first.as_str(), second.as_str()];
    let is_heavy = |atom: &&str| !atom.starts_with('H');
    let whole = |index: usize| {
        let hydrogen = |atom: &AtomRecord| atom.name.starts_with('H') || atom.element == "H";
        residues[index].atoms.iter().any(hydrogen)
    };
    let is_backbone = matches!(ends, ["C", "N"] | ["N", "C"]);
    let is_disulfide = ends == ["SG", "SG"];
    i != j && ends.iter().all(is_heavy) && !is_backbone && !is_disulfide && whole(*i) && whole(*j)
}
