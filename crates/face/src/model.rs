//! The seam to the inference runtime: a private trait, so that tests run the pipeline with a model that computes.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use ort::AsPointer as _;
use ort::environment::Environment;
use ort::memory::{AllocationDevice, AllocatorType, MemoryInfo, MemoryType};
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::TensorRef;

/// A dense tensor of `f32`, row-major.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tensor {
    pub(crate) shape: Vec<usize>,
    pub(crate) data: Vec<f32>,
}

impl Tensor {
    /// Overwrites what it holds and keeps the memory for the next picture. A plain fill: memory that lives on is written to
    /// for sure, and a volatile write for each number would cost a twentieth of the detector's time.
    pub(crate) fn wipe(&mut self) {
        self.data.fill(0.0);
    }
}

/// A network with one input.
pub(crate) trait Model: Send {
    /// Runs the network; the outputs come in the order of the names given at construction.
    fn run(&mut self, input: &Tensor) -> Result<Vec<Tensor>, ModelError>;
}

/// Why a model did not load or run; the text is for the operator's log.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct ModelError(pub(crate) String);

impl<R> From<ort::Error<R>> for ModelError {
    fn from(error: ort::Error<R>) -> Self {
        Self(format!("ONNX Runtime: {error}"))
    }
}

/// The loaded inference library: proof that models can be built. Clones share it.
#[derive(Clone)]
pub struct Runtime(Environment);

impl Runtime {
    /// Loads ONNX Runtime's library. A process has one: a later call gives back the first, whatever its path.
    ///
    /// # Errors
    /// When the file is no ONNX Runtime of a version that this program was built for.
    pub fn load(library: &Path) -> Result<Self, ModelError> {
        static LOADED: Mutex<Option<Runtime>> = Mutex::new(None);
        // Nothing in between leaves it half done.
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = &*loaded {
            return Ok(runtime.clone());
        }
        let builder = ort::init_from(library)
            .map_err(|error| ModelError(format!("{} does not load: {error}", library.display())))?;
        let runtime = Self(builder.with_name("auther").with_telemetry(false).build()?);
        runtime.share_arena()?;
        Ok(loaded.insert(runtime).clone())
    }

    /// Has the sessions take their memory from one arena. With one each, all of them keep the most that they ever needed; of
    /// those of a worker only one runs at a time. It lowers the most that is taken, by a tenth with two workers; how much is
    /// kept afterwards varies from run to run either way.
    fn share_arena(&self) -> Result<(), ModelError> {
        let memory = MemoryInfo::new(AllocationDevice::CPU, 0, AllocatorType::Arena, MemoryType::Default)?;
        let defaults = std::ptr::null();
        // SAFETY: the environment and the description live until the call returns, which copies what it needs; it changes the
        // environment under a lock of the runtime's own. The C API takes null for the defaults of an arena.
        let status =
            unsafe { (ort::api().CreateAndRegisterAllocator)(self.0.ptr().cast_mut(), memory.ptr(), defaults) };
        // SAFETY: this is the status of that call, and nobody else takes it over.
        Ok(unsafe { ort::Error::result_from_status(status) }?)
    }
}

/// A network run by ONNX Runtime on the calling thread alone: two single-threaded sessions serve more requests than one
/// session with two threads, so the parallelism is over requests.
pub(crate) struct OrtModel {
    session: Session,
    input: String,
    outputs: Vec<String>,
}

impl OrtModel {
    pub(crate) fn load(runtime: &Runtime, onnx: &[u8], input: &str, outputs: &[&str]) -> Result<Self, ModelError> {
        let session = Session::builder(&runtime.0)?
            .with_optimization_level(GraphOptimizationLevel::All)?
            .with_intra_threads(1)?
            .with_inter_threads(1)?
            .with_env_allocators()?
            .commit_from_memory(onnx)?;
        let has = |name: &str| session.outputs().iter().any(|o| o.name() == name);
        if let Some(missing) = outputs.iter().find(|name| !has(name)) {
            return Err(ModelError(format!("the model has no output named {missing}")));
        }
        Ok(Self { session, input: input.into(), outputs: outputs.iter().map(ToString::to_string).collect() })
    }
}

impl Model for OrtModel {
    fn run(&mut self, input: &Tensor) -> Result<Vec<Tensor>, ModelError> {
        let view = TensorRef::from_array_view((input.shape.clone(), input.data.as_slice()))?;
        let results = self.session.run(ort::inputs![self.input.as_str() => view])?;
        let take = |name: &String| {
            let (shape, data) = results[name.as_str()].try_extract_tensor::<f32>()?;
            let shape = shape.iter().map(|side| usize::try_from(*side).unwrap_or(0)).collect();
            Ok(Tensor { shape, data: data.to_vec() })
        };
        self.outputs.iter().map(take).collect()
    }
}
