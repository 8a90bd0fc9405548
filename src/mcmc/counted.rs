//! Who runs a kernel: times its steps and counts the outcomes of its tests, whatever kernel it is.

use super::kernel::{Chain, Kernel, KernelError, KernelPart};
use super::statistics::{KernelReport, KernelStatistics};
use crate::integrator::Engine;
use crate::proposal::Outcome;
use std::time::Instant;

/// A share of an [`Advance::advance`], for some of the replicas.
pub type AdvancePart<'a> =
    Box<dyn FnMut(&mut Chain, &mut dyn Engine) -> Result<Vec<Outcome>, KernelError> + Send + 'a>;

/// What a kernel does, without clock and counters; [`Counted`] makes a [`Kernel`] of it.
pub trait Advance: Send {
    /// Name as in the YAML file.
    fn name(&self) -> &str;

    /// See [`Kernel::is_exact`].
    fn is_exact(&self) -> bool;

    /// See [`Kernel::is_ergodic`].
    fn is_ergodic(&self) -> bool;

    /// Advances the chain by one application; the outcomes of all tests that were made, none where nothing is tested.
    ///
    /// # Errors
    /// [`KernelError`] where the run cannot go on.
    fn advance(
        &mut self,
        chain: &mut Chain,
        engine: &mut dyn Engine,
    ) -> Result<Vec<Outcome>, KernelError>;

    /// See [`Kernel::prepare_parts`].
    fn prepare_parts(&mut self, _n_parts: usize) -> bool {
        false
    }

    /// See [`Kernel::parts`].
    fn parts(&mut self, _sizes: &[usize]) -> Vec<AdvancePart<'_>> {
        Vec::new()
    }

    /// What else there is to report; `Null` for nothing.
    fn details(&self) -> serde_json::Value {
        serde_json::Value::Null
    }

    /// Ends the adaptation phase.
    fn freeze(&mut self) {}

    /// Everything beside the chain that the next step depends on, as a JSON object.
    fn save(&self) -> serde_json::Value {
        serde_json::json!({})
    }

    /// Restores what [`Advance::save`] returned.
    ///
    /// # Errors
    /// A message when the value is another kernel's.
    fn restore(&mut self, _saved: &serde_json::Value) -> Result<(), String> {
        Ok(())
    }
}

/// A kernel with its clock and counters.
#[derive(Debug, Clone)]
pub struct Counted<A> {
    pub(super) inner: A,
    statistics: KernelStatistics,
    /// Of parts that ran side by side, since their number changed.
    part_statistics: Vec<KernelStatistics>,
}

impl<A: Advance> Counted<A> {
    /// Everything at zero.
    #[must_use]
    pub fn of(inner: A) -> Self {
        Self {
            inner,
            statistics: KernelStatistics::default(),
            part_statistics: Vec::new(),
        }
    }

    fn reset(&mut self, statistics: KernelStatistics) {
        self.statistics = statistics;
        self.part_statistics.clear();
    }
}

impl KernelStatistics {
    /// Runs something, timed and counted.
    fn run(
        &mut self,
        step: impl FnOnce() -> Result<Vec<Outcome>, KernelError>,
    ) -> Result<(), KernelError> {
        let start = Instant::now();
        let outcomes = step()?;
        self.count(&outcomes);
        self.seconds += start.elapsed().as_secs_f64();
        Ok(())
    }
}

impl<A: Advance> Kernel for Counted<A> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn is_exact(&self) -> bool {
        self.inner.is_exact()
    }

    fn is_ergodic(&self) -> bool {
        self.inner.is_ergodic()
    }

    fn step(&mut self, chain: &mut Chain, engine: &mut dyn Engine) -> Result<(), KernelError> {
        let inner = &mut self.inner;
        self.statistics.run(|| inner.advance(chain, engine))
    }

    fn prepare_parts(&mut self, n_parts: usize) -> bool {
        let agrees = self.inner.prepare_parts(n_parts);
        if agrees && self.part_statistics.len() != n_parts {
            self.statistics = self.statistics();
            self.part_statistics = vec![KernelStatistics::default(); n_parts];
        }
        agrees
    }

    fn parts(&mut self, sizes: &[usize]) -> Vec<KernelPart<'_>> {
        let parts = self.inner.parts(sizes).into_iter();
        let counted = parts.zip(&mut self.part_statistics);
        counted
            .map(|(part, statistics)| run_part(part, statistics))
            .collect()
    }

    fn statistics(&self) -> KernelStatistics {
        self.statistics.and_parts(&self.part_statistics)
    }

    fn report(&self) -> KernelReport {
        KernelReport {
            details: self.inner.details(),
            ..KernelReport::of(self)
        }
    }

    fn freeze(&mut self) {
        self.inner.freeze();
        self.reset(KernelStatistics::default());
    }

    fn save(&self) -> serde_json::Value {
        let mut saved = self.inner.save();
        saved["statistics"] = serde_json::json!(self.statistics());
        saved
    }

    fn restore(&mut self, saved: &serde_json::Value) -> Result<(), String> {
        self.inner.restore(saved)?;
        self.reset(KernelStatistics::restore(saved)?);
        Ok(())
    }
}

fn run_part<'a>(mut part: AdvancePart<'a>, statistics: &'a mut KernelStatistics) -> KernelPart<'a> {
    Box::new(move |chain, engine| statistics.run(|| part(chain, engine)))
}
