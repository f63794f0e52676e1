//! A made-up network: what comes out computes what the file says, and no bytes make it panic.

mod reference;
mod sample;

use proptest::prelude::*;
use prost::Message as _;

use super::super::tests::interpreter;
use super::super::{Preparation, onnx, prelu, prepare};
use super::*;
use sample::{Field, Sample, Table};

fn image(seed: u32) -> Vec<f64> {
    let count = sample::INPUT.iter().product::<i32>() as u32;
    let value = |i: u32| f64::from((i.wrapping_mul(2_654_435_761).wrapping_add(seed.wrapping_mul(40_503)) >> 13) % 256);
    (0..count).map(|i| value(i) / 255.0).collect()
}

/// The image with its channels one after another.
fn planes(image: &[f64]) -> Vec<f64> {
    (0..3).flat_map(|channel| image.iter().skip(channel).step_by(3).copied()).collect()
}

#[test]
fn the_graph_computes_what_the_file_says() {
    let bytes = sample::network().bytes();
    let model = schema::Model::read(&bytes).expect("reads");
    let plain = graph(&bytes).expect("converts");
    let mut rewritten = graph(&bytes).expect("converts");
    prelu::rewrite(&mut rewritten).expect("rewrites");
    for seed in 0..5 {
        let expected = reference::run(&model, &image(seed));
        let size = expected.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
        assert_eq!(expected.len(), 5 + 24 + 24);
        for graph in [&plain, &rewritten] {
            let found = interpreter::run(graph, &planes(&image(seed)));
            let worst = expected.iter().zip(&found).fold(0.0_f64, |most, (e, f)| most.max((e - f).abs()));
            assert!(found.len() == expected.len() && size > 0.1 && worst < 1e-12 * size, "{worst} of {size}");
        }
    }
}

#[test]
fn only_what_the_runtime_is_fast_at_is_left() {
    let prepared = prepare(&sample::network().bytes(), Preparation::FromTflite).expect("prepares");
    let graph = onnx::Model::decode(&*prepared).expect("decodes").graph.expect("a graph");
    let mut kinds: Vec<_> = graph.node.iter().filter_map(|n| n.op_type.as_deref()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds, ["Add", "Conv", "Flatten", "MaxPool", "Relu", "Transpose"]);
    // The row of one pixel needs no change of order; the picture comes out twice.
    assert_eq!(graph.node.iter().filter(|n| n.op_type.as_deref() == Some("Transpose")).count(), 2);
}

#[test]
fn names_and_shapes_are_the_published_ones_but_for_the_input_and_a_free_batch() {
    let prepared = prepare(&sample::network().bytes(), Preparation::FromTflite).expect("prepares");
    let graph = onnx::Model::decode(&*prepared).expect("decodes").graph.expect("a graph");
    let port = |mut value: onnx::Value| {
        let dims = value.dimensions_mut().expect("dimensions").iter().map(|d| d.value).collect::<Vec<_>>();
        (value.name.unwrap_or_default(), dims)
    };
    let ports: Vec<_> = graph.input.into_iter().chain(graph.output).map(port).collect();
    let expected = [
        ("image", vec![None, Some(3), Some(7), Some(6)]),
        ("row", vec![None, Some(5)]),
        ("picture", vec![None, Some(2), Some(2), Some(6)]),
        ("all", vec![None, Some(24)]),
    ];
    assert_eq!(ports, expected.map(|(name, dims)| (name.to_owned(), dims)));
}

#[test]
fn the_bytes_are_always_the_same() {
    let prepared = prepare(&sample::network().bytes(), Preparation::FromTflite).expect("prepares");
    assert_eq!(
        crate::Sha256::of(&prepared).to_string(),
        "c2b117e60c58ccaab74f80d5fde8235a021496fe69a8b5f7280c1db547877c04"
    );
}

#[test]
fn a_file_cut_short_anywhere_is_an_error() {
    let bytes = sample::network().bytes();
    for length in 0..bytes.len() {
        assert!(prepare(&bytes[..length], Preparation::FromTflite).is_err(), "{length}");
    }
}

/// Applies a change to the sample and checks that preparing it is refused in such words.
fn refused(words: &str, change: impl FnOnce(&mut Sample)) {
    let mut sample = sample::network();
    change(&mut sample);
    let outcome = prepare(&sample.bytes(), Preparation::FromTflite).map(|bytes| bytes.len());
    let complaint = outcome.expect_err(words).to_string();
    assert!(complaint.contains(words), "{words}: {complaint}");
}

/// The operator that makes the tensor of this name.
fn maker<'a>(sample: &'a mut Sample, name: &str) -> &'a mut Table {
    let index = index(sample, name);
    let makes = |operator: &&mut Table| matches!(&operator[&2], Field::Ints(made) if *made == [index]);
    sample.operators.iter_mut().find(makes).expect("there is one")
}

fn index(sample: &Sample, name: &str) -> i32 {
    let named = |tensor: &Table| matches!(&tensor[&3], Field::Bytes(bytes) if bytes == name.as_bytes());
    sample.tensors.iter().position(named).expect("there is one") as i32
}

fn tensor<'a>(sample: &'a mut Sample, name: &str) -> &'a mut Table {
    let index = index(sample, name);
    &mut sample.tensors[index as usize]
}

fn options<'a>(sample: &'a mut Sample, name: &str) -> &'a mut Table {
    match maker(sample, name).get_mut(&4) {
        Some(Field::Table(options)) => options,
        _ => panic!("no options"),
    }
}

#[test]
fn what_is_not_known_is_refused_by_name() {
    use Field::{Byte, Bytes, Int, Ints};
    let set = |table: &mut Table, field, value| drop(table.insert(field, value));
    refused("another version", |s| s.version = 4);
    refused("exactly one graph", |s| s.graphs = 2);
    refused("the operation 9 is not known", |s| set(&mut s.codes[1], 0, Byte(9)));
    refused("the operation 99 is not known", |s| set(&mut s.codes[1], 3, Int(99)));
    refused("newer version", |s| set(&mut s.codes[1], 2, Int(3)));
    refused("field 1 of OperatorCode", |s| set(&mut s.codes[1], 1, Bytes(b"mine".to_vec())));
    refused("field 4 of Tensor", |s| set(tensor(s, "pool"), 4, Field::Table(Table::new())));
    refused("field 5 of Operator", |s| set(maker(s, "pool"), 5, Bytes(vec![1])));
    refused("field 6 of Pool2DOptions", |s| set(options(s, "pool"), 6, Int(1)));
    refused("neither SAME nor VALID", |s| set(options(s, "pool"), 0, Byte(2)));
    refused("neither NONE nor RELU", |s| set(options(s, "pool"), 5, Byte(3)));
    refused("options of its kind", |s| set(maker(s, "pool"), 3, Byte(1)));
    refused("options of its kind", |s| drop(maker(s, "pool").remove(&4)));
    refused("number of inputs", |s| set(maker(s, "sum"), 1, Ints(vec![1])));
    refused("exactly one result", |s| set(maker(s, "sum"), 2, Ints(vec![1, 2])));
    refused("has no output", |s| s.outputs.clear());
    refused("comes out twice", |s| s.outputs[0] = s.outputs[1]);
    refused("comes out", |s| s.outputs = vec![0]);
    refused("not made before", |s| s.outputs = vec![index(s, "last/bias")]);
    refused("not made before", |s| s.operators.reverse());
    refused("that of another", |s| set(tensor(s, "pool"), 3, Bytes(b"sum".to_vec())));
    refused("no name", |s| drop(tensor(s, "pool").remove(&3)));
    refused("text is too long", |s| set(tensor(s, "pool"), 3, Bytes(vec![b'x'; 5000])));
    refused("not UTF-8", |s| set(tensor(s, "pool"), 3, Bytes(vec![0xff])));
}

#[test]
fn what_does_not_fit_together_is_refused() {
    use Field::{Byte, Bytes, Int, Ints};
    let set = |table: &mut Table, field, value| drop(table.insert(field, value));
    refused("another size", |s| set(tensor(s, "pool"), 0, Ints(vec![1, 2, 3, 4])));
    refused("no picture", |s| set(tensor(s, "image"), 0, Ints(vec![2, 7, 6, 3])));
    refused("impossible size", |s| set(tensor(s, "pool"), 0, Ints(vec![1, -2, 2, 4])));
    refused("impossible size", |s| set(tensor(s, "pool"), 0, Ints(vec![1, 1 << 30, 2, 4])));
    refused("impossible size", |s| set(options(s, "pool"), 1, Int(0)));
    refused("does not fit into the picture", |s| set(options(s, "last"), 4, Int(9)));
    refused("neither float32", |s| set(tensor(s, "pool"), 1, Byte(9)));
    refused("more than 8 parts", |s| set(tensor(s, "pool"), 0, Ints(vec![1; 9])));
    refused("content is not there", |s| set(tensor(s, "pool"), 2, Int(9999)));
    refused("cannot be made", |s| set(tensor(s, "pool"), 2, Int(1)));
    refused("cannot be made", |s| {
        let twice = index(s, "padded");
        set(maker(s, "picture"), 2, Ints(vec![twice]));
    });
    refused("only constants of 16 bits", |s| set(tensor(s, "first/kernel/half"), 1, Byte(0)));
    refused("does not fit its dimensions", |s| set(tensor(s, "last/kernel"), 2, Int(0)));
    refused("does not fit its dimensions", |s| set(tensor(s, "last/kernel"), 2, Int(2)));
    refused("tensor is used that is not there", |s| set(maker(s, "sum"), 1, Ints(vec![1, 9999])));
    refused("differ in size", |s| {
        let other = index(s, "pool");
        set(maker(s, "sum"), 1, Ints(vec![0, other]));
    });
    refused("one slope a channel", |s| set(tensor(s, "sum/prelu/alpha"), 0, Ints(vec![1, 4, 1])));
    refused("only to a row", |s| set(tensor(s, "row"), 0, Ints(vec![5, 1])));
    refused("only to a row", |s| set(options(s, "row"), 0, Ints(vec![1, 6])));
    refused("only channels can be padded", |s| set(tensor(s, "padded/paddings"), 0, Ints(vec![2, 4])));
    refused("not one of integers", |s| set(tensor(s, "padded/paddings"), 1, Byte(0)));
    refused("a value is not finite", |s| set(&mut s.buffers[1], 0, Bytes([0, 0x7c].repeat(108))));
}

#[test]
fn a_flood_is_refused_before_memory_is_taken() {
    use Field::{Bytes, Ints};
    refused("more than 4096 parts", |s| s.operators = vec![s.operators[0].clone(); 5000]);
    refused("more than 16384 parts", |s| s.buffers.resize(20_000, Table::new()));
    let paddings = |after: i32| Bytes([0, 0, 0, 0, 0, 0, 0, after].iter().flat_map(|v| v.to_le_bytes()).collect());
    for after in [i32::MAX, -1, 1 << 20] {
        refused("only channels can be padded", |s| drop(s.buffers[9].insert(0, paddings(after))));
    }
    refused("too many channels", |s| drop(s.buffers[9].insert(0, paddings(2047))));
    refused("has another size", |s| drop(s.buffers[9].insert(0, paddings(3))));
    // A list whose length says more than the file has.
    let mut bytes = sample::network().bytes();
    let list = bytes.windows(8).position(|w| w == b"a sample").expect("the description") - 4;
    bytes[list..list + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(prepare(&bytes, Preparation::FromTflite).is_err());
    refused("more than 8 parts", |s| drop(s.operators[0].insert(1, Ints(vec![0; 1 << 20]))));
}

#[test]
fn constants_that_many_share_are_there_once() {
    let mut sample = sample::network();
    let (weights, bias) = (index(&sample, "point/kernel"), index(&sample, "point/bias"));
    let point = index(&sample, "point");
    let mut from = point;
    for nth in 0..50 {
        from = sample.again(point, &format!("again{nth}"), [from, weights, bias]);
    }
    let once = prepare(&sample::network().bytes(), Preparation::FromTflite).expect("prepares");
    let often = prepare(&sample.bytes(), Preparation::FromTflite).expect("prepares");
    let constants =
        |bytes: &[u8]| onnx::Model::decode(bytes).expect("decodes").graph.expect("a graph").initializer.len();
    assert_eq!(constants(&once), constants(&often));
}

/// Prepares, and checks that what comes of it is not out of proportion: 2 KiB of file cannot be a megabyte of network.
fn try_out(bytes: &[u8]) {
    if let Ok(prepared) = prepare(bytes, Preparation::FromTflite) {
        assert!(prepared.len() < 1 << 20, "{}", prepared.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn altered_bytes_never_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = sample::network().bytes();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        try_out(&bytes);
    }

    #[test]
    fn altered_numbers_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![any::<i32>(), -9..300]), 1..4),
    ) {
        let mut bytes = sample::network().bytes();
        for (at, value) in changes {
            let at = at.index(bytes.len() / 4 - 1) * 4;
            bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        try_out(&bytes);
    }

    #[test]
    fn any_bytes_never_panic(rest in prop::collection::vec(any::<u8>(), 0..300), root in 0..40_u32) {
        try_out(&[&root.to_le_bytes()[..], b"TFL3", &rest].concat());
        try_out(&rest);
    }
}

/// Every single byte of the file, each with its bits turned one by one and all at once.
#[test]
fn every_byte_altered_alone_never_panics() {
    let bytes = sample::network().bytes();
    for at in 0..bytes.len() {
        for change in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
            let mut altered = bytes.clone();
            altered[at] ^= change;
            try_out(&altered);
        }
    }
}
