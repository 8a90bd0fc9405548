//! A small molecule with made-up frames that are the same in every process.

use std::io::{self, Write};
use std::path::Path;

use saltus::state::Frame;
use saltus::topology::{Atom, Element, Residue, Topology};
use saltus::trajectory::{Header, Reader, Writer, WriterProgress};

/// Two residues in each of two chains; 11 atoms, more than XTC stores uncompressed.
pub(crate) fn topology() -> Topology {
    let residues = [
        ("ACE", 'A', 1, &["C", "O", "CH3"][..]),
        ("ALA", 'A', 2, &["N", "H", "CA"]),
        ("HID", 'B', -1, &["N", "H", "SD"]),
        ("NME", 'B', 7, &["N", "CH3"]),
    ];
    let mut topology = Topology::default();
    for (residue_index, (name, chain, number, atoms)) in residues.into_iter().enumerate() {
        let start = topology.n_atoms();
        topology.atoms.extend(atoms.iter().map(|atom| Atom {
            name: (*atom).to_owned(),
            element: Element::from_symbol(&atom[..1]).unwrap(),
            residue_index,
        }));
        topology.residues.push(Residue {
            name: name.to_owned(),
            chain,
            number,
            atoms: start..topology.n_atoms(),
        });
    }
    topology.bonds = vec![
        [0, 1],
        [0, 2],
        [0, 3],
        [3, 4],
        [3, 5],
        [6, 7],
        [8, 9],
        [9, 10],
    ];
    topology
}

pub(crate) fn header(velocities: bool) -> Header {
    let topology = topology();
    Header {
        masses_da: topology
            .atoms
            .iter()
            .map(|atom| atom.element.mass_da())
            .collect(),
        topology,
        input_yaml: "system: {sequence: ACE-ALA-NME} # 1 Å\nseed: 7\n".to_owned(),
        seed: u64::MAX - 6,
        device: "cpu, avx512, mixed".to_owned(),
        exact: false,
        kernel_names: vec!["langevin".to_owned(), "torsion_leap".to_owned()],
        replica: 3,
        temperature_kelvin: 310.15,
        n_degrees_of_freedom: 33,
        velocities,
        metadata: serde_json::json!({"ladder": [300.0, 0.1], "note": "é"}),
        ..Header::default()
    }
}

/// A number in [0, 1) that depends on both arguments.
pub(crate) fn noise(first: u64, second: u64) -> f64 {
    let mut bits = first.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ second.wrapping_add(0x1234_5678);
    for _ in 0..3 {
        bits = (bits ^ (bits >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    }
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

pub(crate) fn frame(index: usize, velocities: bool) -> Frame {
    let index = index as u64;
    let vector = |salt: u64| {
        let component = |i: u64| (2.0 * noise(index + salt, i) - 0.5) as f32;
        (0..33).map(component).collect::<Vec<f32>>()
    };
    Frame {
        step: 1000 + 50 * index,
        time_ps: 1.0 + 0.05 * index as f64,
        positions: vector(0),
        velocities: velocities.then(|| vector(1 << 40)),
        potential_energy_kj_per_mol: -80.0 + noise(index, 77),
        kinetic_energy_kj_per_mol: 40.0 + noise(index, 78),
        temperature_kelvin: 310.0 + noise(index, 79),
        acceptance: vec![f64::NAN, noise(index, 80)],
    }
}

pub(crate) fn frames(n: usize, velocities: bool) -> Vec<Frame> {
    (0..n).map(|index| frame(index, velocities)).collect()
}

/// Frames as text in which every bit counts, NaN included.
pub(crate) fn bits(frames: &[Frame]) -> Vec<String> {
    let of = |frame: &Frame| {
        let f64s = [
            frame.time_ps,
            frame.potential_energy_kj_per_mol,
            frame.kinetic_energy_kj_per_mol,
            frame.temperature_kelvin,
        ];
        let f64s = f64s.iter().chain(&frame.acceptance).map(|x| x.to_bits());
        let f32s = frame
            .positions
            .iter()
            .chain(frame.velocities.iter().flatten());
        let f32s = f32s.map(|x| x.to_bits()).collect::<Vec<_>>();
        format!("{} {:x?} {f32s:x?}", frame.step, f64s.collect::<Vec<_>>())
    };
    frames.iter().map(of).collect()
}

#[track_caller]
pub(crate) fn assert_same(got: &[Frame], expected: &[Frame]) {
    assert_eq!(got.len(), expected.len(), "number of frames");
    for (index, (got, expected)) in bits(got).iter().zip(bits(expected)).enumerate() {
        assert_eq!(*got, expected, "frame {index}");
    }
}

pub(crate) fn write(path: &Path, n: usize, velocities: bool) {
    let mut writer = Writer::create(path, &header(velocities), false).unwrap();
    for frame in frames(n, velocities) {
        writer.append(frame).unwrap();
    }
    writer.finish().unwrap();
}

pub(crate) fn read(path: &Path) -> Vec<Frame> {
    let reader = Reader::open(path).unwrap();
    reader.read_frames(0..reader.n_frames()).unwrap()
}

/// Goes on from `progress` up to `n` frames and finishes.
pub(crate) fn resume_to(path: &Path, progress: WriterProgress, n: usize) {
    let mut writer = Writer::resume(path, progress).unwrap();
    for index in writer.n_frames()..n {
        writer.append(frame(index, true)).unwrap();
    }
    writer.finish().unwrap();
}

pub(crate) fn write_pdb_model(
    out: &mut dyn Write,
    topology: &Topology,
    positions: &[[f64; 3]],
) -> io::Result<()> {
    writeln!(out, "REMARK   1 CREATED BY A TEST")?;
    for (index, (atom, [x, y, z])) in topology.atoms.iter().zip(positions).enumerate() {
        let residue = &topology.residues[atom.residue_index];
        writeln!(
            out,
            "ATOM  {:>5}  {:<3} {:<3} {}{:>4}    {:8.3}{:8.3}{:8.3}  1.00  0.00          {:>2}",
            index + 1,
            atom.name,
            residue.name,
            residue.chain,
            residue.number,
            x * 10.0,
            y * 10.0,
            z * 10.0,
            atom.element.symbol()
        )?;
    }
    writeln!(out, "END")
}
