//! All the cards there are: built in, and those that a user brings.

use std::fs;
use std::path::Path;

use crate::{Card, CardError, Kind};

/// The largest card or calibration file in bytes: a mean of 8,192 numbers takes a tenth of it.
const TEXT_BYTES_MAX: u64 = 1 << 20;

/// A built-in card: its path in the repository, its text, and the text of the calibration beside it.
struct BuiltIn {
    path: &'static str,
    text: &'static str,
    calibration: Option<&'static str>,
}

macro_rules! models {
    ($path:literal) => {
        include_str!(concat!("../../../models/", $path))
    };
}

const BUILT_IN: [BuiltIn; 6] = [
    BuiltIn { path: "models/yunet_2023mar/card.toml", text: models!("yunet_2023mar/card.toml"), calibration: None },
    BuiltIn {
        path: "models/sface_2021dec/card.toml",
        text: models!("sface_2021dec/card.toml"),
        calibration: Some(models!("sface_2021dec/calibration.toml")),
    },
    BuiltIn {
        path: "models/face_mesh_mediapipe/card.toml",
        text: models!("face_mesh_mediapipe/card.toml"),
        calibration: None,
    },
    BuiltIn { path: "models/iris_mediapipe/card.toml", text: models!("iris_mediapipe/card.toml"), calibration: None },
    BuiltIn { path: "models/onnxruntime/card.toml", text: models!("onnxruntime/card.toml"), calibration: None },
    BuiltIn {
        path: "models/onnxruntime/card-aarch64.toml",
        text: models!("onnxruntime/card-aarch64.toml"),
        calibration: None,
    },
];

/// Cards by name, no name twice.
#[derive(Clone, Debug, PartialEq)]
pub struct Catalogue {
    cards: Vec<Card>,
}

impl Catalogue {
    /// The cards that come with the product, those of runtimes only for this machine.
    ///
    /// # Errors
    /// Never in a build whose tests passed: the cards are compiled in.
    pub fn built_in() -> Result<Self, CardError> {
        let here = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
        let mut catalogue = Self { cards: Vec::new() };
        for BuiltIn { path, text, calibration } in &BUILT_IN {
            let beside = |_: &str| calibration.map(str::to_owned).ok_or_else(|| "is not built in".to_owned());
            let card = Card::parse(path, text, None, &beside)?;
            match &card.kind {
                Kind::Runtime(target) if *target != here => {}
                Kind::Runtime(_) | Kind::Detector(_) | Kind::Embedder(_) | Kind::Landmarker(_) => {
                    catalogue.add(path, card)?;
                }
            }
        }
        Ok(catalogue)
    }

    /// Adds every `<folder>/<name>/card.toml`.
    ///
    /// # Errors
    /// When the folder cannot be read, or a card is wrong or has the name of another.
    pub fn add_folder(&mut self, folder: &Path) -> Result<(), CardError> {
        let place = folder.display().to_string();
        let unreadable = |error: std::io::Error| CardError::new(&place, "folder", error.to_string());
        let mut folders: Vec<_> =
            fs::read_dir(folder).map_err(unreadable)?.collect::<Result<_, _>>().map_err(unreadable)?;
        folders.sort_by_key(fs::DirEntry::file_name);
        for folder in folders {
            let path = folder.path().join("card.toml");
            if path.is_file() {
                let card = read_card(&path, &folder.path())?;
                self.add(&path.display().to_string(), card)?;
            }
        }
        Ok(())
    }

    /// All cards.
    #[must_use]
    pub fn cards(&self) -> &[Card] {
        &self.cards
    }

    /// The card of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Card> {
        self.cards.iter().find(|card| card.name == name)
    }

    fn add(&mut self, path: &str, card: Card) -> Result<(), CardError> {
        if self.get(&card.name).is_some() {
            return Err(CardError::new(path, "name", format!("{} is the name of another card", card.name)));
        }
        self.cards.push(card);
        Ok(())
    }
}

fn read_card(path: &Path, folder: &Path) -> Result<Card, CardError> {
    let shown = path.display().to_string();
    let text = read_text(path).map_err(|why| CardError::new(&shown, "file", why))?;
    Card::parse(&shown, &text, Some(folder), &|name| read_text(&folder.join(name)))
}

fn read_text(path: &Path) -> Result<String, String> {
    let bytes = fs::metadata(path).map_err(|error| format!("{}: {error}", path.display()))?.len();
    if bytes > TEXT_BYTES_MAX {
        return Err(format!("{} has {bytes} bytes; at most {TEXT_BYTES_MAX} are read", path.display()));
    }
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
