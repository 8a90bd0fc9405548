//! Trajectories that are one chain: one file named twice, one run and replica written twice, the same frames.
//!
//! Of each such set the longest counts; the others would make effective samples out of nothing, and agreement between
//! chains out of one chain.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use crate::trajectory::Header;

use super::chain_file::ChainFile;

/// Share of its different frames that a trajectory has in common with its original, at least.
const SHARED: f64 = 0.1;
/// Copies named one by one on a terminal and on the page.
const MAX_NAMED: usize = 12;
/// Settings that change what is recorded of a chain, or its rounding, but not its random numbers.
const FREE_SETTINGS: [&str; 7] = [
    "run",
    "output",
    "replicas",
    "threads",
    "device",
    "precision",
    "seed",
];

/// A trajectory that is not counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Copy {
    /// The file.
    file: String,
    /// The trajectory that counts.
    of: String,
    /// What they share.
    why: String,
}

/// Files without those that lie at the path of an earlier one, and these.
pub(super) fn of_paths(files: Vec<PathBuf>) -> (Vec<PathBuf>, Vec<Copy>) {
    let mut first_names: HashMap<PathBuf, PathBuf> = HashMap::new();
    let (mut kept, mut copies) = (Vec::new(), Vec::new());
    for file in files {
        // A path that leads nowhere is named when it is opened.
        let place = file.canonicalize().unwrap_or_else(|_| file.clone());
        match first_names.get(&place) {
            Some(first) => copies.push(Copy {
                file: shown(&file),
                of: shown(first),
                why: "the same file".to_owned(),
            }),
            None => {
                first_names.insert(place, file.clone());
                kept.push(file);
            }
        }
    }
    (kept, copies)
}

/// Chains without copies, in their order, and the copies.
pub(super) fn of_chains(chains: Vec<ChainFile>) -> (Vec<ChainFile>, Vec<Copy>) {
    let mut longest_first: Vec<usize> = (0..chains.len()).collect();
    longest_first.sort_by_key(|&index| std::cmp::Reverse(chains[index].fingerprints.len()));
    let mut counted = Counted::default();
    let mut copies: Vec<Option<Copy>> = vec![None; chains.len()];
    for index in longest_first {
        let chain = &chains[index];
        match counted.original(chain) {
            Some((original, why)) => {
                copies[index] = Some(Copy {
                    file: shown(&chain.path),
                    of: shown(&chains[original].path),
                    why,
                });
            }
            None => counted.add(index, chain),
        }
    }
    let kept = chains.into_iter().zip(&copies);
    let kept = kept.filter(|(_, copy)| copy.is_none());
    (
        kept.map(|(chain, _)| chain).collect(),
        copies.iter().flatten().cloned().collect(),
    )
}

/// How many of the other chains are copies of these, or of which these are.
pub(super) fn n_shared(chains: &[ChainFile], others: &[ChainFile]) -> usize {
    let mut counted = Counted::default();
    for (index, chain) in chains.iter().enumerate() {
        counted.add(index, chain);
    }
    let copies = others
        .iter()
        .filter(|chain| counted.original(chain).is_some());
    copies.count()
}

/// Chains that count, found by where they come from and by their frames.
#[derive(Default)]
struct Counted {
    by_origin: HashMap<String, usize>,
    by_frame: HashMap<u64, usize>,
}

impl Counted {
    fn add(&mut self, index: usize, chain: &ChainFile) {
        if let Some(origin) = chain.header.as_ref().and_then(origin) {
            self.by_origin.insert(origin, index);
        }
        for &frame in &chain.fingerprints {
            self.by_frame.entry(frame).or_insert(index);
        }
    }

    /// The counted chain that this one copies, and why.
    fn original(&self, chain: &ChainFile) -> Option<(usize, String)> {
        if let Some(header) = &chain.header
            && let Some(&original) = origin(header).and_then(|origin| self.by_origin.get(&origin))
        {
            let why = format!(
                "the same input, seed {} and replica {}",
                header.seed, header.replica
            );
            return Some((original, why));
        }
        let frames: HashSet<u64> = chain.fingerprints.iter().copied().collect();
        let mut shared: HashMap<usize, usize> = HashMap::new();
        for original in frames.iter().filter_map(|frame| self.by_frame.get(frame)) {
            *shared.entry(*original).or_default() += 1;
        }
        // The smallest index among equals, so that the same call always names the same file.
        let (&original, &n_shared) = shared
            .iter()
            .max_by_key(|&(&index, &n_shared)| (n_shared, std::cmp::Reverse(index)))?;
        is_copy(n_shared, frames.len()).then(|| {
            let why = format!("{n_shared} of its {} different frames", frames.len());
            (original, why)
        })
    }
}

/// Whether so many shared frames make a copy. One is no sign: replicas start at the same structure.
fn is_copy(n_shared: usize, n_frames: usize) -> bool {
    n_shared == n_frames || (n_shared > 1 && n_shared as f64 >= SHARED * n_frames as f64)
}

/// What two files of one chain have in common: settings, seed, replica; of a run's length, its recording and its machine
/// nothing, for the random numbers don't depend on these. `None` where a file says
/// neither settings nor input.
fn origin(header: &Header) -> Option<String> {
    let mut metadata = header.metadata.clone();
    if let Some(Value::Object(settings)) = metadata.get_mut("settings") {
        settings.retain(|key, _| !FREE_SETTINGS.contains(&key.as_str()));
    }
    let input = match metadata.get("settings") {
        Some(_) => "",
        None => &header.input_yaml,
    };
    let says_nothing = metadata.get("settings").is_none() && input.is_empty();
    (!says_nothing).then(|| format!("{} {} {metadata} {input}", header.seed, header.replica))
}

/// The warning in lines; none where nothing was left out.
pub(super) fn warning(copies: &[Copy], n_counted: usize) -> Vec<String> {
    if copies.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![format!(
        "{} of {} trajectories are copies and are not counted: chains are independent only if each has a seed of its own",
        copies.len(),
        copies.len() + n_counted
    )];
    let named = copies.iter().take(MAX_NAMED);
    lines.extend(named.map(|copy| format!("{} has {} as {}", copy.file, copy.why, copy.of)));
    if let Some(others @ 1..) = copies.len().checked_sub(MAX_NAMED) {
        lines.push(format!("and {others} more, all of them in --json"));
    }
    lines
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
