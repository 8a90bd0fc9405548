//! The one file that names HDF5: groups, per-frame columns, texts and attributes.

use std::ops::Range;
use std::path::{Path, PathBuf};

use hdf5::file::LibraryVersion;
use hdf5::types::{
    FixedAscii, FixedUnicode, FloatSize, TypeDescriptor, VarLenAscii, VarLenUnicode,
};
use hdf5::{Dataset, Datatype, Extent, Hyperslab, SimpleExtents, SliceOrIndex};
use hdf5_sys::h5d::{H5Dread, H5Dwrite};
use hdf5_sys::h5p::H5P_DEFAULT;
use hdf5_sys::h5s::H5S_ALL;
use ndarray::{ArrayViewD, IxDyn};

use super::error::TrajectoryError;

/// Fast and nearly as small as the higher levels on coordinates.
const GZIP_LEVEL: u8 = 1;
/// Longest fixed-length text attribute that is read.
const MAX_ATTRIBUTE: usize = 1024;

/// Numbers that columns hold.
pub(crate) trait Number: hdf5::H5Type + Copy {}
impl Number for f32 {}
impl Number for f64 {}
impl Number for i64 {}

/// An open HDF5 file.
#[derive(Debug)]
pub(crate) struct Store {
    file: hdf5::File,
    path: PathBuf,
}

type Result<T> = std::result::Result<T, TrajectoryError>;

impl Store {
    /// A new file, in a format that HDF5 1.10 and its descendants read.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        Self::opened(path, "create", writing().create(path))
    }

    /// An existing file for reading and writing.
    pub(crate) fn open_write(path: &Path) -> Result<Self> {
        Self::opened(path, "open", writing().open_rw(path))
    }

    /// An existing file for reading, also while it is being written.
    pub(crate) fn open_read(path: &Path) -> Result<Self> {
        Self::opened(path, "open", reading().open(path))
    }

    fn opened(path: &Path, action: &'static str, file: hdf5::Result<hdf5::File>) -> Result<Self> {
        let path = path.to_path_buf();
        match file {
            Ok(file) => Ok(Self { file, path }),
            Err(error) => Err(TrajectoryError::Storage {
                path,
                action,
                object: "/".to_owned(),
                detail: error.to_string(),
            }),
        }
    }

    fn failed(
        &self,
        action: &'static str,
        object: &str,
    ) -> impl FnOnce(hdf5::Error) -> TrajectoryError + use<> {
        let (path, object) = (self.path.clone(), object.to_owned());
        move |error| TrajectoryError::Storage {
            path,
            action,
            object,
            detail: error.to_string(),
        }
    }

    /// Bytes that the file has allocated for itself.
    pub(crate) fn size(&self) -> u64 {
        self.file.size()
    }

    /// Hands everything to the operating system; does not wait for the disk.
    pub(crate) fn flush(&self) -> Result<()> {
        self.file.flush().map_err(self.failed("flush", "/"))
    }

    /// Flushes and closes.
    pub(crate) fn close(self) -> Result<()> {
        let failed = self.failed("close", "/");
        self.file.close().map_err(failed)
    }

    /// Gives the file up without another byte written: it stays as it was at the last flush. The handle leaks.
    pub(crate) fn abandon(self) {
        std::mem::forget(self.file);
    }

    /// Names of the objects in a group, empty if there is no such group.
    pub(crate) fn members(&self, group: &str) -> Vec<String> {
        self.file
            .group(group)
            .and_then(|group| group.member_names())
            .unwrap_or_default()
    }

    /// Whether every link of an absolute path exists.
    pub(crate) fn exists(&self, path: &str) -> bool {
        let ends = path.match_indices('/').skip(1).map(|(end, _)| end);
        ends.chain([path.len()])
            .all(|end| self.file.link_exists(&path[..end]))
    }

    /// Makes a group, with those above it.
    pub(crate) fn create_group(&self, path: &str) -> Result<()> {
        self.file
            .create_group(path)
            .map(drop)
            .map_err(self.failed("create group", path))
    }

    /// A second name for an object.
    pub(crate) fn link(&self, existing: &str, name: &str) -> Result<()> {
        self.file
            .link_hard(existing, name)
            .map_err(self.failed("link", name))
    }

    /// An empty dataset `[n_rows = 0, row_shape...]` that grows by rows, compressed and with checksums.
    pub(crate) fn create_column<T: Number>(
        &self,
        path: &str,
        row_shape: &[usize],
        rows_per_chunk: usize,
    ) -> Result<()> {
        let mut extents = vec![Extent::resizable(0)];
        extents.extend(row_shape.iter().map(|&size| Extent::fixed(size)));
        let mut chunk = vec![rows_per_chunk];
        chunk.extend_from_slice(row_shape);
        self.file
            .new_dataset_builder()
            .chunk(chunk)
            .shuffle()
            .deflate(GZIP_LEVEL)
            .fletcher32()
            .empty::<T>()
            .shape(SimpleExtents::new(extents))
            .create(path)
            .map(drop)
            .map_err(self.failed("create dataset", path))
    }

    /// Writes whole rows from `start` on and makes them the last of the column.
    pub(crate) fn write_rows<T: Number>(
        &self,
        path: &str,
        start: usize,
        n_rows: usize,
        values: &[T],
    ) -> Result<()> {
        self.resize_rows(path, start + n_rows)?;
        let write = || -> hdf5::Result<()> {
            let dataset = self.file.dataset(path)?;
            let mut shape = dataset.shape();
            let selection = rows(start..start + n_rows, shape.len());
            shape[0] = n_rows;
            let view = ArrayViewD::from_shape(IxDyn(&shape), values)
                .map_err(|error| hdf5::Error::from(error.to_string()))?;
            dataset.write_slice(view, selection)
        };
        write().map_err(self.failed("write", path))
    }

    /// Cuts a column to `n_rows` or stretches it.
    pub(crate) fn resize_rows(&self, path: &str, n_rows: usize) -> Result<()> {
        let resize = || -> hdf5::Result<()> {
            let dataset = self.file.dataset(path)?;
            let mut shape = dataset.shape();
            shape[0] = n_rows;
            dataset.resize(shape)
        };
        resize().map_err(self.failed("resize", path))
    }

    /// Rows that another file's column of the same name and type has, at the same place; they become the last.
    pub(crate) fn copy_rows(&self, from: &Self, path: &str, range: Range<usize>) -> Result<()> {
        let descriptor = from.dataset(path)?.dtype().and_then(|t| t.to_descriptor());
        match descriptor.map_err(self.failed("copy", path))? {
            TypeDescriptor::Float(FloatSize::U4) => self.copy_rows_of::<f32>(from, path, range),
            TypeDescriptor::Float(FloatSize::U8) => self.copy_rows_of::<f64>(from, path, range),
            _ => self.copy_rows_of::<i64>(from, path, range),
        }
    }

    fn copy_rows_of<T: Number>(&self, from: &Self, path: &str, range: Range<usize>) -> Result<()> {
        let values = from.read_rows::<T>(path, range.clone())?;
        self.write_rows(path, range.start, range.len(), &values)
    }

    /// Rows of a column, flattened, converted to `T`.
    pub(crate) fn read_rows<T: Number>(&self, path: &str, range: Range<usize>) -> Result<Vec<T>> {
        let read = || -> hdf5::Result<Vec<T>> {
            let dataset = self.file.dataset(path)?;
            let selection = rows(range, dataset.ndim());
            let array = dataset.read_slice::<T, _, IxDyn>(selection)?;
            Ok(array.into_raw_vec_and_offset().0)
        };
        read().map_err(self.failed("read", path))
    }

    /// Shape of a dataset.
    pub(crate) fn shape(&self, path: &str) -> Result<Vec<usize>> {
        self.dataset(path).map(|dataset| dataset.shape())
    }

    /// Rows of a chunk, if the dataset has chunks.
    pub(crate) fn rows_per_chunk(&self, path: &str) -> Result<Option<usize>> {
        self.dataset(path)
            .map(|dataset| dataset.chunk().and_then(|chunk| chunk.first().copied()))
    }

    fn dataset(&self, path: &str) -> Result<Dataset> {
        self.file
            .dataset(path)
            .map_err(self.failed("open dataset", path))
    }

    /// A dataset of numbers written once.
    pub(crate) fn write_numbers<T: Number>(&self, path: &str, values: &[T]) -> Result<()> {
        self.file
            .new_dataset_builder()
            .with_data(values)
            .create(path)
            .map(drop)
            .map_err(self.failed("write", path))
    }

    /// A scalar number.
    pub(crate) fn read_scalar(&self, path: &str) -> Result<f64> {
        self.dataset(path)?
            .read_scalar()
            .map_err(self.failed("read", path))
    }

    /// A text as one fixed-length string, shape `(1,)`: the only form that PyTables and h5py both read.
    pub(crate) fn write_text(&self, path: &str, text: &str) -> Result<()> {
        let mut bytes = text.as_bytes().to_vec();
        if bytes.is_empty() {
            bytes.push(0);
        }
        let descriptor = if text.is_ascii() {
            TypeDescriptor::FixedAscii(bytes.len())
        } else {
            TypeDescriptor::FixedUnicode(bytes.len())
        };
        let write = || -> hdf5::Result<()> {
            let dataset = self
                .file
                .new_dataset_builder()
                .empty_as(&descriptor)
                .shape(1)
                .create(path)?;
            write_bytes(&dataset, &bytes)
        };
        write().map_err(self.failed("write", path))
    }

    /// A text of shape `(1,)` or scalar, fixed or variable length.
    pub(crate) fn read_text(&self, path: &str) -> Result<String> {
        let read = || -> hdf5::Result<String> {
            let dataset = self.file.dataset(path)?;
            let descriptor = dataset.dtype()?.to_descriptor()?;
            match descriptor {
                TypeDescriptor::VarLenAscii => first_of(dataset.read_raw::<VarLenAscii>()?),
                TypeDescriptor::VarLenUnicode => first_of(dataset.read_raw::<VarLenUnicode>()?),
                TypeDescriptor::FixedAscii(_) | TypeDescriptor::FixedUnicode(_) => {
                    let bytes = read_bytes(&dataset)?;
                    Ok(String::from_utf8_lossy(&bytes)
                        .trim_end_matches('\0')
                        .to_owned())
                }
                other => Err(hdf5::Error::from(format!(
                    "it holds {other}, expected a text"
                ))),
            }
        };
        read().map_err(self.failed("read", path))
    }

    /// A text attribute of a group or dataset, instead of one that is there.
    pub(crate) fn set_text(&self, object: &str, name: &str, value: &str) -> Result<()> {
        let set = || -> hdf5::Result<()> {
            // HDF5 ends a variable-length text at the first NUL.
            let value: VarLenUnicode = value
                .replace('\0', " ")
                .parse()
                .map_err(|error| hdf5::Error::from(format!("{error}")))?;
            let location = self.file.loc_of(object)?;
            if location.attr_names()?.iter().any(|known| known == name) {
                location.delete_attr(name)?;
            }
            let attribute = location.new_attr::<VarLenUnicode>().create(name)?;
            attribute.write_scalar(&value)
        };
        set().map_err(self.failed("write attribute of", object))
    }

    /// A numeric attribute; one that is there keeps its type and takes the new value.
    pub(crate) fn set_number<T: hdf5::H5Type>(
        &self,
        object: &str,
        name: &str,
        value: T,
    ) -> Result<()> {
        let set = || -> hdf5::Result<()> {
            let location = self.file.loc_of(object)?;
            if location.attr_names()?.iter().any(|known| known == name) {
                return location.attr(name)?.write_scalar(&value);
            }
            let attribute = location.new_attr::<T>().create(name)?;
            attribute.write_scalar(&value)
        };
        set().map_err(self.failed("write attribute of", object))
    }

    /// An attribute that lists values, such as H5MD's version `[1, 1]`.
    pub(crate) fn set_list<T: hdf5::H5Type>(
        &self,
        object: &str,
        name: &str,
        values: &[T],
    ) -> Result<()> {
        let set = || -> hdf5::Result<()> {
            let location = self.file.loc_of(object)?;
            location
                .new_attr_builder()
                .with_data(values)
                .create(name)
                .map(drop)
        };
        set().map_err(self.failed("write attribute of", object))
    }

    /// A list of short ASCII texts (at most 15 bytes) as an attribute.
    pub(crate) fn set_texts(&self, object: &str, name: &str, values: &[&str]) -> Result<()> {
        let values: Vec<FixedAscii<16>> = values
            .iter()
            .map(|value| FixedAscii::from_ascii(value).expect("invariant: short ASCII constants"))
            .collect();
        self.set_list(object, name, &values)
    }

    /// A numeric attribute, if it is there and a number.
    pub(crate) fn number<T: hdf5::H5Type>(&self, object: &str, name: &str) -> Option<T> {
        let location = self.file.loc_of(object).ok()?;
        location.attr(name).ok()?.read_scalar().ok()
    }

    /// A text attribute, if it is there and a text.
    pub(crate) fn text(&self, object: &str, name: &str) -> Option<String> {
        let location = self.file.loc_of(object).ok()?;
        let attribute = location.attr(name).ok()?;
        let text = match attribute.dtype().ok()?.to_descriptor().ok()? {
            TypeDescriptor::VarLenAscii => attribute.read_raw::<VarLenAscii>().map(first_of),
            TypeDescriptor::VarLenUnicode => attribute.read_raw::<VarLenUnicode>().map(first_of),
            TypeDescriptor::FixedAscii(_) => attribute
                .read_raw::<FixedAscii<MAX_ATTRIBUTE>>()
                .map(first_of),
            TypeDescriptor::FixedUnicode(_) => attribute
                .read_raw::<FixedUnicode<MAX_ATTRIBUTE>>()
                .map(first_of),
            _ => return None,
        };
        text.ok()?.ok()
    }
}

/// Attributes sit on groups and datasets alike.
trait LocationOf {
    fn loc_of(&self, object: &str) -> hdf5::Result<hdf5::Location>;
}

impl LocationOf for hdf5::File {
    fn loc_of(&self, object: &str) -> hdf5::Result<hdf5::Location> {
        if let Ok(dataset) = self.dataset(object) {
            return Ok((**dataset).clone());
        }
        self.group(object).map(|group| (*group).clone())
    }
}

/// Access for readers. HDF5's own locks are off, as for writers: the two must agree within one process.
fn reading() -> hdf5::FileBuilder {
    let mut builder = hdf5::File::with_options();
    builder.access_plist().file_locking(false);
    builder
}

/// Access for writers. No chunk cache: whole chunks go straight out. No lock of HDF5's own: readers may look on.
fn writing() -> hdf5::FileBuilder {
    let mut builder = hdf5::File::with_options();
    builder
        .access_plist()
        .libver_bounds(LibraryVersion::Earliest, LibraryVersion::V110)
        .chunk_cache(1, 0, 1.0)
        .file_locking(false);
    builder
}

fn rows(range: Range<usize>, n_dimensions: usize) -> Hyperslab {
    let mut slices = vec![SliceOrIndex::from(range)];
    slices.resize(n_dimensions.max(1), SliceOrIndex::from(..));
    Hyperslab::from(slices)
}

fn first_of<S: AsRef<str>>(texts: Vec<S>) -> hdf5::Result<String> {
    let first = texts
        .first()
        .ok_or_else(|| hdf5::Error::from("it is empty"))?;
    Ok(first.as_ref().to_owned())
}

/// Bytes of a dataset of fixed-length strings.
fn n_bytes(dataset: &Dataset) -> hdf5::Result<(usize, Datatype)> {
    let dtype = dataset.dtype()?;
    Ok((dtype.size() * dataset.size(), dtype))
}

#[expect(
    unsafe_code,
    reason = "the safe API has no fixed-length string whose length is known only at run time"
)]
fn write_bytes(dataset: &Dataset, bytes: &[u8]) -> hdf5::Result<()> {
    let (expected, dtype) = n_bytes(dataset)?;
    if expected != bytes.len() {
        return Err("the text does not fit its dataset".into());
    }
    let (id, type_id, pointer) = (dataset.id(), dtype.id(), bytes.as_ptr().cast());
    // SAFETY: both ids are alive, and the library reads `expected == bytes.len()` bytes; `sync` holds its global lock.
    hdf5::sync::sync(|| unsafe {
        hdf5::h5check(H5Dwrite(
            id,
            type_id,
            H5S_ALL,
            H5S_ALL,
            H5P_DEFAULT,
            pointer,
        ))
    })
    .map(drop)
}

#[expect(
    unsafe_code,
    reason = "the safe API has no fixed-length string whose length is known only at run time"
)]
fn read_bytes(dataset: &Dataset) -> hdf5::Result<Vec<u8>> {
    let (expected, dtype) = n_bytes(dataset)?;
    let mut bytes = vec![0_u8; expected];
    let (id, type_id, pointer) = (dataset.id(), dtype.id(), bytes.as_mut_ptr().cast());
    // SAFETY: both ids are alive, and the library fills exactly `expected == bytes.len()` bytes; `sync` holds its global lock.
    hdf5::sync::sync(|| unsafe {
        hdf5::h5check(H5Dread(id, type_id, H5S_ALL, H5S_ALL, H5P_DEFAULT, pointer))
    })?;
    Ok(bytes)
}
