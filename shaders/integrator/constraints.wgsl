// Rigid bonds: SHAKE for positions, RATTLE for velocities; one thread a cluster. Twin of src/integrator/constraints.rs.
//
// Atoms of a cluster have several owners: they leave their state in storage, the cluster's thread works on it, they fetch it.

/// Sweeps after which a cluster is given up.
const MAX_SWEEPS: u32 = 150u;
/// Relative error of a distance that counts as converged.
const TOLERANCE: f32 = 1e-6;

/// State of a cluster's atoms.
var<private> local_position: array<vec3<f32>, MAX_CLUSTER_ATOMS>;
var<private> local_low: array<vec3<f32>, MAX_CLUSTER_ATOMS>;
var<private> local_velocity: array<vec3<f32>, MAX_CLUSTER_ATOMS>;
/// Positions as the last evaluation or placement had them.
var<private> local_before: array<vec3<f32>, MAX_CLUSTER_ATOMS>;
var<private> local_inverse_mass: array<f32, MAX_CLUSTER_ATOMS>;

/// Puts positions back onto the constraints along the bonds as placed before, and velocities with them (by dx/dt).
fn shake(inverse_timestep_per_ps: f32, step: u32) {
    store_positions();
    store_velocities();
    storageBarrier();
    workgroupBarrier();
    for (var index = own; index < N_CLUSTERS; index += N_THREADS) {
        let cluster = clusters[index];
        load_cluster(cluster);
        if (!shake_cluster(cluster, inverse_timestep_per_ps)) {
            failure.constraint_step = min(failure.constraint_step, step);
        }
        for (var local = 0u; local < cluster.n_atoms; local++) {
            let home = place(cluster_atoms[cluster.first_atom + local]);
            positions[home] = vec4<f32>(local_position[local], 0.0);
            positions_low[home] = vec4<f32>(local_low[local], 0.0);
            velocities[home] = vec4<f32>(local_velocity[local], 0.0);
        }
    }
    storageBarrier();
    workgroupBarrier();
    fetch();
}

/// Removes the velocity along every rigid bond, at the positions as placed last.
fn rattle(timestep_ps: f32, step: u32) {
    store_velocities();
    storageBarrier();
    workgroupBarrier();
    for (var index = own; index < N_CLUSTERS; index += N_THREADS) {
        let cluster = clusters[index];
        load_cluster(cluster);
        if (!rattle_cluster(cluster, timestep_ps)) {
            failure.constraint_step = min(failure.constraint_step, step);
        }
        for (var local = 0u; local < cluster.n_atoms; local++) {
            let home = place(cluster_atoms[cluster.first_atom + local]);
            velocities[home] = vec4<f32>(local_velocity[local], 0.0);
        }
    }
    storageBarrier();
    workgroupBarrier();
    for (var k = 0u; k < N_OWNED; k++) {
        if (owned_atom(k) < N_ATOMS) {
            velocity[k] = velocities[place(owned_atom(k))].xyz;
        }
    }
}

fn fetch() {
    for (var k = 0u; k < N_OWNED; k++) {
        let atom = owned_atom(k);
        if (atom < N_ATOMS) {
            position[k] = positions[place(atom)].xyz;
            position_low[k] = positions_low[place(atom)].xyz;
            velocity[k] = velocities[place(atom)].xyz;
        }
    }
}

fn load_cluster(cluster: Cluster) {
    for (var local = 0u; local < cluster.n_atoms; local++) {
        let atom = cluster_atoms[cluster.first_atom + local];
        local_position[local] = positions[place(atom)].xyz;
        local_low[local] = positions_low[place(atom)].xyz;
        local_velocity[local] = velocities[place(atom)].xyz;
        local_before[local] = position_at(atom);
        local_inverse_mass[local] = atoms[atom].inverse_mass;
    }
}

fn shake_cluster(cluster: Cluster, inverse_timestep_per_ps: f32) -> bool {
    for (var sweep = 0u; sweep < MAX_SWEEPS; sweep++) {
        var converged = true;
        for (var index = 0u; index < cluster.n_bonds; index++) {
            let bond = rigid_bonds[cluster.first_bond + index];
            let i = bond.local_0;
            let j = bond.local_1;
            let high = opaque_3(local_position[i] - local_position[j]);
            let vector = high + (local_low[i] - local_low[j]);
            let goal = bond.distance * bond.distance;
            let excess = goal - dot(vector, vector);
            if (magnitude_bits(excess) < bitcast<u32>(2.0 * TOLERANCE * goal)) {
                continue;
            }
            converged = false;
            let direction = local_before[i] - local_before[j];
            let multiplier = 0.5 * excess * bond.reduced_mass / dot(vector, direction);
            shift_local(i, direction * (multiplier * local_inverse_mass[i]), inverse_timestep_per_ps);
            shift_local(j, direction * (-multiplier * local_inverse_mass[j]), inverse_timestep_per_ps);
        }
        if (converged) {
            return true;
        }
    }
    return false;
}

fn shift_local(local: u32, shift: vec3<f32>, inverse_timestep_per_ps: f32) {
    let x = local_position[local];
    let increment = opaque_3(shift + local_low[local]);
    let sum = opaque_3(x + increment);
    let virtual_increment = opaque_3(sum - x);
    local_position[local] = sum;
    local_low[local] = (x - (sum - virtual_increment)) + (increment - virtual_increment);
    local_velocity[local] += shift * inverse_timestep_per_ps;
}

fn rattle_cluster(cluster: Cluster, timestep_ps: f32) -> bool {
    for (var sweep = 0u; sweep < MAX_SWEEPS; sweep++) {
        var converged = true;
        for (var index = 0u; index < cluster.n_bonds; index++) {
            let bond = rigid_bonds[cluster.first_bond + index];
            let i = bond.local_0;
            let j = bond.local_1;
            let vector = local_before[i] - local_before[j];
            let approach = dot(vector, local_velocity[i] - local_velocity[j]);
            let limit = TOLERANCE * bond.distance * bond.distance / timestep_ps;
            if (magnitude_bits(approach) < bitcast<u32>(limit)) {
                continue;
            }
            converged = false;
            let multiplier = approach * bond.reduced_mass / dot(vector, vector);
            local_velocity[i] -= vector * (multiplier * local_inverse_mass[i]);
            local_velocity[j] += vector * (multiplier * local_inverse_mass[j]);
        }
        if (converged) {
            return true;
        }
    }
    return false;
}
