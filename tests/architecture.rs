//! The rules of the code's shape, checked on the sources: which module may import which, where HDF5, clap, wgpu and printing
//! live, how long files get.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Modules by level, the lowest first. A module imports itself and lower levels, nothing else.
const LEVELS: [&[&str]; 9] = [
    &["units", "rng", "lane", "files", "vector"],
    &["topology", "state"],
    &["forcefield", "flow"],
    &["integrator"],
    &["proposal"],
    &["mcmc"],
    &["report", "trajectory", "analysis", "cpu", "gpu"],
    &["training", "generator", "bench", "conformance"],
    &["cli"],
];

/// Edges that the levels would allow and the design does not: (from, to, why not).
const FORBIDDEN_EDGES: [(&str, &str, &str); 7] = [
    ("analysis", "mcmc", "analysis never simulates"),
    ("analysis", "proposal", "analysis never simulates"),
    ("analysis", "integrator", "analysis never simulates"),
    ("analysis", "forcefield", "analysis reads frames only"),
    ("flow", "topology", "flow knows no chemistry"),
    ("flow", "state", "flow takes and gives arrays"),
    ("mcmc", "flow", "mcmc never sees a network"),
];

/// Names that only some files may mention: (what, identifiers, prefixes of the files' paths).
const HOMES: [(&str, &[&str], &[&str]); 5] = [
    ("HDF5", &["hdf5", "hdf5_sys"], &["trajectory/store.rs"]),
    ("clap", &["clap"], &["cli/"]),
    ("anyhow", &["anyhow", "miette"], &["cli/"]),
    (
        "printing",
        &["print", "println", "eprint", "eprintln", "dbg"],
        &["cli/"],
    ),
    ("wgpu", &["wgpu", "bytemuck"], &["gpu/"]),
];

const MAX_LINES: usize = 500;

/// Most sources in one folder: more are rooms waiting.
const MAX_FILES: usize = 15;

/// Fewest files whose names begin alike that are a folder waiting.
const SAME_PREFIX: usize = 4;

/// Longest README in bytes.
const MAX_README: u64 = 8 * 1024;

#[test]
fn the_sources_keep_the_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = rust_files(&root);
    assert!(files.len() > 50, "only {} sources found", files.len());
    let mut faults = Vec::new();
    for file in files {
        let path = file.strip_prefix(&root).unwrap().to_str().unwrap();
        faults.extend(check(
            &path.replace('\\', "/"),
            &fs::read_to_string(&file).unwrap(),
        ));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn folders_are_rooms_and_the_front_page_is_one_page() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut faults = Vec::new();
    for (folder, names) in folders(&root.join("src")) {
        faults.extend(check_folder(&folder, &names));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    let length = fs::metadata(root.join("README.md")).unwrap().len();
    assert!(
        length <= MAX_README,
        "README.md has {length} bytes: measurements go to benches/results, explanations to docs"
    );
}

#[test]
fn links_of_the_pages_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md"), root.join("CONTRIBUTING.md")];
    for folder in ["docs", "benches/results", "data/reference"] {
        let entries = fs::read_dir(root.join(folder)).unwrap();
        let files = entries.map(|entry| entry.unwrap().path());
        pages.extend(files.filter(|file| file.extension().is_some_and(|own| own == "md")));
    }
    let mut faults = Vec::new();
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        for link in links(&text) {
            if !page.parent().unwrap().join(link).exists() {
                faults.push(format!("{}: there is no {link}", page.display()));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    assert_eq!(
        links("[a](b.md) ![c](d.png#e) [f](https://g) [h](#i)"),
        ["b.md", "d.png"]
    );
}

#[test]
fn sources_that_pages_and_shaders_name_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = vec![root.join("CONTRIBUTING.md")];
    files_below(&root.join("docs"), "md", &mut texts);
    files_below(&root.join("shaders"), "wgsl", &mut texts);
    let mut faults = Vec::new();
    for path in texts {
        let text = fs::read_to_string(&path).unwrap();
        let is_part = |letter: char| letter.is_alphanumeric() || "_/.".contains(letter);
        for word in text.split(|letter| !is_part(letter)) {
            let word = word.trim_end_matches('.');
            let is_source = word.starts_with("src/") && word.ends_with(".rs");
            if is_source && !word.contains("TERM") && !root.join(word).exists() {
                faults.push(format!("{}: there is no {word}", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

fn files_below(directory: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, extension, found);
        } else if path.extension().is_some_and(|own| own == extension) {
            found.push(path);
        }
    }
}

/// Files that a page links to.
fn links(text: &str) -> Vec<&str> {
    let targets = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'));
    targets
        .map(|(target, _)| target.split('#').next().unwrap())
        .filter(|target| !target.is_empty() && !target.contains("://"))
        .collect()
}

/// Every folder below one, with the names of its sources.
fn folders(directory: &Path) -> Vec<(String, Vec<String>)> {
    let mut names = Vec::new();
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(folders(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            names.push(path.file_stem().unwrap().to_str().unwrap().to_owned());
        }
    }
    names.sort();
    found.push((directory.display().to_string(), names));
    found
}

fn check_folder(folder: &str, names: &[String]) -> Vec<String> {
    let mut faults = Vec::new();
    if names.len() > MAX_FILES {
        faults.push(format!(
            "{folder}: {} sources, at most {MAX_FILES} are allowed: give it rooms",
            names.len()
        ));
    }
    let prefix = |name: &str| name.split_once('_').map(|(first, _)| first.to_owned());
    let prefixes: BTreeSet<String> = names.iter().filter_map(|name| prefix(name)).collect();
    for first in prefixes {
        let alike = names
            .iter()
            .filter(|name| prefix(name).as_ref() == Some(&first));
        let n_alike = alike.count();
        if n_alike >= SAME_PREFIX {
            faults.push(format!(
                "{folder}: {n_alike} names begin with `{first}_`: make it a folder"
            ));
        }
    }
    faults
}

#[test]
fn planted_folders_are_found() {
    let names =
        |n: usize, of: &dyn Fn(usize) -> String| -> Vec<String> { (0..n).map(of).collect() };
    let many = names(MAX_FILES + 1, &|index| format!("a{index}"));
    assert!(check_folder("src/planted", &many)[0].contains("16 sources"));
    let alike = names(SAME_PREFIX, &|index| format!("leap_{index}"));
    assert!(check_folder("src/planted", &alike)[0].contains("`leap_`"));
    assert!(check_folder("src/planted", &many[1..]).is_empty());
}

#[test]
fn no_circle_of_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = rust_files(&root);
    let mut sources = Vec::new();
    for file in &files {
        let path = file.strip_prefix(&root).unwrap().to_str().unwrap();
        sources.push((path.replace('\\', "/"), fs::read_to_string(file).unwrap()));
    }
    let circles = circles(&sources);
    let shown: Vec<String> = circles.iter().map(|circle| circle.join(" <-> ")).collect();
    assert!(
        circles.is_empty(),
        "{} circles of files, none is allowed: what two files share belongs in one below both:\n{}",
        circles.len(),
        shown.join("\n")
    );
}

#[test]
fn planted_circles_are_found() {
    let sources = [
        ("a/one.rs", "use super::two::Two;"),
        ("a/two.rs", "use crate::a::three::{Three, four::Four};"),
        ("a/three.rs", "fn f() { crate::a::one::g() }"),
        ("a/alone.rs", "use super::one::One;"),
    ];
    let sources = sources.map(|(path, code)| (path.to_owned(), format!("//! Planted.\n{code}\n")));
    assert_eq!(circles(&sources), [["a/one.rs", "a/three.rs", "a/two.rs"]]);
    assert!(circles(&sources[..2]).is_empty());
}

/// Groups of files that import each other, directly or through others, each sorted; `mod.rs`, which only hands names on, is no part of any.
fn circles(sources: &[(String, String)]) -> Vec<Vec<String>> {
    let module = |path: &str| path.trim_end_matches(".rs").replace('/', "::");
    let names: Vec<String> = sources.iter().map(|(path, _)| module(path)).collect();
    let is_face = |name: &str| name.ends_with("::mod") || name == "lib" || name == "main";
    let edges: Vec<BTreeSet<usize>> = sources
        .iter()
        .map(|(path, source)| {
            let code = without_comments_and_strings(without_unit_tests(source));
            let paths = full_paths(&module(path), &code);
            let imported = |name: &&String| !is_face(name) && **name != module(path);
            (names.iter().enumerate())
                .filter(|(_, name)| imported(name))
                .filter(|(_, name)| {
                    let below = format!("{name}::");
                    paths
                        .iter()
                        .any(|path| path == *name || path.starts_with(&below))
                })
                .map(|(index, _)| index)
                .collect()
        })
        .collect();
    let reached: Vec<BTreeSet<usize>> = (0..names.len()).map(|from| reach(&edges, from)).collect();
    let mut found: BTreeSet<Vec<String>> = BTreeSet::new();
    for from in 0..names.len() {
        let mutual = reached[from]
            .iter()
            .filter(|&&to| to != from && reached[to].contains(&from));
        let mut circle: Vec<String> = mutual.map(|&to| sources[to].0.clone()).collect();
        if !circle.is_empty() {
            circle.push(sources[from].0.clone());
            circle.sort();
            found.insert(circle);
        }
    }
    found.into_iter().collect()
}

/// What can be reached by one edge or more.
fn reach(edges: &[BTreeSet<usize>], from: usize) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<usize> = edges[from].iter().copied().collect();
    while let Some(next) = open.pop() {
        if reached.insert(next) {
            open.extend(&edges[next]);
        }
    }
    reached
}

/// Every path of a module's code that begins with `crate`, `super` or `self`, from the crate's root, groups spelled out.
fn full_paths(module: &str, code: &str) -> BTreeSet<String> {
    let own: Vec<&str> = module.trim_end_matches("::mod").split("::").collect();
    let mut paths = BTreeSet::new();
    for root in ["crate::", "super::", "self::"] {
        for (start, _) in code.match_indices(root) {
            let before = code[..start].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let mut place = match root {
                "crate::" => Vec::new(),
                "super::" => own[..own.len() - 1].to_vec(),
                _ => own.clone(),
            };
            let mut rest = &code[start + root.len()..];
            while let Some(above) = rest.strip_prefix("super::") {
                place.pop();
                rest = above;
            }
            spell_out(&place.join("::"), rest, &mut paths);
        }
    }
    paths
}

/// Adds `prefix::path`, for each member of a `{group}` at its end.
fn spell_out(prefix: &str, path: &str, paths: &mut BTreeSet<String>) {
    let end = path
        .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
        .unwrap_or(path.len());
    let (plain, rest) = path.split_at(end);
    let joined = [prefix, plain.trim_end_matches(':')]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("::");
    let Some(group) = rest.strip_prefix('{') else {
        paths.insert(joined);
        return;
    };
    let (mut depth, mut start) = (0, 0);
    for (index, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                spell_out(&joined, group[start..index].trim(), paths);
                start = index + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// Everything wrong with one file; `path` counts from `src/`.
fn check(path: &str, source: &str) -> Vec<String> {
    let code = without_comments_and_strings(without_unit_tests(source));
    let mut faults = check_imports(path, &code);
    faults.extend(check_homes(path, &code));
    let n_lines = source.lines().count();
    if n_lines > MAX_LINES {
        faults.push(format!(
            "src/{path}: {n_lines} lines, at most {MAX_LINES} are allowed: split it by concept"
        ));
    }
    if !source.starts_with("//! ") {
        faults.push(format!(
            "src/{path}: the first line is not a `//! ` sentence that says what the file does"
        ));
    }
    faults
}

fn check_imports(path: &str, code: &str) -> Vec<String> {
    let module = path.split(['/', '.']).next().unwrap();
    if path == "lib.rs" || path == "main.rs" {
        return Vec::new();
    }
    let Some(own_level) = level(module) else {
        return vec![format!(
            "src/{path}: module `{module}` has no level: give it one in tests/architecture.rs"
        )];
    };
    let mut faults = Vec::new();
    for target in imported_modules(path, code) {
        if target == module {
            continue;
        }
        let forbidden = FORBIDDEN_EDGES
            .iter()
            .find(|(from, to, _)| (*from, *to) == (module, target.as_str()));
        match level(&target) {
            _ if forbidden.is_some() => faults.push(format!(
                "src/{path}: imports `{target}`, but {}",
                forbidden.unwrap().2
            )),
            Some(level) if level >= own_level => faults.push(format!(
                "src/{path}: imports `{target}`, which is not below `{module}`"
            )),
            Some(_) => {}
            None => faults.push(format!(
                "src/{path}: imports `{target}`, a name at the crate's root without a level"
            )),
        }
    }
    faults
}

fn level(module: &str) -> Option<usize> {
    LEVELS.iter().position(|level| level.contains(&module))
}

fn check_homes(path: &str, code: &str) -> Vec<String> {
    let words: BTreeSet<&str> = code
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .collect();
    let mut faults = Vec::new();
    for (what, identifiers, homes) in HOMES {
        let at_home = homes.iter().any(|home| path.starts_with(home));
        let named = identifiers.iter().find(|name| {
            words.contains(**name) && (what != "printing" || code.contains(&format!("{name}!")))
        });
        if let (false, Some(name)) = (at_home, named) {
            faults.push(format!(
                "src/{path}: names `{name}`; {what} belongs in src/{}",
                homes.join(", src/")
            ));
        }
    }
    faults
}

/// First names of all paths that begin at the crate's root: `crate::a`, `crate::{a, b}`, `super::super::a`.
fn imported_modules(path: &str, code: &str) -> BTreeSet<String> {
    let depth = path.split('/').count() - usize::from(path.ends_with("/mod.rs"));
    let climb = "super::".repeat(depth);
    let mut modules = BTreeSet::new();
    for root in ["crate::", climb.as_str()] {
        for (start, _) in code.match_indices(root) {
            let before = code[..start].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            modules.extend(first_names(&code[start + root.len()..]));
        }
    }
    modules.remove("super");
    modules
}

/// The name at the start of a path, or those at the first level of a `{group}`.
fn first_names(path: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.trim_start()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    let Some(group) = path.strip_prefix('{') else {
        return vec![name(path)];
    };
    let (mut depth, mut start, mut names) = (0, 0, Vec::new());
    for (index, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(name(&group[start..index]));
                start = index + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// The source up to its unit tests, which may use whatever they like.
fn without_unit_tests(source: &str) -> &str {
    let mut starts = source.match_indices("#[cfg(test)]\n");
    let tests = starts.find(|(start, _)| {
        source[*start..]
            .lines()
            .find(|line| !line.starts_with("#["))
            .is_some_and(|line| line.starts_with("mod ") && line.ends_with('{'))
    });
    tests.map_or(source, |(start, _)| &source[..start])
}

/// The source with comments, string contents and attributes' texts blanked out.
fn without_comments_and_strings(source: &str) -> String {
    let mut code = String::new();
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(raw) = rest.strip_prefix("r#\"") {
            raw.find("\"#").map_or(rest.len(), |end| end + 5)
        } else if c == '"' {
            string_length(rest)
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\\"'") {
            rest[1..].find("'").map_or(rest.len(), |end| end + 2)
        } else {
            code.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        code.push(' ');
        rest = &rest[skipped..];
    }
    code
}

/// Length of the string literal at the start, both quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

/// Asserts that exactly one fault is found and that its message holds `expected`.
fn assert_found(path: &str, source: &str, expected: &str) {
    let faults = check(path, source);
    assert!(
        faults.len() == 1 && faults[0].contains(expected),
        "{path}: {faults:?}, expected one with `{expected}`"
    );
}

#[test]
fn planted_imports_upwards_are_found() {
    let cases = [
        ("forcefield/bond.rs", "use crate::cpu::engine;", "`cpu`"),
        ("mcmc/mod.rs", "use crate::trajectory;", "`trajectory`"),
        ("rng.rs", "use super::state::State;", "`state`"),
        (
            "topology/pdb/read.rs",
            "use super::super::super::forcefield::Bond;",
            "`forcefield`",
        ),
        (
            "integrator/steps.rs",
            "use crate::{lane::{Lane, Array}, mcmc::Chain};",
            "`mcmc`",
        ),
        (
            "cpu/group.rs",
            "fn f() { let x = crate::cli::main(); }",
            "`cli`",
        ),
        ("trajectory/writer.rs", "use crate::cpu::Engine;", "`cpu`"),
        (
            "analysis/ess.rs",
            "use crate::mcmc::Chain;",
            "never simulates",
        ),
        (
            "mcmc/leap.rs",
            "use crate::flow::Flow;",
            "never sees a network",
        ),
        ("oracle.rs", "fn f() {}", "has no level"),
        (
            "mcmc/leap.rs",
            "use crate::oracle::Flow;",
            "without a level",
        ),
    ];
    for (path, code, expected) in cases {
        assert_found(path, &format!("//! Planted.\n{code}\n"), expected);
    }
}

#[test]
fn planted_homes_lengths_and_headers_are_found() {
    let cases = [
        ("trajectory/writer.rs", "use hdf5::File;", "HDF5"),
        ("mcmc/mod.rs", "#[derive(clap::Args)]\nstruct A;", "clap"),
        ("cpu/mod.rs", "fn f() { eprintln!(\"x\"); }", "printing"),
        ("cpu/mod.rs", "use wgpu::Device;", "wgpu"),
        ("units.rs", "use anyhow::Result;", "anyhow"),
    ];
    for (path, code, expected) in cases {
        assert_found(path, &format!("//! Planted.\n{code}\n"), expected);
    }
    let long = format!("//! Planted.\n{}", "fn f() {}\n".repeat(MAX_LINES));
    assert_found("cpu/mod.rs", &long, "501 lines");
    assert_found("cpu/mod.rs", "use std::fs;\n", "first line");
}

#[test]
fn what_is_allowed_is_not_found() {
    let source = "//! Planted: crate::cli, println!, hdf5.
use crate::forcefield::{System, bond::bond};
use super::cell;
use std::{fmt, fs};
/// See [`crate::cli`].
fn f() -> &'static str { 'a: loop { break 'a; } let _ = '\"'; \"crate::cli hdf5 \\\" clap\" }
fn print(clapping: bool) {}
#[cfg(test)]
#[expect(clippy::unwrap_used)]
mod tests {
    use crate::cli::main;
}
";
    assert_eq!(check("cpu/plain.rs", source), Vec::<String>::new());
    assert_eq!(
        check("cli/run/mod.rs", "//! A.\nuse super::super::cpu;\n"),
        Vec::<String>::new()
    );
}
