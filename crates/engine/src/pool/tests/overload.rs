//! The queue under load, in virtual time: Poisson arrivals, two workers, jobs as long as probes are.

use super::*;

/// Cores of the machine that is simulated.
const WORKERS: usize = 2;

/// How long a run lasts; its beginning, until the queue stands, is not measured.
const RUN: Duration = Duration::from_secs(300);
const WARM_UP: Duration = Duration::from_secs(20);

/// Jobs of a probe in an image of one megapixel, and in one of twelve: 30 and 120 ms, give or take a fifth.
const SHORT_MS: f64 = 30.0;
const LONG_MS: f64 = 120.0;

/// `SplitMix64` (Steele, Lea and Flood, 2014): the runs are the same everywhere.
struct Random(u64);

impl Random {
    /// Evenly from 0 to 1, without 1.
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn job_time(&mut self, long_share: f64) -> Duration {
        let ms = if self.unit() < long_share { LONG_MS } else { SHORT_MS };
        Duration::from_secs_f64(ms * (0.8 + 0.4 * self.unit()) / 1_000.0)
    }

    /// Until the next arrival, of so many a second.
    fn pause(&mut self, per_second: f64) -> Duration {
        Duration::from_secs_f64(-(1.0 - self.unit()).ln() / per_second)
    }
}

/// What came of a run.
#[derive(Debug)]
struct Outcome {
    served: usize,
    refused_at_the_door: usize,
    refused_late: usize,
    /// Share of the workers' time that jobs took.
    utilisation: f64,
    /// From arrival to answer, of those who were served.
    p99: Duration,
}

/// A queue whose workers are played.
struct Play {
    state: State<()>,
    random: Random,
    long_share: f64,
    begun: Instant,
    /// When each worker is free again.
    free: [Instant; WORKERS],
    /// When those came who wait.
    came: VecDeque<Instant>,
    latencies: Vec<Duration>,
    worked: Duration,
    refused_late: usize,
}

impl Play {
    fn new(long_share: f64) -> Self {
        let begun = Instant::now();
        Self {
            state: State::new(WORKERS, PoolLimits::default(), begun),
            random: Random(7),
            long_share,
            begun,
            free: [begun; WORKERS],
            came: VecDeque::new(),
            latencies: Vec::new(),
            worked: Duration::ZERO,
            refused_late: 0,
        }
    }

    /// Has the workers do what they begin until `now`.
    fn work_until(&mut self, now: Instant) {
        while let Some((worker, free)) = self.free.iter().copied().enumerate().min_by_key(|(_, free)| *free)
            && free <= now
            && let Some(came) = self.came.pop_front()
        {
            let begins = free.max(came);
            match self.state.take(begins).expect("a job that waits") {
                Task::Refuse(_, why) => {
                    assert!(matches!(why, Error::Overloaded { .. }));
                    self.refused_late += 1;
                }
                Task::Job(_) => {
                    let took = self.random.job_time(self.long_share);
                    self.state.note(took);
                    self.worked += took;
                    self.free[worker] = begins + took;
                    if begins > self.begun + WARM_UP {
                        self.latencies.push(begins + took - came);
                    }
                }
                Task::FollowUp(_) => unreachable!("nothing follows these jobs"),
            }
        }
        self.state.busy = self.free.iter().filter(|free| **free > now).count();
    }

    /// One more job; whether it may wait.
    fn arrive(&mut self, now: Instant) -> bool {
        self.work_until(now);
        if self.state.admits(now).is_err() {
            return false;
        }
        self.state.jobs.push_back(Waiting { job: Box::new(|_| true), since: now });
        self.came.push_back(now);
        self.work_until(now);
        true
    }
}

/// Arrivals at so many times what the workers can do, some of them long.
fn run(load: f64, long_share: f64) -> Outcome {
    let mut play = Play::new(long_share);
    let mean_ms = SHORT_MS * (1.0 - long_share) + LONG_MS * long_share;
    let per_second = load * WORKERS as f64 * 1_000.0 / mean_ms;
    let (mut now, mut refused_at_the_door) = (play.begun, 0);
    while now < play.begun + RUN {
        now += play.random.pause(per_second);
        refused_at_the_door += usize::from(!play.arrive(now));
    }
    play.latencies.sort();
    Outcome {
        served: play.latencies.len(),
        refused_at_the_door,
        refused_late: play.refused_late,
        utilisation: play.worked.as_secs_f64() / (WORKERS as f64 * RUN.as_secs_f64()),
        p99: play.latencies[play.latencies.len() * 99 / 100],
    }
}

#[test]
fn at_twice_the_capacity_who_is_served_waits_no_longer_and_no_fewer_are_served() {
    for long_share in [0.0, 0.1, 0.3] {
        let (at, twice) = (run(1.0, long_share), run(2.0, long_share));
        println!("{long_share}: {at:?}\n     {twice:?}");
        assert!(twice.p99 < 2 * at.p99, "the property: {at:?} {twice:?}");
        assert!(twice.p99 < Duration::from_millis(600), "a queue that stands is short: {twice:?}");
        assert!(twice.served >= at.served && twice.utilisation > 0.99, "{at:?} {twice:?}");
        let refused = twice.refused_at_the_door + twice.refused_late;
        assert!(
            twice.refused_late * 20 < refused,
            "nearly all are refused before anything is done for them: {twice:?}"
        );
    }
}

#[test]
fn below_the_capacity_nearly_everybody_is_served() {
    for (load, long_share) in [(0.7, 0.0), (0.9, 0.0), (0.7, 0.1)] {
        let below = run(load, long_share);
        let refused = below.refused_at_the_door + below.refused_late;
        assert!(refused * 100 < below.served, "{below:?}");
    }
}

#[test]
fn a_burst_of_as_many_as_may_be_in_flight_is_served_after_any_pause() {
    let mut play = Play::new(0.0);
    for pause in [0, 60] {
        let now = play.begun + Duration::from_secs(pause);
        assert!((0..64).all(|_| play.arrive(now)), "after {pause} s");
        play.work_until(now + Duration::from_secs(2));
        assert!(play.came.is_empty() && play.refused_late == 0, "after {pause} s");
    }
}

#[test]
fn what_lasts_longer_than_it_was_taken_for_is_refused_when_its_turn_comes() {
    let mut play = Play::new(1.0);
    // Taken for jobs of hardly more than 30 ms each, which would all be done in a second.
    assert!((0..50).all(|_| play.arrive(play.begun)));
    play.work_until(play.begun + Duration::from_secs(10));
    assert!(play.came.is_empty());
    assert!((25..40).contains(&play.refused_late), "{}", play.refused_late);
}
