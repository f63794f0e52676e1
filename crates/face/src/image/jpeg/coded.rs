//! A JPEG that is decoded in parts.

use std::ops::Range;
use std::sync::Arc;

use ::image::metadata::Orientation;

use super::super::view::Reduction;
use super::bits::{Bits, Scan};
use super::header::{Component, Header};
use super::huffman::{AcTable, DcTable};
use super::idct::{Block, PLACES, SIDE};
use super::planes::{Canvas, whole_units};
use super::{Part, PixelRect};

/// The most components that [`Header`] accepts.
const COMPONENTS_MAX: usize = 3;

/// A JPEG of the kind that cameras write: its coefficients in one scan, one after the other, so that those of a place are
/// found only by reading all before it. The first look reads them all and notes where each row begins; later looks read only
/// the rows that they need.
pub(in crate::image) struct Coded<'a> {
    bytes: &'a [u8],
    header: Header,
    scan: Option<Read>,
}

/// What is known of a scan once it has been read through and found whole.
struct Read {
    scan: Scan,
    /// Of each component; those of both of chroma are mostly the same.
    tables: Vec<Arc<Tables>>,
    /// Where each row of units begins.
    rows: Vec<State>,
}

struct Tables {
    dc: DcTable,
    ac: AcTable,
}

/// Where a reader of the scan is, between two units.
#[derive(Clone, Copy, Default)]
struct State {
    /// In bits.
    position: u64,
    /// The last DC coefficient of each component.
    means: [i32; COMPONENTS_MAX],
    /// The number of the interval between restart markers, and the units left in it.
    interval: usize,
    units_left: u32,
}

impl<'a> Coded<'a> {
    /// `None`: it is of a kind, or damaged in a way, that is left to the library.
    pub(in crate::image) fn open(bytes: &'a [u8]) -> Option<Self> {
        Some(Self { bytes, header: Header::read(bytes)?, scan: None })
    }

    pub(in crate::image) fn width(&self) -> u32 {
        self.header.width
    }

    pub(in crate::image) fn height(&self) -> u32 {
        self.header.height
    }

    /// As EXIF has it.
    pub(in crate::image) fn orientation(&self) -> Option<Orientation> {
        self.header.orientation
    }

    /// At least the pixels that the rectangle covers, reduced. `None`: the bytes are damaged, or of a kind that is left to
    /// the library after all.
    pub(in crate::image) fn part(&mut self, part: &PixelRect, reduction: Reduction) -> Option<Part> {
        let size = (self.header.width, self.header.height);
        let mut canvas = Canvas::new(&self.header.components, size, part, reduction)?;
        match self.scan.take() {
            Some(mut read) => {
                let rows = canvas.units.top..canvas.units.bottom;
                read.look(&self.header, rows, &mut canvas)?;
                self.scan = Some(read);
            }
            None => {
                let mut read = Read::new(self.bytes, &self.header)?;
                let rows = whole_units(self.header.height, self.header.components.first()?.down);
                read.look(&self.header, 0..rows, &mut canvas)?;
                self.scan = Some(read);
            }
        }
        Some(canvas.finish())
    }
}

impl Read {
    fn new(bytes: &[u8], header: &Header) -> Option<Self> {
        let luma = header.components.first()?;
        let (across, down) = (whole_units(header.width, luma.across), whole_units(header.height, luma.down));
        let intervals = match header.restart_interval {
            0 => 1,
            interval => (across * down).div_ceil(interval as usize),
        };
        let scan = Scan::of(bytes.get(header.scan_at..)?, intervals)?;
        let mut tables: Vec<Arc<Tables>> = Vec::new();
        for (index, component) in header.components.iter().enumerate() {
            let is_same = |other: &&Component| other.dc == component.dc && other.ac == component.ac;
            let before = index.checked_sub(1).and_then(|before| header.components.get(before));
            tables.push(match before.filter(is_same) {
                Some(_) => Arc::clone(tables.last()?),
                None => Arc::new(Tables { dc: DcTable::new(&component.dc), ac: AcTable::new(&component.ac) }),
            });
        }
        let first = State { units_left: interval_units(header), ..State::default() };
        let mut rows = Vec::with_capacity(down);
        rows.push(first);
        Some(Self { scan, tables, rows })
    }

    /// Decodes rows of units: what the canvas wants of them.
    fn look(&mut self, header: &Header, rows: Range<usize>, canvas: &mut Canvas) -> Option<()> {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2")
            && std::arch::is_x86_feature_detected!("bmi1")
            && std::arch::is_x86_feature_detected!("bmi2")
        {
            // SAFETY: this processor has what the function is compiled for.
            return unsafe { self.look_avx2(header, rows, canvas) };
        }
        self.look_here(header, rows, canvas)
    }

    /// The same with vectors of eight, and shifts that take one instruction.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    fn look_avx2(&mut self, header: &Header, rows: Range<usize>, canvas: &mut Canvas) -> Option<()> {
        self.look_here(header, rows, canvas)
    }

    #[inline(always)]
    fn look_here(&mut self, header: &Header, rows: Range<usize>, canvas: &mut Canvas) -> Option<()> {
        let across = whole_units(header.width, header.components.first()?.across);
        let down = whole_units(header.height, header.components.first()?.down);
        let is_first = self.rows.len() < down || down == 1;
        let mut walk = Walk::new(&self.scan, &self.tables, interval_units(header), *self.rows.get(rows.start)?);
        for row in rows {
            let is_wanted = (canvas.units.top..canvas.units.bottom).contains(&row);
            let wanted = if is_wanted { canvas.units.left..canvas.units.right } else { 0..0 };
            walk.pass(0..wanted.start, canvas)?;
            walk.decode(wanted.clone(), canvas)?;
            walk.pass(wanted.end..across, canvas)?;
            walk.is_within()?;
            if is_wanted {
                canvas.paint(row);
            }
            if self.rows.len() == row + 1 && row + 1 < down {
                self.rows.push(walk.state());
            }
        }
        if is_first { walk.is_at_end(self.scan.intervals()) } else { Some(()) }
    }
}

/// Units between two restart markers.
fn interval_units(header: &Header) -> u32 {
    if header.restart_interval == 0 { u32::MAX } else { header.restart_interval }
}

/// Reads unit after unit.
struct Walk<'a> {
    scan: &'a Scan,
    tables: &'a [Arc<Tables>],
    interval_units: u32,
    bits: Bits<'a>,
    state: State,
    block: Block,
}

impl<'a> Walk<'a> {
    fn new(scan: &'a Scan, tables: &'a [Arc<Tables>], interval_units: u32, state: State) -> Self {
        Self { scan, tables, interval_units, bits: scan.bits(state.position), state, block: [0; SIDE * SIDE] }
    }

    fn state(&self) -> State {
        State { position: self.bits.position(), ..self.state }
    }

    /// Goes on by a unit, over a restart marker if one is due (F.2.1.3.1).
    #[inline(always)]
    fn begin_unit(&mut self, bits: &mut Bits<'a>) -> Option<()> {
        if self.state.units_left == 0 {
            self.bits = *bits;
            self.restart()?;
            *bits = self.bits;
        }
        self.state.units_left -= 1;
        Some(())
    }

    /// Goes on to the next interval, if this one is at its end.
    #[cold]
    #[inline(never)]
    fn restart(&mut self) -> Option<()> {
        self.is_at_end(self.state.interval + 1)?;
        let interval = self.state.interval + 1;
        let position = self.scan.beginning(interval);
        self.state = State { position, means: [0; COMPONENTS_MAX], interval, units_left: self.interval_units };
        self.bits = self.scan.bits(position);
        Some(())
    }

    /// Reads over units.
    #[inline(always)]
    fn pass(&mut self, units: Range<usize>, canvas: &Canvas) -> Option<()> {
        let mut bits = self.bits;
        for _ in units {
            self.begin_unit(&mut bits)?;
            for (index, (plane, tables)) in canvas.planes.iter().zip(self.tables).enumerate() {
                for _ in 0..plane.across * plane.down {
                    self.mean(index, tables, &mut bits)?;
                    tables.ac.skip(&mut bits, 1)?;
                }
            }
        }
        self.bits = bits;
        Some(())
    }

    /// Decodes units; the first is the first of the canvas.
    #[inline(always)]
    fn decode(&mut self, units: Range<usize>, canvas: &mut Canvas) -> Option<()> {
        let mut bits = self.bits;
        for unit in 0..units.len() {
            self.begin_unit(&mut bits)?;
            for (index, (plane, tables)) in canvas.planes.iter_mut().zip(self.tables).enumerate() {
                for down in 0..plane.down {
                    for across in 0..plane.across {
                        self.block = [0; SIDE * SIDE];
                        self.block[0] = self.mean(index, tables, &mut bits)?;
                        let places = tables.ac.block(&mut bits, plane.last_place, &PLACES, &mut self.block)?;
                        plane.put(unit, across, down, &self.block, places == 1);
                    }
                }
            }
        }
        self.bits = bits;
        Some(())
    }

    /// The DC coefficient of the next block. `None`: there is none, or none that a picture can have.
    #[inline(always)]
    fn mean(&mut self, component: usize, tables: &Tables, bits: &mut Bits<'a>) -> Option<i16> {
        let mean = self.state.means.get_mut(component)?;
        *mean += tables.dc.difference(bits)?;
        i16::try_from(*mean).ok()
    }

    /// Whether what was read lies in the interval.
    fn is_within(&self) -> Option<()> {
        (self.bits.position() <= self.scan.end(self.state.interval)).then_some(())
    }

    /// Whether all of so many intervals was read, but for the bits that fill up the last byte.
    fn is_at_end(&self, intervals: usize) -> Option<()> {
        let end = self.scan.end(self.state.interval);
        let position = self.bits.position();
        (self.state.interval + 1 == intervals && position <= end && end - position < 8).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

    use super::*;

    #[test]
    fn wide_vectors_change_no_bit() {
        let rgb: Vec<u8> = (0..90 * 70 * 3_u32).map(|at| (at * at / 77) as u8).collect();
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, 92);
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
        encoder.encode(&rgb, 90, 70, ColorType::Rgb).expect("encodes");
        let all = PixelRect { left: 0, top: 0, width: 90, height: 70 };
        for reduction in Reduction::ALL {
            let mut coded = Coded::open(&bytes).expect("opens");
            let found = coded.part(&all, reduction).expect("decodes");
            let header = &coded.header;
            let mut canvas = Canvas::new(&header.components, (90, 70), &all, reduction).expect("has pixels");
            let rows = 0..canvas.units.bottom;
            Read::new(&bytes, header).expect("complete").look_here(header, rows, &mut canvas).expect("decodes");
            assert!(canvas.finish().rgb == found.rgb, "{reduction:?}");
        }
    }
}
