//! The DCD format as CHARMM writes it: little-endian Fortran records of f32 angstroms, without unit cells.

use std::io::{self, Write};

/// Angstroms in a nanometre.
const ANGSTROM_PER_NM: f32 = 10.0;
/// Picoseconds in CHARMM's unit of time, sqrt(Da angstrom² / (kcal/mol)).
const PS_PER_AKMA: f64 = 0.048_888_213;
/// CHARMM version that the header claims; readers take the layout from it.
const CHARMM_VERSION: i32 = 24;
const TITLE_BYTES: usize = 80;

/// Header records. `steps` and `times_ps` are those of the first frames (at most two are looked at).
pub(super) fn write_header(
    out: &mut impl Write,
    n_frames: usize,
    n_atoms: usize,
    steps: &[u64],
    times_ps: &[f64],
) -> io::Result<()> {
    let interval = match steps {
        [first, second, ..] => second.saturating_sub(*first).max(1),
        _ => 1,
    };
    let mut control = [0_i32; 20];
    control[0] = int(n_frames as u64)?;
    control[1] = int(steps.first().copied().unwrap_or(0)).unwrap_or(0);
    control[2] = int(interval).unwrap_or(1);
    control[19] = CHARMM_VERSION;
    let mut record = b"CORD".to_vec();
    for (index, value) in control.iter().enumerate() {
        if index == 9 {
            record.extend_from_slice(&timestep_akma(interval, times_ps).to_le_bytes());
        } else {
            record.extend_from_slice(&value.to_le_bytes());
        }
    }
    write_record(out, &record)?;
    let mut title = 1_i32.to_le_bytes().to_vec();
    title.extend_from_slice(b"Created by saltus");
    title.resize(4 + TITLE_BYTES, b' ');
    write_record(out, &title)?;
    write_record(out, &int(n_atoms as u64)?.to_le_bytes())
}

/// One frame from positions in nm, `[n_atoms * 3]`: all x, all y, all z.
pub(super) fn write_frame(out: &mut impl Write, positions: &[f32]) -> io::Result<()> {
    for axis in 0..3 {
        let values = positions.iter().skip(axis).step_by(3);
        let bytes: Vec<u8> = values
            .flat_map(|value| (value * ANGSTROM_PER_NM).to_le_bytes())
            .collect();
        write_record(out, &bytes)?;
    }
    Ok(())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the format has 4 bytes for it"
)]
fn timestep_akma(interval: u64, times_ps: &[f64]) -> f32 {
    match times_ps {
        [first, second, ..] if second > first => {
            ((second - first) / interval as f64 / PS_PER_AKMA) as f32
        }
        _ => 0.0,
    }
}

fn write_record(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let length = int(bytes.len() as u64)?.to_le_bytes();
    out.write_all(&length)?;
    out.write_all(bytes)?;
    out.write_all(&length)
}

fn int(value: u64) -> io::Result<i32> {
    i32::try_from(value).map_err(|_| {
        io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{value} does not fit a DCD file's 32-bit integers; export to XTC"),
        )
    })
}
