//! Several models in one PDB file. How an atom line looks is the affair of the writer that the caller hands in.

use std::io::{self, Write};

use super::WriteModel;
use crate::topology::Topology;

/// Strings single models together.
pub(super) struct Models<'a, 'b> {
    write_model: &'a mut WriteModel<'b>,
    n_models: usize,
    /// Bond records of the first model; they end the file.
    connections: String,
}

impl<'a, 'b> Models<'a, 'b> {
    /// No model yet.
    pub(super) fn new(write_model: &'a mut WriteModel<'b>) -> Self {
        Self {
            write_model,
            n_models: 0,
            connections: String::new(),
        }
    }

    /// Appends a model from positions in nm, `[n_atoms * 3]`.
    pub(super) fn write(
        &mut self,
        out: &mut impl Write,
        topology: &Topology,
        positions: &[f32],
    ) -> io::Result<()> {
        let (points, _) = positions.as_chunks::<3>();
        let points: Vec<[f64; 3]> = points.iter().map(|point| point.map(f64::from)).collect();
        let mut model = Vec::new();
        (self.write_model)(&mut model, topology, &points)?;
        let model = String::from_utf8_lossy(&model);
        let is_first = self.n_models == 0;
        self.n_models += 1;
        if is_first {
            for line in model.lines().take_while(|line| !is_coordinate(line)) {
                if !line.starts_with("MODEL") {
                    writeln!(out, "{line}")?;
                }
            }
            for line in model.lines().filter(|line| line.starts_with("CONECT")) {
                self.connections.push_str(line);
                self.connections.push('\n');
            }
        }
        writeln!(out, "MODEL     {:>4}", self.n_models)?;
        for line in model.lines().filter(|line| is_coordinate(line)) {
            writeln!(out, "{line}")?;
        }
        writeln!(out, "ENDMDL")
    }

    /// Bonds and the end.
    pub(super) fn finish(self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(self.connections.as_bytes())?;
        writeln!(out, "END")
    }
}

fn is_coordinate(line: &str) -> bool {
    ["ATOM", "HETATM", "TER"]
        .iter()
        .any(|record| line.starts_with(record))
}
