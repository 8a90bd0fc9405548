//! Everything of a trajectory file that is written once: empty columns, their units and links, the header. No frames.

use serde_json::Value;

use super::header::Header;
use super::layout::{
    ACCEPTANCE, Column, INPUT_YAML, KERNEL_NAMES, KINETIC_ENERGY, LOG_WEIGHTS, MASSES, METADATA,
    POSITIONS, POTENTIAL_ENERGY, SALTUS, STEP, TEMPERATURE, TIME, TOPOLOGY, VELOCITIES,
};
use super::topology_json;
use crate::topology::Topology;
use crate::trajectory::error::TrajectoryError;
use crate::trajectory::store::{Number, Store};

const PROGRAM: &str = "saltus";

/// Most bytes that [`write`] can take.
pub(crate) fn size_bound(header: &Header) -> u64 {
    let texts = topology_json::to_json(&header.topology).len()
        + header.input_yaml.len()
        + header.metadata.to_string().len()
        + header.device.len();
    let names: usize = header.kernel_names.iter().map(|name| name.len() + 8).sum();
    let n_numbers = header.masses_da.len() + header.log_weights.len();
    (texts + names + n_numbers * size_of::<f64>()) as u64
}

/// Writes the preamble.
pub(crate) fn write(
    store: &Store,
    header: &Header,
    frames_per_chunk: usize,
) -> Result<(), TrajectoryError> {
    conventions(store, header)?;
    particles(store, header, frames_per_chunk)?;
    observables(store, frames_per_chunk)?;
    store.write_text(TOPOLOGY, &topology_json::to_json(&header.topology))?;
    own_group(store, header, frames_per_chunk)
}

/// Root attributes for MDTraj and the `h5md` group.
fn conventions(store: &Store, header: &Header) -> Result<(), TrajectoryError> {
    for (name, value) in [
        ("conventions", "Pande"),
        ("conventionVersion", "1.1"),
        ("program", PROGRAM),
        ("programVersion", &header.program_version),
        ("application", PROGRAM),
    ] {
        store.set_text("/", name, value)?;
    }
    store.create_group("/h5md/author")?;
    store.create_group("/h5md/creator")?;
    store.set_list("/h5md", "version", &[1_i32, 1])?;
    store.set_text("/h5md/author", "name", PROGRAM)?;
    store.set_text("/h5md/creator", "name", PROGRAM)?;
    store.set_text("/h5md/creator", "version", &header.program_version)
}

fn particles(
    store: &Store,
    header: &Header,
    frames_per_chunk: usize,
) -> Result<(), TrajectoryError> {
    let row = [header.topology.n_atoms(), 3];
    column::<f32>(store, POSITIONS, &row, frames_per_chunk)?;
    column::<i64>(store, STEP, &[], frames_per_chunk)?;
    column::<f64>(store, TIME, &[], frames_per_chunk)?;
    if header.velocities {
        column::<f32>(store, VELOCITIES, &row, frames_per_chunk)?;
        link_clock(store, VELOCITIES)?;
    }
    let boundary_box = "/particles/trajectory/box";
    store.create_group(boundary_box)?;
    store.set_number(boundary_box, "dimension", 3_i32)?;
    store.set_texts(boundary_box, "boundary", &["none"; 3])
}

fn observables(store: &Store, frames_per_chunk: usize) -> Result<(), TrajectoryError> {
    for observable in [POTENTIAL_ENERGY, KINETIC_ENERGY, TEMPERATURE] {
        column::<f64>(store, observable, &[], frames_per_chunk)?;
        link_clock(store, observable)?;
    }
    Ok(())
}

/// An empty column with its units and its second name at the root.
fn column<T: Number>(
    store: &Store,
    column: Column,
    row_shape: &[usize],
    frames_per_chunk: usize,
) -> Result<(), TrajectoryError> {
    store.create_column::<T>(column.path, row_shape, frames_per_chunk)?;
    if !column.unit.is_empty() {
        store.set_text(column.path, "unit", column.unit)?;
        store.set_text(column.path, "units", column.units)?;
    }
    match column.root_link {
        Some(name) => store.link(column.path, name),
        None => Ok(()),
    }
}

/// Steps and times of the positions, shared by another element.
fn link_clock(store: &Store, column: Column) -> Result<(), TrajectoryError> {
    let group = column
        .path
        .strip_suffix("value")
        .expect("invariant: H5MD elements end in value");
    store.link(STEP.path, &format!("{group}step"))?;
    store.link(TIME.path, &format!("{group}time"))
}

fn own_group(
    store: &Store,
    header: &Header,
    frames_per_chunk: usize,
) -> Result<(), TrajectoryError> {
    store.create_group(SALTUS)?;
    store.set_text(SALTUS, "program_version", &header.program_version)?;
    store.set_text(SALTUS, "device", &header.device)?;
    store.set_number(SALTUS, "seed", header.seed)?;
    store.set_number(SALTUS, "exact", u8::from(header.exact))?;
    store.set_number(SALTUS, "replica", header.replica as u64)?;
    store.set_number(SALTUS, "temperature_kelvin", header.temperature_kelvin)?;
    let n_degrees_of_freedom = header.n_degrees_of_freedom as u64;
    store.set_number(SALTUS, "n_degrees_of_freedom", n_degrees_of_freedom)?;
    store.write_text(INPUT_YAML, &header.input_yaml)?;
    store.write_text(METADATA, &header.metadata.to_string())?;
    let names = Value::from(header.kernel_names.clone());
    store.write_text(KERNEL_NAMES, &names.to_string())?;
    if !header.masses_da.is_empty() {
        store.write_numbers(MASSES, &header.masses_da)?;
    }
    if !header.log_weights.is_empty() {
        store.write_numbers(LOG_WEIGHTS, &header.log_weights)?;
    }
    match header.kernel_names.len() {
        0 => Ok(()),
        n_kernels => column::<f64>(store, ACCEPTANCE, &[n_kernels], frames_per_chunk),
    }
}

/// Reads back what [`write`] wrote of the run; `None` for a file of another program.
pub(crate) fn read(store: &Store, topology: &Topology) -> Result<Option<Header>, TrajectoryError> {
    if !store.exists(INPUT_YAML) {
        return Ok(None);
    }
    let json = |path: &str| -> Result<Value, TrajectoryError> {
        Ok(serde_json::from_str(&store.read_text(path)?).unwrap_or(Value::Null))
    };
    let count = |name: &str| {
        let value: u64 = store.number(SALTUS, name).unwrap_or(0);
        usize::try_from(value).unwrap_or(usize::MAX)
    };
    let numbers = |path: &str| match store.exists(path) {
        true => store.read_rows(path, 0..store.shape(path)?[0]),
        false => Ok(Vec::new()),
    };
    Ok(Some(Header {
        topology: topology.clone(),
        input_yaml: store.read_text(INPUT_YAML)?,
        program_version: store.text(SALTUS, "program_version").unwrap_or_default(),
        seed: store.number(SALTUS, "seed").unwrap_or(0),
        device: store.text(SALTUS, "device").unwrap_or_default(),
        exact: store.number::<u8>(SALTUS, "exact") == Some(1),
        kernel_names: serde_json::from_value(json(KERNEL_NAMES)?).unwrap_or_default(),
        replica: count("replica"),
        temperature_kelvin: store
            .number(SALTUS, "temperature_kelvin")
            .unwrap_or(f64::NAN),
        n_degrees_of_freedom: count("n_degrees_of_freedom"),
        masses_da: numbers(MASSES)?,
        log_weights: numbers(LOG_WEIGHTS)?,
        velocities: store.exists(VELOCITIES.path),
        metadata: json(METADATA)?,
    }))
}
