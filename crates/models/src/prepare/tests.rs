//! A made-up network of the kind of `SFace`: what comes out computes what went in, and no bytes make it panic.

pub(super) mod interpreter;
mod sample;

use proptest::prelude::*;

use super::*;
use interpreter::run;

fn outputs(bytes: &[u8], image: &[f64]) -> Vec<f64> {
    let model = onnx::Model::decode(bytes).expect("decodes");
    run(&read::graph(model).expect("reads"), image)
}

fn image(seed: u32) -> Vec<f64> {
    let value = |i: u32| f64::from((i.wrapping_mul(2_654_435_761).wrapping_add(seed.wrapping_mul(40_503)) >> 13) % 256);
    (0..sample::INPUT_ELEMENTS).map(value).collect()
}

#[test]
fn the_prepared_network_computes_the_same() {
    let original = sample::network();
    let prepared = prepare(&original, Preparation::Fold).expect("prepares");
    for seed in 0..5 {
        let (expected, found) = (outputs(&original, &image(seed)), outputs(&prepared, &image(seed)));
        let size = expected.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
        let worst = expected.iter().zip(&found).fold(0.0_f64, |most, (e, f)| most.max((e - f).abs()));
        assert!(size > 0.1 && worst < 1e-5 * size, "{worst} of {size}: {expected:?} {found:?}");
    }
}

#[test]
fn only_what_the_runtime_is_fast_at_is_left() {
    let prepared = prepare(&sample::network(), Preparation::Fold).expect("prepares");
    let graph = onnx::Model::decode(&*prepared).expect("decodes").graph.expect("a graph");
    let mut kinds: Vec<_> = graph.node.iter().filter_map(|n| n.op_type.as_deref()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds, ["Add", "Conv", "Flatten", "Gemm", "Relu", "Sub"]);
    assert_eq!(graph.input.len(), 1);
}

#[test]
fn the_bytes_are_always_the_same() {
    let prepared = prepare(&sample::network(), Preparation::Fold).expect("prepares");
    let pinned = "aa787531d5469c8f5a4d404c9b931b9d5899d7bc0050076739773515c6241733";
    assert_eq!(crate::Sha256::of(&prepared).to_string(), pinned);
}

#[test]
fn dequantised_for_comparison_it_computes_the_same_with_the_operations_as_published() {
    let original = sample::network();
    let dequantised = prepare(&original, Preparation::Dequantise).expect("prepares");
    let (expected, found) = (outputs(&original, &image(3)), outputs(&dequantised, &image(3)));
    let size = expected.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
    let worst = expected.iter().zip(&found).fold(0.0_f64, |most, (e, f)| most.max((e - f).abs()));
    assert!(size > 0.1 && worst < 1e-6 * size, "{worst} of {size}");
    let kept = |bytes: &[u8]| {
        let graph = onnx::Model::decode(bytes).expect("decodes").graph.expect("a graph");
        let kinds = graph.node.into_iter().filter_map(|node| node.op_type);
        kinds.filter(|kind| !["DequantizeLinear", "Reshape", "Dropout"].contains(&kind.as_str())).collect::<Vec<_>>()
    };
    assert_eq!(kept(&original), kept(&dequantised));
}

#[test]
fn work_is_counted_as_by_hand() {
    let found = work(&sample::detector("Relu"), 64, 64).expect("counts");
    // 8 x 8 windows of 8 x 8 x 3 products and sums, each result once more by Relu.
    assert_eq!(found.flops, 64 * (2 * 8 * 8 * 3) + 64);
    assert_eq!((found.weight_bytes, found.input_bytes, found.output_bytes), (4 * 192, 4 * 3 * 64 * 64, 4 * 64));
    assert_eq!(found.activation_bytes, 4 * 4 * 64);
    assert_eq!(found.compulsory_bytes(), 768 + 49_152 + 256);
    // Of another size: as many windows as fit.
    assert_eq!(work(&sample::detector("Relu"), 128, 32).expect("counts").flops, 64 * (2 * 8 * 8 * 3) + 64);
}

#[test]
fn work_of_padded_strided_grouped_convolutions_and_all_that_is_between_them() {
    let dequantised = prepare(&sample::network(), Preparation::Dequantise).expect("prepares");
    let centring = 2 * 108;
    let plain = 216 * (2 * 3 * 9) + 4 * 216;
    let depthwise = 54 * (2 * 9) + 4 * 54;
    let pointwise = 45 * (2 * 6) + 4 * 45;
    let head = 2 * 45 + (2 * 45 * 4 + 4) + 2 * 4;
    assert_eq!(work(&dequantised, 6, 6).expect("counts").flops, centring + plain + depthwise + pointwise + head);
}

#[test]
fn work_that_cannot_be_counted_is_an_error() {
    assert!(work(&sample::detector("LSTM"), 64, 64).expect_err("unknown").to_string().contains("LSTM is not counted"));
    assert!(work(&sample::detector("Relu"), 4, 64).expect_err("small").to_string().contains("larger than the image"));
    // As published the weights are not there yet.
    assert!(work(&sample::network(), 6, 6).is_err());
}

#[test]
fn preparing_twice_changes_nothing_more() {
    let once = prepare(&sample::network(), Preparation::Fold).expect("prepares");
    assert!(prepare(&once, Preparation::Fold).expect("prepares") == once);
}

#[test]
fn a_file_cut_short_anywhere_is_an_error() {
    let bytes = sample::network();
    for length in 0..bytes.len() {
        for preparation in [Preparation::Fold, Preparation::DynamicSize, Preparation::Dequantise] {
            assert!(prepare(&bytes[..length], preparation).is_err(), "{length}");
        }
    }
}

/// Applies a change to the sample and says what preparing it says.
fn complaint(change: impl FnOnce(&mut onnx::Graph)) -> String {
    let mut model = onnx::Model::decode(&*sample::network()).expect("decodes");
    change(model.graph.as_mut().expect("a graph"));
    let outcome = prepare(&model.encode_to_vec(), Preparation::Fold).map(|bytes| bytes.len());
    outcome.expect_err("refused").to_string()
}

fn node<'a>(graph: &'a mut onnx::Graph, kind: &str) -> &'a mut onnx::Node {
    graph.node.iter_mut().find(|n| n.op_type.as_deref() == Some(kind)).expect("there is one")
}

#[test]
fn what_is_not_known_is_refused_by_name() {
    let has = |complaint: String, words: &str| assert!(complaint.contains(words), "{complaint}");
    has(complaint(|g| node(g, "PRelu").op_type = Some("LSTM".into())), "LSTM is not known");
    has(complaint(|g| node(g, "PRelu").domain = Some("elsewhere".into())), "not one of the standard");
    has(complaint(|g| node(g, "Conv").attribute[0].name = Some("surprise".into())), "surprise");
    has(complaint(|g| node(g, "Flatten").input.clear()), "1 inputs, not 0");
    has(complaint(|g| node(g, "BatchNormalization").output.push("mean".into())), "exactly one output");
    has(complaint(|g| g.output[0].name = Some("nobody".into())), "no node makes the output");
    has(complaint(|g| g.input.clear()), "not exactly one");
    has(complaint(|g| g.node.reverse()), "not made before it");
    has(complaint(|g| node(g, "Conv").input[0] = node(g, "Conv").output[0].clone()), "not made before it");
    has(complaint(|g| g.node[3].output = g.node[4].output.clone()), "already there");
}

#[test]
fn impossible_tensors_are_refused_before_memory_is_taken() {
    let has = |complaint: String, words: &str| assert!(complaint.contains(words), "{complaint}");
    for dims in [vec![i64::MAX], vec![1 << 40, 1 << 40], vec![1 << 62; 8], vec![7]] {
        has(complaint(|g| g.initializer[0].dims = dims), "does not fit its dimensions");
    }
    has(complaint(|g| g.initializer[0].dims = vec![-1]), "negative");
    has(complaint(|g| g.initializer[0].dims = vec![1; 9]), "too many dimensions");
    has(complaint(|g| g.initializer[0].data_type = Some(8)), "neither float");
    has(complaint(|g| g.initializer[0].data_type = Some(onnx::data_type::INT64)), "content");
    has(complaint(|g| drop(g.initializer.remove(0))), "not made before it");
    has(complaint(|g| g.initializer.push(g.initializer[0].clone())), "that of another");
}

#[test]
fn a_shared_constant_cannot_be_multiplied_without_end() {
    let error = prepare(&sample::sharing_bomb(), Preparation::Fold).expect_err("refused");
    assert!(matches!(error, PrepareError::TooManyParts { .. }), "{error}");
}

#[test]
fn a_detector_gets_a_free_size_and_keeps_the_rest() {
    let original = onnx::Model::decode(&*sample::detector("Relu")).expect("decodes");
    let prepared = prepare(&sample::detector("Relu"), Preparation::DynamicSize).expect("prepares");
    let prepared = onnx::Model::decode(&*prepared).expect("decodes");
    let (original, prepared) = (original.graph.expect("a graph"), prepared.graph.expect("a graph"));
    assert_eq!((original.node, original.initializer), (prepared.node, prepared.initializer));
    let sizes = |mut value: onnx::Value| value.dimensions_mut().expect("sizes").clone();
    let input = sizes(prepared.input[0].clone());
    assert_eq!(input[2..], [onnx::Dimension::free("height"), onnx::Dimension::free("width")]);
    assert_eq!(sizes(prepared.output[0].clone())[1], onnx::Dimension::free("cells_8"));
    assert!(prepare(&sample::detector("Flatten"), Preparation::DynamicSize).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn altered_bytes_never_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = sample::network();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let _ = prepare(&bytes, Preparation::Fold);
        let _ = prepare(&bytes, Preparation::DynamicSize);
        let _ = work(&bytes, 6, 6);
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = prepare(&bytes, Preparation::Fold);
    }

    #[test]
    fn shuffled_wiring_never_panics(wires in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..4)) {
        let mut model = onnx::Model::decode(&*sample::network()).expect("decodes");
        let graph = model.graph.as_mut().expect("a graph");
        let names: Vec<String> = graph.initializer.iter().filter_map(|t| t.name.clone()).chain(graph.node.iter().flat_map(|n| n.output.clone())).collect();
        for (node, name) in wires {
            let at = node.index(graph.node.len());
            if let Some(first) = graph.node[at].input.last_mut() {
                first.clone_from(&names[name.index(names.len())]);
            }
        }
        let _ = prepare(&model.encode_to_vec(), Preparation::Fold);
    }
}
