//! A small TensorFlow Lite file, with all that the preparation knows in it, built table by table.

use std::collections::BTreeMap;

/// A field of a table.
#[derive(Clone)]
pub(super) enum Field {
    Byte(u8),
    Int(i32),
    Bytes(Vec<u8>),
    Ints(Vec<i32>),
    Table(Table),
    Tables(Vec<Table>),
}

/// Fields by number.
pub(super) type Table = BTreeMap<usize, Field>;

use Field::{Byte, Bytes, Int, Ints};

/// The parts of a file, open to change.
pub(super) struct Sample {
    pub(super) codes: Vec<Table>,
    pub(super) tensors: Vec<Table>,
    pub(super) buffers: Vec<Table>,
    pub(super) operators: Vec<Table>,
    pub(super) outputs: Vec<i32>,
    pub(super) graphs: usize,
    pub(super) version: i32,
    seed: u32,
}

/// Numbers of the operations, in the order in which the sample lists them.
const CODES: [u8; 8] = [0, 3, 4, 6, 17, 22, 34, 54];
const SAME: u8 = 0;
const VALID: u8 = 1;
/// Odd and uneven sizes: nothing is right by symmetry.
pub(super) const INPUT: [i32; 4] = [1, 7, 6, 3];

impl Sample {
    fn empty() -> Self {
        let codes = CODES.iter().map(|&code| Table::from([(0, Byte(code)), (2, Int(if code == 6 { 2 } else { 1 }))]));
        let mut sample = Self {
            codes: codes.collect(),
            tensors: vec![],
            buffers: vec![Table::new()],
            operators: vec![],
            outputs: vec![],
            graphs: 1,
            version: 3,
            seed: 7,
        };
        sample.made("image", &INPUT);
        sample
    }

    /// Pseudo-random, in -1 to 1; no generator's version can change it.
    fn random(&mut self) -> f32 {
        self.seed = self.seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.seed >> 8) as f32 / (1 << 23) as f32 - 1.0
    }

    fn tensor(&mut self, name: &str, dims: &[i32], elements: u8, buffer: usize) -> i32 {
        let fields = [(0, Ints(dims.to_vec())), (1, Byte(elements)), (2, Int(buffer as i32))];
        self.tensors.push(fields.into_iter().chain([(3, Bytes(name.as_bytes().to_vec()))]).collect());
        self.tensors.len() as i32 - 1
    }

    fn made(&mut self, name: &str, dims: &[i32]) -> i32 {
        self.tensor(name, dims, 0, 0)
    }

    fn constant(&mut self, name: &str, dims: &[i32], elements: u8, content: Vec<u8>) -> i32 {
        self.buffers.push(Table::from([(0, Bytes(content))]));
        self.tensor(name, dims, elements, self.buffers.len() - 1)
    }

    fn floats(&mut self, name: &str, dims: &[i32]) -> i32 {
        let content = (0..dims.iter().product()).flat_map(|_| self.random().to_le_bytes()).collect();
        self.constant(name, dims, 0, content)
    }

    /// Weights of 16 bits, and the operator that widens them.
    fn halves(&mut self, name: &str, dims: &[i32]) -> i32 {
        // Sign and fraction at random, sizes from 1/8 to 1.
        let bits = |random: f32| ((random * 4e6) as i32 as u16 & 0x83ff) | (12 + (random.abs() * 3.0) as u16) << 10;
        let content = (0..dims.iter().product()).flat_map(|_| bits(self.random()).to_le_bytes()).collect();
        let half = self.constant(&format!("{name}/half"), dims, 1, content);
        let widened = self.made(name, dims);
        self.operator(6, &[half], widened, 0, Table::new());
        widened
    }

    fn operator(&mut self, code: u8, inputs: &[i32], output: i32, options_kind: u8, options: Table) {
        let nth = CODES.iter().position(|&c| c == code).expect("a code") as i32;
        let mut operator = Table::from([(0, Int(nth)), (1, Ints(inputs.to_vec())), (2, Ints(vec![output]))]);
        if options_kind > 0 {
            operator.extend([(3, Byte(options_kind)), (4, Field::Table(options))]);
        }
        self.operators.push(operator);
    }

    /// `how` is padding, stride and activation.
    fn conv(&mut self, name: &str, from: i32, weights: i32, dims: &[i32], how: (u8, i32, u8)) -> i32 {
        let (padding, stride, relu) = how;
        let bias = self.floats(&format!("{name}/bias"), &dims[3..]);
        let to = self.made(name, dims);
        let options = [(0, Byte(padding)), (1, Int(stride)), (2, Int(stride)), (3, Byte(relu))];
        self.operator(3, &[from, weights, bias], to, 1, options.into());
        to
    }

    fn depthwise(&mut self, name: &str, from: i32, dims: &[i32], multiplier: i32, dilation: i32) -> i32 {
        let weights = self.floats(&format!("{name}/kernel"), &[1, 3, 3, dims[3]]);
        let bias = self.floats(&format!("{name}/bias"), &dims[3..]);
        let to = self.made(name, dims);
        let options =
            [(0, Byte(SAME)), (1, Int(1)), (2, Int(1)), (3, Int(multiplier)), (5, Int(dilation)), (6, Int(dilation))];
        self.operator(4, &[from, weights, bias], to, 2, options.into());
        to
    }

    fn prelu(&mut self, name: &str, from: i32, dims: &[i32]) -> i32 {
        let slopes = self.floats(&format!("{name}/alpha"), &[1, 1, dims[3]]);
        let to = self.made(name, dims);
        self.operator(54, &[from, slopes], to, 0, Table::new());
        to
    }

    fn add(&mut self, name: &str, terms: [i32; 2], dims: &[i32]) -> i32 {
        let to = self.made(name, dims);
        self.operator(0, &terms, to, 11, Table::new());
        to
    }

    fn row(&mut self, name: &str, from: i32, size: i32) -> i32 {
        let to = self.made(name, &[1, size]);
        self.operator(22, &[from], to, 17, Table::from([(0, Ints(vec![1, -1]))]));
        to
    }

    /// Another operator like the one that makes `like`, with other inputs; the index of what it makes.
    pub(super) fn again(&mut self, like: i32, name: &str, inputs: [i32; 3]) -> i32 {
        let Ints(dims) = self.tensors[like as usize][&0].clone() else { panic!("no dimensions") };
        let to = self.made(name, &dims);
        let makes = |operator: &&Table| matches!(&operator[&2], Ints(made) if *made == [like]);
        let mut operator = self.operators.iter().find(makes).expect("there is one").clone();
        operator.extend([(1, Ints(inputs.to_vec())), (2, Ints(vec![to]))]);
        self.operators.push(operator);
        to
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let graph = Table::from([
            (0, Field::Tables(self.tensors.clone())),
            (1, Ints(vec![0])),
            (2, Ints(self.outputs.clone())),
            (3, Field::Tables(self.operators.clone())),
        ]);
        let root = Table::from([
            (0, Int(self.version)),
            (1, Field::Tables(self.codes.clone())),
            (2, Field::Tables(vec![graph; self.graphs])),
            (3, Bytes(b"a sample".to_vec())),
            (4, Field::Tables(self.buffers.clone())),
        ]);
        let mut file = b"\0\0\0\0TFL3".to_vec();
        let at = write_table(&root, &mut file);
        point(&mut file, 0, at);
        file
    }
}

/// The face mesh and the iris network in small, with what they do not have beside it.
pub(super) fn network() -> Sample {
    let mut b = Sample::empty();
    let (wide, narrow) = ([1, 4, 3, 4], [1, 2, 2, 6]);
    let weights = b.halves("first/kernel", &[4, 3, 3, 3]);
    let first = b.conv("first", 0, weights, &wide, (SAME, 2, 0));
    let first = b.prelu("first/prelu", first, &wide);
    let depth = b.depthwise("depth", first, &wide, 1, 2);
    let weights = b.floats("point/kernel", &[4, 1, 1, 4]);
    let point = b.conv("point", depth, weights, &wide, (VALID, 1, 0));
    let sum = b.add("sum", [first, point], &wide);
    let sum = b.prelu("sum/prelu", sum, &wide);
    let pool = b.made("pool", &[1, 2, 2, 4]);
    let options = [(0, Byte(SAME)), (1, Int(2)), (2, Int(2)), (3, Int(2)), (4, Int(2))];
    b.operator(17, &[sum], pool, 5, options.into());
    let paddings = [0, 0, 0, 0, 0, 0, 0, 2_i32].iter().flat_map(|v| v.to_le_bytes()).collect();
    let paddings = b.constant("padded/paddings", &[4, 2], 2, paddings);
    let padded = b.made("padded", &narrow);
    b.operator(34, &[pool, paddings], padded, 0, Table::new());
    let multiplied = b.depthwise("multiplied", sum, &[1, 4, 3, 8], 2, 1);
    let weights = b.floats("down/kernel", &[6, 2, 2, 8]);
    let down = b.conv("down", multiplied, weights, &narrow, (SAME, 2, 1));
    let picture = b.add("picture", [padded, down], &narrow);
    let weights = b.floats("last/kernel", &[5, 2, 2, 6]);
    let last = b.conv("last", picture, weights, &[1, 1, 1, 5], (VALID, 1, 0));
    let (row, all) = (b.row("row", last, 5), b.row("all", picture, 24));
    b.outputs = vec![row, picture, all];
    b
}

/// Writes a table and all behind it, and says where it begins.
fn write_table(table: &Table, file: &mut Vec<u8>) -> usize {
    let count = table.keys().last().map_or(0, |last| last + 1);
    let list = file.len();
    let short = |value: usize| (value as u16).to_le_bytes();
    file.extend([short(4 + 2 * count), short(4 + 4 * table.len())].concat());
    let places = |field| table.keys().position(|&f| f == field).map_or(0, |nth| 4 + 4 * nth);
    file.extend((0..count).flat_map(|field| short(places(field))));
    let at = file.len();
    file.extend(((at - list) as i32).to_le_bytes());
    file.resize(at + 4 + 4 * table.len(), 0);
    for (nth, field) in table.values().enumerate() {
        let place = at + 4 + 4 * nth;
        match field {
            Byte(value) => file[place] = *value,
            Int(value) => file[place..place + 4].copy_from_slice(&value.to_le_bytes()),
            Bytes(bytes) => write_list(file, place, bytes.len(), bytes),
            Ints(ints) => {
                write_list(file, place, ints.len(), &ints.iter().flat_map(|i| i.to_le_bytes()).collect::<Vec<_>>());
            }
            Field::Table(table) => {
                let to = write_table(table, file);
                point(file, place, to);
            }
            Field::Tables(tables) => {
                let begin = file.len() + 4;
                write_list(file, place, tables.len(), &vec![0; 4 * tables.len()]);
                for (nth, table) in tables.iter().enumerate() {
                    let to = write_table(table, file);
                    point(file, begin + 4 * nth, to);
                }
            }
        }
    }
    at
}

fn write_list(file: &mut Vec<u8>, place: usize, count: usize, content: &[u8]) {
    let to = file.len();
    point(file, place, to);
    file.extend((count as u32).to_le_bytes());
    file.extend(content);
}

fn point(file: &mut [u8], place: usize, to: usize) {
    file[place..place + 4].copy_from_slice(&((to - place) as u32).to_le_bytes());
}
