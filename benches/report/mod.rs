//! What the benchmarks of GPUs share: arguments, the day, dated files of results.

use saltus::gpu::{AdapterSummary, Choice};
use serde_json::{Value, json};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) struct Arguments {
    pub(crate) choice: Choice,
    pub(crate) seconds: f64,
    pub(crate) peak_tflops: Option<f64>,
    pub(crate) output: PathBuf,
    pub(crate) test: bool,
}

pub(crate) fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let mut arguments = Arguments {
        choice: Choice::Real,
        seconds: 2.0,
        peak_tflops: None,
        output: PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("benches/results"),
        test: false,
    };
    let mut benchmark = false;
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--adapter" => arguments.choice = Choice::Named(value()?),
            "--seconds" => arguments.seconds = value()?.parse()?,
            "--peak-tflops" => arguments.peak_tflops = Some(value()?.parse()?),
            "--output" => arguments.output = value()?.into(),
            "--test" => arguments.test = true,
            "--bench" => benchmark = true,
            other => return Err(format!("unknown argument {other}").into()),
        }
    }
    // As Criterion has it: `cargo test --benches` gives no `--bench`, and wants to know only whether it runs.
    arguments.test |= !benchmark;
    if arguments.test && arguments.choice == Choice::Real {
        // Anything will do for a test run.
        arguments.choice = Choice::Named(String::new());
    }
    Ok(arguments)
}

/// The day in UTC, `2026-11-21` (Howard Hinnant's days-to-civil, public domain algorithm).
pub(crate) fn today() -> Result<String, Box<dyn Error>> {
    let days =
        i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() / 86_400)? + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let (day, month) = (
        of_year - (153 * shifted + 2) / 5 + 1,
        (shifted + 2) % 12 + 1,
    );
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Ok(format!("{year:04}-{month:02}-{day:02}"))
}

/// The adapter as results name it.
pub(crate) fn summary(adapter: &AdapterSummary) -> Value {
    json!({
        "name": adapter.name, "driver": adapter.driver, "backend": adapter.backend,
        "kind": adapter.kind.to_string(), "f64": adapter.has_f64,
    })
}

/// Writes `NAME_DATE_ADAPTER.json` and `.md`.
fn write(output: &Path, name: &str, results: &Value, text: &str) -> Result<(), Box<dyn Error>> {
    let adapter = text_of(&results["adapter"]["name"]);
    let words: Vec<&str> = adapter.split_whitespace().take(2).collect();
    let mut word = words.join("-").to_lowercase();
    word.retain(|c| c.is_alphanumeric() || c == '-');
    std::fs::create_dir_all(output)?;
    let stem = output.join(format!("{name}_{}_{word}", text_of(&results["date"])));
    let json = serde_json::to_string_pretty(results)? + "\n";
    std::fs::write(stem.with_extension("json"), json)?;
    std::fs::write(stem.with_extension("md"), text)?;
    Ok(())
}

pub(crate) fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}

/// The adapter to measure, or `None`, said aloud, where a test run finds none.
pub(crate) fn adapter(arguments: &Arguments) -> Result<Option<AdapterSummary>, Box<dyn Error>> {
    match saltus::gpu::chosen(&arguments.choice) {
        Ok(adapter) => Ok(Some(adapter)),
        Err(error) if arguments.test => {
            println!("SKIPPED: {error}");
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Begins a table of results: what was measured, on which day and adapter.
pub(crate) fn heading(results: &Value, title: &str, what: &str) -> String {
    let adapter = &results["adapter"];
    let [day, name, kind, backend, driver] = [
        &results["date"],
        &adapter["name"],
        &adapter["kind"],
        &adapter["backend"],
        &adapter["driver"],
    ]
    .map(text_of);
    let mut text = format!("# {title}, {day}\n\n{name} ({kind}, {backend}, {driver}). {what}\n\n");
    if kind == "software" {
        text.push_str(
            "A software adapter: this shows that the harness works, not how fast a GPU is. **That figure is owed.**\n\n",
        );
    }
    text
}

/// Prints the results, and writes them to files unless this is a test run.
pub(crate) fn publish(
    arguments: &Arguments,
    name: &str,
    results: &Value,
    text: &str,
) -> Result<(), Box<dyn Error>> {
    println!("\n{text}");
    if !arguments.test {
        write(&arguments.output, name, results, text)?;
    }
    Ok(())
}
