//! The real files, where there are any: `AUTHER_CACHE=<a filled cache> cargo test -p models --test published_files`.

use models::{Cache, Catalogue, Sha256, prepare};

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
