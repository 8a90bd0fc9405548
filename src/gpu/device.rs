//! Adapters: which there are, which is chosen, and the open device.

use super::error::GpuError;
use super::shape::ShapeLimits;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Which adapter to take.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Choice {
    /// The first real GPU: discrete before integrated before virtual. Never a software adapter.
    #[default]
    Real,
    /// The adapter whose name contains this, whatever its kind; upper and lower case are the same.
    Named(String),
}

impl Choice {
    /// From the `device` of an input file: `gpu`, `auto` or `gpu:NAME`.
    ///
    /// # Errors
    /// [`GpuError::UnknownDevice`] for anything else.
    ///
    /// ```
    /// use saltus::gpu::Choice;
    /// assert_eq!(Choice::parse("gpu")?, Choice::Real);
    /// assert_eq!(Choice::parse("gpu:llvmpipe")?, Choice::Named("llvmpipe".into()));
    /// assert!(Choice::parse("tpu").is_err());
    /// # Ok::<(), saltus::gpu::GpuError>(())
    /// ```
    pub fn parse(device: &str) -> Result<Self, GpuError> {
        match device.split_once(':') {
            None if device == "gpu" || device == "auto" => Ok(Self::Real),
            Some(("gpu", name)) if !name.trim().is_empty() => {
                Ok(Self::Named(name.trim().to_owned()))
            }
            _ => Err(GpuError::UnknownDevice {
                got: device.to_owned(),
            }),
        }
    }
}

/// What an adapter is, for `saltus info` and the choice.
#[derive(Debug, Clone, PartialEq)]
pub struct AdapterSummary {
    /// Name as the driver gives it.
    pub name: String,
    /// Driver and its version.
    pub driver: String,
    /// Vulkan, Metal or Dx12.
    pub backend: String,
    /// Discrete, integrated, virtual or software.
    pub kind: AdapterKind,
    /// Whether it computes in f64, which energies then are summed in.
    pub has_f64: bool,
    /// Whether it can time its kernels.
    pub has_timestamps: bool,
    /// Bytes of workgroup memory.
    pub workgroup_bytes: u64,
    /// Threads of a workgroup.
    pub workgroup_threads: usize,
    /// Bytes of one storage binding.
    pub binding_bytes: u64,
    /// Bytes of one buffer.
    pub buffer_bytes: u64,
    /// Storage buffers of a kernel.
    pub n_storage_buffers: u64,
    /// Workgroups of a dispatch.
    pub n_workgroups: usize,
}

/// Kind of an adapter, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdapterKind {
    /// A card of its own.
    Discrete,
    /// Part of the processor.
    Integrated,
    /// A GPU that a hypervisor passes on, or that does not say.
    Virtual,
    /// The CPU in disguise.
    Software,
}

impl fmt::Display for AdapterKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Discrete => "discrete GPU",
            Self::Integrated => "integrated GPU",
            Self::Virtual => "virtual GPU",
            Self::Software => "software",
        })
    }
}

impl AdapterSummary {
    fn new(adapter: &wgpu::Adapter) -> Self {
        let (info, limits, features) = (adapter.get_info(), adapter.limits(), adapter.features());
        Self {
            driver: format!("{} {}", info.driver, info.driver_info)
                .trim()
                .to_owned(),
            backend: format!("{:?}", info.backend),
            kind: match info.device_type {
                wgpu::DeviceType::DiscreteGpu => AdapterKind::Discrete,
                wgpu::DeviceType::IntegratedGpu => AdapterKind::Integrated,
                wgpu::DeviceType::Cpu => AdapterKind::Software,
                wgpu::DeviceType::VirtualGpu | wgpu::DeviceType::Other => AdapterKind::Virtual,
            },
            name: info.name,
            has_f64: features.contains(wgpu::Features::SHADER_F64),
            has_timestamps: features.contains(wgpu::Features::TIMESTAMP_QUERY),
            workgroup_bytes: limits.max_compute_workgroup_storage_size.into(),
            workgroup_threads: limits
                .max_compute_invocations_per_workgroup
                .min(limits.max_compute_workgroup_size_x) as usize,
            binding_bytes: limits.max_storage_buffer_binding_size,
            buffer_bytes: limits.max_buffer_size,
            n_storage_buffers: limits.max_storage_buffers_per_shader_stage.into(),
            n_workgroups: limits.max_compute_workgroups_per_dimension as usize,
        }
    }

    /// What the shape of a kernel depends on.
    #[must_use]
    pub fn shape_limits(&self) -> ShapeLimits {
        ShapeLimits {
            workgroup_bytes: self.workgroup_bytes,
            workgroup_threads: self.workgroup_threads,
            software: self.kind == AdapterKind::Software,
        }
    }
}

fn instance() -> wgpu::Instance {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    // Not OpenGL: it would offer a software renderer without f64 and say nothing.
    descriptor.backends = wgpu::Backends::VULKAN | wgpu::Backends::METAL | wgpu::Backends::DX12;
    wgpu::Instance::new(descriptor)
}

fn found(instance: &wgpu::Instance) -> Vec<(AdapterSummary, wgpu::Adapter)> {
    let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    let mut found: Vec<_> = adapters
        .into_iter()
        .map(|adapter| (AdapterSummary::new(&adapter), adapter))
        .collect();
    found.sort_by_key(|(summary, _)| summary.kind);
    found
}

/// All adapters of this machine, the best first.
#[must_use]
pub fn adapters() -> Vec<AdapterSummary> {
    found(&instance())
        .into_iter()
        .map(|(summary, _)| summary)
        .collect()
}

/// The adapter that a choice takes.
///
/// # Errors
/// [`GpuError`] where there is none.
pub fn chosen(choice: &Choice) -> Result<AdapterSummary, GpuError> {
    choose(found(&instance()), choice).map(|(summary, _)| summary)
}

fn choose<A>(
    found: Vec<(AdapterSummary, A)>,
    choice: &Choice,
) -> Result<(AdapterSummary, A), GpuError> {
    if found.is_empty() {
        return Err(GpuError::NoAdapter);
    }
    let names: Vec<String> = found
        .iter()
        .map(|(summary, _)| format!("'{}' ({})", summary.name, summary.kind))
        .collect();
    let known = names.join(", ");
    let wanted = |summary: &AdapterSummary| match choice {
        Choice::Real => summary.kind != AdapterKind::Software,
        Choice::Named(name) => summary.name.to_lowercase().contains(&name.to_lowercase()),
    };
    found
        .into_iter()
        .find(|(summary, _)| wanted(summary))
        .ok_or_else(|| match choice {
            Choice::Real => GpuError::OnlySoftware { known },
            Choice::Named(name) => GpuError::UnknownAdapter {
                wanted: name.clone(),
                known,
            },
        })
}

/// An open device with what the kernels need to know of it.
#[derive(Debug, Clone)]
pub(super) struct Gpu {
    pub(super) adapter: AdapterSummary,
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    /// Why the device is gone, once it is.
    lost: Arc<Mutex<Option<String>>>,
}

impl Gpu {
    /// Opens the chosen adapter with all its limits.
    pub(super) fn open(choice: &Choice) -> Result<Self, GpuError> {
        let (summary, adapter) = choose(found(&instance()), choice)?;
        let wanted = wgpu::Features::SHADER_F64 | wgpu::Features::TIMESTAMP_QUERY;
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("saltus"),
            required_features: adapter.features() & wanted,
            required_limits: adapter.limits(),
            ..wgpu::DeviceDescriptor::default()
        };
        let opened = pollster::block_on(adapter.request_device(&descriptor));
        let (device, queue) = opened.map_err(|error| GpuError::NoDevice {
            adapter: summary.name.clone(),
            reason: error.to_string(),
        })?;
        let lost = Arc::new(Mutex::new(None));
        let note = |lost: &Arc<Mutex<Option<String>>>, reason: String| {
            let mut first = lost.lock().unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert(reason);
        };
        let (by_callback, by_error) = (lost.clone(), lost.clone());
        device.set_device_lost_callback(move |reason, message| {
            if reason != wgpu::DeviceLostReason::Destroyed {
                note(&by_callback, format!("{reason:?}: {message}"));
            }
        });
        device.on_uncaptured_error(Arc::new(move |error| note(&by_error, error.to_string())));
        Ok(Self {
            adapter: summary,
            device,
            queue,
            lost,
        })
    }

    /// Fails once the device is gone or has refused a command.
    pub(super) fn check(&self) -> Result<(), GpuError> {
        let lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        match lost.as_ref() {
            None => Ok(()),
            Some(reason) => Err(self.lost(reason)),
        }
    }

    pub(super) fn lost(&self, reason: &str) -> GpuError {
        GpuError::Lost {
            adapter: self.adapter.name.clone(),
            reason: reason.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapter(name: &str, kind: AdapterKind) -> (AdapterSummary, ()) {
        let summary = AdapterSummary {
            name: name.to_owned(),
            driver: String::new(),
            backend: "Vulkan".to_owned(),
            kind,
            has_f64: false,
            has_timestamps: false,
            workgroup_bytes: 32 << 10,
            workgroup_threads: 1024,
            binding_bytes: 128 << 20,
            buffer_bytes: 256 << 20,
            n_storage_buffers: 32,
            n_workgroups: 65535,
        };
        (summary, ())
    }

    #[test]
    fn software_is_taken_only_when_named() {
        let both = || {
            vec![
                adapter("NVIDIA H200", AdapterKind::Discrete),
                adapter("llvmpipe (LLVM 15)", AdapterKind::Software),
            ]
        };
        let named = |name: &str| Choice::Named(name.to_owned());
        assert_eq!(choose(both(), &Choice::Real).unwrap().0.name, "NVIDIA H200");
        assert_eq!(
            choose(both(), &named("h200")).unwrap().0.name,
            "NVIDIA H200"
        );
        assert!(
            choose(both(), &named("LLVMpipe"))
                .unwrap()
                .0
                .name
                .starts_with("llvm")
        );
        let software = || vec![both().swap_remove(1)];
        let message = choose(software(), &Choice::Real).unwrap_err().to_string();
        assert!(
            message.contains("'llvmpipe (LLVM 15)' (software)"),
            "{message}"
        );
        assert!(message.contains("gpu:llvmpipe"), "{message}");
        let message = choose(both(), &named("radeon")).unwrap_err().to_string();
        assert!(
            message.contains("'radeon'") && message.contains("'NVIDIA H200'"),
            "{message}"
        );
        let none = choose(Vec::<(AdapterSummary, ())>::new(), &Choice::Real).unwrap_err();
        assert_eq!(none, GpuError::NoAdapter);
    }
}
