//! Opening: what is small is checked first, and every size against the length of the file before anything is reserved for
//! it; then keys and codes, on several threads.

use std::fmt;
use std::fs::File;
use std::io;
use std::num::NonZeroUsize;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::base::{Base, Opened};
use super::block::{not_as_written, offset, words};
use super::file::Locked;
use super::header::{HEADER_BYTES, Header};
use super::mapping::Mapping;
use super::sections::{BlockAt, ENTRY_BYTES, Sections, WORD};
use super::temporary::sweep;
use super::{SnapshotError, damaged, other, sums};
use crate::{Coder, Codes, Gone};

/// Blocks that a thread takes at once: their keys, checksums and codes (350 kB in `v4` at 128 values) are still in the
/// processor's second cache when they are checked.
const TASK_BLOCKS: usize = 16;

/// An open snapshot.
pub struct Snapshot {
    header: Header,
    bases: Vec<(i64, Arc<Base>)>,
}

impl Snapshot {
    /// Opens the file at `path`, which must be of this coder and model, on so many threads.
    ///
    /// Everything but the originals is checked; those are checked whenever one is copied out. It waits for a process that
    /// is wiping rows, and removes what an interrupted writer left beside the file.
    ///
    /// # Errors
    /// When there is none, when it is another's, when it is damaged, or when the operating system says no.
    pub fn open(path: &Path, coder: &Coder, model: &str, threads: NonZeroUsize) -> Result<Self, SnapshotError> {
        sweep(path)?;
        let file = Locked::shared(File::open(path)?)?;
        let (header, seal, sections) = read_head(&file)?;
        if header.model != model {
            return Err(other(format!("model {}, where {model} is expected", header.model)));
        }
        header.check_coder(coder)?;
        let mapping = Mapping::new(&file, sections.end)?;
        let read = read_codes(&file, &sections, seal, coder, threads)?;
        let opened = Arc::new(Opened { mapping, sections, seal });
        let spaces = opened.sections.spaces.iter().zip(read);
        let base = |space, (codes, wiped)| Arc::new(Base::new(Arc::clone(&opened), space, codes, wiped));
        let bases = spaces.map(|(space, read)| (space.number, base(*space, read))).collect();
        Ok(Self { header, bases })
    }

    /// The store's version and mark that the snapshot at `path` was made of, without opening it.
    ///
    /// # Errors
    /// When there is none, when it is of another format or damaged at its head, or when the operating system says no.
    pub fn position(path: &Path) -> Result<(i64, i64), SnapshotError> {
        let (header, _, _) = read_head(&File::open(path)?)?;
        Ok((header.version, header.mark))
    }

    /// The store's version that the snapshot was made of.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.header.version
    }

    /// The store's mark at that version.
    #[must_use]
    pub fn mark(&self) -> i64 {
        self.header.mark
    }

    /// How many rows there are in all spaces, wiped ones included.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.bases.iter().map(|(_, base)| base.rows()).sum()
    }

    /// All spaces with their numbers, ascending.
    pub fn spaces(&self) -> impl Iterator<Item = (i64, Arc<Base>)> {
        self.bases.iter().map(|(number, base)| (*number, Arc::clone(base)))
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").field("version", &self.version()).field("rows", &self.rows()).finish_non_exhaustive()
    }
}

/// Header, seal, and where everything lies; all of which is checked, and fits the length of the file.
pub(super) fn read_head(file: &File) -> Result<(Header, u64, Sections), SnapshotError> {
    let length = file.metadata()?.len();
    let mut bytes = [0; HEADER_BYTES];
    file.read_exact_at(&mut bytes, 0)?;
    let (header, seal) = Header::parse(&bytes)?;
    if header.file_bytes != length {
        return Err(damaged(format!("{length} bytes, where {} were written", header.file_bytes)));
    }
    let entries = (length - HEADER_BYTES as u64) / ENTRY_BYTES as u64;
    let count = usize::try_from(header.spaces).ok().filter(|_| header.spaces <= entries);
    let count = count.ok_or_else(|| damaged("more spaces than there is room for"))?;
    let mut bytes = vec![0; count * ENTRY_BYTES];
    file.read_exact_at(&mut bytes, HEADER_BYTES as u64)?;
    if sums::plain(&bytes) != header.directory_sum {
        return Err(damaged("its directory is not what was written"));
    }
    let words: Vec<u64> = words(&bytes).collect();
    let directory: Vec<(i64, u64)> =
        words.as_chunks().0.iter().map(|[number, rows]| (number.cast_signed(), *rows)).collect();
    let sections = Sections::new(header.width, header.group_bytes, &directory);
    let fits = |sections: &Sections| (sections.end as u64, sections.rows as u64) == (length, header.rows);
    match sections.filter(fits) {
        Some(sections) => Ok((header, seal, sections)),
        None => Err(damaged("its directory lists other rows than there are")),
    }
}

/// What a thread does at once: some blocks of one space.
struct Task<'a> {
    space: usize,
    first_block: usize,
    codes: &'a mut [u8],
}

/// Reads and checks keys, row checksums and codes; for every space its codes and which of its rows are wiped.
fn read_codes(
    file: &File,
    sections: &Sections,
    seal: u64,
    coder: &Coder,
    threads: NonZeroUsize,
) -> Result<Vec<(Codes, Gone)>, SnapshotError> {
    let mut codes: Vec<Codes> = sections.spaces.iter().map(|space| Codes::zeroed(coder, space.rows)).collect();
    let task_bytes = TASK_BLOCKS * sections.block_codes_bytes();
    let tasks = codes.iter_mut().enumerate().flat_map(|(space, codes)| {
        let parts = codes.as_bytes_mut().chunks_mut(task_bytes).enumerate();
        parts.map(move |(number, codes)| Task { space, first_block: number * TASK_BLOCKS, codes })
    });
    let work = Work { file, sections, seal, tasks: Mutex::new(tasks) };
    let wiped = thread::scope(|scope| {
        let work = &work;
        // A thread that does not start leaves its tasks to the others.
        let others = (1..threads.get()).map_while(|_| thread::Builder::new().spawn_scoped(scope, || work.run()).ok());
        let others: Vec<_> = others.collect();
        let mut found = vec![work.run()];
        found.extend(others.into_iter().map(|other| other.join().expect("checking does not panic")));
        found.into_iter().collect::<Result<Vec<_>, _>>()
    })?;
    let mut gone = vec![Gone::default(); codes.len()];
    wiped.into_iter().flatten().for_each(|(space, row)| {
        gone[space].insert(row);
    });
    Ok(codes.into_iter().zip(gone).collect())
}

/// Tasks that several threads share.
struct Work<'a, T> {
    file: &'a File,
    sections: &'a Sections,
    seal: u64,
    tasks: Mutex<T>,
}

/// A thread's own memory, used for one task after the other.
#[derive(Default)]
struct Buffers {
    keys: Vec<u8>,
    sums: Vec<u8>,
    blocks: Vec<u8>,
}

impl<'a, T: Iterator<Item = Task<'a>> + Send> Work<'_, T> {
    /// Takes tasks until there are none; answers with the wiped rows by space.
    fn run(&self) -> Result<Vec<(usize, usize)>, SnapshotError> {
        let (mut buffers, mut wiped) = (Buffers::default(), Vec::new());
        while let Some(mut task) = self.next() {
            if let Err(error) = self.check(&mut task, &mut buffers, &mut wiped) {
                // Nobody needs the rest.
                while self.next().is_some() {}
                return Err(error);
            }
        }
        Ok(wiped)
    }

    fn next(&self) -> Option<Task<'a>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).next()
    }

    /// Reads a task's part of the file and checks it.
    fn check(
        &self,
        task: &mut Task<'_>,
        buffers: &mut Buffers,
        wiped: &mut Vec<(usize, usize)>,
    ) -> Result<(), SnapshotError> {
        let (sections, space) = (self.sections, &self.sections.spaces[task.space]);
        let last = (task.first_block + TASK_BLOCKS).min(sections.blocks_of(space));
        let blocks: Vec<BlockAt> = (task.first_block..last).map(|number| sections.block(space, number)).collect();
        let (row, rows) = (blocks[0].row, blocks.iter().map(|block| block.rows).sum::<usize>());
        // The key before shows whether keys ascend from task to task.
        let before = usize::from(task.first_block > 0);
        self.read(&mut buffers.keys, sections.key_at(row - before), (before + rows) * WORD)?;
        self.read(&mut buffers.sums, sections.sum_at(row), rows * WORD)?;
        self.read(&mut buffers.blocks, sections.block_sum_at(blocks[0].block), blocks.len() * WORD)?;
        self.file.read_exact_at(task.codes, offset(blocks[0].codes))?;

        for (at, sum) in blocks.iter().zip(words(&buffers.blocks)) {
            let from = at.row - row;
            let keys = &buffers.keys[(before + from) * WORD..][..at.rows * WORD];
            let row_sums = &buffers.sums[from * WORD..][..at.rows * WORD];
            let codes = &task.codes[at.codes - blocks[0].codes..][..at.codes_bytes];
            if sums::block(self.seal, at.block, keys, row_sums, codes) != sum {
                return Err(not_as_written(at.row, at.rows));
            }
        }
        if !words(&buffers.keys).map(u64::cast_signed).is_sorted_by(|key, next| key < next) {
            return Err(damaged("its keys do not ascend"));
        }
        let first = row - space.row(0);
        let zeros = words(&buffers.sums).zip(first..).filter(|(sum, _)| *sum == sums::WIPED);
        wiped.extend(zeros.map(|(_, row)| (task.space, row)));
        Ok(())
    }

    fn read(&self, into: &mut Vec<u8>, at: usize, bytes: usize) -> io::Result<()> {
        into.resize(bytes, 0);
        self.file.read_exact_at(into, offset(at))
    }
}
