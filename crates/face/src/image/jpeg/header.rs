//! What stands before the coefficients of a JPEG (ITU-T T.81, annex B).
//!
//! Only what cameras and telephones write is read; whatever is out of the ordinary, or wrong, is `None` and thereby left to
//! the library. Nothing is allocated here but the tables, which are small and fixed.

use ::image::metadata::Orientation;

use super::huffman::Code;

/// Second bytes of the markers (table B.1).
mod marker {
    pub(super) const BASELINE: u8 = 0xC0;
    pub(super) const EXTENDED: u8 = 0xC1;
    pub(super) const HUFFMAN_TABLES: u8 = 0xC4;
    pub(super) const SCAN: u8 = 0xDA;
    pub(super) const QUANTISATION_TABLES: u8 = 0xDB;
    pub(super) const RESTART_INTERVAL: u8 = 0xDD;
    pub(super) const APP0: u8 = 0xE0;
    pub(super) const APP1: u8 = 0xE1;
    pub(super) const APP14: u8 = 0xEE;
    pub(super) const APP15: u8 = 0xEF;
    pub(super) const COMMENT: u8 = 0xFE;
}

/// The places that tables can be kept in.
const TABLES: usize = 4;

/// Where a coefficient of a block lies, by its place in the order of the stream (figure 5), row by row.
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// By what coefficients were divided, row by row.
pub(super) type Quantisation = [u16; 64];

/// A colour plane: grey, or luma, or one of the two of chroma.
pub(super) struct Component {
    /// Blocks of it in a coded unit, across and down.
    pub(super) across: usize,
    pub(super) down: usize,
    pub(super) quantisation: Quantisation,
    pub(super) dc: Code,
    pub(super) ac: Code,
}

/// An image of one interleaved scan, up to where its coefficients begin.
pub(super) struct Header {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Grey, or luma and the two of chroma.
    pub(super) components: Vec<Component>,
    /// Coded units from one restart marker to the next; zero: there are none.
    pub(super) restart_interval: u32,
    pub(super) orientation: Option<Orientation>,
    /// Where in the file the coefficients begin.
    pub(super) scan_at: usize,
}

impl Header {
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader { rest: bytes.strip_prefix(&[0xFF, 0xD8])? };
        let mut found = Found::default();
        loop {
            let kind = reader.marker()?;
            let content = reader.segment()?;
            match kind {
                marker::BASELINE | marker::EXTENDED => found.frame(content)?,
                marker::QUANTISATION_TABLES => found.quantisation_tables(content)?,
                marker::HUFFMAN_TABLES => found.huffman_tables(content)?,
                marker::RESTART_INTERVAL => {
                    found.restart_interval = u32::from(u16::from_be_bytes(content.try_into().ok()?));
                }
                marker::SCAN => return found.finish(content, bytes.len() - reader.rest.len()),
                marker::APP0..=marker::APP15 => found.application(kind, content)?,
                marker::COMMENT => {}
                _ => return None,
            }
        }
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// The kind of the next marker, before which there may be any number of bytes 0xFF (B.1.1.2).
    fn marker(&mut self) -> Option<u8> {
        let after = self.rest.strip_prefix(&[0xFF])?;
        let fill = after.iter().take_while(|byte| **byte == 0xFF).count();
        let (kind, rest) = after[fill..].split_first()?;
        self.rest = rest;
        Some(*kind)
    }

    /// What is between a marker and the next: a length that counts itself, and so many bytes.
    fn segment(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.rest.split_first_chunk()?;
        let (content, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)).checked_sub(2)?)?;
        self.rest = rest;
        Some(content)
    }
}

/// A colour plane as the frame has it.
#[derive(Clone, Copy)]
struct Plane {
    id: u8,
    across: u8,
    down: u8,
    quantisation: usize,
}

/// What was read up to a place in the file.
#[derive(Default)]
struct Found {
    size: Option<(u32, u32)>,
    planes: Vec<Plane>,
    quantisation: [Option<Quantisation>; TABLES],
    dc: [Option<Code>; TABLES],
    ac: [Option<Code>; TABLES],
    restart_interval: u32,
    orientation: Option<Orientation>,
    /// What an Adobe marker says of the colours.
    transform: Option<u8>,
}

impl Found {
    /// B.2.2.
    fn frame(&mut self, content: &[u8]) -> Option<()> {
        let (&[precision, h1, h2, w1, w2, count], planes) = content.split_first_chunk()?;
        let (height, width) = (u16::from_be_bytes([h1, h2]), u16::from_be_bytes([w1, w2]));
        let (planes, rest) = planes.as_chunks::<3>();
        let again = self.size.is_some();
        if again
            || precision != 8
            || height == 0
            || width == 0
            || planes.len() != usize::from(count)
            || !rest.is_empty()
        {
            return None;
        }
        self.size = Some((u32::from(width), u32::from(height)));
        let plane = |&[id, sampling, table]: &[u8; 3]| Plane {
            id,
            across: sampling >> 4,
            down: sampling & 15,
            quantisation: usize::from(table),
        };
        self.planes = planes.iter().map(plane).collect();
        is_of_a_camera(&self.planes).then_some(())
    }

    /// B.2.4.1.
    fn quantisation_tables(&mut self, mut content: &[u8]) -> Option<()> {
        while let Some((kind, rest)) = content.split_first() {
            let table = self.quantisation.get_mut(usize::from(kind & 15))?;
            let bytes_each = match kind >> 4 {
                0 => 1,
                1 => 2,
                _ => return None,
            };
            let (values, rest) = rest.split_at_checked(64 * bytes_each)?;
            let mut quantisation = [0; 64];
            for (value, at) in values.chunks_exact(bytes_each).zip(ZIGZAG) {
                quantisation[usize::from(at)] = value.iter().fold(0, |sum, byte| sum << 8 | u16::from(*byte));
            }
            *table = Some(quantisation);
            content = rest;
        }
        Some(())
    }

    /// B.2.4.2.
    fn huffman_tables(&mut self, mut content: &[u8]) -> Option<()> {
        while let Some((kind, rest)) = content.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let symbols = counts.iter().map(|count| usize::from(*count)).sum();
            let (symbols, rest) = rest.split_at_checked(symbols)?;
            let code = Code::new(counts, symbols)?;
            let at = usize::from(kind & 15);
            match kind >> 4 {
                // Of a DC coefficient's difference there is only the size, which is four bits.
                0 if symbols.iter().all(|size| *size < 16) => *self.dc.get_mut(at)? = Some(code),
                1 => *self.ac.get_mut(at)? = Some(code),
                _ => return None,
            }
            content = rest;
        }
        Some(())
    }

    /// What applications add. The library reads some of it, and must not find wrong what was skipped here.
    fn application(&mut self, kind: u8, content: &[u8]) -> Option<()> {
        match kind {
            // The library reads five bytes of four; and has tables ready for a film's frame that has none.
            marker::APP0 if content.len() == 4 || content.starts_with(b"AVI1\0") => return None,
            marker::APP1 => match content.strip_prefix(b"Exif\0\0") {
                Some(exif) if !exif.is_empty() => self.orientation = Orientation::from_exif_chunk(exif),
                _ if content.starts_with(b"http://ns.adobe.com/xmp/extension/\0") => return None,
                _ => {}
            },
            marker::APP14 if content.len() < 12 => return None,
            // The library refuses a transform that it does not know, whatever another segment says.
            marker::APP14 if content.starts_with(b"Adobe") && content[11] > 2 => return None,
            marker::APP14 if content.starts_with(b"Adobe") => self.transform = Some(content[11]),
            _ => {}
        }
        Some(())
    }

    /// B.2.3. `None` unless all planes are in this scan, in their order, with all that is needed to decode them.
    fn finish(self, content: &[u8], scan_at: usize) -> Option<Header> {
        let (width, height) = self.size?;
        let (count, rest) = content.split_first()?;
        let (tables, parameters) = rest.split_at_checked(2 * usize::from(*count))?;
        let (tables, _) = tables.as_chunks::<2>();
        let is_baseline = parameters == [0, 63, 0];
        if !is_baseline || tables.len() != self.planes.len() || !self.is_ycbcr_or_grey() {
            return None;
        }
        let component = |(plane, &[id, tables]): (&Plane, &[u8; 2])| {
            (plane.id == id).then_some(())?;
            Some(Component {
                across: usize::from(plane.across),
                down: usize::from(plane.down),
                quantisation: (*self.quantisation.get(plane.quantisation)?)?,
                dc: self.dc.get(usize::from(tables >> 4))?.clone()?,
                ac: self.ac.get(usize::from(tables & 15))?.clone()?,
            })
        };
        let components = self.planes.iter().zip(tables).map(component).collect::<Option<_>>()?;
        let (restart_interval, orientation) = (self.restart_interval, self.orientation);
        Some(Header { width, height, components, restart_interval, orientation, scan_at })
    }

    /// Whether the colours are what JFIF says; the library and libjpeg take the letters as names of other ones.
    fn is_ycbcr_or_grey(&self) -> bool {
        let named = self.planes.iter().map(|plane| plane.id).eq(*b"RGB");
        match self.transform {
            None => !named,
            // 1: YCbCr. With one plane it says nothing, and the library may think otherwise.
            Some(1) => !named && self.planes.len() == 3,
            Some(_) => false,
        }
    }
}

/// One plane, or three of which the first has up to four times the samples, under names of their own.
fn is_of_a_camera(planes: &[Plane]) -> bool {
    match planes {
        [grey] => (grey.across, grey.down) == (1, 1),
        [luma, blue, red] => {
            let whole = |plane: &Plane| (plane.across, plane.down) == (1, 1);
            let distinct = luma.id != blue.id && luma.id != red.id && blue.id != red.id;
            distinct && matches!((luma.across, luma.down), (1 | 2, 1 | 2)) && whole(blue) && whole(red)
        }
        _ => false,
    }
}
