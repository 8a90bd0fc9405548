//! Discrete tabulated functions, which expressions call by name.

use crate::forcefield::error::ForceFieldError;
use crate::forcefield::xml::element::Element;

/// Values over one, two or three whole numbers; the first runs fastest.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table {
    /// Name under which expressions call it.
    pub(crate) name: String,
    sizes: Vec<usize>,
    values: Vec<f64>,
}

impl Table {
    /// The tables of a force.
    ///
    /// # Errors
    /// The class of a function that is not discrete; a table whose size is not that of its values.
    pub(crate) fn all_of(force: &Element) -> Result<Vec<Self>, ForceFieldError> {
        let sections = force.children_named("Functions");
        let functions = sections.flat_map(|section| section.children_named("Function"));
        functions.map(Self::read).collect()
    }

    fn read(function: &Element) -> Result<Self, ForceFieldError> {
        let kind = function.attribute("type").unwrap_or("continuous function");
        let keys: &[&str] = match kind {
            "Discrete1DFunction" => &[],
            "Discrete2DFunction" => &["xsize", "ysize"],
            "Discrete3DFunction" => &["xsize", "ysize", "zsize"],
            _ => {
                return Err(function.malformed(format!(
                    "the tabulated function is a {kind}, expected a Discrete1DFunction, Discrete2DFunction or Discrete3DFunction: interpolated tables are not taken"
                )));
            }
        };
        let sections = function.children_named("Values");
        let values = sections.flat_map(|section| section.children_named("Value"));
        let values: Vec<f64> = values
            .map(|value| value.number("v"))
            .collect::<Result<_, _>>()?;
        let mut sizes: Vec<usize> = Vec::new();
        for key in keys {
            sizes.push(function.integer(key)? as usize);
        }
        if sizes.is_empty() {
            sizes.push(values.len());
        }
        if sizes.iter().product::<usize>() != values.len() {
            return Err(function.malformed(format!(
                "the table has {} values, expected {sizes:?} of them: is the file damaged?",
                values.len()
            )));
        }
        Ok(Self {
            name: function.required("name")?.to_owned(),
            sizes,
            values,
        })
    }

    /// Numbers that it takes.
    pub(super) fn n_arguments(&self) -> usize {
        self.sizes.len()
    }

    /// The value at whole numbers from 0; NaN outside.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index is compared with the table's size first"
    )]
    pub(super) fn value(&self, arguments: &[f64]) -> f64 {
        let (mut index, mut stride) = (0, 1);
        for (&argument, &size) in arguments.iter().zip(&self.sizes) {
            let rounded = argument.round();
            if !(rounded >= 0.0 && rounded < size as f64) {
                return f64::NAN;
            }
            index += rounded as usize * stride;
            stride *= size;
        }
        self.values[index]
    }
}
