//! What can go wrong between this program and a GPU, each with what was found and the remedy.

/// No adapter, or none that can do what is asked for.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GpuError {
    /// Nothing that speaks Vulkan, Metal or DirectX 12.
    #[error(
        "no GPU adapter was found; install a Vulkan driver (on Debian `mesa-vulkan-drivers` for AMD, Intel and software, NVIDIA's own for NVIDIA), or take `device: cpu`"
    )]
    NoAdapter,
    /// Only software adapters, and none was named.
    #[error(
        "no real GPU was found, only {known}; name a software adapter to use it all the same (`device: gpu:llvmpipe`), or take `device: cpu`"
    )]
    OnlySoftware {
        /// Adapters that are there.
        known: String,
    },
    /// The named adapter is not there.
    #[error("no adapter is called '{wanted}'; there are {known}")]
    UnknownAdapter {
        /// What was asked for.
        wanted: String,
        /// Adapters that are there.
        known: String,
    },
    /// The device setting is not one.
    #[error("'{got}' is not a device; expected `auto`, `cpu`, `gpu` or `gpu:NAME`")]
    UnknownDevice {
        /// What was given.
        got: String,
    },
    /// The adapter gave no device.
    #[error(
        "the adapter {adapter} gave no device: {reason}; take another adapter or `device: cpu`"
    )]
    NoDevice {
        /// Name of the adapter.
        adapter: String,
        /// The driver's words.
        reason: String,
    },
    /// An adapter's limit is too small for the kernels whatever the molecule.
    #[error(
        "the adapter {adapter} offers {offered} for {limit}, the kernels need {needed}; take another adapter or `device: cpu`"
    )]
    Limit {
        /// Name of the adapter.
        adapter: String,
        /// Name of the limit as WebGPU has it.
        limit: &'static str,
        /// What it is.
        offered: u64,
        /// What it should be.
        needed: u64,
    },
    /// A network's layers exceed the adapter.
    #[error(
        "the layers of the leaps' networks need {needed} bytes of workgroup memory, the adapter {adapter} has {offered}; take a model with narrower layers"
    )]
    WorkgroupMemory {
        /// Name of the adapter.
        adapter: String,
        /// Bytes that it has.
        offered: u64,
        /// Bytes that are needed.
        needed: u64,
    },
    /// The molecule's tables exceed the adapter.
    #[error(
        "{n_atoms} atoms are too many for {adapter}: its limit {limit} is {offered} bytes, {needed} are needed; the largest molecule that fits has {largest} atoms"
    )]
    TooManyAtoms {
        /// Name of the adapter.
        adapter: String,
        /// Atoms of the molecule.
        n_atoms: usize,
        /// Name of the limit.
        limit: &'static str,
        /// What it is, in bytes.
        offered: u64,
        /// What the molecule needs, in bytes.
        needed: u64,
        /// Atoms of the largest molecule that fits.
        largest: usize,
    },
    /// The batch exceeds the adapter.
    #[error(
        "{n_replicas} replicas of {n_atoms} atoms are too many for {adapter}: its limit {limit} is {offered}, {needed} are needed; at most {largest} replicas fit"
    )]
    TooManyReplicas {
        /// Name of the adapter.
        adapter: String,
        /// Atoms of one replica.
        n_atoms: usize,
        /// Replicas asked for.
        n_replicas: usize,
        /// Name of the limit.
        limit: &'static str,
        /// What it is.
        offered: u64,
        /// What the batch needs.
        needed: u64,
        /// Replicas that fit.
        largest: usize,
    },
    /// A tensor of a model exceeds the adapter.
    #[error(
        "{tensor} of the Timewarp model takes {needed} bytes, too many for {adapter}: its limit {limit} is {offered}; take another adapter or `device: cpu`"
    )]
    TooLargeTensor {
        /// Name of the adapter.
        adapter: String,
        /// Which tensor.
        tensor: String,
        /// Name of the limit.
        limit: &'static str,
        /// What it is, in bytes.
        offered: u64,
        /// What the tensor needs, in bytes.
        needed: u64,
    },
    /// The device has no memory left.
    #[error(
        "{adapter} has no memory for {what}, {needed} bytes: {reason}; take another adapter or `device: cpu`"
    )]
    OutOfMemory {
        /// Name of the adapter.
        adapter: String,
        /// What it was for.
        what: String,
        /// Its bytes.
        needed: u64,
        /// The driver's words.
        reason: String,
    },
    /// One dispatch would loop longer than the adapter carries.
    #[error(
        "{what} take up to {needed} loop iterations at once, too many for {adapter}: software Vulkan may end loops after 65535 and give back garbage, so {offered} are allowed; take `device: cpu`, which is faster"
    )]
    TooManyIterations {
        /// Name of the adapter.
        adapter: String,
        /// What has to be done in one dispatch.
        what: String,
        /// Iterations that it may take.
        needed: u64,
        /// Iterations that are allowed.
        offered: u64,
    },
    /// A torsion beyond what the kernels carry.
    #[error(
        "a torsion has periodicity {periodicity}; the GPU engine knows 1 to {limit}: check the force field file"
    )]
    Periodicity {
        /// What was asked for.
        periodicity: u32,
        /// Largest known.
        limit: usize,
    },
    /// A shader does not compile: a fault of this program or of the driver.
    #[error("the shader of `{kernel}` was refused: {reason}")]
    Shader {
        /// Name of the kernel.
        kernel: &'static str,
        /// The compiler's words.
        reason: String,
    },
    /// The device went away or failed in the middle of the work.
    #[error(
        "the device {adapter} was lost: {reason}; a run goes on from its last checkpoint on this device only, once it is back"
    )]
    Lost {
        /// Name of the adapter.
        adapter: String,
        /// The driver's words.
        reason: String,
    },
}
