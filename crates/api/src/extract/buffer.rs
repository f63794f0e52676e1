//! Bytes that hold an image and are overwritten when dropped, also when they have to move.

use biometric::wipe_slice;

/// A growing buffer that leaves no copy behind where it grew out of.
///
/// Room that was made and not written to costs nothing: a page of fresh memory is there only once it is touched (Linux,
/// and everywhere else where memory is virtual). So it is not touched when the buffer is dropped either, which
/// `Zeroizing<Vec<u8>>` would do: it overwrites the whole capacity.
pub(crate) struct Buffer(Vec<u8>);

impl Buffer {
    /// With room for so many bytes; without any when there is no such room, which whoever fills it will find out.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        let mut room = Vec::new();
        // A number from outside must not abort the process where the system promises no memory that it has not.
        let _ = room.try_reserve_exact(bytes);
        Self(room)
    }

    /// Adds at the end. Where there is no room, room for twice as much is made; what then holds the first half besides, for
    /// as long as copying takes, is overwritten.
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            let mut larger = Self(Vec::with_capacity(needed.max(self.0.capacity() * 2)));
            larger.0.extend_from_slice(&self.0);
            *self = larger;
        }
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // It only ever grew: behind its end nothing was written.
        wipe_slice(&mut self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_what_was_added_and_does_not_move_within_its_room() {
        let mut buffer = Buffer::with_capacity(9);
        let place = buffer.as_slice().as_ptr();
        for chunk in [&b"abc"[..], b"", b"def", b"ghi"] {
            buffer.extend(chunk);
        }
        assert_eq!((buffer.as_slice(), buffer.as_slice().as_ptr()), (&b"abcdefghi"[..], place));
        buffer.extend(b"j");
        assert_eq!(buffer.as_slice(), b"abcdefghij");
    }

    #[test]
    fn room_that_nobody_can_have_is_no_end_of_the_process() {
        let mut buffer = Buffer::with_capacity(usize::MAX);
        buffer.extend(b"abc");
        assert_eq!(buffer.as_slice(), b"abc");
    }

    /// A field of the kernel's account of this process, in bytes.
    #[cfg(target_os = "linux")]
    fn status_bytes(field: &str) -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").expect("Linux says");
        let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("a field");
        let number = line.trim_start_matches(':').trim().split(' ').next().expect("a number");
        number.parse::<u64>().expect("a number") << 10
    }

    /// Neither before it is dropped nor while it is. The amount is far above what other tests take meanwhile.
    #[test]
    #[cfg(target_os = "linux")]
    fn room_that_is_not_used_takes_no_memory() {
        const ROOM: usize = 1 << 30;
        let peak = status_bytes("VmHWM");
        let mut buffer = Buffer::with_capacity(ROOM);
        buffer.extend(b"a client declared a gigabyte, sent this and went");
        drop(buffer);
        let grown = status_bytes("VmHWM") - peak;
        assert!(grown < ROOM as u64 / 4, "{grown} bytes");
    }
}
