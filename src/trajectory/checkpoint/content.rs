//! The content of a checkpoint as bytes, field by field.

use serde_json::Value;

use super::codec::{Decoder, Encoder, Malformed};
use super::record::{Checkpoint, KernelRecord, RunIdentity};
use crate::mcmc::{Chain, KernelStatistics};
use crate::state::{Frame, State};
use crate::trajectory::writer::WriterProgress;

/// All fields in their order.
pub(crate) fn encode(checkpoint: &Checkpoint) -> Vec<u8> {
    let mut encoder = Encoder::default();
    encoder.text(&checkpoint.identity.input);
    encoder.text(&checkpoint.identity.system_blake3);
    encoder.text(&checkpoint.identity.device);
    encoder.u64(checkpoint.cycle);
    encode_chain(&mut encoder, &checkpoint.chain);
    encoder.u64(checkpoint.kernels.len() as u64);
    for kernel in &checkpoint.kernels {
        encode_kernel(&mut encoder, kernel);
    }
    encoder.u64(checkpoint.writers.len() as u64);
    for writer in &checkpoint.writers {
        encoder.u64(writer.n_frames_on_disk as u64);
        encoder.u64(writer.pending.len() as u64);
        for frame in &writer.pending {
            encode_frame(&mut encoder, frame);
        }
    }
    encoder.text(&checkpoint.extra.to_string());
    encoder.bytes
}

/// The reverse of [`encode`].
pub(crate) fn decode(bytes: &[u8]) -> Result<Checkpoint, Malformed> {
    let mut decoder = Decoder { bytes };
    let checkpoint = Checkpoint {
        identity: RunIdentity {
            input: decoder.text()?,
            system_blake3: decoder.text()?,
            device: decoder.text()?,
        },
        cycle: decoder.u64()?,
        chain: decode_chain(&mut decoder)?,
        kernels: decode_list(&mut decoder, decode_kernel)?,
        writers: decode_list(&mut decoder, decode_writer)?,
        extra: decode_json(&mut decoder)?,
    };
    match decoder.bytes {
        [] => Ok(checkpoint),
        _ => Err(Malformed),
    }
}

fn decode_list<T>(
    decoder: &mut Decoder,
    item: impl Fn(&mut Decoder) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    let count = decoder.count(1)?;
    (0..count).map(|_| item(decoder)).collect()
}

fn decode_json(decoder: &mut Decoder) -> Result<Value, Malformed> {
    serde_json::from_str(&decoder.text()?).map_err(|_| Malformed)
}

fn decode_usize(decoder: &mut Decoder) -> Result<usize, Malformed> {
    usize::try_from(decoder.u64()?).map_err(|_| Malformed)
}

fn encode_chain(encoder: &mut Encoder, chain: &Chain) {
    encoder.u64(chain.state.n_replicas as u64);
    encoder.u64(chain.state.n_atoms as u64);
    encoder.f64s(&chain.state.positions);
    encoder.f64s(&chain.state.velocities);
    encoder.u64(chain.state.step);
    encoder.f64s(&chain.temperatures_kelvin);
    encoder.option(chain.energies.as_ref(), |encoder, energies| {
        encoder.f64s(energies);
    });
    encoder.f64(chain.time_ps);
    encoder.u64(chain.n_energy_evaluations);
}

fn decode_chain(decoder: &mut Decoder) -> Result<Chain, Malformed> {
    Ok(Chain {
        state: State {
            n_replicas: decode_usize(decoder)?,
            n_atoms: decode_usize(decoder)?,
            positions: decoder.f64s()?,
            velocities: decoder.f64s()?,
            step: decoder.u64()?,
        },
        temperatures_kelvin: decoder.f64s()?,
        energies: decoder.option(Decoder::f64s)?,
        time_ps: decoder.f64()?,
        n_energy_evaluations: decoder.u64()?,
    })
}

fn encode_kernel(encoder: &mut Encoder, kernel: &KernelRecord) {
    encoder.text(&kernel.name);
    encoder.text(&kernel.saved.to_string());
    encoder.u64(kernel.statistics.proposed);
    encoder.u64(kernel.statistics.accepted);
    encoder.u64(kernel.statistics.non_finite);
    encoder.f64(kernel.statistics.seconds);
}

fn decode_kernel(decoder: &mut Decoder) -> Result<KernelRecord, Malformed> {
    Ok(KernelRecord {
        name: decoder.text()?,
        saved: decode_json(decoder)?,
        statistics: KernelStatistics {
            proposed: decoder.u64()?,
            accepted: decoder.u64()?,
            non_finite: decoder.u64()?,
            seconds: decoder.f64()?,
        },
    })
}

fn decode_writer(decoder: &mut Decoder) -> Result<WriterProgress, Malformed> {
    Ok(WriterProgress {
        n_frames_on_disk: decode_usize(decoder)?,
        pending: decode_list(decoder, decode_frame)?,
    })
}

fn encode_frame(encoder: &mut Encoder, frame: &Frame) {
    encoder.u64(frame.step);
    encoder.f64(frame.time_ps);
    encoder.f32s(&frame.positions);
    encoder.option(frame.velocities.as_ref(), |encoder, velocities| {
        encoder.f32s(velocities);
    });
    encoder.f64(frame.potential_energy_kj_per_mol);
    encoder.f64(frame.kinetic_energy_kj_per_mol);
    encoder.f64(frame.temperature_kelvin);
    encoder.f64s(&frame.acceptance);
}

fn decode_frame(decoder: &mut Decoder) -> Result<Frame, Malformed> {
    Ok(Frame {
        step: decoder.u64()?,
        time_ps: decoder.f64()?,
        positions: decoder.f32s()?,
        velocities: decoder.option(Decoder::f32s)?,
        potential_energy_kj_per_mol: decoder.f64()?,
        kinetic_energy_kj_per_mol: decoder.f64()?,
        temperature_kelvin: decoder.f64()?,
        acceptance: decoder.f64s()?,
    })
}
