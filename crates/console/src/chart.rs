//! A chart of stacked bars, laid out here and drawn as SVG by `templates/chart.html`: without a script, readable in print,
//! and with the same numbers as a table below it. It is drawn twice, once for phones: letters do not shrink with a page.

use crate::codes::{Outcome, Tally};

/// Room for the days below.
const BOTTOM: f64 = 22.0;
/// Room above the highest bar.
const TOP: f64 = 8.0;

/// The share of a bar's place that the bar fills.
const FILL: f64 = 0.7;

/// About so many lines across.
const LINES: u64 = 4;

/// A field to draw on, in units of which a page shows about one a pixel.
struct Field {
    name: &'static str,
    width: f64,
    height: f64,
    /// Room for the numbers of the vertical axis.
    left: f64,
    /// How many bars have their label below: as many as fit side by side.
    labels_max: usize,
}

const WIDE: Field = Field { name: "wide", width: 720.0, height: 180.0, left: 44.0, labels_max: 8 };
const NARROW: Field = Field { name: "narrow", width: 340.0, height: 190.0, left: 36.0, labels_max: 4 };

/// What one bar stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bar {
    /// What it is called: a day.
    pub(crate) label: String,
    /// Its parts, from the lowest to the highest.
    pub(crate) tally: Tally,
}

/// A rectangle of the drawing.
pub(crate) struct Shape {
    pub(crate) x: String,
    pub(crate) y: String,
    pub(crate) width: String,
    pub(crate) height: String,
    pub(crate) class: &'static str,
    pub(crate) says: String,
}

/// A line across, with its number.
pub(crate) struct Line {
    pub(crate) y: String,
    pub(crate) label: String,
}

/// A word below a bar.
pub(crate) struct Label {
    pub(crate) x: String,
    pub(crate) text: String,
}

/// One drawing of the chart.
pub(crate) struct Drawing {
    /// Which it is: part of ids and classes.
    pub(crate) name: &'static str,
    pub(crate) shapes: Vec<Shape>,
    pub(crate) lines: Vec<Line>,
    pub(crate) labels: Vec<Label>,
    pub(crate) left: String,
    pub(crate) right: String,
    /// Where the numbers of the vertical axis end, and the labels stand.
    pub(crate) number_x: String,
    pub(crate) label_y: String,
    pub(crate) view: String,
}

/// The drawings, what they show in words, and the bars as they came for the table.
pub(crate) struct Chart {
    pub(crate) drawings: [Drawing; 2],
    pub(crate) says: String,
    pub(crate) bars: Vec<Bar>,
}

impl Chart {
    /// Lays the bars out side by side.
    pub(crate) fn of(bars: Vec<Bar>) -> Self {
        Self { drawings: [WIDE, NARROW].map(|field| draw(&field, &bars)), says: says(&bars), bars }
    }

    /// Whether there is nothing to be seen.
    pub(crate) fn is_empty(&self) -> bool {
        self.bars.iter().all(|bar| bar.tally.total() == 0)
    }

    /// The kinds of parts that occur, for the legend; those of the lowest first.
    pub(crate) fn outcomes(&self) -> Vec<Outcome> {
        let occurs = |outcome: &Outcome| self.bars.iter().any(|bar| bar.tally.of(*outcome) > 0);
        Outcome::ALL.into_iter().filter(occurs).collect()
    }
}

/// The chart for whoever does not see it.
fn says(bars: &[Bar]) -> String {
    let sums = Outcome::ALL.map(|outcome| {
        let sum: u64 = bars.iter().map(|bar| bar.tally.of(outcome)).sum();
        format!("{} {}", crate::text::count(&sum), outcome.label().to_lowercase())
    });
    let busiest = bars.iter().max_by_key(|bar| bar.tally.total());
    let busiest = busiest.map_or(String::new(), |bar| {
        format!(" The busiest day was {} with {}.", bar.label, crate::text::count(&bar.tally.total()))
    });
    format!("In {} days: {}.{busiest} The table below has the numbers of each day.", bars.len(), sums.join(", "))
}

fn draw(field: &Field, bars: &[Bar]) -> Drawing {
    let highest = bars.iter().map(|bar| bar.tally.total()).max().unwrap_or_default();
    let step = step(highest);
    let top = step * highest.div_ceil(step).max(1);
    let (plot_height, place) = (field.height - BOTTOM - TOP, (field.width - field.left) / bars.len().max(1) as f64);
    let height_of = |count: u64| count as f64 / top as f64 * plot_height;
    let baseline = field.height - BOTTOM;
    let mut shapes = Vec::new();
    for (i, bar) in bars.iter().enumerate() {
        let x = field.left + (i as f64 + (1.0 - FILL) / 2.0) * place;
        let mut below = 0;
        for outcome in Outcome::ALL.into_iter().filter(|outcome| bar.tally.of(*outcome) > 0) {
            let count = bar.tally.of(outcome);
            shapes.push(Shape {
                x: number(x),
                y: number(baseline - height_of(below + count)),
                width: number(place * FILL),
                height: number(height_of(count)),
                class: outcome.class(),
                says: format!("{}: {} {}", bar.label, crate::text::count(&count), outcome.label().to_lowercase()),
            });
            below += count;
        }
    }
    let lines = (0..=top / step).map(|i| Line { y: number(baseline - height_of(i * step)), label: in_short(i * step) });
    let every = bars.len().div_ceil(field.labels_max).max(1);
    // Counted from the end: the last bar, which is today, always has its label.
    let is_labelled = |i: usize| (bars.len() - 1 - i).is_multiple_of(every);
    let labels = bars
        .iter()
        .enumerate()
        .filter(|(i, _)| is_labelled(*i))
        .map(|(i, bar)| Label { x: number(field.left + (i as f64 + 0.5) * place), text: bar.label.clone() });
    Drawing {
        name: field.name,
        shapes,
        lines: lines.collect(),
        labels: labels.collect(),
        left: number(field.left),
        right: number(field.width),
        number_x: number(field.left - 6.0),
        label_y: number(field.height - 6.0),
        view: format!("0 0 {} {}", field.width, field.height),
    }
}

/// The distance of the lines: 1, 2 or 5 with noughts behind, so that there are about [`LINES`] of them.
fn step(highest: u64) -> u64 {
    let rough = highest.div_ceil(LINES).max(1);
    let magnitude = 10_u64.pow(rough.ilog10());
    [1, 2, 5, 10].into_iter().map(|factor| factor * magnitude).find(|step| *step >= rough).unwrap_or(rough)
}

/// A round number that fits beside an axis: `500`, `20k`, `1.5M`.
fn in_short(count: u64) -> String {
    match count {
        0..10_000 => crate::text::count(&count),
        10_000..1_000_000 => format!("{}k", count as f64 / 1e3),
        _ => format!("{}M", count as f64 / 1e6),
    }
}

fn number(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bar(counts: [u64; 4]) -> Bar {
        let mut tally = Tally::default();
        for (outcome, count) in Outcome::ALL.into_iter().zip(counts) {
            tally.add(outcome, count);
        }
        Bar { label: "1 Jan".to_owned(), tally }
    }

    #[test]
    fn lines_have_round_numbers() {
        for (highest, expected) in
            [(0, 1), (1, 1), (4, 1), (5, 2), (17, 5), (30, 10), (100, 50), (999, 500), (1_234, 500)]
        {
            assert_eq!(step(highest), expected, "{highest}");
        }
        for (count, text) in [(500, "500"), (5_000, "5,000"), (20_000, "20k"), (500_000, "500k"), (1_500_000, "1.5M")] {
            assert_eq!(in_short(count), text);
        }
    }

    #[test]
    fn an_empty_chart_is_one() {
        assert!(Chart::of(Vec::new()).is_empty());
        let chart = Chart::of(vec![bar([0; 4]); 30]);
        assert!(chart.is_empty() && chart.outcomes().is_empty());
        assert_eq!(chart.drawings.map(|drawing| drawing.labels.len()), [8, 4]);
    }

    #[test]
    fn it_says_what_it_shows() {
        let chart = Chart::of(vec![bar([1_000, 2, 0, 0]), bar([1, 0, 0, 3])]);
        let expected =
            "In 2 days: 1,001 answered, 2 no match, 0 refused, 3 failed. The busiest day was 1 Jan with 1,002.";
        assert!(chart.says.starts_with(expected), "{}", chart.says);
        assert_eq!(chart.outcomes(), [Outcome::Answered, Outcome::NoMatch, Outcome::Failed]);
        assert_eq!(chart.drawings[0].shapes[1].says, "1 Jan: 2 no match");
    }

    proptest! {
        #[test]
        fn bars_stay_inside_and_do_not_overlap(counts in prop::collection::vec(prop::array::uniform4(0..1_000_000_u64), 1..60)) {
            let value = |text: &str| text.parse::<f64>().expect("a number");
            let chart = Chart::of(counts.iter().copied().map(bar).collect());
            for (field, drawing) in [WIDE, NARROW].iter().zip(&chart.drawings) {
                let (mut right, mut floor) = (field.left, 0.0);
                let (mut last_x, baseline) = (f64::NAN, field.height - BOTTOM);
                for shape in &drawing.shapes {
                    let (x, y) = (value(&shape.x), value(&shape.y));
                    let (width, height) = (value(&shape.width), value(&shape.height));
                    prop_assert!(x >= field.left && x + width <= field.width + 0.1 && y >= TOP - 0.1);
                    // Either another part of the same bar, on top of the one before, or a bar of its own.
                    if x == last_x {
                        prop_assert!((y + height - floor).abs() < 0.21, "no gap and no overlap");
                    } else {
                        prop_assert!(x >= right - 0.2 && (y + height - baseline).abs() < 0.21);
                    }
                    (last_x, right, floor) = (x, x + width, y);
                }
                prop_assert!(drawing.lines.len() <= 7, "{}", drawing.lines.len());
            }
        }
    }
}
