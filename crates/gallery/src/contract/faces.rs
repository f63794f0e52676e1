//! Made-up faces, the same in every run.

use biometric::{ModelId, Score, Template};

/// How many values a made-up face has: enough that two of them are never alike by chance.
const WIDTH: usize = 128;

/// The score from which the checks take two faces for the same: eight standard deviations from chance.
pub(super) const ALIKE: Score = Score(0.7);

/// No two faces are the same from this score on.
pub(super) const NEVER: Score = Score(2.0);

/// The model that every store under test is opened for.
#[must_use]
pub fn model() -> ModelId {
    ModelId::parse("contract@1").expect("a model id")
}

/// A made-up face.
#[derive(Clone, Copy, Debug)]
pub struct Face(pub u64);

impl Face {
    /// Its template.
    #[must_use]
    pub fn template(self) -> Template {
        self.template_of(model())
    }

    /// Its template by another model.
    #[must_use]
    pub fn template_of(self, model: ModelId) -> Template {
        Template::from_embedding(model, self.values()).expect("a direction")
    }

    /// Another image of the face: alike, not equal.
    #[must_use]
    pub fn look_alike(self) -> Template {
        let other = Self(!self.0).values();
        let values = self.values().iter().zip(other).map(|(own, other)| own + 0.3 * other).collect();
        Template::from_embedding(model(), values).expect("a direction")
    }

    fn values(self) -> Vec<f32> {
        (0..WIDTH as u64).map(|i| uniform(self.0.wrapping_mul(1 << 20).wrapping_add(i))).collect()
    }
}

/// The score of two templates.
#[must_use]
pub fn score(a: &Template, b: &Template) -> Score {
    a.compare(b).expect("one model")
}

/// -1 to 1 from a number, by the finaliser of `SplitMix64`.
fn uniform(number: u64) -> f32 {
    let mut x = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((x ^ (x >> 31)) >> 40) as f32 / (1 << 23) as f32 - 1.0
}
