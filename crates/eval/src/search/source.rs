//! Where the templates of a gallery come from. A row follows from its number alone, so a gallery of any size can be made in
//! blocks by many threads, and a probe can be made from the row that it belongs to without reading the gallery.

use super::random::Random;
use super::vector::{add, normalise, product};
use crate::Error;

/// The seed of everything that is drawn.
pub(super) const SEED: u64 = 6;

/// What a stream of random numbers is for.
const ROW: u64 = 1;
const CENTRE: u64 = 2;
const STRANGER: u64 = 3;
const PROBE: u64 = 4;

/// Seeds that a spread template is mixed of. With 16 of them, and weights of both signs, the scores of different people
/// keep the distribution that they have among the seeds; with two they do not: look-alikes, whose scores decide how hard
/// a search is, become a hundred times as frequent. The report shows both distributions.
const SEEDS_MIXED: usize = 16;

/// Differences between a person's images that the direction of a probe is mixed of.
const DIFFERENCES_MIXED: usize = 8;

/// Clusters of the synthetic people.
const CLUSTERS: usize = 50;

/// The cosine between two synthetic people of one cluster, on average.
const CLUSTER_COSINE: f64 = 0.25;

/// Every so many synthetic people, one looks like the one before.
const LOOK_ALIKE_EVERY: u64 = 50;

/// The cosine between the two, from and to.
const LOOK_ALIKE_COSINE: (f64, f64) = (0.5, 0.7);

/// Templates without end.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// Spread from templates of real images.
    Faces(Seeds),
    /// Made of nothing but random numbers.
    Synthetic {
        /// Values of a template.
        width: usize,
    },
}

/// Templates of real images.
#[derive(Clone, Debug)]
pub(super) struct Seeds {
    width: usize,
    /// One after the other.
    templates: Vec<f32>,
    person_of: Vec<usize>,
    people: usize,
    /// Templates less the mean of their person, scaled to what they would be if that were known exactly.
    differences: Vec<f32>,
}

impl Source {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Faces(_) => "faces",
            Self::Synthetic { .. } => "synthetic",
        }
    }

    /// How it is made, for the report.
    pub(super) fn description(&self) -> String {
        match self {
            Self::Faces(seeds) => format!(
                "Templates of {} images of {} people by the shipped model and recipe. A row is `sum(g_i * s_i)` of {SEEDS_MIXED} seeds `s_i`, drawn from all of \
                 them, with Gaussian weights `g_i`, brought to length 1. The direction in which a probe differs from its \
                 reference is `sum(g_i * d_i)` of {DIFFERENCES_MIXED} differences `d_i` between a real template and the mean \
                 of its person.",
                seeds.person_of.len(),
                seeds.people,
            ),
            Self::Synthetic { .. } => format!(
                "A row is `sqrt({CLUSTER_COSINE}) * c + sqrt({}) * g`, brought to length 1: `c` is one of {CLUSTERS} random \
                 centres, `g` a random direction. Every {LOOK_ALIKE_EVERY}th row is a look-alike of the one before, at a \
                 cosine drawn between {} and {}. A probe differs from its reference in a random direction.",
                1.0 - CLUSTER_COSINE,
                LOOK_ALIKE_COSINE.0,
                LOOK_ALIKE_COSINE.1,
            ),
        }
    }

    /// Values of a template.
    pub(super) fn width(&self) -> usize {
        match self {
            Self::Faces(seeds) => seeds.width,
            Self::Synthetic { width } => *width,
        }
    }

    /// The template in a row of the gallery.
    pub(super) fn row(&self, number: u64, into: &mut [f32]) {
        match self {
            Self::Faces(seeds) => seeds.spread(&mut Random::of(SEED, ROW, number), into),
            Self::Synthetic { .. } => synthetic_row(number, into),
        }
    }

    /// The template of somebody who is in no row.
    pub(super) fn stranger(&self, number: u64, into: &mut [f32]) {
        let random = &mut Random::of(SEED, STRANGER, number);
        match self {
            Self::Faces(seeds) => seeds.spread(random, into),
            Self::Synthetic { .. } => clustered(random, into),
        }
    }

    /// A probe of the person of `reference`, at this cosine to it.
    pub(super) fn probe(&self, number: u64, reference: &[f32], cosine: f64, into: &mut [f32]) {
        let random = &mut Random::of(SEED, PROBE, number);
        match self {
            Self::Faces(seeds) => seeds.difference(random, into),
            Self::Synthetic { .. } => direction(random, into),
        }
        at_cosine(reference, cosine, into);
    }
}

impl Seeds {
    /// Takes templates, one after the other, and whose each is.
    pub(super) fn new(width: usize, templates: Vec<f32>, person_of: Vec<usize>) -> Result<Self, Error> {
        let people = person_of.iter().max().map_or(0, |last| last + 1);
        let (mut means, mut counts) = (vec![0.0; people * width], vec![0_u32; people]);
        for (image, person) in person_of.iter().enumerate() {
            add(&mut means[person * width..][..width], 1.0, &templates[image * width..][..width]);
            counts[*person] += 1;
        }
        let mut differences = Vec::new();
        for (image, person) in person_of.iter().enumerate().filter(|(_, person)| counts[**person] > 1) {
            let count = f64::from(counts[*person]);
            let mut difference = templates[image * width..][..width].to_vec();
            add(&mut difference, -1.0 / count, &means[person * width..][..width]);
            // The mean of a few has part of each one's difference in it.
            let scale = (count / (count - 1.0)).sqrt() as f32;
            differences.extend(difference.iter().map(|value| value * scale));
        }
        if differences.is_empty() {
            return Err(Error::TooLittle("no person has two images".into()));
        }
        let people = counts.iter().filter(|count| **count > 0).count();
        Ok(Self { width, templates, person_of, people, differences })
    }

    fn template(&self, image: usize) -> &[f32] {
        &self.templates[image * self.width..][..self.width]
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn templates(&self) -> &[f32] {
        &self.templates
    }

    pub(super) fn person_of(&self) -> &[usize] {
        &self.person_of
    }

    fn spread(&self, random: &mut Random, into: &mut [f32]) {
        into.fill(0.0);
        for _ in 0..SEEDS_MIXED {
            let seed = self.template(random.below(self.person_of.len()));
            add(into, random.gaussian(), seed);
        }
        normalise(into);
    }

    fn difference(&self, random: &mut Random, into: &mut [f32]) {
        into.fill(0.0);
        for _ in 0..DIFFERENCES_MIXED {
            let at = random.below(self.differences.len() / self.width) * self.width;
            add(into, random.gaussian(), &self.differences[at..][..self.width]);
        }
    }
}

fn synthetic_row(number: u64, into: &mut [f32]) {
    let of = |number| Random::of(SEED, ROW, number);
    if number % LOOK_ALIKE_EVERY != LOOK_ALIKE_EVERY - 1 {
        return clustered(&mut of(number), into);
    }
    let mut other = vec![0.0; into.len()];
    clustered(&mut of(number - 1), &mut other);
    let random = &mut of(number);
    let cosine = between(LOOK_ALIKE_COSINE, random);
    direction(random, into);
    at_cosine(&other, cosine, into);
}

fn clustered(random: &mut Random, into: &mut [f32]) {
    let mut centre = vec![0.0; into.len()];
    direction(&mut Random::of(SEED, CENTRE, random.below(CLUSTERS) as u64), &mut centre);
    direction(random, into);
    into.iter_mut().for_each(|value| *value *= (1.0 - CLUSTER_COSINE).sqrt() as f32);
    add(into, CLUSTER_COSINE.sqrt(), &centre);
    normalise(into);
}

fn direction(random: &mut Random, into: &mut [f32]) {
    into.iter_mut().for_each(|value| *value = random.gaussian() as f32);
    normalise(into);
}

pub(super) fn between((low, high): (f64, f64), random: &mut Random) -> f64 {
    low + (high - low) * random.unit()
}

/// Turns a direction into the vector of length 1 at this cosine to `reference`, of length 1, in the plane of both.
fn at_cosine(reference: &[f32], cosine: f64, direction: &mut [f32]) {
    normalise(direction);
    let along = product(direction, reference);
    add(direction, -along, reference);
    normalise(direction);
    let across = (1.0 - cosine * cosine).sqrt() as f32;
    direction.iter_mut().for_each(|value| *value *= across);
    add(direction, cosine, reference);
    normalise(direction);
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Three images of each of forty people, as a model might see them.
    pub(crate) fn seeds() -> Seeds {
        let width = 16;
        let (mut templates, mut person_of) = (Vec::new(), Vec::new());
        for image in 0..120 {
            let (mut person, mut noise) = (vec![0.0; width], vec![0.0; width]);
            direction(&mut Random::of(1, 1, image / 3), &mut person);
            direction(&mut Random::of(1, 2, image), &mut noise);
            add(&mut person, 0.5, &noise);
            normalise(&mut person);
            templates.extend(person);
            person_of.push((image / 3) as usize);
        }
        Seeds::new(width, templates, person_of).expect("people have several images")
    }

    fn sources() -> [Source; 2] {
        [Source::Faces(seeds()), Source::Synthetic { width: 24 }]
    }

    fn row(source: &Source, number: u64) -> Vec<f32> {
        let mut row = vec![0.0; source.width()];
        source.row(number, &mut row);
        row
    }

    #[test]
    fn rows_have_length_1_and_are_the_same_again() {
        for source in sources() {
            for number in 0..200 {
                let vector = row(&source, number);
                assert!((product(&vector, &vector) - 1.0).abs() < 1e-6);
                assert_eq!(vector, row(&source, number));
                assert_ne!(vector, row(&source, number + 1));
            }
        }
    }

    #[test]
    fn seeds_know_their_people_and_what_differs_between_images_of_one() {
        let seeds = seeds();
        assert_eq!((seeds.people, seeds.differences.len()), (40, 120 * 16));
        let sum: Vec<f32> = (0..16).map(|at| (0..3).map(|image| seeds.differences[image * 16 + at]).sum()).collect();
        assert!(sum.iter().all(|value| value.abs() < 1e-5), "differences from a mean add up to nothing: {sum:?}");
    }

    #[test]
    fn probes_lie_at_the_cosine_that_was_drawn() {
        for source in sources() {
            let reference = row(&source, 77);
            for (number, cosine) in [0.3, 0.5, 0.95].into_iter().enumerate() {
                let mut probe = vec![0.0; source.width()];
                source.probe(number as u64, &reference, cosine, &mut probe);
                assert!((product(&probe, &reference) - cosine).abs() < 1e-5);
                assert!((product(&probe, &probe) - 1.0).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn look_alikes_look_alike_and_strangers_are_in_no_row() {
        let source = Source::Synthetic { width: 128 };
        let cosine = product(&row(&source, LOOK_ALIKE_EVERY - 1), &row(&source, LOOK_ALIKE_EVERY - 2));
        assert!((LOOK_ALIKE_COSINE.0 - 1e-5..LOOK_ALIKE_COSINE.1 + 1e-5).contains(&cosine), "{cosine}");
        let mut stranger = vec![0.0; 128];
        source.stranger(0, &mut stranger);
        assert!((0..500).all(|number| row(&source, number) != stranger));
    }

    #[test]
    fn people_with_one_image_each_say_nothing_of_differences() {
        assert!(matches!(Seeds::new(2, vec![1.0, 0.0, 0.0, 1.0], vec![0, 1]), Err(Error::TooLittle(_))));
    }
}
