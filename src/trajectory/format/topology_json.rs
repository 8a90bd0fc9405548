//! MDTraj's JSON form of a topology, both ways.

use serde::{Deserialize, Serialize};

use crate::topology::{Atom, Element, Residue, Topology};

#[derive(Serialize, Deserialize)]
struct TopologyJson {
    chains: Vec<ChainJson>,
    bonds: Vec<[usize; 2]>,
}

#[derive(Serialize, Deserialize)]
struct ChainJson {
    index: usize,
    #[serde(default)]
    chain_id: Option<String>,
    residues: Vec<ResidueJson>,
}

#[derive(Serialize, Deserialize)]
struct ResidueJson {
    index: usize,
    name: String,
    #[serde(rename = "resSeq", default)]
    number: Option<i32>,
    #[serde(rename = "segmentID", default)]
    segment: String,
    atoms: Vec<AtomJson>,
}

#[derive(Serialize, Deserialize)]
struct AtomJson {
    index: usize,
    name: String,
    #[serde(default)]
    element: Option<String>,
}

/// The JSON that MDTraj reads; pure ASCII. Neighbouring residues with the same chain letter make one chain.
pub(crate) fn to_json(topology: &Topology) -> String {
    let mut chains: Vec<ChainJson> = Vec::new();
    for (index, residue) in topology.residues.iter().enumerate() {
        let chain_id = residue.chain.to_string();
        if chains.last().map(|chain| &chain.chain_id) != Some(&Some(chain_id.clone())) {
            chains.push(ChainJson {
                index: chains.len(),
                chain_id: Some(chain_id),
                residues: Vec::new(),
            });
        }
        let chain = chains.last_mut().expect("invariant: one was just pushed");
        chain.residues.push(residue_json(topology, index, residue));
    }
    let json = TopologyJson {
        chains,
        bonds: topology.bonds.clone(),
    };
    escape(&serde_json::to_string(&json).expect("invariant: plain structs serialise"))
}

fn residue_json(topology: &Topology, index: usize, residue: &Residue) -> ResidueJson {
    let atom_json = |atom_index: usize| AtomJson {
        index: atom_index,
        name: topology.atoms[atom_index].name.clone(),
        element: Some(topology.atoms[atom_index].element.symbol().to_owned()),
    };
    ResidueJson {
        index,
        name: residue.name.clone(),
        number: Some(residue.number),
        segment: String::new(),
        atoms: residue.atoms.clone().map(atom_json).collect(),
    }
}

/// Characters beyond ASCII as JSON escapes: MDTraj's string is ASCII.
fn escape(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            escaped.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    escaped
}

/// The topology behind MDTraj's JSON. Chains without a letter are lettered from `A`, residues without a number from 1.
///
/// # Errors
/// A description of what cannot be used: malformed JSON, an unknown element, a bond to an atom that does not exist.
pub(crate) fn from_json(json: &str) -> Result<Topology, String> {
    let mut parsed: TopologyJson =
        serde_json::from_str(json).map_err(|error| format!("it is not MDTraj's JSON: {error}"))?;
    let mut topology = Topology::default();
    parsed.chains.sort_by_key(|chain| chain.index);
    for (chain_index, mut chain) in parsed.chains.into_iter().enumerate() {
        let letter = chain_letter(chain.chain_id.as_deref(), chain_index);
        chain.residues.sort_by_key(|residue| residue.index);
        for residue in chain.residues {
            add_residue(&mut topology, residue, letter)?;
        }
    }
    topology.bonds = checked_bonds(parsed.bonds, topology.n_atoms())?;
    Ok(topology)
}

fn chain_letter(chain_id: Option<&str>, chain_index: usize) -> char {
    let letters = (b'A'..=b'Z').map(char::from);
    chain_id
        .and_then(|id| id.chars().next())
        .or_else(|| letters.cycle().nth(chain_index % 26))
        .unwrap_or('A')
}

fn add_residue(topology: &mut Topology, mut json: ResidueJson, chain: char) -> Result<(), String> {
    let residue_index = topology.residues.len();
    let start = topology.n_atoms();
    json.atoms.sort_by_key(|atom| atom.index);
    for atom in json.atoms {
        let symbol = atom.element.unwrap_or_default();
        let element = Element::from_symbol(&symbol).ok_or_else(|| {
            format!(
                "atom {} of residue {} has the element `{symbol}`, expected a symbol such as C",
                atom.name, json.name
            )
        })?;
        topology.atoms.push(Atom {
            name: atom.name,
            element,
            residue_index,
        });
    }
    let in_order = i32::try_from(residue_index + 1).unwrap_or(i32::MAX);
    topology.residues.push(Residue {
        name: json.name,
        chain,
        number: json.number.unwrap_or(in_order),
        atoms: start..topology.n_atoms(),
    });
    Ok(())
}

fn checked_bonds(bonds: Vec<[usize; 2]>, n_atoms: usize) -> Result<Vec<[usize; 2]>, String> {
    let mut checked = Vec::with_capacity(bonds.len());
    for [first, second] in bonds {
        if first == second || first.max(second) >= n_atoms {
            return Err(format!(
                "a bond joins atoms {first} and {second}, expected two different indices below {n_atoms}"
            ));
        }
        checked.push([first.min(second), first.max(second)]);
    }
    checked.sort_unstable();
    checked.dedup();
    Ok(checked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atom(name: &str, element: Element, residue_index: usize) -> Atom {
        Atom {
            name: name.to_owned(),
            element,
            residue_index,
        }
    }

    fn two_chains() -> Topology {
        let residue = |name: &str, chain, number, atoms| Residue {
            name: name.to_owned(),
            chain,
            number,
            atoms,
        };
        Topology {
            atoms: vec![
                atom("C", Element::CARBON, 0),
                atom("O5'", Element::OXYGEN, 0),
                atom("Nµ", Element::NITROGEN, 1),
            ],
            residues: vec![residue("ACE", 'A', -3, 0..2), residue("CYX", 'B', 7, 2..3)],
            bonds: vec![[0, 1], [1, 2]],
            ..Topology::default()
        }
    }

    #[test]
    fn a_topology_survives_the_round_trip_in_ascii() {
        let json = to_json(&two_chains());
        assert!(json.is_ascii());
        assert_eq!(from_json(&json).unwrap(), two_chains());
    }

    #[test]
    fn faults_are_named() {
        let json = to_json(&two_chains());
        let bad_element = json.replace("\"element\":\"N\"", "\"element\":\"VS\"");
        assert!(from_json(&bad_element).unwrap_err().contains("`VS`"));
        let bad_bond = json.replace("[1,2]", "[1,9]");
        assert!(from_json(&bad_bond).unwrap_err().contains("1 and 9"));
        assert!(from_json("{").unwrap_err().contains("JSON"));
    }

    #[test]
    fn chains_and_residues_without_names_are_counted() {
        let json = r#"{"chains": [{"index": 1, "residues": [{"index": 1, "name": "B", "atoms": []}]},
            {"index": 0, "residues": [{"index": 0, "name": "A", "atoms": []}]}], "bonds": []}"#;
        let topology = from_json(json).unwrap();
        let seen: Vec<_> = topology
            .residues
            .iter()
            .map(|residue| (residue.name.as_str(), residue.chain, residue.number))
            .collect();
        assert_eq!(seen, [("A", 'A', 1), ("B", 'B', 2)]);
    }
}
