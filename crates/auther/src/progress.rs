//! Progress bars on standard error, for people; silent when nobody watches.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use models::Event;

use crate::output::note;

/// How often a bar is drawn when nothing happens, so that it shows life.
const TICK: Duration = Duration::from_millis(200);

/// A bar for `parts` parts of something.
pub(crate) fn bar(what: &str, parts: u64) -> ProgressBar {
    let bar = ProgressBar::new(parts).with_message(what.to_string());
    if let Ok(style) = ProgressStyle::with_template("{msg:12} [{bar:40}] {pos}/{len} {per_sec} eta {eta}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.enable_steady_tick(TICK);
    bar
}

/// Shows a setup.
#[derive(Default)]
pub(crate) struct SetupProgress {
    bar: Option<ProgressBar>,
    noted: BTreeSet<String>,
}

impl models::Progress for SetupProgress {
    fn event(&mut self, card: &str, event: Event<'_>) {
        if let Event::Downloaded { bytes, bytes_total } = event {
            let bar = self.bar.get_or_insert_with(|| bytes_bar(card, bytes_total));
            return bar.set_position(bytes);
        }
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        let line = match event {
            Event::Waiting => "another setup is running; waiting for it".into(),
            Event::Present => format!("{card}: present and right"),
            Event::Replacing { why } => format!("{card}: fetching again, {why}"),
            Event::Trying { source } => format!("{card}: fetching from {source}"),
            Event::Skipped { source, reason } => {
                format!("{card}: not from {source} ({reason}); trying the next source")
            }
            Event::Preparing => format!("{card}: preparing"),
            Event::Stored { path, bytes } => format!("{card}: stored {} ({bytes} bytes)", path.display()),
            Event::Downloaded { .. } => return,
        };
        if self.noted.insert(line.clone()) {
            note(line);
        }
    }
}

fn bytes_bar(card: &str, bytes_total: u64) -> ProgressBar {
    let bar = ProgressBar::new(bytes_total).with_message(card.to_string());
    if let Ok(style) = ProgressStyle::with_template("{msg:14} [{bar:40}] {bytes}/{total_bytes} {bytes_per_sec}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}

/// Shows an evaluation.
#[derive(Default)]
pub(crate) struct EvalProgress(Mutex<Option<ProgressBar>>);

impl EvalProgress {
    fn with(&self, act: impl FnOnce(&mut Option<ProgressBar>)) {
        act(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}

impl eval::Progress for EvalProgress {
    fn begin(&self, step: &str, parts: u64) {
        self.with(|shown| *shown = Some(bar(step, parts)));
    }

    fn advance(&self) {
        self.with(|shown| shown.iter().for_each(|bar| bar.inc(1)));
    }

    fn end(&self) {
        self.with(|shown| shown.take().iter().for_each(ProgressBar::finish_and_clear));
    }
}
