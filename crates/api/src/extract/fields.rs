//! A JSON object, taken apart into the fields that any request knows; the values are looked at later.
//!
//! Parsing in two steps keeps the two codes apart (a body that breaks off is `R_002` even when an earlier field is wrong)
//! and copies nothing: a value is a slice of the body. Neither step recurses, so depth costs no stack.
//!
//! Where JSON leaves room: a byte order mark is skipped; a field that occurs twice is refused, since parsers in front of
//! us may take the other one; `null` counts as absent; unknown fields may hold anything that JSON allows.

use std::fmt;

use biometric::Similarity;
use engine::ImageBytes;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::base64::{self, DecodeError};
use crate::error::{Case, Detail, Problem};

/// A field that some request knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Name {
    FaceImage,
    SourceImage,
    /// The published page's misspelling of `sourceImage`, which clients copied.
    SourcetImage,
    TargetImage,
    SimilarityThreshold,
}

impl Name {
    const ALL: [Self; 5] =
        [Self::FaceImage, Self::SourceImage, Self::SourcetImage, Self::TargetImage, Self::SimilarityThreshold];

    /// The name on the wire.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::FaceImage => "faceImage",
            Self::SourceImage => "sourceImage",
            Self::SourcetImage => "sourcetImage",
            Self::TargetImage => "targetImage",
            Self::SimilarityThreshold => "similarityThreshold",
        }
    }
}

#[derive(Clone, Copy)]
enum Found<'a> {
    Never,
    Once(&'a RawValue),
    Again,
}

/// The known fields of a body.
pub(crate) struct Fields<'a>([Found<'a>; Name::ALL.len()]);

impl<'a> Fields<'a> {
    /// Takes a whole body apart.
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, Problem> {
        let text = std::str::from_utf8(body).map_err(|_| Problem::new(Case::BodyNotJson))?;
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        if text.trim_ascii().is_empty() {
            return Err(Problem::new(Case::BodyEmpty));
        }
        serde_json::from_str(text).map_err(|error| match error.classify() {
            Category::Eof => Problem::new(Case::BodyCutOff),
            // Told at the first character: whether the rest is JSON has not been seen yet.
            Category::Data if serde_json::from_str::<IgnoredAny>(text).is_ok() => Problem::new(Case::BodyNotObject),
            Category::Data | Category::Syntax | Category::Io => Problem::new(Case::BodyNotJson),
        })
    }

    /// An image that has to be there.
    pub(crate) fn image(&self, name: Name) -> Result<ImageBytes, Detail> {
        let json = self.get(name)?.ok_or_else(|| Detail::new(Case::FieldMissing, name.word()))?;
        let inside = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let inside = inside.ok_or_else(|| Detail::new(Case::FieldType, name.word()))?;
        base64::decode(inside).map_err(|error| match error {
            DecodeError::Empty => Detail::new(Case::FieldEmpty, name.word()),
            DecodeError::NotBase64 => Detail::new(Case::FieldNotBase64, name.word()),
        })
    }

    /// An image that has two names: either may be used, or both for the same text.
    pub(crate) fn image_also_named(&self, name: Name, alias: Name) -> Result<ImageBytes, Detail> {
        match (self.get(name)?, self.get(alias)?) {
            (Some(one), Some(other)) if one != other => Err(Detail::new(Case::FieldConflict, name.word())),
            (None, Some(_)) => self.image(alias),
            (Some(_), _) | (None, None) => self.image(name),
        }
    }

    /// A percentage, if it is there.
    pub(crate) fn percentage(&self, name: Name) -> Result<Option<Similarity>, Detail> {
        let Some(json) = self.get(name)? else { return Ok(None) };
        if !json.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
            return Err(Detail::new(Case::FieldType, name.word()));
        }
        // JSON's numbers are among Rust's; those too large for a double become infinite, which is out of range.
        let value = json.parse().unwrap_or(f64::NAN);
        let range = |_| Detail::measured(Case::FieldRange, name.word(), value, 0.0, 100.0);
        Similarity::from_percent(value).map(Some).map_err(range)
    }

    /// The JSON text of a field; `None` when it is absent or null.
    fn get(&self, name: Name) -> Result<Option<&'a str>, Detail> {
        match self.0[name as usize] {
            Found::Never => Ok(None),
            Found::Once(value) => Ok(Some(value.get()).filter(|json| *json != "null")),
            Found::Again => Err(Detail::new(Case::FieldDuplicate, name.word())),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Fields([Found::Never; Name::ALL.len()]);
        while let Some(Key(known)) = map.next_key()? {
            let Some(name) = known else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let value = map.next_value::<&RawValue>()?;
            let found = &mut fields.0[name as usize];
            *found = match found {
                Found::Never => Found::Once(value),
                Found::Once(_) | Found::Again => Found::Again,
            };
        }
        Ok(fields)
    }
}

/// A key of the object, if it is one that we know; compared without being kept.
struct Key(Option<Name>);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;

        impl Visitor<'_> for KeyVisitor {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_str<E>(self, key: &str) -> Result<Key, E> {
                Ok(Key(Name::ALL.into_iter().find(|name| name.word() == key)))
            }
        }

        deserializer.deserialize_str(KeyVisitor)
    }
}
