//! How far a run is: a live bar on a terminal, a line every half minute elsewhere, nothing when quiet. Measures only its own clock.

use std::cell::RefCell;
use std::io::IsTerminal;
use std::rc::Rc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::console::note;
use crate::mcmc::Chain;

/// Time between two looks at the chain for the bar.
const BAR_PERIOD: Duration = Duration::from_millis(200);

/// Time between two lines where there is no terminal.
const LINE_PERIOD: Duration = Duration::from_secs(30);

/// Rates since the start of this process, over all replicas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rates {
    /// Simulated nanoseconds a day.
    pub(super) ns_per_day: f64,
    /// Time steps a second; none where no kernel takes any.
    pub(super) steps_per_second: f64,
    /// Energy evaluations a second.
    pub(super) evaluations_per_second: f64,
}

/// Clock and display of one run.
pub(super) struct Progress {
    display: Display,
    bar: Option<ProgressBar>,
    start: Instant,
    next: Duration,
    start_time_ps: f64,
    start_step: u64,
    start_evaluations: u64,
    start_cycle: u64,
    total_cycles: u64,
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq)]
pub struct RunProgress {
    /// Cycles done, equilibration included.
    pub cycle: u64,
    /// Cycles to be done.
    pub total_cycles: u64,
    /// `equilibrating` or `sampling`.
    pub phase: &'static str,
    /// Simulated nanoseconds a day over all replicas, since the start of this process.
    pub ns_per_day: f64,
    /// Energy evaluations a second.
    pub evaluations_per_second: f64,
    /// Mean temperature of the replicas in K.
    pub temperature_kelvin: f64,
    /// Seconds until the end at this rate.
    pub seconds_left: f64,
}

/// Whom a host program has told how far a run is; answers whether it goes on.
pub type Watcher = Box<dyn FnMut(&RunProgress) -> bool>;

/// Where progress is shown.
#[derive(Clone)]
pub(crate) enum Display {
    /// A bar on a terminal.
    Bar,
    /// Lines on stderr.
    Lines,
    /// Nowhere.
    Quiet,
    /// In a host program.
    Host(Rc<RefCell<Watcher>>),
}

impl Display {
    /// That of a host program.
    pub(super) fn host(watcher: Watcher) -> Self {
        Self::Host(Rc::new(RefCell::new(watcher)))
    }

    /// Whether what is learnt on the way is told on stderr.
    pub(super) fn is_shown(&self) -> bool {
        matches!(self, Self::Bar | Self::Lines)
    }

    /// That of the command line.
    pub(super) fn of_terminal(quiet: bool) -> Self {
        match (quiet, std::io::stderr().is_terminal()) {
            (true, _) => Self::Quiet,
            (false, true) => Self::Bar,
            (false, false) => Self::Lines,
        }
    }
}

impl Progress {
    /// Starts the clock at `cycle` of `total_cycles` cycles, equilibration included.
    pub(super) fn start(display: Display, chain: &Chain, cycle: u64, total_cycles: u64) -> Self {
        let bar = matches!(display, Display::Bar).then(|| bar(cycle, total_cycles));
        let next = match display {
            Display::Lines => LINE_PERIOD,
            _ => Duration::ZERO,
        };
        Self {
            display,
            bar,
            start: Instant::now(),
            next,
            start_time_ps: chain.time_ps,
            start_step: chain.state.step,
            start_evaluations: chain.n_energy_evaluations,
            start_cycle: cycle,
            total_cycles,
        }
    }

    /// Seconds since the start.
    pub(super) fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    /// Rates since the start.
    pub(super) fn rates(&self, chain: &Chain) -> Rates {
        let replicas_per_second = chain.state.n_replicas as f64 / self.seconds().max(1e-9);
        let simulated_ns = (chain.time_ps - self.start_time_ps) / 1000.0;
        let n_steps = chain.state.step - self.start_step;
        let n_evaluations = chain.n_energy_evaluations - self.start_evaluations;
        Rates {
            ns_per_day: simulated_ns * replicas_per_second * 86_400.0,
            steps_per_second: n_steps as f64 * replicas_per_second,
            evaluations_per_second: n_evaluations as f64 / self.seconds().max(1e-9),
        }
    }

    /// Whether the display wants to be told now; asked every cycle, so cheap.
    pub(super) fn is_due(&self) -> bool {
        !matches!(self.display, Display::Quiet) && self.start.elapsed() >= self.next
    }

    /// Shows that `cycle` cycles are done, and the mean temperature of the replicas; whether the run goes on.
    pub(super) fn show(
        &mut self,
        chain: &Chain,
        cycle: u64,
        phase: &'static str,
        temperature_kelvin: f64,
    ) -> bool {
        let Rates {
            ns_per_day,
            evaluations_per_second,
            ..
        } = self.rates(chain);
        let state = format!(
            "{phase}  {ns_per_day:.0} ns/day  {} evaluations/s  {temperature_kelvin:.0} K",
            rounded(evaluations_per_second)
        );
        let (elapsed, left) = (self.start.elapsed(), self.seconds_left(cycle));
        self.next = elapsed + BAR_PERIOD;
        if let Some(bar) = &self.bar {
            bar.set_position(cycle);
            bar.set_message(state.clone());
        }
        match &mut self.display {
            Display::Lines => {
                note(&format!(
                    "cycle {cycle} of {}  {state}  {left:.0} s left",
                    self.total_cycles
                ));
                self.next = elapsed + LINE_PERIOD;
            }
            Display::Host(watcher) => {
                return watcher.borrow_mut()(&RunProgress {
                    cycle,
                    total_cycles: self.total_cycles,
                    phase,
                    ns_per_day,
                    evaluations_per_second,
                    temperature_kelvin,
                    seconds_left: left,
                });
            }
            Display::Bar | Display::Quiet => {}
        }
        true
    }

    /// Takes the bar off the screen.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn seconds_left(&self, cycle: u64) -> f64 {
        let done = cycle.saturating_sub(self.start_cycle).max(1) as f64;
        let left = self.total_cycles.saturating_sub(cycle) as f64;
        self.seconds() * left / done
    }
}

fn bar(cycle: u64, total_cycles: u64) -> ProgressBar {
    let style = ProgressStyle::with_template(
        "{wide_bar:.cyan/blue} {percent:>3} %  {msg}  {eta_precise} left",
    )
    .expect("invariant: the template is a constant that parses");
    let bar = ProgressBar::with_draw_target(Some(total_cycles), ProgressDrawTarget::stderr())
        .with_style(style)
        .with_position(cycle);
    bar.reset_eta();
    bar
}

/// A count with three digits and a prefix: `1.24 M`.
fn rounded(count: f64) -> String {
    match count {
        count if count >= 1e9 => format!("{:.2} G", count / 1e9),
        count if count >= 1e6 => format!("{:.2} M", count / 1e6),
        count if count >= 1e3 => format!("{:.1} k", count / 1e3),
        count => format!("{count:.0} "),
    }
}
