//! The real files, where there are any: `AUTHER_CACHE=<a filled cache> cargo test -p models --test published_files`.

use models::{Cache, Catalogue, Preparation, Sha256, prepare, work};

/// Preparing gives the bytes that the cards pin, on every machine and at every level of optimisation.
#[test]
fn preparing_the_published_files_gives_what_the_cards_say() {
    let Some(folder) = std::env::var_os("AUTHER_CACHE") else {
        eprintln!("AUTHER_CACHE is not set: nothing is checked");
        return;
    };
    let cache = Cache::new(folder);
    for card in Catalogue::built_in().expect("they parse").cards() {
        let published = std::fs::read(cache.folder().join(&card.name).join(&card.file.name)).expect("a filled cache");
        assert_eq!(Sha256::of(&published), card.file.sha256, "{}", card.name);
        let Some(prepared) = &card.prepared else { continue };
        let bytes = prepare(&published, prepared.preparation).expect("prepares");
        assert_eq!(
            (Sha256::of(&bytes), bytes.len() as u64),
            (prepared.file.sha256, prepared.file.bytes),
            "{}",
            card.name
        );
        assert!((0..40).all(|cut| prepare(&published[..published.len() * cut / 40], prepared.preparation).is_err()));
    }
}

/// What is said of them elsewhere, a multiplication with its addition being two operations: rounded, and convolutions alone,
/// so that ours are a little more.
#[test]
fn the_work_of_the_published_networks_is_what_is_known_of_them() {
    let Some(folder) = std::env::var_os("AUTHER_CACHE") else {
        eprintln!("AUTHER_CACHE is not set: nothing is checked");
        return;
    };
    let published = |name: &str, file: &str| std::fs::read(Cache::new(&folder).folder().join(name).join(file));
    let yunet = published("yunet_2023mar", "face_detection_yunet_2023mar.onnx").expect("a filled cache");
    let sface = published("sface_2021dec", "face_recognition_sface_2021dec_int8bq.onnx").expect("a filled cache");
    let sface = prepare(&sface, Preparation::Dequantise).expect("prepares");
    for (network, side, giga) in [(&yunet, 320, 0.17), (&yunet, 640, 0.69), (&sface, 112, 1.15)] {
        let counted = work(network, side, side).expect("counts").flops as f64 / 1e9;
        assert!((0.99..1.08).contains(&(counted / giga)), "{counted} GFLOP at {side} pixels, not {giga}");
    }
}
