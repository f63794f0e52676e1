//! Huffman codes of coefficients, decoded by tables (ITU-T T.81, annexes C and F).

use super::bits::Bits;

/// The longest code.
const LENGTH_MAX: usize = 16;

/// Bits that hold the longest code with the largest value behind it, which are 27.
const NEXT_BITS: u32 = 32;

/// Bits that a table tells what they begin with: nearly all codes are shorter, and two tables of each kind fit the nearest
/// cache.
const WINDOW_BITS: u32 = 10;

/// Of the table that only counts, whose entries are half as large.
const SKIP_WINDOW_BITS: u32 = 11;

/// The most bits that the magnitude of a coefficient of 8-bit samples has, and of the difference of two DC coefficients
/// (tables F.1 and F.2).
const AC_BITS_MAX: u8 = 10;
const DC_BITS_MAX: u8 = 11;

/// Coefficients of a block.
const BLOCK: u32 = 64;

/// Added to the place of a coefficient when the rest of its block is zero: more than any place.
const END: u32 = 128;

/// A code as it stands in the file: how many codes there are of each length, and what they mean.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Code {
    /// For each length, the first number that is no code of it or of a shorter one, shifted to 16 bits.
    limits: [u32; LENGTH_MAX],
    /// What to add to a code of each length for the place of its symbol.
    offsets: [i32; LENGTH_MAX],
    symbols: [u8; 256],
}

impl Code {
    /// `None`: more codes than bits allow, or one of nothing but ones.
    pub(super) fn new(counts: &[u8; LENGTH_MAX], symbols: &[u8]) -> Option<Self> {
        let mut code = Self { limits: [0; LENGTH_MAX], offsets: [0; LENGTH_MAX], symbols: [0; 256] };
        code.symbols.get_mut(..symbols.len())?.copy_from_slice(symbols);
        let (mut next, mut place) = (0_u32, 0_i32);
        for (index, count) in counts.iter().enumerate() {
            let length = index + 1;
            code.offsets[index] = place - next as i32;
            next += u32::from(*count);
            place += i32::from(*count);
            // The code of nothing but ones is kept from use, so that none is taken for the bits that fill up a byte.
            if *count > 0 && next >= 1 << length {
                return None;
            }
            code.limits[index] = next << (LENGTH_MAX - length);
            next <<= 1;
        }
        Some(code)
    }

    /// The length of the code that 16 bits begin with, and its symbol. `None`: they begin with none.
    #[inline]
    fn decode(&self, bits: u32) -> Option<(u32, u8)> {
        let index = self.limits.iter().position(|limit| bits < *limit)?;
        let place = (bits >> (LENGTH_MAX - 1 - index)) as i32 + self.offsets[index];
        Some((index as u32 + 1, *self.symbols.get(usize::try_from(place).ok()?)?))
    }

    /// What a window of bits, at the top of 16, begins with, if all of the code is in it.
    fn within(&self, window: u32, bits: u32) -> Option<(u32, u8)> {
        self.decode(window << (LENGTH_MAX as u32 - bits)).filter(|(length, _)| *length <= bits)
    }
}

/// What is next in a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    /// Bits of the code and of the value.
    bits: u32,
    /// By how many places to go on: those of zeros, and that of the value. [`END`]: the rest of the block is zero.
    places: u32,
    value: i16,
}

impl Step {
    /// In one number; zero is none, since every code has a bit.
    const fn packed(self) -> u32 {
        (self.value as u16 as u32) << 16 | self.places << 8 | self.bits
    }

    #[inline(always)]
    const fn unpacked(packed: u32) -> Self {
        Self { bits: packed & 0xFF, places: packed >> 8 & 0xFF, value: (packed >> 16) as i16 }
    }
}

/// What a symbol says of an AC coefficient: the zeros before it and its bits. `None`: there is no such symbol.
#[inline]
fn run_and_size(symbol: u8) -> Option<(u32, u8)> {
    let (run, size) = (u32::from(symbol >> 4), symbol & 15);
    match (run, size) {
        // The rest is zero.
        (0, 0) => Some((END - 1, 0)),
        // Sixteen zeros.
        (15, 0) => Some((15, 0)),
        (_, 0) => None,
        _ => (size <= AC_BITS_MAX).then_some((run, size)),
    }
}

/// A value from so many bits of it (F.2.2.1): those that begin with a zero are negative.
#[inline(always)]
fn extended(bits: u32, size: u8) -> i16 {
    let negative = size > 0 && bits >> (size - 1) == 0;
    (bits as i32 - if negative { (1 << size) - 1 } else { 0 }) as i16
}

/// The differences of DC coefficients.
pub(super) struct DcTable {
    steps: Box<[u32; 1 << WINDOW_BITS]>,
    code: Code,
}

impl DcTable {
    pub(super) fn new(code: &Code) -> Self {
        let step = |window| complete(window, code, |size| (size <= DC_BITS_MAX).then_some((0, size)));
        Self { steps: filled(step), code: code.clone() }
    }

    /// The next difference.
    #[inline(always)]
    pub(super) fn difference(&self, bits: &mut Bits<'_>) -> Option<i32> {
        bits.refill();
        let mut packed = self.steps[bits.peek(WINDOW_BITS) as usize & ((1 << WINDOW_BITS) - 1)];
        if packed == 0 {
            packed = slow(bits.peek(NEXT_BITS), &self.code, |size| (size <= DC_BITS_MAX).then_some((0, size)))?;
        }
        let step = Step::unpacked(packed);
        bits.consume(step.bits);
        Some(i32::from(step.value))
    }
}

/// The other coefficients of a block.
pub(super) struct AcTable {
    steps: Box<[u32; 1 << WINDOW_BITS]>,
    /// Bits and places of as many coefficients as have their codes in the window; zero: of none.
    skips: Box<[u16; 1 << SKIP_WINDOW_BITS]>,
    code: Code,
}

impl AcTable {
    pub(super) fn new(code: &Code) -> Self {
        let steps = filled(|window| complete(window, code, run_and_size));
        let skips = filled(|window| skip(window, code));
        Self { steps, skips, code: code.clone() }
    }

    /// Reads the rest of a block behind its DC coefficient and puts down those in the first places; `places` says where.
    /// `None`: the bits are of no code, or of more coefficients than a block has.
    #[inline(always)]
    pub(super) fn block(
        &self,
        bits: &mut Bits<'_>,
        last: u32,
        places: &[u8; 128],
        block: &mut [i16; 64],
    ) -> Option<u32> {
        let mut place = 1;
        while place <= last {
            bits.refill();
            let mut packed = self.steps[bits.peek(WINDOW_BITS) as usize & ((1 << WINDOW_BITS) - 1)];
            if packed == 0 {
                packed = slow(bits.peek(NEXT_BITS), &self.code, run_and_size)?;
            }
            let step = Step::unpacked(packed);
            bits.consume(step.bits);
            place += step.places;
            if place > BLOCK {
                // An end, or damage, which may not be put down.
                return place.checked_sub(END);
            }
            block[usize::from(places[(place - 1) as usize & 127]) & 63] = step.value;
        }
        self.skip(bits, place)?;
        Some(place)
    }

    /// Goes on from a place behind the end of the block.
    #[inline(always)]
    pub(super) fn skip(&self, bits: &mut Bits<'_>, mut place: u32) -> Option<()> {
        while place < BLOCK {
            bits.refill();
            let packed = u32::from(self.skips[bits.peek(SKIP_WINDOW_BITS) as usize & ((1 << SKIP_WINDOW_BITS) - 1)]);
            let (places, is_end) = (packed >> 5 & 0x7F, packed >> 12 != 0);
            // All that the entry counts is of this block: an end needs a place, too.
            if packed != 0 && place + places + u32::from(is_end) <= BLOCK {
                bits.consume(packed & 0x1F);
                place += places;
                if is_end {
                    return Some(());
                }
                continue;
            }
            let step = match self.steps[bits.peek(WINDOW_BITS) as usize & ((1 << WINDOW_BITS) - 1)] {
                0 => slow(bits.peek(NEXT_BITS), &self.code, run_and_size)?,
                step => step,
            };
            let step = Step::unpacked(step);
            bits.consume(step.bits);
            place += step.places;
        }
        (place == BLOCK || place > END).then_some(())
    }
}

/// A table with an entry for each window.
fn filled<T: Copy + Default, const N: usize>(entry: impl Fn(u32) -> T) -> Box<[T; N]> {
    let mut entries = Box::new([T::default(); N]);
    entries.iter_mut().zip(0..).for_each(|(to, window)| *to = entry(window));
    entries
}

/// The step that a window begins with, if all its bits are in the window; else zero.
fn complete(window: u32, code: &Code, meaning: impl Fn(u8) -> Option<(u32, u8)>) -> u32 {
    let step = || {
        let (length, symbol) = code.within(window, WINDOW_BITS)?;
        let (run, size) = meaning(symbol)?;
        let behind = WINDOW_BITS.checked_sub(length + u32::from(size))?;
        let value = window >> behind & ((1 << size) - 1);
        Some(Step { bits: length + u32::from(size), places: run + 1, value: extended(value, size) }.packed())
    };
    step().unwrap_or(0)
}

/// The step that so many bits begin with, however long.
///
/// It is handed the bits, not their reader, whose address nobody must have for it to be kept in registers.
#[cold]
#[inline(never)]
fn slow(next: u32, code: &Code, meaning: impl Fn(u8) -> Option<(u32, u8)>) -> Option<u32> {
    let (length, symbol) = code.decode(next >> (NEXT_BITS - LENGTH_MAX as u32))?;
    let (run, size) = meaning(symbol)?;
    let total = length + u32::from(size);
    let value = extended(next >> (NEXT_BITS - total) & ((1 << size) - 1), size);
    Some(Step { bits: total, places: run + 1, value }.packed())
}

/// As many steps as have their codes in the window, in one number: bits, then places, then whether the block ends.
fn skip(window: u32, code: &Code) -> u16 {
    let mask = (1 << SKIP_WINDOW_BITS) - 1;
    let (mut bits, mut places) = (0, 0);
    while bits < SKIP_WINDOW_BITS {
        let next = code
            .within(window << bits & mask, SKIP_WINDOW_BITS)
            .filter(|(length, _)| bits + length <= SKIP_WINDOW_BITS);
        let Some((length, (run, size))) = next.and_then(|(length, symbol)| Some((length, run_and_size(symbol)?)))
        else {
            break;
        };
        let is_end = run + 1 == END;
        // More than a block has: of no use to any.
        if !is_end && places + run + 1 > BLOCK {
            break;
        }
        bits += length + u32::from(size);
        if is_end {
            return (1 << 12 | places << 5 | bits) as u16;
        }
        places += run + 1;
    }
    (places << 5 | bits) as u16
}
