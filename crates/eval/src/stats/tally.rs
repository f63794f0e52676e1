//! Millions of non-mated scores in bounded memory: a histogram of all, and the highest one by one.

/// Bins over the scores from -1 to 1: a bin is 1e-4 of cosine wide.
const BINS: usize = 20_000;

/// How many of the highest scores are kept one by one: 16 MiB, and exact order statistics down to an FMR of 1e-1 on 40
/// million comparisons.
const TOP_MAX: usize = 4 << 20;

/// Collects scores.
#[derive(Clone, Debug)]
pub struct Tally {
    bins: Vec<u64>,
    top: Vec<f32>,
    top_max: usize,
    /// Every score above this is in `top`.
    floor: f32,
    count: u64,
}

impl Default for Tally {
    fn default() -> Self {
        Self::with_top(TOP_MAX)
    }
}

impl Tally {
    fn with_top(top_max: usize) -> Self {
        Self { bins: vec![0; BINS], top: Vec::new(), top_max, floor: f32::NEG_INFINITY, count: 0 }
    }

    /// Counts one score.
    #[inline]
    pub fn push(&mut self, score: f32) {
        self.bins[bin_of(score)] += 1;
        self.count += 1;
        self.keep(score);
    }

    /// Counts all that `other` has counted.
    #[must_use]
    pub fn merged(mut self, other: &Self) -> Self {
        self.bins.iter_mut().zip(&other.bins).for_each(|(a, b)| *a += b);
        self.count += other.count;
        other.top.iter().for_each(|score| self.keep(*score));
        self.raise_floor_to(other.floor);
        self
    }

    /// The scores in order.
    #[must_use]
    pub fn finish(mut self) -> Distribution {
        self.top.sort_unstable_by(|a, b| b.total_cmp(a));
        Distribution { bins: self.bins, top: self.top, floor: self.floor, count: self.count }
    }

    #[inline]
    fn keep(&mut self, score: f32) {
        if score > self.floor {
            self.top.push(score);
            if self.top.len() >= 2 * self.top_max {
                self.cut();
            }
        }
    }

    fn cut(&mut self) {
        let (_, lowest, _) = self.top.select_nth_unstable_by(self.top_max - 1, |a, b| b.total_cmp(a));
        self.floor = *lowest;
        self.top.truncate(self.top_max);
    }

    fn raise_floor_to(&mut self, floor: f32) {
        if floor > self.floor {
            self.floor = floor;
            self.top.retain(|score| *score >= floor);
        }
    }
}

fn bin_of(score: f32) -> usize {
    let at = (score + 1.0) * (BINS as f32 / 2.0);
    // A number below 0 or no number at all becomes 0.
    (at as usize).min(BINS - 1)
}

fn lower_edge(bin: usize) -> f32 {
    bin as f32 / (BINS as f32 / 2.0) - 1.0
}

/// All scores of a kind, in order.
#[derive(Clone, Debug)]
pub struct Distribution {
    bins: Vec<u64>,
    /// The highest scores, the highest first.
    top: Vec<f32>,
    floor: f32,
    count: u64,
}

impl Distribution {
    /// How many scores there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The highest scores one by one, the highest first.
    #[must_use]
    pub fn top(&self) -> &[f32] {
        &self.top
    }

    /// How many scores are at or above a threshold: they match. Exact in the part kept one by one, else to a bin.
    #[must_use]
    pub fn at_or_above(&self, threshold: f32) -> u64 {
        if threshold > self.floor {
            return self.top.partition_point(|score| *score >= threshold) as u64;
        }
        self.bins[bin_of(threshold)..].iter().sum()
    }

    /// The lowest threshold at which at most `fmr * count` scores match. Scores that tie with it are all kept out, so
    /// the rate is never exceeded.
    #[must_use]
    pub fn threshold_at(&self, fmr: f64) -> f32 {
        // A rate such as 1e-3 of 1000 is to be 1 although the product may come out a hair below.
        let allowed = (fmr * self.count as f64 + 1e-6).floor() as u64;
        if let Some(first_refused) = usize::try_from(allowed).ok().and_then(|n| self.top.get(n)) {
            return first_refused.next_up();
        }
        if self.top.len() as u64 == self.count {
            return -1.0;
        }
        let mut above = 0;
        for (bin, count) in self.bins.iter().enumerate().rev() {
            above += count;
            if above > allowed {
                return lower_edge(bin + 1);
            }
        }
        -1.0
    }

    /// `(centre of the bin, share of all scores in it)`, in `bins` bins from -1 to 1; `bins` divides 20,000.
    #[must_use]
    pub fn histogram(&self, bins: usize) -> Vec<(f64, f64)> {
        let wide = BINS / bins;
        let centre = |bin: usize| (bin as f64 + 0.5) * 2.0 / bins as f64 - 1.0;
        let share = |counts: &[u64]| counts.iter().sum::<u64>() as f64 / self.count.max(1) as f64;
        self.bins.chunks(wide).enumerate().map(|(bin, counts)| (centre(bin), share(counts))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distribution(scores: &[f32]) -> Distribution {
        let mut tally = Tally::default();
        scores.iter().for_each(|score| tally.push(*score));
        tally.finish()
    }

    #[test]
    fn at_most_the_allowed_number_matches() {
        let scores: Vec<f32> = (0..1000_u16).map(|i| f32::from(i) / 1000.0).collect();
        let distribution = distribution(&scores);
        for (fmr, matches) in [(1e-3, 1), (1e-2, 10), (0.5, 500), (1e-4, 0)] {
            assert_eq!(distribution.at_or_above(distribution.threshold_at(fmr)), matches, "{fmr}");
        }
        assert_eq!(distribution.threshold_at(1.0), -1.0);
    }

    #[test]
    fn scores_that_tie_at_the_threshold_are_all_kept_out() {
        let distribution = distribution(&[0.9, 0.5, 0.5, 0.5, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]);
        let threshold = distribution.threshold_at(0.2);
        assert!(threshold > 0.5);
        assert_eq!(distribution.at_or_above(threshold), 1);
        assert_eq!(distribution.at_or_above(0.5), 4, "at the threshold is a match");
        assert_eq!(distribution.at_or_above(distribution.threshold_at(0.4)), 4);
    }

    #[test]
    fn a_small_memory_gives_the_same_tail_and_the_bulk_to_a_bin() {
        let scores: Vec<f32> = (0..10_000_u32).map(|i| ((i * 7919 % 10_000) as f32) / 5000.0 - 1.0).collect();
        let exact = distribution(&scores);
        let (first, second) = scores.split_at(3_000);
        let mut tallies = [Tally::with_top(100), Tally::with_top(100)];
        first.iter().for_each(|score| tallies[0].push(*score));
        second.iter().for_each(|score| tallies[1].push(*score));
        let [a, b] = tallies;
        let small = a.merged(&b).finish();
        assert_eq!(small.count(), exact.count());
        assert_eq!(small.threshold_at(1e-3), exact.threshold_at(1e-3));
        assert_eq!(small.at_or_above(0.995), exact.at_or_above(0.995));
        for fmr in [0.1, 0.3, 0.9] {
            assert!((small.threshold_at(fmr) - exact.threshold_at(fmr)).abs() < 3e-4);
        }
    }

    #[test]
    fn the_histogram_holds_every_score_once() {
        let histogram = distribution(&[-1.0, -0.5, 0.0, 0.5, 1.0, 1.000_1]).histogram(4);
        let total: f64 = histogram.iter().map(|(_, share)| share).sum();
        assert!((total - 1.0).abs() < 1e-12);
        assert_eq!(histogram.len(), 4);
    }
}
