//! The exact 1:N search: what a scan of all templates in single precision finds, at the price of reading an eighth of
//! them.
//!
//! Every template is kept twice: as it is, wherever there is room ([`Originals`]), and as a short code in memory
//! ([`Codes`]). A search reads the codes only. From a code follows a bound that the comparison score cannot exceed; a row
//! whose bound is below the best score found so far cannot win, and what may win is recomputed from the original. The
//! answer is therefore that of the full scan, bit for bit, and not an approximation; `docs/search.md` has the proof.
//!
//! | module | subject |
//! | --- | --- |
//! | `tier` | the closed set of codes, and what each takes in memory |
//! | `rotation` | the random orthogonal transform that spreads a vector evenly over its values |
//! | `coder`, `quantise` | vectors to codes, probes to queries, with the bounds of what is lost |
//! | `codes` | codes in memory, in groups of sixteen rows |
//! | `bound` | how much rounding there can be, anywhere between a code and a score |
//! | `kernel` | the inner loop, once for every kind of processor |
//! | `originals`, `gone` | the templates themselves; which of them no longer count |
//! | `scan`, `best` | the search: chunks, survivors, what is kept of them, threads |
//! | `snapshot` | codes and originals in a file, checked and mapped |
//! | `bandwidth` | how fast this machine reads memory: the physical limit |

mod bandwidth;
mod best;
mod bound;
mod coder;
mod codes;
mod gone;
mod kernel;
mod originals;
mod quantise;
mod rotation;
mod scan;
mod snapshot;
mod tier;

pub use bandwidth::memory_bandwidth;
pub use coder::{Coder, Query};
pub use codes::{Codes, CodesError, GROUP_ROWS};
pub use gone::Gone;
pub use kernel::Kernel;
pub use originals::{Damaged, Memory, Originals};
pub use scan::{Goal, Hit, How, Job, Piece, scan};
pub use snapshot::{Base, Origin, Snapshot, SnapshotError, SnapshotWriter};
pub use tier::{Tier, TierError};
