//! The face pipeline of the built-in cards and the models in the cache, as the program puts it together.

use std::error::Error;
use std::path::PathBuf;

use biometric::ModelId;
use face::{
    ChannelOrder, Detector, DetectorSpec, Embedder, EmbedderSpec, Landmarker, LandmarkerSpec, Pipeline, PixelSpec,
    Recipe, Runtime,
};
use models::{Cache, CachePlaces, Card, Catalogue, Channels, Network};

/// The cards that are used.
struct Cards {
    catalogue: Catalogue,
    cache: Cache,
}

/// A pipeline of the models in this cache, or in the one that the environment names.
pub(crate) fn pipeline(cache: Option<PathBuf>) -> Result<Pipeline, Box<dyn Error>> {
    let variable = |name| std::env::var_os(name).map(Into::into);
    let cache = Cache::resolve(CachePlaces {
        explicit: cache,
        auther_cache: variable("AUTHER_CACHE"),
        xdg_cache_home: variable("XDG_CACHE_HOME"),
        home: variable("HOME"),
    })?;
    let cards = Cards { catalogue: Catalogue::built_in()?, cache };
    let runtime = Runtime::load(&cards.cache.verified_path(cards.card("onnxruntime")?)?)?;
    let detector = Detector::load(&runtime, &cards.bytes("yunet_2023mar")?, DetectorSpec::default())?;
    let (mesh, eye) = (cards.landmarks("face_mesh_mediapipe")?, cards.landmarks("iris_mediapipe")?);
    let landmarker = Landmarker::load(&runtime, (&mesh.0, &mesh.1), (&eye.0, &eye.1))?;
    let embedder = cards.embedder(&runtime, "sface_2021dec")?;
    // No template is made here.
    let recipe = Recipe { model: ModelId::parse("alter")?, mirror_averaged: false, population_mean: Vec::new() };
    Ok(Pipeline::new(detector, landmarker, embedder, recipe))
}

impl Cards {
    fn card(&self, name: &str) -> Result<&Card, Box<dyn Error>> {
        Ok(self.catalogue.get(name).ok_or_else(|| format!("there is no card named {name}"))?)
    }

    fn bytes(&self, name: &str) -> Result<Vec<u8>, Box<dyn Error>> {
        Ok(self.cache.verified_bytes(self.card(name)?)?)
    }

    fn landmarks(&self, name: &str) -> Result<(Vec<u8>, LandmarkerSpec), Box<dyn Error>> {
        let network = self.card(name)?.landmarker().ok_or_else(|| format!("{name} finds no landmarks"))?;
        let outputs = <[String; 2]>::try_from(network.outputs.clone()).map_err(|_| "two outputs are read")?;
        let spec = LandmarkerSpec { input: network.input.tensor.clone(), outputs, pixels: pixels(network) };
        Ok((self.bytes(name)?, spec))
    }

    fn embedder(&self, runtime: &Runtime, name: &str) -> Result<Embedder, Box<dyn Error>> {
        let card = self.card(name)?.embedder().ok_or_else(|| format!("{name} makes no embeddings"))?;
        let spec = EmbedderSpec {
            input: card.network.input.tensor.clone(),
            output: card.network.outputs.first().cloned().unwrap_or_default(),
            dimension: card.dimension,
            pixels: pixels(&card.network),
        };
        Ok(Embedder::load(runtime, &self.bytes(name)?, spec)?)
    }
}

fn pixels(network: &Network) -> PixelSpec {
    let channels = match network.input.channels {
        Channels::Rgb => ChannelOrder::Rgb,
        Channels::Bgr => ChannelOrder::Bgr,
    };
    PixelSpec { channels, mean: network.input.mean, scale: network.input.scale }
}
