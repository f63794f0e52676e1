//! What a process takes: processor time and memory, as the kernel counts them.

use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::parallel::threads;

/// How often memory is looked at while it is watched.
const WATCH_EVERY: Duration = Duration::from_millis(20);

/// Processor time that a process has taken until now.
#[derive(Clone, Debug)]
pub(super) struct Usage {
    process: Option<u32>,
    seconds: f64,
    at: Instant,
}

impl Usage {
    /// This process.
    pub(super) fn of_this() -> Self {
        Self { process: None, seconds: seconds(None), at: Instant::now() }
    }

    /// Another process.
    pub(super) fn of(process: u32) -> Self {
        Self { process: Some(process), seconds: seconds(Some(process)), at: Instant::now() }
    }

    /// Processor time taken since, in seconds.
    pub(super) fn seconds_since(&self) -> f64 {
        (seconds(self.process) - self.seconds).max(0.0)
    }

    /// The same as a share of all that the machine's cores had.
    pub(super) fn share_since(&self) -> f64 {
        self.seconds_since() / (self.at.elapsed().as_secs_f64() * threads() as f64)
    }
}

/// Threads of a process.
#[derive(Debug)]
pub(super) struct Threads(Vec<PathBuf>);

impl Threads {
    /// Those that are there now and whose names begin so.
    pub(super) fn of(process: u32, name_begins: &str) -> Result<Self, Error> {
        let tasks = folder(Some(process)).join("task");
        let mut found = Vec::new();
        for task in std::fs::read_dir(&tasks).map_err(Error::file(&tasks))? {
            let task = task.map_err(Error::file(&tasks))?.path();
            // A thread may end meanwhile.
            let name = std::fs::read_to_string(task.join("comm")).unwrap_or_default();
            if name.starts_with(name_begins) {
                found.push(task);
            }
        }
        match found.is_empty() {
            true => Err(Error::data(&tasks, format!("no thread's name begins with {name_begins}"))),
            false => Ok(Self(found)),
        }
    }

    /// Processor time that they have taken until now, in seconds: counted in nanoseconds, where that of a process moves in steps
    /// of a hundredth of a second.
    pub(super) fn seconds(&self) -> Result<f64, Error> {
        let nanoseconds = |task: &PathBuf| {
            let path = task.join("schedstat");
            let text = std::fs::read_to_string(&path).map_err(Error::file(&path))?;
            let first = text.split(' ').next().and_then(|first| first.parse::<u64>().ok());
            first.ok_or_else(|| Error::data(&path, "it does not tell the time"))
        };
        let each = self.0.iter().map(nanoseconds).collect::<Result<Vec<_>, _>>()?;
        Ok(each.iter().sum::<u64>() as f64 / 1e9)
    }
}

fn folder(process: Option<u32>) -> PathBuf {
    PathBuf::from("/proc").join(process.map_or("self".to_owned(), |process| process.to_string()))
}

/// User and system time; 0 where the system does not tell.
fn seconds(process: Option<u32>) -> f64 {
    let text = std::fs::read_to_string(folder(process).join("stat")).unwrap_or_default();
    ticks(&text).unwrap_or(0) as f64 / rustix::param::clock_ticks_per_second() as f64
}

/// The fields `utime` and `stime`, the 14th and 15th. The second one, the program's name in brackets, may hold anything.
fn ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

/// Memory that a process holds, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Memory {
    /// All of it that is in memory.
    pub resident: u64,
    /// What belongs to no file: the heap, stacks.
    pub anonymous: u64,
    /// Pages of files that are mapped: programs and libraries, the gallery's snapshot.
    pub file: u64,
}

impl Memory {
    pub(super) fn of(process: u32) -> Result<Self, Error> {
        let path = folder(Some(process)).join("status");
        let text = std::fs::read_to_string(&path).map_err(Error::file(&path))?;
        Self::read(&text).ok_or_else(|| Error::data(&path, "it does not tell the memory"))
    }

    fn read(status: &str) -> Option<Self> {
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
        };
        Some(Self { resident: field("VmRSS")?, anonymous: field("RssAnon")?, file: field("RssFile")? })
    }
}

/// Watches the memory of a process until it is asked for the greatest.
pub(super) struct Watch {
    stop: Sender<()>,
    watcher: JoinHandle<Memory>,
}

impl Watch {
    pub(super) fn begin(process: u32) -> Self {
        let (stop, stopped) = channel();
        let watcher = std::thread::spawn(move || {
            let mut greatest = Memory::default();
            loop {
                if let Ok(now) = Memory::of(process) {
                    greatest = std::cmp::max_by_key(greatest, now, |memory| memory.resident);
                }
                match stopped.recv_timeout(WATCH_EVERY) {
                    Err(RecvTimeoutError::Timeout) => {}
                    Ok(()) | Err(RecvTimeoutError::Disconnected) => return greatest,
                }
            }
        });
        Self { stop, watcher }
    }

    /// What the process held when it held most.
    pub(super) fn greatest(self) -> Memory {
        drop(self.stop);
        self.watcher.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn times_are_read_after_a_name_that_holds_anything() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194304 99 0 0 0 120 30 5 6 20 0 1 0 100 1 1";
        assert_eq!(ticks(stat), Some(150));
        assert_eq!(ticks("7 (a) S 1"), None);
        assert_eq!(ticks(""), None);
    }

    #[test]
    fn work_of_this_process_is_counted() {
        let (before, begun) = (Usage::of_this(), Instant::now());
        let mut sum = 0_u64;
        while begun.elapsed() < Duration::from_millis(300) {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(before.seconds_since() > 0.02, "{}", before.seconds_since());
        assert!(before.share_since() > 0.0);
    }

    #[test]
    fn threads_are_found_by_their_names_and_only_their_work_is_counted() {
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let busy = || {
                while !done.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            };
            for name in ["counted-1", "other"] {
                std::thread::Builder::new().name(name.into()).spawn_scoped(scope, busy).expect("a thread");
            }
            // A thread gives itself its name.
            let threads = loop {
                if let Ok(threads) = Threads::of(std::process::id(), "counted-") {
                    break threads;
                }
            };
            let (before, begun) = (threads.seconds(), Instant::now());
            std::thread::sleep(Duration::from_millis(300));
            let (after, passed) = (threads.seconds(), begun.elapsed().as_secs_f64());
            done.store(true, Ordering::Relaxed);
            assert_eq!(threads.0.len(), 1);
            let took = after.expect("told") - before.expect("told");
            assert!(took > 0.02 && took < passed + 0.05, "{took} of {passed}");
        });
        assert!(Threads::of(std::process::id(), "nobody").is_err());
    }

    #[test]
    fn memory_is_read_in_bytes() {
        let status = "Name:\tauther\nVmRSS:\t    300 kB\nRssAnon:\t     200 kB\nRssFile:\t     100 kB\n";
        let memory = Memory { resident: 300 << 10, anonymous: 200 << 10, file: 100 << 10 };
        assert_eq!(Memory::read(status), Some(memory));
        assert_eq!(Memory::read("VmRSS: many\n"), None);
    }

    #[test]
    fn the_greatest_is_kept_after_the_memory_is_given_back() {
        let watch = Watch::begin(std::process::id());
        // More than all other tests of this process hold together.
        let held = vec![1_u8; 512 << 20];
        std::thread::sleep(10 * WATCH_EVERY);
        drop(std::hint::black_box(held));
        assert!(watch.greatest().anonymous >= 512 << 20);
    }
}
