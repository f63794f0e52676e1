//! The first bytes of the file: what it is, and what it was made of.

use super::{Origin, SnapshotError, damaged, other, sums};
use crate::{Coder, Codes, GROUP_ROWS, Tier};

/// How many bytes the header takes: nineteen words, and room for the longest model id.
pub(super) const HEADER_BYTES: usize = 512;

/// The first eight bytes, as a number in the order of the machine: a file of another order does not begin so.
const MAGIC: u64 = u64::from_le_bytes(*b"AUTHER1N");

/// How parts are laid out. It changes with any of them; header and checksum keep their places, so that another format is
/// told from damage.
const FORMAT: u64 = 1;

/// Rows under one checksum of keys and codes: 17 kB of 4-bit codes at 128 values, which one core checks in 2 us.
pub(super) const BLOCK_ROWS: usize = 256;

const WORD: usize = size_of::<u64>();
/// Words before the model.
const WORDS: usize = 14;
const MODEL_AT: usize = WORDS * WORD;
const SUM_AT: usize = HEADER_BYTES - WORD;
/// The longest model id, in bytes.
const MODEL_BYTES_MAX: usize = SUM_AT - MODEL_AT;

/// The header as it was read or will be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) width: usize,
    pub(super) tier: Tier,
    pub(super) group_bytes: usize,
    pub(super) fingerprint: u64,
    pub(super) version: i64,
    pub(super) mark: i64,
    pub(super) spaces: u64,
    pub(super) rows: u64,
    pub(super) file_bytes: u64,
    pub(super) directory_sum: u64,
    pub(super) model: String,
}

impl Header {
    /// The header of a file to be written; what the directory decides is filled in later.
    ///
    /// `None` when the model's id is too long.
    pub(super) fn new(coder: &Coder, origin: Origin<'_>) -> Option<Self> {
        (origin.model.len() <= MODEL_BYTES_MAX).then(|| Self {
            width: coder.width(),
            tier: coder.tier(),
            group_bytes: Codes::group_bytes(coder),
            fingerprint: coder.fingerprint(),
            version: origin.version,
            mark: origin.mark,
            spaces: 0,
            rows: 0,
            file_bytes: 0,
            directory_sum: 0,
            model: origin.model.to_owned(),
        })
    }

    /// The bytes, and their checksum: the seal under which everything else is summed.
    pub(super) fn to_bytes(&self) -> ([u8; HEADER_BYTES], u64) {
        let mut bytes = [0; HEADER_BYTES];
        let words = self.words();
        for (to, word) in bytes.chunks_exact_mut(WORD).zip(words) {
            to.copy_from_slice(&word.to_ne_bytes());
        }
        bytes[MODEL_AT..][..self.model.len()].copy_from_slice(self.model.as_bytes());
        let seal = sums::plain(&bytes[..SUM_AT]);
        bytes[SUM_AT..].copy_from_slice(&seal.to_ne_bytes());
        (bytes, seal)
    }

    fn words(&self) -> [u64; WORDS] {
        [
            MAGIC,
            FORMAT,
            self.width as u64,
            tier_number(self.tier),
            (GROUP_ROWS as u64) << 32 | BLOCK_ROWS as u64,
            self.group_bytes as u64,
            self.fingerprint,
            self.version.cast_unsigned(),
            self.mark.cast_unsigned(),
            self.spaces,
            self.rows,
            self.file_bytes,
            self.directory_sum,
            self.model.len() as u64,
        ]
    }

    /// Takes back what [`Header::to_bytes`] gave, with the seal.
    pub(super) fn parse(bytes: &[u8; HEADER_BYTES]) -> Result<(Self, u64), SnapshotError> {
        let word = |number: usize| word_at(bytes, number * WORD);
        if word(0) != MAGIC {
            return Err(damaged("it does not begin as one"));
        }
        let seal = sums::plain(&bytes[..SUM_AT]);
        if word_at(bytes, SUM_AT) != seal {
            return Err(damaged("its header is not what was written"));
        }
        if word(1) != FORMAT {
            return Err(other(format!("format {}, and this program's is {FORMAT}", word(1))));
        }
        let header = Self {
            width: width(word(2))?,
            tier: tier(word(3))?,
            group_bytes: size(word(5))?,
            fingerprint: word(6),
            version: word(7).cast_signed(),
            mark: word(8).cast_signed(),
            spaces: word(9),
            rows: word(10),
            file_bytes: word(11),
            directory_sum: word(12),
            model: model(bytes, word(13))?,
        };
        match word(4) == header.words()[4] {
            true => Ok((header, seal)),
            false => Err(other("rows in groups or blocks of other sizes")),
        }
    }

    /// Whether the codes are those that this coder makes.
    ///
    /// # Errors
    /// When they are another's.
    pub(super) fn check_coder(&self, coder: &Coder) -> Result<(), SnapshotError> {
        if (self.width, self.tier) != (coder.width(), coder.tier()) {
            let (width, tier) = (coder.width(), coder.tier());
            return Err(other(format!("{} {} values, where {tier} {width} are expected", self.tier, self.width)));
        }
        match (self.group_bytes, self.fingerprint) == (Codes::group_bytes(coder), coder.fingerprint()) {
            true => Ok(()),
            false => Err(other("codes of another coder")),
        }
    }
}

fn word_at(bytes: &[u8; HEADER_BYTES], at: usize) -> u64 {
    let mut word = [0; WORD];
    word.copy_from_slice(&bytes[at..at + WORD]);
    u64::from_ne_bytes(word)
}

fn width(word: u64) -> Result<usize, SnapshotError> {
    let width = usize::try_from(word).ok().filter(|width| (1..=Coder::WIDTH_MAX).contains(width));
    width.ok_or_else(|| other(format!("templates of {word} values")))
}

fn size(word: u64) -> Result<usize, SnapshotError> {
    usize::try_from(word).map_err(|_| other("sizes of another machine"))
}

fn model(bytes: &[u8; HEADER_BYTES], length: u64) -> Result<String, SnapshotError> {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let model = bytes[MODEL_AT..SUM_AT].get(..length).and_then(|model| std::str::from_utf8(model).ok());
    model.map(str::to_owned).ok_or_else(|| other("a model id of another form"))
}

/// The number of a tier in the file.
fn tier_number(tier: Tier) -> u64 {
    match tier {
        Tier::U8 => 1,
        Tier::V4 => 2,
    }
}

fn tier(number: u64) -> Result<Tier, SnapshotError> {
    let known = Tier::ALL.into_iter().find(|tier| tier_number(*tier) == number);
    known.ok_or_else(|| other(format!("tier {number}")))
}
