//! From the TOML of a card to a card: every field checked, every complaint with the file and the field.

use std::path::Path;

use biometric::ModelId;

use super::shape::{
    CardShape, EmbeddingShape, InputShape, KindShape, LayoutShape, OutputShape, PackageShape, SizeShape, SourceShape,
};
use super::{
    Card, CardError, Embedder, FileFacts, Input, InputSize, Kind, Licence, Network, Package, Prepared, Source,
    fingerprint,
};
use crate::{CalibrationFile, Sha256};

/// The longest card name in bytes; with its fingerprint it fits a model id.
const NAME_BYTES_MAX: usize = 64;
/// The longest file name in bytes: what common file systems accept (255), less the endings that setup adds.
const FILE_NAME_BYTES_MAX: usize = 200;
/// The largest third-party file in bytes: it is read into memory to be hashed.
const FILE_BYTES_MAX: u64 = 1 << 30;
/// The longest side of a network's input in pixels.
const SIDE_PX_MAX: u32 = 8192;
/// The longest embedding: four times what is in use anywhere.
const DIMENSION_MAX: usize = 8192;

pub(super) struct Check<'a> {
    pub(super) file: &'a str,
    pub(super) folder: Option<&'a Path>,
    pub(super) beside: &'a dyn Fn(&str) -> Result<String, String>,
}

type Checked<T> = Result<T, CardError>;

impl Check<'_> {
    pub(super) fn card(&self, shape: CardShape) -> Checked<Card> {
        let name_ok = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        let length_ok = (1..=NAME_BYTES_MAX).contains(&shape.name.len());
        self.require(length_ok && shape.name.bytes().all(name_ok), "name", "is 1 to 64 characters of a-z 0-9 _")?;
        let file = self.file_facts("file", shape.file.name, &shape.file.sha256, shape.file.bytes)?;
        let prepared = match shape.prepared {
            None => None,
            Some(p) => Some(Prepared {
                preparation: p.preparation,
                file: self.file_facts("prepared", p.name, &p.sha256, p.bytes)?,
            }),
        };
        let names_differ = prepared.as_ref().is_none_or(|p| p.file.name != file.name);
        self.require(names_differ, "prepared.name", "is the name of the published file, which it would overwrite")?;
        let kind =
            self.kind(shape.kind, &shape.name, &file, shape.target, (shape.input, shape.output, shape.embedding))?;
        Ok(Card {
            name: shape.name,
            title: self.filled("title", shape.title)?,
            licence: Licence {
                spdx: self.filled("licence.spdx", shape.licence.spdx)?,
                origin: self.filled("licence.origin", shape.licence.origin)?,
                notice: self.filled("licence.notice", shape.licence.notice)?,
            },
            sources: shape.source.into_iter().map(|s| self.source(s)).collect::<Checked<_>>()?,
            file,
            prepared,
            kind,
        })
    }

    fn kind(
        &self,
        kind: KindShape,
        name: &str,
        file: &FileFacts,
        target: Option<String>,
        parts: (Option<InputShape>, Option<OutputShape>, Option<EmbeddingShape>),
    ) -> Checked<Kind> {
        let (input, output, embedding) = parts;
        match kind {
            KindShape::Detector => {
                self.require(embedding.is_none(), "embedding", "does not belong on a detector's card")?;
                self.require(target.is_none(), "target", "belongs on a runtime's card only")?;
                Ok(Kind::Detector(self.network(input, output)?))
            }
            KindShape::Embedder => {
                self.require(target.is_none(), "target", "belongs on a runtime's card only")?;
                let network = self.network(input, output)?;
                let embedding = self.present("embedding", embedding)?;
                Ok(Kind::Embedder(Box::new(self.embedder(name, file, network, embedding)?)))
            }
            KindShape::Landmarker => {
                self.require(embedding.is_none(), "embedding", "does not belong on a landmarker's card")?;
                self.require(target.is_none(), "target", "belongs on a runtime's card only")?;
                let network = self.network(input, output)?;
                let fixed = matches!(network.input.size, InputSize::Fixed { .. });
                self.require(fixed, "input.size", "is a width and a height for a landmarker")?;
                Ok(Kind::Landmarker(network))
            }
            KindShape::Runtime => {
                self.require(input.is_none(), "input", "does not belong on a runtime's card")?;
                self.require(output.is_none(), "output", "does not belong on a runtime's card")?;
                self.require(embedding.is_none(), "embedding", "does not belong on a runtime's card")?;
                let target = self.present("target", target)?;
                Ok(Kind::Runtime(self.word("target", target)?))
            }
        }
    }

    fn embedder(&self, name: &str, file: &FileFacts, network: Network, shape: EmbeddingShape) -> Checked<Embedder> {
        let EmbeddingShape { dimension, alignment, calibration } = shape;
        let alignment = self.word("embedding.alignment", alignment)?;
        let dimension_ok = (2..=DIMENSION_MAX).contains(&dimension);
        self.require(dimension_ok, "embedding.dimension", format!("is 2 to {DIMENSION_MAX}"))?;
        self.require(network.outputs.len() == 1, "output.tensors", "is one tensor for an embedder")?;
        let fixed = matches!(network.input.size, InputSize::Fixed { .. });
        self.require(fixed, "input.size", "is a width and a height for an embedder")?;
        self.file_name("embedding.calibration", &calibration)?;
        let text = (self.beside)(&calibration).map_err(|why| self.wrong("embedding.calibration", why))?;
        let beside = match self.file.rsplit_once('/') {
            Some((folder, _)) => format!("{folder}/{calibration}"),
            None => calibration,
        };
        let calibration = CalibrationFile::parse(&beside, &text, dimension)?;
        let fingerprint = fingerprint(&file.sha256, &network, dimension, &alignment, &calibration);
        let model_id =
            ModelId::parse(&format!("{name}-{fingerprint}")).map_err(|error| self.wrong("name", error.to_string()))?;
        Ok(Embedder { network, dimension, alignment, calibration, model_id })
    }

    fn network(&self, input: Option<InputShape>, output: Option<OutputShape>) -> Checked<Network> {
        let input = self.present("input", input)?;
        let outputs = self.present("output", output)?.tensors;
        self.require(!outputs.is_empty(), "output.tensors", "names no tensor")?;
        for (nth, name) in outputs.iter().enumerate() {
            self.require(!name.is_empty(), "output.tensors", "holds an empty name")?;
            self.require(!outputs[..nth].contains(name), "output.tensors", format!("names {name} twice"))?;
        }
        let InputShape { tensor, size, channels, layout: LayoutShape::Nchw, mean, scale } = input;
        self.require(mean.iter().all(|v| v.is_finite()), "input.mean", "holds a number that is not finite")?;
        self.require(scale.is_finite() && scale > 0.0, "input.scale", "is a positive number")?;
        let input =
            Input { tensor: self.filled("input.tensor", tensor)?, size: self.size(&size)?, channels, mean, scale };
        Ok(Network { input, outputs })
    }

    fn size(&self, shape: &SizeShape) -> Checked<InputSize> {
        let in_range = |px: u32| (1..=SIDE_PX_MAX).contains(&px);
        match (shape.width, shape.height, shape.multiple_of) {
            (Some(width_px), Some(height_px), None) if in_range(width_px) && in_range(height_px) => {
                Ok(InputSize::Fixed { width_px, height_px })
            }
            (None, None, Some(step)) if in_range(step) => Ok(InputSize::MultipleOf(step)),
            (_, _, _) => Err(self.wrong(
                "input.size",
                format!("is either width and height, or multiple_of, each 1 to {SIDE_PX_MAX} pixels"),
            )),
        }
    }

    fn source(&self, shape: SourceShape) -> Checked<Source> {
        match (shape.url, shape.package, shape.beside) {
            (Some(url), None, None) => {
                let web = url.starts_with("https://") || url.starts_with("http://");
                let plain = url.bytes().all(|b| b.is_ascii_graphic());
                self.require(web && plain, "source.url", "is an http or https address without spaces")?;
                Ok(Source::Url(url))
            }
            (None, Some(package), None) => self.package(package).map(Source::Package),
            (None, None, Some(name)) => {
                self.file_name("source.beside", &name)?;
                let folder =
                    self.folder.ok_or_else(|| self.wrong("source.beside", "has no place on a built-in card"))?;
                Ok(Source::Beside(folder.join(name)))
            }
            (_, _, _) => Err(self.wrong("source", "is exactly one of url, package, beside")),
        }
    }

    fn package(&self, shape: PackageShape) -> Checked<Package> {
        let steps = |path: &str| path.split('/').all(|step| !step.is_empty() && step != "." && step != "..");
        let member_ok = steps(&shape.member) && !shape.member.contains(['\\', '\0', ':']);
        self.require(member_ok, "source.package.member", "is a relative path inside the wheel, without ..")?;
        let optional = |field: &str, word: Option<String>| word.map(|word| self.word(field, word)).transpose();
        Ok(Package {
            index: shape.index,
            name: self.word("source.package.name", shape.name)?,
            version: self.word("source.package.version", shape.version)?,
            member: shape.member,
            python: optional("source.package.python", shape.python)?,
            platform: optional("source.package.platform", shape.platform)?,
        })
    }

    fn file_facts(&self, field: &str, name: String, sha256: &str, bytes: u64) -> Checked<FileFacts> {
        self.file_name(&format!("{field}.name"), &name)?;
        let sha256 =
            Sha256::parse(sha256).map_err(|error| self.wrong(&format!("{field}.sha256"), error.to_string()))?;
        let in_range = (1..=FILE_BYTES_MAX).contains(&bytes);
        self.require(in_range, &format!("{field}.bytes"), format!("is 1 to {FILE_BYTES_MAX}"))?;
        Ok(FileFacts { name, sha256, bytes })
    }

    /// A plain file name: no folder, nothing hidden, so that no card reaches outside its own folder.
    fn file_name(&self, field: &str, name: &str) -> Checked<()> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-+".contains(&b);
        let length_ok = (1..=FILE_NAME_BYTES_MAX).contains(&name.len());
        let plain = length_ok && name.bytes().all(allowed) && !name.starts_with(['.', '-', '+']);
        self.require(plain, field, "is a plain file name: no folder, no leading dot, only letters, digits and . _ - +")
    }

    /// A word that is safe as an argument of a command: it cannot be an option and holds no path.
    fn word(&self, field: &str, word: String) -> Checked<String> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-+!".contains(&b);
        let starts = word.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        self.require(starts && word.bytes().all(allowed), field, "is a word of letters, digits and . _ - + !")?;
        Ok(word)
    }

    fn filled(&self, field: &str, text: String) -> Checked<String> {
        self.require(!text.trim().is_empty(), field, "is empty")?;
        Ok(text)
    }

    fn present<T>(&self, field: &str, value: Option<T>) -> Checked<T> {
        value.ok_or_else(|| self.wrong(field, "is missing"))
    }

    fn require(&self, holds: bool, field: &str, rule: impl Into<String>) -> Checked<()> {
        if holds { Ok(()) } else { Err(self.wrong(field, rule)) }
    }

    fn wrong(&self, field: &str, problem: impl Into<String>) -> CardError {
        CardError::new(self.file, field, problem)
    }
}
