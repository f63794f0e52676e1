//! How the rooms are put together: cards and files become models, models become pipelines, all become the engine.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use accounts::Accounts;
use accounts::usage::{Retention, Usage};
use biometric::{Calibration, ModelId, Timestamp};
use engine::{Engine, Pool, Rules};
use face::{
    ChannelOrder, Detector, DetectorSpec, Embedder, EmbedderSpec, Landmarker, LandmarkerSpec, Pipeline, PixelSpec,
    Recipe, Runtime,
};
use models::{Cache, CachePlaces, Card, Catalogue, Channels, Preparation};

use crate::cli::Common;
use crate::failure::{Failure, Outcome};
use crate::settings::Settings;

/// Names of the cards of the landmark networks.
const FACE_MESH: &str = "face_mesh_mediapipe";
const EYE: &str = "iris_mediapipe";

/// Settings, model cache and cards: what every command begins with.
pub(crate) struct Assembly {
    pub(crate) settings: Settings,
    pub(crate) cache: Cache,
    pub(crate) catalogue: Catalogue,
}

/// The models' bytes, checked, ready to become any number of pipelines.
pub(crate) struct Loaded {
    runtime: Runtime,
    detector: Vec<u8>,
    mesh: (Vec<u8>, LandmarkerSpec),
    eye: (Vec<u8>, LandmarkerSpec),
    embedder: Vec<u8>,
    spec: EmbedderSpec,
    pub(crate) recipe: Recipe,
    pub(crate) calibration: Calibration,
}

impl Assembly {
    /// Reads settings and cards; touches neither models nor databases.
    pub(crate) fn new(common: &Common) -> Outcome<Self> {
        let mut settings = Settings::read(common.config.as_deref())?;
        if let Some(data) = &common.data {
            settings.data.clone_from(data);
        }
        let variable = |name| std::env::var_os(name).map(Into::into);
        let cache = Cache::resolve(CachePlaces {
            explicit: common.cache.clone(),
            auther_cache: variable("AUTHER_CACHE"),
            xdg_cache_home: variable("XDG_CACHE_HOME"),
            home: variable("HOME"),
        })?;
        let mut catalogue = Catalogue::built_in()?;
        if !settings.models.as_os_str().is_empty() {
            catalogue.add_folder(&settings.models)?;
        }
        Ok(Self { settings, cache, catalogue })
    }

    /// Reads and checks the runtime and the models that the settings name, side by side: they are about as large.
    pub(crate) fn load(&self) -> Outcome<Loaded> {
        thread::scope(|scope| {
            let runtime = scope.spawn(|| self.runtime());
            self.load_models(|| joined(runtime))
        })
    }

    fn runtime(&self) -> Outcome<Runtime> {
        Ok(Runtime::load(&self.cache.verified_path(self.card("onnxruntime")?)?)?)
    }

    fn load_models(&self, runtime: impl FnOnce() -> Outcome<Runtime>) -> Outcome<Loaded> {
        let detector_card = self.card(&self.settings.detector)?;
        if detector_card.detector().is_none() {
            return Err(Failure::new(format!("setting detector: {} is no detector", detector_card.name)));
        }
        let embedder_card = self.card(&self.settings.embedder)?;
        let embedder = self.embedder()?;
        let (mesh, eye) = (self.landmarker(FACE_MESH)?, self.landmarker(EYE)?);
        Ok(Loaded {
            detector: self.cache.verified_bytes(detector_card)?,
            mesh,
            eye,
            embedder: self.cache.verified_bytes(embedder_card)?,
            runtime: runtime()?,
            spec: spec(embedder),
            recipe: Recipe {
                model: embedder.model_id.clone(),
                mirror_averaged: embedder.calibration.recipe.mirror_averaged,
                population_mean: embedder.calibration.mean.clone(),
            },
            calibration: embedder.calibration.calibration.clone(),
        })
    }

    pub(crate) fn card(&self, name: &str) -> Outcome<&Card> {
        self.catalogue.get(name).ok_or_else(|| Failure::new(format!("there is no model card named {name}")))
    }

    /// The recognition model that the settings name.
    pub(crate) fn embedder(&self) -> Outcome<&models::Embedder> {
        let card = self.card(&self.settings.embedder)?;
        let none = || Failure::new(format!("setting embedder: {} is no recognition model", card.name));
        card.embedder().ok_or_else(none)
    }

    /// Bytes and facts of a landmark network. Which ones is no setting: measures are defined on the points of these.
    fn landmarker(&self, name: &str) -> Outcome<(Vec<u8>, LandmarkerSpec)> {
        let card = self.card(name)?;
        let network = card.landmarker().ok_or_else(|| Failure::new(format!("{name} is no landmark model")))?;
        let outputs = <[String; 2]>::try_from(network.outputs.clone());
        let outputs = outputs.map_err(|_| Failure::new(format!("{name}: two outputs are read")))?;
        let spec = LandmarkerSpec { input: network.input.tensor.clone(), outputs, pixels: pixels(&network.input) };
        Ok((self.cache.verified_bytes(card)?, spec))
    }

    /// A card's file as its makers publish it, checked.
    pub(crate) fn published(&self, name: &str) -> Outcome<Vec<u8>> {
        Ok(self.cache.verified_published(self.card(name)?)?)
    }

    /// The recognition model as published but for its weights, which are plain: what preparing it is compared with.
    pub(crate) fn dequantised_embedder(&self) -> Outcome<Vec<u8>> {
        let published = self.published(&self.settings.embedder)?;
        models::prepare(&published, Preparation::Dequantise).map_err(Failure::context(&self.settings.embedder))
    }

    /// How the recognition model's embeddings become templates.
    pub(crate) fn recipe(&self) -> Outcome<models::Recipe> {
        Ok(self.embedder()?.calibration.recipe)
    }

    /// What decides an embedding, in words: program, detector, recognition model.
    pub(crate) fn subject(&self) -> Outcome<String> {
        let hash = |name: &str| self.card(name).map(|card| card.used().sha256.to_string()[..8].to_string());
        let (detector, embedder) = (&self.settings.detector, &self.settings.embedder);
        let version = env!("CARGO_PKG_VERSION");
        Ok(format!("auther {version}, {detector} {}, {embedder} {}", hash(detector)?, hash(embedder)?))
    }

    /// Opens the gallery and starts the workers.
    pub(crate) fn engine(&self) -> Outcome<Engine> {
        let loaded = self.load()?;
        self.make_data_folder()?;
        let (pipelines, gallery) = thread::scope(|scope| {
            let pipelines = scope.spawn(|| loaded.pipelines(self.workers()));
            let (model, options) = (loaded.model().clone(), self.settings.gallery());
            let gallery = gallery::Embedded::open(&self.settings.data, model, options);
            (joined(pipelines), gallery)
        });
        let (gallery, pipelines) = (gallery?, pipelines?);
        if let Some(trouble) = gallery.snapshot_trouble() {
            tracing::warn!(%trouble, "the gallery works, with more memory and a slower start");
        }
        let collections = gallery::CollectionStore::open(&self.settings.data)?;
        let pool = Pool::start(pipelines, self.settings.pool())?;
        let rules = Rules { policy: self.policy(), ..Rules::default() };
        Ok(Engine::new(pool, Arc::new(gallery), collections, rules, loaded.calibration, Arc::new(now)))
    }

    /// Opens the database of organisations, users and keys.
    pub(crate) fn accounts(&self) -> Outcome<Arc<Accounts>> {
        self.make_data_folder()?;
        Ok(Arc::new(Accounts::open_with(&self.settings.data, &self.settings.master_key())?))
    }

    /// Opens the counters and the request log.
    pub(crate) fn usage(&self) -> Outcome<Arc<Usage>> {
        self.make_data_folder()?;
        let Settings { request_log_days, usage_days, .. } = self.settings;
        Ok(Arc::new(Usage::open(&self.settings.data, Retention { request_log_days, usage_days })?))
    }

    /// Makes the folder of the databases, for its owner alone and so that a power cut does not take it away; one that is
    /// there is left as it is.
    pub(crate) fn make_data_folder(&self) -> Outcome<()> {
        let folder = &self.settings.data;
        make_private_folder(folder).map_err(Failure::context(format!("folder {}", folder.display())))
    }

    /// How many threads work on faces.
    pub(crate) fn workers(&self) -> usize {
        match self.settings.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            workers => workers,
        }
    }

    pub(crate) fn policy(&self) -> face::Policy {
        self.settings.policy()
    }
}

impl Loaded {
    /// The model and recipe whose templates the pipelines make.
    pub(crate) fn model(&self) -> &ModelId {
        &self.recipe.model
    }

    /// So many pipelines, made side by side: reading and optimising the graphs of each takes one core.
    fn pipelines(&self, count: usize) -> Result<Vec<Pipeline>, face::ModelError> {
        thread::scope(|scope| {
            let makers: Vec<_> = (0..count).map(|_| scope.spawn(|| self.pipeline())).collect();
            makers.into_iter().map(joined).collect()
        })
    }

    /// Another pipeline, with sessions of its own.
    pub(crate) fn pipeline(&self) -> Result<Pipeline, face::ModelError> {
        let detector = Detector::load(&self.runtime, &self.detector, self.detector_spec())?;
        let (mesh, eye) = (&self.mesh, &self.eye);
        let landmarker = Landmarker::load(&self.runtime, (&mesh.0, &mesh.1), (&eye.0, &eye.1))?;
        Ok(Pipeline::new(detector, landmarker, self.embedder()?, self.recipe.clone()))
    }

    /// Another recognition model alone.
    pub(crate) fn embedder(&self) -> Result<Embedder, face::ModelError> {
        self.embedder_of(&self.embedder)
    }

    /// The same model in another file, for comparisons.
    pub(crate) fn embedder_of(&self, onnx: &[u8]) -> Result<Embedder, face::ModelError> {
        Embedder::load(&self.runtime, onnx, self.spec.clone())
    }

    /// How faces are looked for.
    pub(crate) fn detector_spec(&self) -> DetectorSpec {
        DetectorSpec::default()
    }
}

/// What a thread has made; a panic in it goes on here.
fn joined<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn spec(embedder: &models::Embedder) -> EmbedderSpec {
    let input = &embedder.network.input;
    EmbedderSpec {
        input: input.tensor.clone(),
        output: embedder.network.outputs.first().cloned().unwrap_or_default(),
        dimension: embedder.dimension,
        pixels: pixels(input),
    }
}

fn pixels(input: &models::Input) -> PixelSpec {
    let channels = match input.channels {
        Channels::Rgb => ChannelOrder::Rgb,
        Channels::Bgr => ChannelOrder::Bgr,
    };
    PixelSpec { channels, mean: input.mean, scale: input.scale }
}

/// The wall clock, read here and nowhere below.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    std::os::unix::fs::DirBuilderExt::mode(&mut std::fs::DirBuilder::new(), 0o700).recursive(true).create(folder)?;
    // The entry in the folder above must be on the disk before what is written into the new one is called durable.
    match folder.canonicalize()?.parent() {
        Some(parent) => std::fs::File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}
