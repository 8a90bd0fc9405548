//! From WGSL to pipelines: bindings, layouts, compilation.

use crate::gpu::device::Gpu;
use crate::gpu::error::GpuError;
use wgpu::naga;

/// The layout of a bind group with these buffers.
pub(crate) fn bind_group_layout(
    gpu: &Gpu,
    label: &str,
    bindings: Vec<(u32, wgpu::BufferBindingType)>,
) -> wgpu::BindGroupLayout {
    let entries: Vec<_> = bindings
        .into_iter()
        .map(|(binding, ty)| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer {
                ty,
                has_dynamic_offset: false,
                min_binding_size: None,
            },
            count: None,
        })
        .collect();
    gpu.device
        .create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some(label),
            entries: &entries,
        })
}

/// The layout of pipelines with one bind group.
pub(crate) fn pipeline_layout(
    gpu: &Gpu,
    label: &str,
    bind_group_layout: &wgpu::BindGroupLayout,
) -> wgpu::PipelineLayout {
    gpu.device
        .create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(label),
            bind_group_layouts: &[Some(bind_group_layout)],
            immediate_size: 0,
        })
}

/// Compiles the kernel of a name; without an entry point the source has one only.
///
/// # Errors
/// [`GpuError::Shader`].
pub(crate) fn compile(
    gpu: &Gpu,
    kernel: &'static str,
    source: String,
    entry_point: Option<&str>,
    layout: &wgpu::PipelineLayout,
) -> Result<wgpu::ComputePipeline, GpuError> {
    let scope = gpu.device.push_error_scope(wgpu::ErrorFilter::Validation);
    let descriptor = wgpu::ShaderModuleDescriptor {
        label: Some(kernel),
        source: wgpu::ShaderSource::Wgsl(source.into()),
    };
    let module = trusted_module(gpu, descriptor);
    let pipeline = gpu
        .device
        .create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(kernel),
            layout: Some(layout),
            module: &module,
            entry_point,
            compilation_options: wgpu::PipelineCompilationOptions {
                // Everything in workgroup memory is written before it is read.
                zero_initialize_workgroup_memory: false,
                ..wgpu::PipelineCompilationOptions::default()
            },
            cache: None,
        });
    match pollster::block_on(scope.pop()) {
        None => Ok(pipeline),
        Some(error) => Err(GpuError::Shader {
            kernel,
            reason: error.to_string(),
        }),
    }
}

/// A module without a bounds check on every access and a counter in every loop, which cost a good part of the speed.
#[expect(
    unsafe_code,
    reason = "the shaders are part of the program; their indices come from tables built here, their loops end"
)]
fn trusted_module(gpu: &Gpu, descriptor: wgpu::ShaderModuleDescriptor<'_>) -> wgpu::ShaderModule {
    // SAFETY: every index is below a size that Tables and Batch derive the buffers from; all loops have counters.
    unsafe {
        gpu.device
            .create_shader_module_trusted(descriptor, wgpu::ShaderRuntimeChecks::unchecked())
    }
}

/// Number and kind of every binding of a shader.
pub(crate) fn bindings_of(source: &str) -> Vec<(u32, wgpu::BufferBindingType)> {
    let module = naga::front::wgsl::parse_str(source)
        .expect("invariant: the shaders parse, as a test makes sure");
    let mut bindings: Vec<_> = module
        .global_variables
        .iter()
        .filter_map(|(_, variable)| {
            let ty = match variable.space {
                naga::AddressSpace::Uniform => wgpu::BufferBindingType::Uniform,
                naga::AddressSpace::Storage { access } => wgpu::BufferBindingType::Storage {
                    read_only: !access.contains(naga::StorageAccess::STORE),
                },
                _ => return None,
            };
            variable.binding.map(|place| (place.binding, ty))
        })
        .collect();
    bindings.sort_by_key(|(binding, _)| *binding);
    bindings
}
