//! The far tail of the non-mated scores, smoothed: at an FMR of 1e-6, thirty million comparisons leave thirty scores.

use serde::Serialize;

use super::Distribution;

/// Where the tail begins that the model is fitted to: an FMR of 1e-4, some 3,000 scores of 30 million.
const TAIL_FMR: f64 = 1e-4;

/// Fewer exceedances than this give no shape.
const EXCEEDANCES_MIN: usize = 50;

/// A generalised Pareto distribution of what scores exceed a level by, fitted by L-moments (Hosking & Wallis 1987).
///
/// By the Pickands-Balkema-de Haan theorem the excess over a high enough level follows this family whatever the
/// distribution of the scores, so all scores above an FMR of 1e-4 together say where 1e-6 is. The quantile taken from
/// the thirty highest alone would hang on a few look-alikes and on the label errors that nobody has found yet.
/// L-moments are linear in the scores: unlike likelihood or ordinary moments they are hardly moved by a few outliers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ParetoTail {
    /// The level.
    pub level: f64,
    /// FMR at the level.
    pub level_fmr: f64,
    /// How many scores exceed it.
    pub exceedances: u64,
    /// Scale of the excess.
    pub scale: f64,
    /// Shape: 0 is an exponential tail, below 0 a tail with an end.
    pub shape: f64,
}

impl ParetoTail {
    /// Fits the tail above an FMR of 1e-4; `None` when it holds too few scores.
    #[must_use]
    pub fn fit(scores: &Distribution) -> Option<Self> {
        let level = scores.threshold_at(TAIL_FMR);
        let exceedances = usize::try_from(scores.at_or_above(level)).ok()?;
        if exceedances < EXCEEDANCES_MIN || exceedances > scores.top().len() {
            return None;
        }
        let level = f64::from(level);
        let excess: Vec<f64> = scores.top()[..exceedances].iter().map(|score| f64::from(*score) - level).collect();
        let (scale, shape) = fit_by_l_moments(&excess)?;
        let level_fmr = exceedances as f64 / scores.count() as f64;
        Some(Self { level, level_fmr, exceedances: exceedances as u64, scale, shape })
    }

    /// The score that this share of the comparisons exceeds; only for rates below the level's.
    #[must_use]
    pub fn score_at(&self, fmr: f64) -> f64 {
        let decline = self.level_fmr / fmr;
        let excess = match self.shape.abs() < 1e-6 {
            true => self.scale * decline.ln(),
            false => self.scale / self.shape * (decline.powf(self.shape) - 1.0),
        };
        self.level + excess
    }
}

/// Scale and shape from the first two L-moments of excesses in descending order.
fn fit_by_l_moments(descending: &[f64]) -> Option<(f64, f64)> {
    let n = descending.len() as f64;
    let mean = descending.iter().sum::<f64>() / n;
    // b1, the probability-weighted moment: the weight of a value is the share of the others that it exceeds.
    let weighted: f64 = descending.iter().enumerate().map(|(at, y)| (n - 1.0 - at as f64) / (n - 1.0) * y).sum();
    let second = 2.0 * weighted / n - mean;
    let usable = mean.is_finite() && second > 0.0;
    usable.then(|| {
        let shape = 2.0 - mean / second;
        (mean * (1.0 - shape), shape)
    })
}

#[cfg(test)]
mod tests {
    use super::super::Tally;
    use super::*;

    /// Scores whose excess over `level` follows the distribution exactly: its quantiles at equal steps.
    fn scores(level: f64, scale: f64, shape: f64) -> Distribution {
        let mut tally = Tally::default();
        (0..9_990_000).for_each(|_| tally.push(0.0));
        for i in 0..10_000_u32 {
            let share = (f64::from(i) + 0.5) / 10_000.0;
            tally.push((level + scale / shape * (share.powf(-shape) - 1.0)) as f32);
        }
        tally.finish()
    }

    #[test]
    fn finds_the_parameters_that_made_the_scores() {
        for shape in [-0.3, -0.05, 0.1] {
            let distribution = scores(0.3, 0.03, shape);
            let tail = ParetoTail::fit(&distribution).expect("a tail");
            assert_eq!(tail.exceedances, 1000);
            assert!((tail.shape - shape).abs() < 0.03, "{tail:?}");
            let truth = 0.3 + 0.03 / shape * (1000.0_f64.powf(shape) - 1.0);
            assert!((tail.score_at(1e-6) - truth).abs() < 0.01, "{} {truth}", tail.score_at(1e-6));
        }
    }

    #[test]
    fn few_scores_have_no_tail() {
        let mut tally = Tally::default();
        (0..1000).for_each(|i| tally.push(i as f32 / 1000.0));
        assert_eq!(ParetoTail::fit(&tally.finish()), None);
    }
}
