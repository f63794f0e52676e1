//! The statistics, free of images and files. Terms follow ISO/IEC 19795-1.

mod accuracy;
mod rate;
mod table;
mod tail;
mod tally;

pub(crate) use accuracy::{Judged, mean_and_std, share_right, threshold_of_most_right};
pub use rate::Rate;
pub use table::{KnotSource, MeasuredKnot, fmr_of_percent, measure_table};
pub use tail::ParetoTail;
pub use tally::{Distribution, Tally};
