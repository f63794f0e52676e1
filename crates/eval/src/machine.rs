//! What a benchmark ran on, without the name of any host.

use serde::{Deserialize, Serialize};

/// What a benchmark ran on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name for itself.
    pub processor: String,
    /// Cores that the process may use.
    pub cores: usize,
    /// Size of the memory in bytes; 0 where the system does not tell.
    pub memory_bytes: u64,
}

impl Machine {
    /// This one.
    #[must_use]
    pub fn here() -> Self {
        Self {
            processor: crate::search::processor(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: memory_bytes(&std::fs::read_to_string("/proc/meminfo").unwrap_or_default()).unwrap_or(0),
        }
    }

    /// In a sentence's part.
    pub(crate) fn words(&self) -> String {
        let memory = match self.memory_bytes {
            0 => String::new(),
            bytes => format!(", {:.0} GB of memory", bytes as f64 / 1e9),
        };
        let cores = if self.cores == 1 { "core" } else { "cores" };
        format!("{}, {} {cores}{memory}", self.processor, self.cores)
    }
}

fn memory_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_the_systems_table() {
        assert_eq!(memory_bytes("MemTotal:       24556912 kB\nMemFree: 1 kB\n"), Some(24_556_912 * 1024));
        assert_eq!(memory_bytes("MemFree: 1 kB\n"), None);
    }

    #[test]
    fn a_machine_in_words() {
        let machine = Machine { processor: "AMD EPYC".into(), cores: 2, memory_bytes: 24_000_000_000 };
        assert_eq!(machine.words(), "AMD EPYC, 2 cores, 24 GB of memory");
        assert_eq!(Machine { cores: 1, memory_bytes: 0, ..machine }.words(), "AMD EPYC, 1 core");
    }
}
