//! Writing: under another name, then renamed.

use std::fmt;
use std::fs;
use std::io;
use std::mem;
use std::num::NonZeroUsize;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use super::Origin;
use super::block::{Block, offset};
use super::file::Locked;
use super::header::{HEADER_BYTES, Header};
use super::sections::{BlockAt, ENTRY_BYTES, Sections};
use super::sums;
use super::temporary::{begin, temporary};
use crate::{Coder, Codes, Memory};

/// Bytes of vectors that wait for the rest of their blocks, in all spaces together. Beyond, they are written as they are,
/// and read back when their block is whole: where rows of a hundred thousand spaces come in turns, all would wait at once.
const WAITING_BYTES_MAX: usize = 64 << 20;

/// Whole blocks that wait for a thread, for each: enough that none stands still while the caller reads on.
const AHEAD: usize = 4;

/// Writes a snapshot: create, push every row that was announced, finish. Dropped before, it leaves nothing behind.
pub struct SnapshotWriter {
    path: PathBuf,
    temporary: PathBuf,
    target: Arc<Target>,
    head: Vec<u8>,
    filling: Vec<Filling>,
    /// The space of the last row: the next is mostly of the same.
    last: usize,
    /// Spaces with vectors that wait, and how many bytes these take.
    waiting: Vec<usize>,
    waiting_bytes: usize,
    /// [`WAITING_BYTES_MAX`]; less in tests.
    pub(super) waiting_bytes_max: usize,
    threads: Option<Threads>,
    finished: bool,
}

/// What a block is written to.
struct Target {
    file: Locked,
    sections: Sections,
    seal: u64,
    coder: Coder,
}

/// What has been pushed of a space.
#[derive(Default)]
struct Filling {
    rows: usize,
    last_key: Option<i64>,
    /// Keys of the block that is not yet whole.
    keys: Vec<u8>,
    /// Its vectors, but for the first `written` rows, which are in the file.
    values: Vec<f32>,
    written: usize,
}

/// A whole block.
struct Whole {
    at: BlockAt,
    keys: Vec<u8>,
    values: Memory,
}

/// Threads that encode and write whole blocks.
struct Threads {
    blocks: SyncSender<Whole>,
    handles: Vec<JoinHandle<io::Result<()>>>,
}

impl SnapshotWriter {
    /// Begins a snapshot that will lie at `path`. `spaces`: how many rows each has, by ascending number.
    ///
    /// # Errors
    /// When the spaces do not ascend or the model's id is too long (`InvalidInput`), when another process is writing one
    /// (`ResourceBusy`), or whatever the operating system says.
    pub fn create(path: &Path, coder: &Coder, origin: Origin<'_>, spaces: &[(i64, u64)]) -> io::Result<Self> {
        let sections = Sections::new(coder.width(), Codes::group_bytes(coder), spaces);
        let sections = sections.ok_or_else(|| invalid("spaces that do not ascend, or too many rows"))?;
        let header = Header::new(coder, origin).ok_or_else(|| invalid("a model id that is too long"))?;
        let (head, seal) = head(header, &sections, spaces);
        let temporary = temporary(path);
        let file = begin(&temporary, sections.end)?;
        let filling = sections.spaces.iter().map(|_| Filling::default()).collect();
        Ok(Self {
            path: path.to_owned(),
            temporary,
            target: Arc::new(Target { file, sections, seal, coder: coder.clone() }),
            head,
            filling,
            last: 0,
            waiting: Vec::new(),
            waiting_bytes: 0,
            waiting_bytes_max: WAITING_BYTES_MAX,
            threads: None,
            finished: false,
        })
    }

    /// Encodes and writes on so many threads beside the caller's, which otherwise does it itself.
    #[must_use]
    pub fn threads(mut self, threads: NonZeroUsize) -> Self {
        self.threads = Threads::start(&self.target, threads);
        self
    }

    /// Takes a row. Keys ascend within a space; spaces may come in any order, and in turns.
    ///
    /// # Errors
    /// When the row was not announced, its key does not ascend, or its width is another (`InvalidInput`); or whatever the
    /// operating system said about one of the rows so far.
    pub fn push(&mut self, space: i64, key: i64, values: &[f32]) -> io::Result<()> {
        let sections = &self.target.sections;
        if sections.spaces.get(self.last).is_none_or(|last| last.number != space) {
            self.last = sections.space(space).ok_or_else(|| invalid("a row of a space that was not announced"))?;
        }
        let (space, filling) = (&sections.spaces[self.last], &mut self.filling[self.last]);
        if values.len() != sections.width
            || filling.rows == space.rows
            || filling.last_key.is_some_and(|last| last >= key)
        {
            return Err(invalid("a row of another width, a row too many, or a key that does not ascend"));
        }
        let (at, row) = sections.block_of(space, filling.rows);
        if filling.values.capacity() == 0 {
            filling.values.reserve_exact((at.rows - row) * values.len());
            self.waiting.push(self.last);
            self.waiting_bytes += filling.bytes();
        }
        filling.keys.extend(key.to_ne_bytes());
        filling.values.extend(values);
        filling.last_key = Some(key);
        filling.rows += 1;
        if row + 1 == at.rows {
            return self.pass_on(at);
        }
        match self.waiting_bytes > self.waiting_bytes_max {
            true => self.spill(),
            false => Ok(()),
        }
    }

    /// Ends the file and renames it, when the disk has all of it.
    ///
    /// # Errors
    /// When rows are missing (`InvalidInput`), or whatever the operating system says.
    pub fn finish(mut self) -> io::Result<()> {
        if self.filling.iter().zip(&self.target.sections.spaces).any(|(filling, space)| filling.rows < space.rows) {
            return Err(invalid("rows that were announced are missing"));
        }
        self.threads.take().map_or(Ok(()), Threads::join)?;
        let file = &self.target.file;
        file.write_all_at(&self.head, 0)?;
        file.sync_data()?;
        fs::rename(&self.temporary, &self.path)?;
        self.finished = true;
        Ok(())
    }

    /// Has the block of the last row written, which is whole now.
    fn pass_on(&mut self, at: BlockAt) -> io::Result<()> {
        let filling = &mut self.filling[self.last];
        if let Some(place) = self.waiting.iter().rposition(|space| *space == self.last) {
            self.waiting.swap_remove(place);
            self.waiting_bytes -= filling.bytes();
        }
        let (keys, rest) = (mem::take(&mut filling.keys), mem::take(&mut filling.values));
        let values = match mem::take(&mut filling.written) {
            0 => rest,
            written => self.target.read_back(at, written, rest)?,
        };
        let whole = Whole { at, keys, values: Memory::new(self.target.sections.width, values) };
        match &self.threads {
            None => self.target.write(&whole),
            Some(threads) if threads.blocks.send(whole).is_ok() => Ok(()),
            // All of them ended, so one of them failed.
            Some(_) => self.threads.take().map_or(Ok(()), Threads::join),
        }
    }

    /// Writes all vectors that wait to their places, to be read back when their blocks are whole.
    fn spill(&mut self) -> io::Result<()> {
        let Target { file, sections, .. } = &*self.target;
        for space in self.waiting.drain(..) {
            let filling = &mut self.filling[space];
            let rows = filling.values.len() / sections.width;
            let row = sections.spaces[space].row(filling.rows - rows);
            file.write_all_at(sums::bytes_of(&filling.values), offset(sections.original_at(row)))?;
            filling.written += rows;
            filling.forget_values();
        }
        self.waiting_bytes = 0;
        Ok(())
    }
}

impl Target {
    fn write(&self, whole: &Whole) -> io::Result<()> {
        let content = (&*whole.keys, whole.values.values());
        Block::write(&self.file, &self.sections, (self.seal, whole.at), &self.coder, content)
    }

    /// The vectors of a block whose first rows are in the file.
    fn read_back(&self, at: BlockAt, written: usize, rest: Vec<f32>) -> io::Result<Vec<f32>> {
        let width = self.sections.width;
        let mut values = vec![0.0; at.rows * width];
        let (first, last) = values.split_at_mut(written * width);
        self.file.read_exact_at(sums::bytes_of_mut(first), offset(self.sections.original_at(at.row)))?;
        last.copy_from_slice(Memory::new(width, rest).values());
        Ok(values)
    }
}

impl Filling {
    /// Bytes that its vectors take, or will before they leave.
    fn bytes(&self) -> usize {
        self.values.capacity() * size_of::<f32>()
    }

    /// Wipes and frees its vectors.
    fn forget_values(&mut self) {
        let mut values = mem::take(&mut self.values);
        values.fill(0.0);
        std::hint::black_box(&mut values);
    }
}

impl Threads {
    /// `None` when not one can be started: then the caller does it itself.
    fn start(target: &Arc<Target>, threads: NonZeroUsize) -> Option<Self> {
        let (blocks, receiver) = sync_channel(AHEAD * threads.get());
        let receiver = Arc::new(Mutex::new(receiver));
        let start = |_| {
            let (target, receiver) = (Arc::clone(target), Arc::clone(&receiver));
            thread::Builder::new().name("snapshot".to_owned()).spawn(move || write_all(&target, &receiver)).ok()
        };
        let handles: Vec<_> = (0..threads.get()).map_while(start).collect();
        (!handles.is_empty()).then_some(Self { blocks, handles })
    }

    /// Waits until everything is written; the first error, if there was one.
    fn join(self) -> io::Result<()> {
        drop(self.blocks);
        let results: Vec<_> = self.handles.into_iter().map(JoinHandle::join).collect();
        let results = results.into_iter().map(|end| end.unwrap_or_else(|_| Err(io::Error::other("a writer panicked"))));
        results.collect()
    }
}

/// Writes blocks until no more come.
fn write_all(target: &Target, blocks: &Mutex<Receiver<Whole>>) -> io::Result<()> {
    loop {
        let next = blocks.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(whole) => target.write(&whole)?,
            Err(_) => return Ok(()),
        }
    }
}

/// Header and directory, and the seal.
fn head(mut header: Header, sections: &Sections, spaces: &[(i64, u64)]) -> (Vec<u8>, u64) {
    let mut directory = Vec::with_capacity(spaces.len() * ENTRY_BYTES);
    for (number, rows) in spaces {
        directory.extend(number.to_ne_bytes());
        directory.extend(rows.to_ne_bytes());
    }
    header.spaces = spaces.len() as u64;
    header.rows = sections.rows as u64;
    header.file_bytes = sections.end as u64;
    header.directory_sum = sums::plain(&directory);
    let (bytes, seal) = header.to_bytes();
    let mut head = Vec::with_capacity(HEADER_BYTES + directory.len());
    head.extend(bytes);
    head.extend(directory);
    (head, seal)
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("a snapshot cannot be written: {what}"))
}

impl Drop for SnapshotWriter {
    fn drop(&mut self) {
        if let Some(threads) = self.threads.take() {
            let _ = threads.join();
        }
        self.filling.iter_mut().for_each(Filling::forget_values);
        if !self.finished {
            // What stays is taken over by the next writer.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

impl fmt::Debug for SnapshotWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SnapshotWriter").field("rows", &self.target.sections.rows).finish_non_exhaustive()
    }
}
