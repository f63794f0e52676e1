//! Vectors of one length, one after the other.

/// How many vectors lie in one piece of memory: 128 KiB of 128-d vectors, a quarter of a usual second-level cache, so
/// that many probes can look at a block while it is there. Blocks also let a gallery grow without ever being copied.
const ROWS_PER_BLOCK: usize = 256;

/// Vectors of one length in blocks of contiguous memory, which is wiped when a vector leaves.
pub(super) struct Rows {
    width: usize,
    len: usize,
    blocks: Vec<Box<[f32]>>,
}

impl Rows {
    pub(super) fn new(width: usize) -> Self {
        Self { width, len: 0, blocks: Vec::new() }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn get(&self, row: usize) -> &[f32] {
        let at = (row % ROWS_PER_BLOCK) * self.width;
        &self.blocks[row / ROWS_PER_BLOCK][at..at + self.width]
    }

    pub(super) fn push(&mut self, values: &[f32]) {
        if self.len == self.blocks.len() * ROWS_PER_BLOCK {
            self.blocks.push(vec![0.0; ROWS_PER_BLOCK * self.width].into());
        }
        self.len += 1;
        self.set(self.len - 1, values);
    }

    pub(super) fn set(&mut self, row: usize, values: &[f32]) {
        self.slot(row).copy_from_slice(values);
    }

    /// Takes a vector out and puts the last one in its place.
    pub(super) fn swap_remove(&mut self, row: usize) {
        let last = self.len - 1;
        if row != last {
            let (from, at) = (last / ROWS_PER_BLOCK, (last % ROWS_PER_BLOCK) * self.width);
            let moved = self.blocks[from][at..at + self.width].to_vec();
            self.set(row, &moved);
            wipe(&mut { moved });
        }
        wipe(self.slot(last));
        self.len = last;
        self.blocks.truncate(self.len.div_ceil(ROWS_PER_BLOCK));
    }

    /// The number of the first row of every block, and the block's vectors.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (usize, &[f32])> {
        self.blocks.iter().enumerate().map(|(number, block)| {
            let first = number * ROWS_PER_BLOCK;
            (first, &block[..(self.len - first).min(ROWS_PER_BLOCK) * self.width])
        })
    }

    fn slot(&mut self, row: usize) -> &mut [f32] {
        let at = (row % ROWS_PER_BLOCK) * self.width;
        &mut self.blocks[row / ROWS_PER_BLOCK][at..at + self.width]
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        for block in &mut self.blocks {
            wipe(block);
        }
    }
}

fn wipe(values: &mut [f32]) {
    values.fill(0.0);
    // Keeps the optimiser from seeing that nobody reads the zeros.
    std::hint::black_box(values);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_a_plain_list_holds_across_block_borders() {
        let (mut rows, mut plain) = (Rows::new(2), Vec::new());
        for i in 0..ROWS_PER_BLOCK as u16 * 2 + 1 {
            rows.push(&[f32::from(i), 1.0]);
            plain.push([f32::from(i), 1.0]);
        }
        for round in 0..plain.len() {
            let row = (round * 7919) % plain.len();
            match round % 3 {
                0 => {
                    rows.set(row, &[-1.0, f32::from(round as u16)]);
                    plain[row] = [-1.0, f32::from(round as u16)];
                }
                _ => {
                    rows.swap_remove(row);
                    plain.swap_remove(row);
                }
            }
            assert_eq!(rows.blocks().flat_map(|(_, block)| block.to_vec()).collect::<Vec<_>>(), plain.concat());
            assert!(rows.blocks().all(|(first, block)| block[..2] == plain[first]));
        }
    }

    #[test]
    fn a_vector_that_left_is_wiped() {
        let mut rows = Rows::new(2);
        rows.push(&[1.0, 2.0]);
        rows.push(&[3.0, 4.0]);
        rows.swap_remove(0);
        assert_eq!(rows.get(0), [3.0, 4.0]);
        assert_eq!(rows.blocks[0][2..4], [0.0, 0.0]);
    }
}
