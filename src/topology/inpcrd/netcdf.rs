//! AMBER's NetCDF restarts: as much of classic NetCDF (versions 1 and 2) as finding three variables takes.
//!
//! The format: <https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html>; AMBER's conventions:
//! <https://ambermd.org/netcdf/nctraj.xhtml>.

use super::Coordinates;
use super::error::InpcrdError;
use crate::units::NM_PER_ANGSTROM;

/// Tags of the header's lists, and types of numbers.
const DIMENSIONS: u32 = 10;
const VARIABLES: u32 = 11;
const ATTRIBUTES: u32 = 12;
const FLOAT: u32 = 5;
const DOUBLE: u32 = 6;

/// Lists longer than this are no header of a restart.
const MOST_ENTRIES: usize = 10_000;

/// Positions of a file; `file` is for messages.
pub(super) fn parse(bytes: &[u8], file: &str) -> Result<Coordinates, InpcrdError> {
    coordinates(bytes).map_err(|fault| InpcrdError::Netcdf {
        file: file.to_owned(),
        fault,
    })
}

/// A variable of the header.
struct Variable {
    name: String,
    dimensions: Vec<usize>,
    kind: u32,
    begin: usize,
}

fn coordinates(bytes: &[u8]) -> Result<Coordinates, String> {
    let wide = match bytes.get(3) {
        Some(1) => false,
        Some(2) => true,
        _ => return Err("its version of NetCDF is not 1 or 2".to_owned()),
    };
    let mut header = Header { bytes, at: 8 };
    let sizes = header.dimensions()?;
    header.attributes()?;
    let variables = header.variables(wide)?;
    let find = |name: &str| variables.iter().find(|variable| variable.name == name);
    let found = find("coordinates").ok_or("it has no variable `coordinates`")?;
    let size = |&dimension: &usize| sizes.get(dimension).copied().unwrap_or_default();
    let shape: Vec<usize> = found.dimensions.iter().map(size).collect();
    let [n_atoms, 3] = shape[..] else {
        return Err(format!(
            "`coordinates` has the shape {shape:?}, expected [atoms, 3]: a trajectory is no restart, take one of its frames"
        ));
    };
    let width = match found.kind {
        FLOAT => 4,
        DOUBLE => 8,
        kind => return Err(format!("`coordinates` has type {kind}, expected numbers")),
    };
    let size = n_atoms.checked_mul(3 * width);
    let end = size.and_then(|size| found.begin.checked_add(size));
    let data = end.and_then(|end| bytes.get(found.begin..end));
    let data = data.ok_or("it ends within `coordinates`: the file is cut")?;
    let numbers: Vec<f64> = data.chunks_exact(width).map(number).collect();
    if let Some(bad) = numbers.iter().position(|number| !number.is_finite()) {
        return Err(format!(
            "the coordinates of atom {} are not finite",
            bad / 3 + 1
        ));
    }
    let positions = numbers.chunks_exact(3);
    Ok(Coordinates {
        positions: positions
            .map(|xyz| std::array::from_fn(|axis| xyz[axis] * NM_PER_ANGSTROM))
            .collect(),
        has_velocities: find("velocities").is_some(),
        has_box: find("cell_lengths").is_some(),
    })
}

/// A big-endian number of four or eight bytes.
fn number(bytes: &[u8]) -> f64 {
    match <[u8; 8]>::try_from(bytes) {
        Ok(double) => f64::from_be_bytes(double),
        Err(_) => {
            let float =
                <[u8; 4]>::try_from(bytes).expect("invariant: numbers of four or eight bytes");
            f64::from(f32::from_be_bytes(float))
        }
    }
}

/// Where reading the header stands.
struct Header<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Header<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], String> {
        let end = self.at.checked_add(n);
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or("it ends within its header: the file is cut")?;
        self.at += n;
        Ok(taken)
    }

    fn word(&mut self) -> Result<u32, String> {
        let bytes = self.take(4)?;
        Ok(bytes
            .iter()
            .fold(0, |sum, &byte| sum << 8 | u32::from(byte)))
    }

    fn count(&mut self) -> Result<usize, String> {
        let count = usize::try_from(self.word()?).unwrap_or(usize::MAX);
        Ok(count)
    }

    /// Length of a list with that tag; an empty one has the tag 0.
    fn list(&mut self, tag: u32) -> Result<usize, String> {
        let found = self.word()?;
        let n = self.count()?;
        let fits = found == tag || (found == 0 && n == 0);
        match fits && n <= MOST_ENTRIES {
            true => Ok(n),
            false => Err("its header is not that of classic NetCDF".to_owned()),
        }
    }

    /// Bytes that are filled up to a multiple of four.
    fn padded(&mut self, n: usize) -> Result<&'a [u8], String> {
        let taken = self.take(n)?;
        self.take(n.wrapping_neg() % 4)?;
        Ok(taken)
    }

    fn name(&mut self) -> Result<String, String> {
        let n = self.count()?;
        Ok(String::from_utf8_lossy(self.padded(n)?).into_owned())
    }

    fn dimensions(&mut self) -> Result<Vec<usize>, String> {
        let n = self.list(DIMENSIONS)?;
        let size = |_| {
            self.name()?;
            self.count()
        };
        (0..n).map(size).collect()
    }

    fn attributes(&mut self) -> Result<(), String> {
        for _ in 0..self.list(ATTRIBUTES)? {
            self.name()?;
            let width = match self.word()? {
                1 | 2 => 1,
                3 => 2,
                DOUBLE => 8,
                _ => 4,
            };
            let n = self.count()?.saturating_mul(width);
            self.padded(n)?;
        }
        Ok(())
    }

    fn variables(&mut self, wide: bool) -> Result<Vec<Variable>, String> {
        let n = self.list(VARIABLES)?;
        let mut variables = Vec::with_capacity(n);
        for _ in 0..n {
            let name = self.name()?;
            let rank = self.count()?;
            let dimensions: Result<Vec<usize>, String> =
                (0..rank.min(MOST_ENTRIES)).map(|_| self.count()).collect();
            self.attributes()?;
            let kind = self.word()?;
            self.word()?;
            let high = if wide { self.count()? << 32 } else { 0 };
            variables.push(Variable {
                name,
                dimensions: dimensions?,
                kind,
                begin: high | self.count()?,
            });
        }
        Ok(variables)
    }
}
