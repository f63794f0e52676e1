//! Codes in memory.

use std::fmt;

use memmap2::MmapMut;

use crate::Tier;
use crate::coder::Coder;
use crate::rotation::WIDTH_STEP;

/// Rows that lie interleaved: sixteen 32-bit sums fill a register of 512 bits, or two of 256.
pub const GROUP_ROWS: usize = 16;

/// Values that one row gives to a step of the kernel: one 32-bit lane.
pub(crate) const STEP_VALUES: usize = 4;

/// A cache line in bytes. Groups are whole lines, so that a scan reads nothing twice.
pub(crate) const LINE: usize = 64;

/// From so many bytes on, codes lie in pages of 2 MiB: below, the page table of 4 KiB pages stays in the processor.
const HUGE_BYTES_MIN: usize = 4 << 20;

/// How a group of sixteen rows lies in memory.
///
/// `v4`: for every eight values of the padded width a line: row `r`'s lane of four bytes at `4 r`, byte `b` of it holding
/// value `b` in its lower half and value `4 + b` in its upper half. `u8`: for every four values a line, a byte a value.
/// Then a line of bounds: sixteen scales and sixteen residuals, in the upper halves of `f32`s (`bfloat16`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) tier: Tier,
    /// Values of a vector, before they are padded: codes of different widths may lie alike, and still are no match.
    pub(crate) width: usize,
    /// Lines of codes in a group.
    pub(crate) lines: usize,
}

impl Layout {
    pub(crate) fn new(tier: Tier, width: usize) -> Self {
        let padded = width.next_multiple_of(WIDTH_STEP).max(WIDTH_STEP);
        let lines = match tier {
            Tier::U8 => padded / STEP_VALUES,
            Tier::V4 => padded / (2 * STEP_VALUES),
        };
        Self { tier, width, lines }
    }

    /// Bytes of a group, its bounds included.
    pub(crate) fn group_bytes(self) -> usize {
        (self.lines + 1) * LINE
    }
}

/// Codes of rows, in groups of [`GROUP_ROWS`]; the last group is padded with rows that never win.
pub struct Codes {
    layout: Layout,
    rows: usize,
    memory: Pages,
}

/// Memory that begins at a cache line.
enum Pages {
    Small(Box<[Line]>),
    Huge(MmapMut),
}

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; LINE]);

impl Codes {
    /// Room for `rows` rows, all of which are wiped.
    #[must_use]
    pub fn zeroed(coder: &Coder, rows: usize) -> Self {
        let bytes = Self::bytes(coder, rows);
        Self { layout: coder.layout(), rows, memory: Pages::zeroed(bytes) }
    }

    /// Bytes that `rows` rows take.
    #[must_use]
    pub fn bytes(coder: &Coder, rows: usize) -> usize {
        rows.div_ceil(GROUP_ROWS) * Self::group_bytes(coder)
    }

    /// Bytes that a group takes.
    #[must_use]
    pub fn group_bytes(coder: &Coder) -> usize {
        coder.layout().group_bytes()
    }

    /// Takes back what [`Codes::as_bytes`] gave, of the same coder. It must have been checked: other bytes are other bounds,
    /// by which rows are missed.
    ///
    /// # Errors
    /// When the length is not that of `rows` rows.
    pub fn from_bytes(coder: &Coder, rows: usize, bytes: &[u8]) -> Result<Self, CodesError> {
        let mut codes = Self::zeroed(coder, rows);
        match codes.as_bytes().len() == bytes.len() {
            true => codes.as_bytes_mut().copy_from_slice(bytes),
            false => return Err(CodesError { expected: codes.as_bytes().len(), found: bytes.len() }),
        }
        Ok(codes)
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The codes as they lie in memory, group after group.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.memory.bytes()
    }

    /// The same, to be filled.
    pub fn as_bytes_mut(&mut self) -> &mut [u8] {
        self.memory.bytes_mut()
    }

    /// Wipes a row's code.
    pub fn clear(&mut self, row: usize) {
        let (layout, group) = (self.layout, row / GROUP_ROWS);
        let bytes = layout.group_bytes();
        layout.clear(&mut self.as_bytes_mut()[group * bytes..][..bytes], row % GROUP_ROWS);
    }

    pub(crate) fn layout(&self) -> Layout {
        self.layout
    }
}

impl Layout {
    /// Wipes a row's code within its group.
    pub(crate) fn clear(self, group: &mut [u8], row: usize) {
        let (codes, bounds) = group.split_at_mut(self.lines * LINE);
        codes.chunks_exact_mut(LINE).for_each(|line| line[row * STEP_VALUES..][..STEP_VALUES].fill(0));
        let (scales, residuals) = bounds.split_at_mut(LINE / 2);
        scales[2 * row..][..2].fill(0);
        residuals[2 * row..][..2].fill(0);
    }
}

impl Pages {
    fn zeroed(bytes: usize) -> Self {
        if bytes >= HUGE_BYTES_MIN
            && let Ok(map) = MmapMut::map_anon(bytes)
        {
            // Advice only: where the kernel has no huge pages, small ones hold the same.
            #[cfg(target_os = "linux")]
            let _ = map.advise(memmap2::Advice::HugePage);
            return Self::Huge(map);
        }
        Self::Small(vec![Line([0; LINE]); bytes / LINE].into())
    }

    fn bytes(&self) -> &[u8] {
        match self {
            // SAFETY: a line is an array of bytes without padding, and lines lie one after the other.
            Self::Small(lines) => unsafe { std::slice::from_raw_parts(lines.as_ptr().cast(), lines.len() * LINE) },
            Self::Huge(map) => map,
        }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        match self {
            // SAFETY: as above, and whoever holds `self` mutably is alone.
            Self::Small(lines) => unsafe {
                std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast(), lines.len() * LINE)
            },
            Self::Huge(map) => map,
        }
    }
}

impl Clone for Codes {
    fn clone(&self) -> Self {
        let mut memory = Pages::zeroed(self.as_bytes().len());
        memory.bytes_mut().copy_from_slice(self.as_bytes());
        Self { layout: self.layout, rows: self.rows, memory }
    }
}

impl Drop for Codes {
    /// Codes are biometric data, too.
    fn drop(&mut self) {
        self.as_bytes_mut().fill(0);
        std::hint::black_box(self.as_bytes_mut());
    }
}

impl fmt::Debug for Codes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Codes").field("layout", &self.layout).field("rows", &self.rows).finish_non_exhaustive()
    }
}

/// Bytes that cannot be the codes of so many rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodesError {
    expected: usize,
    found: usize,
}

impl fmt::Display for CodesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "codes of {} bytes, where {} are expected", self.found, self.expected)
    }
}

impl std::error::Error for CodesError {}
