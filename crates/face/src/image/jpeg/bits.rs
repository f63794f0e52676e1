//! The coefficients' bits: the scan without what was stuffed into it, and a reader of it.

use super::super::wipe::Wiped;

/// Bytes behind the last of a scan, so that the reader can always load this many.
const PADDING_BYTES: usize = 8;

/// Bytes that are looked through at once for the beginning of a marker.
const STRIDE_BYTES: usize = 32;

/// The bytes of a scan up to the end marker: those behind a 0xFF that are no marker are left out, and so are restart markers.
pub(super) struct Scan {
    /// With the padding.
    bytes: Wiped,
    /// Where each interval between restart markers ends.
    ends: Vec<usize>,
}

impl Scan {
    /// `None`: there are more or fewer intervals than expected, their markers are not in order, or the end marker does not
    /// follow the last of them.
    pub(super) fn of(coded: &[u8], intervals: usize) -> Option<Self> {
        let mut bytes = Wiped::zeros(coded.len() + STRIDE_BYTES + PADDING_BYTES);
        let mut ends = Vec::new();
        let (mut from, mut to) = (0, 0);
        loop {
            (from, to) = copy_to_marker(coded, from, &mut bytes, to)?;
            match coded.get(from + 1)? {
                0x00 => {
                    bytes[to] = 0xFF;
                    to += 1;
                    from += 2;
                }
                // B.1.1.2: a marker may be preceded by any number of these.
                0xFF => from += 1,
                kind => {
                    let restarts = ends.len();
                    ends.push(to);
                    match kind {
                        0xD0..=0xD7 if usize::from(kind & 7) == restarts % 8 && ends.len() < intervals => from += 2,
                        0xD9 if ends.len() == intervals => break,
                        _ => return None,
                    }
                }
            }
        }
        // The last stride may have copied too much. What is behind a picture can be long, and was not touched.
        bytes[to..to + STRIDE_BYTES].fill(0);
        bytes.truncate(to + PADDING_BYTES);
        Some(Self { bytes, ends })
    }

    /// How many there are between restart markers.
    pub(super) fn intervals(&self) -> usize {
        self.ends.len()
    }

    /// A reader from a bit of an interval on.
    pub(super) fn bits(&self, at: u64) -> Bits<'_> {
        Bits { bytes: &self.bytes, at: (at / 8) as usize, held: 0, count: 0 }.skipped((at % 8) as u32)
    }

    /// Where the interval of this number begins, in bits.
    pub(super) fn beginning(&self, interval: usize) -> u64 {
        interval.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| 8 * *end as u64)
    }

    /// Where it ends.
    pub(super) fn end(&self, interval: usize) -> u64 {
        self.ends.get(interval).map_or(0, |end| 8 * *end as u64)
    }
}

/// Copies up to the next 0xFF and returns where that is, and where the copy ends. What is behind the copy is overwritten.
fn copy_to_marker(coded: &[u8], mut from: usize, bytes: &mut [u8], mut to: usize) -> Option<(usize, usize)> {
    while let Some(stride) = coded.get(from..).and_then(<[u8]>::first_chunk::<STRIDE_BYTES>) {
        bytes.get_mut(to..to + STRIDE_BYTES)?.copy_from_slice(stride);
        let has_marker = stride.iter().fold(false, |found, byte| found | (*byte == 0xFF));
        if has_marker {
            let before = stride.iter().position(|byte| *byte == 0xFF).unwrap_or(STRIDE_BYTES);
            return Some((from + before, to + before));
        }
        from += STRIDE_BYTES;
        to += STRIDE_BYTES;
    }
    let rest = coded.get(from..)?;
    let before = rest.iter().position(|byte| *byte == 0xFF)?;
    bytes.get_mut(to..to + before)?.copy_from_slice(&rest[..before]);
    Some((from + before, to + before))
}

/// Reads bits, the highest of each byte first. Behind the scan there are zeros without end; whoever reads must ask now and
/// then whether it still is where there is something ([`Self::position`]).
#[derive(Clone, Copy)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// The next byte to load.
    at: usize,
    /// The bits that are next, from the highest down; below the count there is what the next load brings again.
    held: u64,
    count: u32,
}

impl Bits<'_> {
    fn skipped(mut self, bits: u32) -> Self {
        self.refill();
        self.consume(bits);
        self
    }

    /// Loads so that 56 bits or more are held.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        let next = match self.bytes.get(self.at..).and_then(<[u8]>::first_chunk::<8>) {
            Some(next) => u64::from_be_bytes(*next),
            None => 0,
        };
        self.held |= next >> self.count;
        // As many bytes as found room whole.
        self.at += ((63 - self.count) >> 3) as usize;
        self.count |= 56;
    }

    /// The next bits, at most 32; they must have been loaded.
    #[inline(always)]
    pub(super) fn peek(&self, bits: u32) -> u32 {
        (self.held >> (64 - bits)) as u32
    }

    /// Goes on by so many bits, which must have been loaded.
    #[inline(always)]
    pub(super) fn consume(&mut self, bits: u32) {
        self.held <<= bits;
        self.count -= bits;
    }

    /// How many bits of the scan are before the next one.
    #[inline(always)]
    pub(super) fn position(&self) -> u64 {
        8 * self.at as u64 - u64::from(self.count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stuffed_bytes_and_markers_are_left_out() {
        let coded = b"\x12\xFF\x00\x34\xFF\xD0\x56\xFF\xFF\xD1\xFF\xD9behind";
        let scan = Scan::of(coded, 3).expect("three intervals");
        assert_eq!(scan.bytes[..4], [0x12, 0xFF, 0x34, 0x56]);
        assert_eq!((scan.beginning(1), scan.end(1), scan.end(2)), (24, 32, 32));
        assert!(Scan::of(coded, 2).is_none() && Scan::of(coded, 4).is_none(), "as many as expected");
        assert!(Scan::of(b"\x12\xFF\xD1\x34\xFF\xD9", 2).is_none(), "the second marker for the first");
        assert!(Scan::of(b"\x12\xFF\xC4\x34\xFF\xD9", 1).is_none(), "another marker");
        for end in 0..coded.len() - 7 {
            assert!(Scan::of(&coded[..end], 3).is_none(), "cut off at {end}");
        }
    }

    proptest! {
        #[test]
        fn every_bit_is_read_once(
            mut coded in prop::collection::vec(prop::sample::select(vec![0, 1, 0x7F, 0x80, 0xFE, 0xFF]), 0..200),
            sizes in prop::collection::vec(1_u32..=28, 100),
            from in 0_usize..100,
        ) {
            let bytes = coded.clone();
            coded = coded.into_iter().flat_map(|byte| if byte == 0xFF { vec![0xFF, 0] } else { vec![byte] }).collect();
            coded.extend(b"\xFF\xD9");
            let scan = Scan::of(&coded, 1).expect("complete");
            prop_assert_eq!(scan.end(0), 8 * bytes.len() as u64);
            let expected = |at: usize| bytes.get(at / 8).is_some_and(|byte| byte & 0x80 >> (at % 8) != 0);
            let (mut bits, mut at) = (scan.bits(from as u64), from);
            for size in sizes {
                bits.refill();
                prop_assert_eq!(bits.position(), at as u64);
                let number = (at..at + size as usize).fold(0, |number, at| number << 1 | u32::from(expected(at)));
                prop_assert_eq!(bits.peek(size), number, "{} bits at {}", size, at);
                bits.consume(size);
                at += size as usize;
            }
        }
    }
}
