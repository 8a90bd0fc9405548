//! Shaders as naga sees them: parsed, validated, structs taken apart.

use wgpu::naga::{self, TypeInner};

pub(crate) fn parse(source: &str) -> naga::Module {
    let module = naga::front::wgsl::parse_str(source)
        .unwrap_or_else(|error| panic!("{}", error.emit_to_string(source)));
    let capabilities = naga::valid::Capabilities::FLOAT64;
    let mut validator =
        naga::valid::Validator::new(naga::valid::ValidationFlags::all(), capabilities);
    if let Err(error) = validator.validate(&module) {
        panic!("{}", error.emit_to_string(source));
    }
    module
}

pub(crate) fn parse_quietly(source: &str) -> naga::Module {
    naga::front::wgsl::parse_str(source).unwrap()
}

/// Name, offset and size of the members of a struct as WGSL lays it out, and its stride in an array.
pub(crate) fn members(module: &naga::Module, name: &str) -> (Vec<(String, u32)>, u32) {
    let (_, found) = module
        .types
        .iter()
        .find(|(_, ty)| ty.name.as_deref() == Some(name))
        .unwrap_or_else(|| panic!("no struct {name} in the shaders"));
    let TypeInner::Struct { members, span } = &found.inner else {
        panic!("{name} is no struct")
    };
    let members = members
        .iter()
        .map(|member| (member.name.clone().unwrap(), member.offset))
        .collect();
    (members, *span)
}

macro_rules! check_struct {
    ($module:expr, $name:ident { $($member:ident),* $(,)? }) => {
        let expected = vec![$((stringify!($member).to_owned(), std::mem::offset_of!($name, $member) as u32)),*];
        let (found, span) = $crate::wgsl::members($module, stringify!($name));
        assert_eq!(found, expected, "members of {}", stringify!($name));
        assert_eq!(span as usize, size_of::<$name>(), "size of {}", stringify!($name));
    };
}
pub(crate) use check_struct;
