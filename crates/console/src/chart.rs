//! A chart of stacked bars, laid out here and drawn as SVG by `templates/chart.html`: without a script, readable in print,
//! and with the same numbers as a table below it.

/// The field of the drawing, in units of which the page shows about one a pixel.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 180.0;
/// Room for the numbers of the vertical axis, and for the days below.
const LEFT: f64 = 44.0;
const BOTTOM: f64 = 22.0;
/// Room above the highest bar.
const TOP: f64 = 8.0;

/// The share of a bar's place that the bar fills.
const FILL: f64 = 0.7;

/// About so many lines across.
const LINES: u64 = 4;

/// Every how many-th bar has its label below: as many as fit side by side.
const LABELS_MAX: usize = 8;

/// What one bar stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bar {
    /// What it is called: a day.
    pub(crate) label: String,
    /// The lower part.
    pub(crate) ok: u64,
    /// The upper part.
    pub(crate) other: u64,
}

/// A rectangle of the drawing.
pub(crate) struct Shape {
    pub(crate) x: String,
    pub(crate) y: String,
    pub(crate) width: String,
    pub(crate) height: String,
    pub(crate) is_other: bool,
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

/// The drawing, and the bars as they came for the table.
pub(crate) struct Chart {
    pub(crate) shapes: Vec<Shape>,
    pub(crate) lines: Vec<Line>,
    pub(crate) labels: Vec<Label>,
    pub(crate) bars: Vec<Bar>,
    pub(crate) left: String,
    pub(crate) right: String,
    pub(crate) label_y: String,
    pub(crate) view: String,
}

impl Chart {
    /// Lays the bars out side by side.
    pub(crate) fn of(bars: Vec<Bar>) -> Self {
        let highest = bars.iter().map(|bar| bar.ok + bar.other).max().unwrap_or_default();
        let step = step(highest);
        let top = step * highest.div_ceil(step).max(1);
        let (plot_height, place) = (HEIGHT - BOTTOM - TOP, (WIDTH - LEFT) / bars.len().max(1) as f64);
        let height_of = |count: u64| count as f64 / top as f64 * plot_height;
        let baseline = HEIGHT - BOTTOM;
        let mut shapes = Vec::new();
        for (i, bar) in bars.iter().enumerate() {
            let x = LEFT + (i as f64 + (1.0 - FILL) / 2.0) * place;
            let (ok, other) = (height_of(bar.ok), height_of(bar.other));
            let parts = [(false, bar.ok, baseline - ok, ok), (true, bar.other, baseline - ok - other, other)];
            for (is_other, count, y, height) in parts.into_iter().filter(|(_, count, ..)| *count > 0) {
                let kind = if is_other { "refused or failed" } else { "answered" };
                shapes.push(Shape {
                    x: number(x),
                    y: number(y),
                    width: number(place * FILL),
                    height: number(height),
                    is_other,
                    says: format!("{}: {} {kind}", bar.label, crate::text::count(&count)),
                });
            }
        }
        let lines = (0..=top / step)
            .map(|i| Line { y: number(baseline - height_of(i * step)), label: crate::text::count(&(i * step)) });
        let every = bars.len().div_ceil(LABELS_MAX).max(1);
        // Counted from the end: the last bar, which is today, always has its label.
        let is_labelled = |i: usize| (bars.len() - 1 - i).is_multiple_of(every);
        let labels = bars
            .iter()
            .enumerate()
            .filter(|(i, _)| is_labelled(*i))
            .map(|(i, bar)| Label { x: number(LEFT + (i as f64 + 0.5) * place), text: bar.label.clone() });
        Self {
            shapes,
            lines: lines.collect(),
            labels: labels.collect(),
            left: number(LEFT),
            right: number(WIDTH),
            label_y: number(HEIGHT - 6.0),
            view: format!("0 0 {WIDTH} {HEIGHT}"),
            bars,
        }
    }

    /// Whether there is nothing to be seen.
    pub(crate) fn is_empty(&self) -> bool {
        self.shapes.is_empty()
    }
}

/// The distance of the lines: 1, 2 or 5 with noughts behind, so that there are about [`LINES`] of them.
fn step(highest: u64) -> u64 {
    let rough = highest.div_ceil(LINES).max(1);
    let magnitude = 10_u64.pow(rough.ilog10());
    [1, 2, 5, 10].into_iter().map(|factor| factor * magnitude).find(|step| *step >= rough).unwrap_or(rough)
}

fn number(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bar(ok: u64, other: u64) -> Bar {
        Bar { label: "1 Jan".to_owned(), ok, other }
    }

    #[test]
    fn lines_have_round_numbers() {
        for (highest, expected) in
            [(0, 1), (1, 1), (4, 1), (5, 2), (17, 5), (30, 10), (100, 50), (999, 500), (1_234, 500)]
        {
            assert_eq!(step(highest), expected, "{highest}");
        }
    }

    #[test]
    fn an_empty_chart_is_one() {
        assert!(Chart::of(Vec::new()).is_empty());
        let chart = Chart::of(vec![bar(0, 0); 30]);
        assert!(chart.is_empty());
        assert_eq!(chart.labels.len(), 8);
    }

    proptest! {
        #[test]
        fn bars_stay_inside_and_do_not_overlap(counts in prop::collection::vec((0..1_000_000_u64, 0..1_000_000_u64), 1..60)) {
            let chart = Chart::of(counts.iter().map(|(ok, other)| bar(*ok, *other)).collect());
            let value = |text: &str| text.parse::<f64>().expect("a number");
            let mut right = LEFT;
            for shape in &chart.shapes {
                let (x, y) = (value(&shape.x), value(&shape.y));
                let (width, height) = (value(&shape.width), value(&shape.height));
                prop_assert!(x >= LEFT && x + width <= WIDTH + 0.1 && y >= TOP - 0.1 && y + height <= HEIGHT - BOTTOM + 0.2);
                prop_assert!(shape.is_other || x >= right - 0.2);
                right = x + width;
            }
            prop_assert!(chart.lines.len() <= 7, "{}", chart.lines.len());
        }
    }
}
