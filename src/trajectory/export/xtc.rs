//! The XTC format: positions rounded to 0.001 nm, single precision times. The compression is the crate `molly`'s.

use std::io::{self, Write};

use crate::state::Frame;

/// Steps in a nanometre, GROMACS' default.
const PRECISION_PER_NM: f32 = 1000.0;

/// Appends a frame; the box is zero, as there is none.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the format has 4 bytes for the time, and its step counter wraps"
)]
pub(super) fn write_frame(out: &mut impl Write, frame: &Frame) -> io::Result<()> {
    let limit = i32::MAX as f32 / PRECISION_PER_NM;
    if frame
        .positions
        .iter()
        .any(|x| !x.is_finite() || x.abs() >= limit)
    {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!(
                "the frame of step {} has coordinates that XTC cannot hold (not finite, or beyond {limit} nm); export to DCD",
                frame.step
            ),
        ));
    }
    let frame = molly::Frame {
        step: (frame.step & 0x7fff_ffff) as u32,
        time: if frame.time_ps.is_finite() {
            frame.time_ps as f32
        } else {
            0.0
        },
        boxvec: [0.0; 9],
        precision: PRECISION_PER_NM,
        positions: frame.positions.clone(),
    };
    molly::XTCWriter::new(out).write_frame(&frame)
}
