//! Named tensors in safetensors files: reading one at a time, checked, and writing.

use super::real::Real;
use super::tensors::{NamedTensor, named_tensor, serialized};
use super::weights_error::WeightsError;
use crate::files;
use safetensors::tensor::{Dtype, Metadata, TensorInfo};
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Longest header accepted in bytes, the format's own limit.
const MAX_HEADER_BYTES: u64 = 100_000_000;

/// An open file of tensors; only the header is in memory.
#[derive(Debug)]
pub struct TensorFile {
    path: PathBuf,
    file: Mutex<File>,
    metadata: Metadata,
    data_start: u64,
    /// Left out of all names: wrappers around a model put it there.
    prefix: String,
}

impl TensorFile {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// [`WeightsError::File`] and [`WeightsError::Format`].
    pub fn open(path: &Path) -> Result<Self, WeightsError> {
        let file_error = |source| WeightsError::File {
            path: path.to_owned(),
            source,
        };
        let format_error = |reason: String| WeightsError::Format {
            path: path.to_owned(),
            reason,
        };
        let mut file = File::open(path).map_err(file_error)?;
        let file_length = file.metadata().map_err(file_error)?.len();
        let mut length = [0; 8];
        file.read_exact(&mut length)
            .map_err(|_| format_error(format!("it has {file_length} bytes")))?;
        let header_length = u64::from_le_bytes(length);
        if header_length > MAX_HEADER_BYTES.min(file_length.saturating_sub(8)) {
            return Err(format_error(format!(
                "its header cannot have {header_length} bytes"
            )));
        }
        let mut header = Vec::new();
        (&mut file)
            .take(header_length)
            .read_to_end(&mut header)
            .map_err(file_error)?;
        let metadata: Metadata =
            serde_json::from_slice(&header).map_err(|error| format_error(error.to_string()))?;
        let data_start = 8 + header_length;
        let expected = data_start + metadata.data_len() as u64;
        if file_length != expected {
            return Err(format_error(format!(
                "it has {file_length} bytes, but its header tells of {expected}"
            )));
        }
        Ok(Self {
            path: path.to_owned(),
            file: Mutex::new(file),
            metadata,
            data_start,
            prefix: String::new(),
        })
    }

    /// Drops a prefix from all names if every tensor has it.
    #[must_use]
    pub fn without_prefix(mut self, prefix: &str) -> Self {
        let names = self.metadata.offset_keys();
        if !names.is_empty() && names.iter().all(|name| name.starts_with(prefix)) {
            prefix.clone_into(&mut self.prefix);
        }
        self
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Names of all tensors in the order of the file.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let names = self.metadata.offset_keys().into_iter();
        names
            .map(|name| name[self.prefix.len()..].to_owned())
            .collect()
    }

    /// What the file says of itself under a key.
    #[must_use]
    pub fn remark(&self, key: &str) -> Option<&str> {
        let remarks = self.metadata.metadata().as_ref()?;
        remarks.get(key).map(String::as_str)
    }

    /// Shape of a tensor, if it is there.
    #[must_use]
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.info(name).map(|info| info.shape.as_slice())
    }

    fn info(&self, name: &str) -> Option<&TensorInfo> {
        self.metadata.info(&format!("{}{name}", self.prefix))
    }

    /// Reads a tensor of the expected shape whose values are all finite.
    ///
    /// # Errors
    /// [`WeightsError`] for a tensor that is missing or has another shape, or a value that is not finite.
    pub fn read_into<R: Real>(
        &self,
        name: &str,
        expected: &[usize],
        values: &mut [R],
    ) -> Result<(), WeightsError> {
        let (path, name) = (self.path.clone(), name.to_owned());
        let Some(info) = self.info(&name) else {
            return Err(WeightsError::Missing {
                path,
                name,
                expected: expected.to_vec(),
            });
        };
        if info.shape != expected {
            return Err(WeightsError::Shape {
                path,
                name,
                got: info.shape.clone(),
                expected: expected.to_vec(),
            });
        }
        let bytes = self.bytes(info)?;
        if !decode(info.dtype, &bytes, values) {
            return Err(WeightsError::Dtype {
                path,
                name,
                got: format!("{:?}", info.dtype),
            });
        }
        let odd = values.iter().position(|v| !v.to_f64().is_finite());
        match odd {
            None => Ok(()),
            Some(index) => Err(WeightsError::NonFinite {
                path,
                name,
                index,
                value: values[index].to_f64(),
            }),
        }
    }

    /// Reads a tensor of any shape in f64.
    ///
    /// # Errors
    /// As [`TensorFile::read_into`].
    pub fn read(&self, name: &str) -> Result<Vec<f64>, WeightsError> {
        let shape = self.shape(name).unwrap_or_default().to_vec();
        let mut values = vec![0.0; shape.iter().product()];
        self.read_into(name, &shape, &mut values)?;
        Ok(values)
    }

    fn bytes(&self, info: &TensorInfo) -> Result<Vec<u8>, WeightsError> {
        let (start, end) = info.data_offsets;
        let mut bytes = vec![0; end - start];
        let mut file = self
            .file
            .lock()
            .expect("invariant: no reader panics while it holds the file");
        file.seek(SeekFrom::Start(self.data_start + start as u64))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|source| WeightsError::File {
                path: self.path.clone(),
                source,
            })?;
        Ok(bytes)
    }
}

/// Numbers from their bytes; `false` for a type that is not known here.
fn decode<R: Real>(dtype: Dtype, bytes: &[u8], values: &mut [R]) -> bool {
    fn each<R: Real, const N: usize>(
        bytes: &[u8],
        values: &mut [R],
        number: impl Fn([u8; N]) -> f64,
    ) {
        for (value, bytes) in values.iter_mut().zip(bytes.as_chunks::<N>().0) {
            *value = R::from_f64(number(*bytes));
        }
    }
    match dtype {
        Dtype::F32 => each(bytes, values, |b| f64::from(f32::from_le_bytes(b))),
        Dtype::F64 => each(bytes, values, f64::from_le_bytes),
        Dtype::F16 => each(bytes, values, |b| half(u16::from_le_bytes(b))),
        Dtype::BF16 => each(bytes, values, |[low, high]| {
            f64::from(f32::from_le_bytes([0, 0, low, high]))
        }),
        Dtype::I32 => each(bytes, values, |b| f64::from(i32::from_le_bytes(b))),
        Dtype::I64 => each(bytes, values, |b| i64::from_le_bytes(b) as f64),
        _ => return false,
    }
    true
}

/// The value of a 16-bit IEEE 754 number.
fn half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from(bits >> 10 & 0x1f);
    let fraction = f64::from(bits & 0x3ff) / 1024.0;
    sign * match exponent {
        0 => fraction * 2.0_f64.powi(-14),
        31 if fraction > 0.0 => f64::NAN,
        31 => f64::INFINITY,
        _ => (1.0 + fraction) * 2.0_f64.powi(exponent - 15),
    }
}

/// Writes tensors as F32, each with name, shape and values, through a temporary file that takes the name at the end.
///
/// # Errors
/// [`WeightsError::File`] or [`WeightsError::Format`].
pub fn write_tensors<'a, R: Real>(
    path: &Path,
    tensors: impl IntoIterator<Item = (&'a str, &'a [usize], &'a [R])>,
    remarks: &[(&str, String)],
) -> Result<(), WeightsError> {
    let encode = |(name, shape, values): (&str, &[usize], &[R])| {
        let values: Vec<f32> = values.iter().map(|v| f32::from_f64(v.to_f64())).collect();
        named_tensor(name.to_owned(), shape.to_vec(), &values)
    };
    let encoded: Vec<NamedTensor> = tensors.into_iter().map(encode).collect();
    let remarks: HashMap<String, String> = remarks
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.clone()))
        .collect();
    let bytes = serialized(&encoded, remarks).map_err(|error| WeightsError::Format {
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    files::replace(path, &bytes).map_err(|source| WeightsError::File {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::*;

    #[test]
    fn sixteen_bit_numbers_are_those_of_the_standard() {
        // Binary interchange formats of IEEE 754: 1, -2, the largest, the smallest, 1/3 to 11 bits.
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 2.0_f64.powi(-24)),
            (0x3555, 0.333_251_953_125),
        ] {
            assert_eq!(half(bits), value);
        }
        assert!(half(0x7c00).is_infinite() && half(0x7e00).is_nan());
    }

    #[test]
    fn what_is_written_is_read_and_faults_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        let (a, b) = ([1.0_f32, 2.5, -3.0, 0.0, 7.0, 9.0], [f32::NAN]);
        let tensors = [
            ("module.a", &[2, 3][..], &a[..]),
            ("module.b", &[1][..], &b[..]),
        ];
        write_tensors(&path, tensors, &[("tau_ps", "5".to_owned())]).unwrap();
        let file = TensorFile::open(&path).unwrap().without_prefix("module.");
        assert_eq!(file.read("a").unwrap(), [1.0, 2.5, -3.0, 0.0, 7.0, 9.0]);
        let mut values = vec![0.0_f32; 6];
        let message = |result: Result<(), WeightsError>| result.unwrap_err().to_string();
        let shape = message(file.read_into("a", &[3, 2], &mut values));
        assert!(shape.contains("`a` has the shape [2, 3]") && shape.contains("[3, 2]"));
        let missing = message(file.read_into("c", &[4], &mut values));
        assert!(missing.contains("`c` is missing") && missing.contains("[4]"));
        let nan = message(file.read_into("b", &[1], &mut values[..1]));
        assert!(nan.contains("`b` holds NaN at index 0"), "{nan}");
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        assert!(
            TensorFile::open(&path)
                .unwrap_err()
                .to_string()
                .contains("bytes")
        );
    }
}
