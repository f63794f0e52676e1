//! What is measured beside each other on a gallery.

use search::{Kernel, Tier};

use super::peers::Peer;
use super::report::Kind;

/// Threads and probes a call in which ours is measured.
pub(super) const THREADS: [usize; 2] = [1, 2];
pub(super) const BATCHES: [usize; 2] = [1, 16];

/// Up to so many rows everything is measured; above it ours and a scan in faiss, for the others take too long to fill, or
/// more memory than there is.
pub(super) const ALL_ROWS_MAX: usize = 1_000_000;

/// Up to so many rows graphs are built for every kind of data; above it for the first kind, as one takes minutes to build.
const GRAPHS_ROWS_MAX: usize = 100_000;

/// An index and how it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct System {
    pub(super) who: Who,
    pub(super) threads: usize,
    pub(super) batch: usize,
}

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Ours { tier: Tier, kernel: Kernel },
    Scan,
    Peer { peer: Peer, effort: Option<usize> },
}

impl Who {
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Ours { tier, kernel } => Kind::Ours {
                tier: tier.to_string(),
                kernel: kernel.name().into(),
                best: tier == Tier::default() && kernel == Kernel::best(),
            },
            Self::Scan => Kind::Scan,
            Self::Peer { peer, effort } => Kind::Peer { peer, effort },
        }
    }
}

/// The peers that are asked about a gallery of so many rows.
pub(super) fn peers(wanted: &[Peer], rows: usize, first_source: bool) -> Vec<Peer> {
    let feasible = |peer: &Peer| match peer {
        Peer::Flat => true,
        Peer::Ivf | Peer::Pgvector => rows <= ALL_ROWS_MAX,
        Peer::Hnswlib | Peer::Usearch => rows <= GRAPHS_ROWS_MAX || rows <= ALL_ROWS_MAX && first_source,
    };
    wanted.iter().copied().filter(feasible).collect()
}

/// All systems on a gallery of so many rows.
pub(super) fn systems(rows: usize, peers: &[Peer]) -> Vec<System> {
    let single = THREADS.map(|threads| (threads, 1));
    let shapes: Vec<_> = BATCHES.iter().flat_map(|batch| THREADS.map(|threads| (threads, *batch))).collect();
    let flat = [(1, 1), (1, 16), (2, 16)];
    let mut systems = Vec::new();
    let mut add = |who, shapes: &[(usize, usize)]| {
        systems.extend(shapes.iter().map(|(threads, batch)| System { who, threads: *threads, batch: *batch }));
    };
    for tier in [Tier::V4, Tier::U8] {
        for kernel in Kernel::available().into_iter().rev() {
            add(Who::Ours { tier, kernel }, &shapes);
        }
    }
    if rows <= ALL_ROWS_MAX {
        add(Who::Scan, &single);
    }
    for peer in peers.iter().copied() {
        let shapes = match peer {
            // Threads of faiss share out the probes of a call: with one probe a second thread is in the way.
            Peer::Flat => &flat[..],
            Peer::Pgvector => &single[..],
            Peer::Ivf | Peer::Hnswlib | Peer::Usearch => &single[..1],
        };
        peer.efforts(rows).into_iter().for_each(|effort| add(Who::Peer { peer, effort }, shapes));
    }
    systems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_million_rows_are_for_ours_and_a_flat_scan() {
        let asked = peers(&Peer::ALL, 10_000_000, true);
        assert_eq!(asked, [Peer::Flat]);
        let who = |system: &System| matches!(system.who, Who::Ours { .. } | Who::Peer { peer: Peer::Flat, .. });
        assert!(systems(10_000_000, &asked).iter().all(who));
    }

    #[test]
    fn graphs_of_a_million_are_built_for_the_first_data_only() {
        assert!(!peers(&Peer::ALL, 1_000_000, false).iter().any(|peer| peer.is_graph()));
        assert_eq!(peers(&Peer::ALL, 1_000_000, true), Peer::ALL);
        assert_eq!(peers(&Peer::ALL, 100_000, false), Peer::ALL);
        assert_eq!(peers(&[Peer::Hnswlib], 50_000, false), [Peer::Hnswlib]);
    }

    #[test]
    fn exactly_one_setting_of_each_shape_is_the_one_that_others_are_compared_with() {
        let all = systems(1000, &[]);
        for threads in THREADS {
            for batch in BATCHES {
                let shape = |system: &&System| (system.threads, system.batch) == (threads, batch);
                assert_eq!(all.iter().filter(shape).filter(|system| system.who.kind().is_best()).count(), 1);
            }
        }
    }
}
