//! Style sheets, scripts and pictures, compiled in. The address of each holds a digest of its content, so browsers keep
//! it for ever and never see an old one.

use std::collections::HashMap;
use std::sync::LazyLock;

use sha2::{Digest as _, Sha256};

/// How many bytes of the digest the address shows: nobody attacks this, versions must only differ.
const DIGEST_BYTES: usize = 6;

macro_rules! assets {
    ($($name:literal, $media_type:literal;)+) => {
        /// Name, media type and content of every asset.
        const ASSETS: &[(&str, &str, &[u8])] = &[
            $(($name, $media_type, include_bytes!(concat!("../assets/", $name)))),+
        ];
    };
}

// One line for each asset; pages ask for it with `frame.asset("app.css")`.
assets! {
    "app.css", "text/css; charset=utf-8";
    "app.js", "text/javascript; charset=utf-8";
    "theme.js", "text/javascript; charset=utf-8";
    "docs.css", "text/css; charset=utf-8";
    "try.css", "text/css; charset=utf-8";
    "try.js", "text/javascript; charset=utf-8";
    "guidance.js", "text/javascript; charset=utf-8";
    "answer.js", "text/javascript; charset=utf-8";
    "icon.svg", "image/svg+xml";
}

/// What is served under an address.
pub(crate) struct Asset {
    name: &'static str,
    url: String,
    pub(crate) media_type: &'static str,
    pub(crate) content: &'static [u8],
    /// The digest in quotes.
    pub(crate) etag: String,
}

/// By the last part of the address.
static BY_FILE: LazyLock<HashMap<String, Asset>> = LazyLock::new(|| {
    let asset = |&(name, media_type, content): &(&'static str, &'static str, &'static [u8])| {
        let digest = Sha256::digest(content);
        let hash: String = digest.iter().take(DIGEST_BYTES).map(|byte| format!("{byte:02x}")).collect();
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        let file = format!("{stem}.{hash}.{extension}");
        let url = format!("/console/assets/{file}");
        (file, Asset { name, url, media_type, content, etag: format!("\"{hash}\"") })
    };
    ASSETS.iter().map(asset).collect()
});

/// By the name that pages know.
static URLS: LazyLock<HashMap<&'static str, &'static str>> =
    LazyLock::new(|| BY_FILE.values().map(|asset| (asset.name, asset.url.as_str())).collect());

/// The asset that has this address.
pub(crate) fn find(file: &str) -> Option<&'static Asset> {
    BY_FILE.get(file)
}

/// The address of an asset. A name that no asset has gives an address that nothing is at: the tests ask for every
/// address that a page mentions.
pub(crate) fn url(name: &str) -> &'static str {
    URLS.get(name).copied().unwrap_or("/console/assets/none")
}

/// The addresses of all assets, for tests.
#[must_use]
pub fn asset_urls() -> Vec<&'static str> {
    URLS.values().copied().collect()
}
