//! Line charts as SVG.
//!
//! Written by hand rather than with a plotting crate: three charts of one kind need two hundred lines, no fonts and no
//! dependency, and the files are small enough to be read in a diff.

use std::fmt::Write as _;

use crate::svg::{Anchor, Svg};

/// Size of a chart in pixels.
const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 480.0;

/// Space around the plotting area for the title and the labels, in pixels.
const LEFT: f64 = 76.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 48.0;
const BOTTOM: f64 = 60.0;

/// Height of a line of the legend in pixels.
const LEGEND_LINE: f64 = 20.0;

/// Colours that people who confuse red and green can tell apart (Okabe & Ito 2008).
pub(crate) const BLUE: &str = "#0072b2";
pub(crate) const VERMILION: &str = "#d55e00";
pub(crate) const GREEN: &str = "#009e73";
pub(crate) const PURPLE: &str = "#cc79a7";
pub(crate) const ORANGE: &str = "#e69f00";
pub(crate) const SKY: &str = "#56b4e9";
pub(crate) const GREY: &str = "#666666";

/// How values are laid out along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    Linear,
    Log,
}

/// One axis.
pub(crate) struct Axis {
    pub(crate) label: &'static str,
    pub(crate) scale: Scale,
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// Value and text.
    pub(crate) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// Where a value lies, 0 at the low end and 1 at the high end.
    fn share(&self, value: f64) -> f64 {
        let at = |v: f64| match self.scale {
            Scale::Linear => v,
            Scale::Log => v.max(f64::MIN_POSITIVE).log10(),
        };
        ((at(value) - at(self.low)) / (at(self.high) - at(self.low))).clamp(0.0, 1.0)
    }
}

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Line,
    Bold,
    Dashed,
    Area,
    Marked,
}

/// Points and how they are drawn.
#[derive(Clone)]
pub(crate) struct Series {
    /// Text in the legend; empty for none.
    pub(crate) name: String,
    pub(crate) colour: &'static str,
    pub(crate) style: Style,
    pub(crate) points: Vec<(f64, f64)>,
}

/// A corner of the plotting area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Corner {
    TopLeft,
    TopRight,
    BottomRight,
}

/// Draws a chart with the legend in a corner that the curves leave free.
pub(crate) fn chart(title: &str, x: &Axis, y: &Axis, series: &[Series], legend: Corner) -> String {
    let mut svg = Svg::new(WIDTH, HEIGHT);
    svg.text(LEFT, TOP - 20.0, 16.0, Anchor::Start, title);
    draw_axes(&mut svg, x, y);
    for one in series {
        draw_series(&mut svg, x, y, one);
    }
    draw_legend(&mut svg, series, legend);
    svg.finish()
}

fn at_x(axis: &Axis, value: f64) -> f64 {
    LEFT + axis.share(value) * (WIDTH - LEFT - RIGHT)
}

fn at_y(axis: &Axis, value: f64) -> f64 {
    HEIGHT - BOTTOM - axis.share(value) * (HEIGHT - TOP - BOTTOM)
}

fn draw_axes(svg: &mut Svg, x: &Axis, y: &Axis) {
    let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
    for (value, text) in &x.ticks {
        let at = at_x(x, *value);
        svg.line((at, TOP), (at, bottom), "#dddddd", 1.0);
        svg.text(at, bottom + 18.0, 12.0, Anchor::Middle, text);
    }
    for (value, text) in &y.ticks {
        let at = at_y(y, *value);
        svg.line((LEFT, at), (right, at), "#dddddd", 1.0);
        svg.text(LEFT - 8.0, at + 4.0, 12.0, Anchor::End, text);
    }
    svg.frame(LEFT, TOP, right - LEFT, bottom - TOP);
    svg.text(f64::midpoint(LEFT, right), HEIGHT - 16.0, 13.0, Anchor::Middle, x.label);
    svg.upright_text(20.0, f64::midpoint(TOP, bottom), 13.0, y.label);
}

fn draw_series(svg: &mut Svg, x: &Axis, y: &Axis, series: &Series) {
    let at = |(px, py): &(f64, f64)| (at_x(x, *px), at_y(y, *py));
    let points: Vec<(f64, f64)> = series.points.iter().map(at).collect();
    match series.style {
        Style::Line => svg.path(&points, series.colour, 1.6, ""),
        Style::Bold => svg.path(&points, series.colour, 3.0, ""),
        Style::Dashed => svg.path(&points, series.colour, 1.4, "6 4"),
        Style::Area => svg.area(&points, HEIGHT - BOTTOM, series.colour),
        Style::Marked => {
            svg.path(&points, series.colour, 2.0, "");
            points.iter().for_each(|point| svg.dot(*point, 4.0, series.colour));
        }
    }
}

fn draw_legend(svg: &mut Svg, series: &[Series], corner: Corner) {
    let named: Vec<&Series> = series.iter().filter(|one| !one.name.is_empty()).collect();
    let longest = named.iter().map(|one| one.name.chars().count()).max().unwrap_or(0) as f64;
    let width = 52.0 + 6.8 * longest;
    let left = match corner {
        Corner::TopLeft => LEFT + 12.0,
        Corner::TopRight | Corner::BottomRight => WIDTH - RIGHT - 12.0 - width,
    };
    let height = LEGEND_LINE * named.len() as f64 + 10.0;
    let top = match corner {
        Corner::TopLeft | Corner::TopRight => TOP + 12.0,
        Corner::BottomRight => HEIGHT - BOTTOM - 12.0 - height,
    };
    svg.panel(left, top, width, height);
    for (line, one) in named.iter().enumerate() {
        let middle = top + 15.0 + LEGEND_LINE * line as f64;
        let sample = [(left + 10.0, middle), (left + 36.0, middle)];
        match one.style {
            Style::Line | Style::Marked => svg.path(&sample, one.colour, 2.0, ""),
            Style::Bold => svg.path(&sample, one.colour, 3.0, ""),
            Style::Dashed => svg.path(&sample, one.colour, 1.4, "6 4"),
            Style::Area => svg.path(&sample, one.colour, 8.0, ""),
        }
        svg.text(left + 44.0, middle + 4.0, 12.0, Anchor::Start, &one.name);
    }
}

/// Ticks at the powers of ten from `10^low` to `10^high`, as percentages.
pub(crate) fn percent_decades(low: i32, high: i32) -> Vec<(f64, String)> {
    let text = |exponent: i32| {
        let mut text = String::new();
        let decimals = usize::try_from(-exponent - 2).unwrap_or(0);
        let _ = write!(text, "{:.decimals$} %", 10.0_f64.powi(exponent + 2));
        text
    };
    (low..=high).map(|exponent| (10.0_f64.powi(exponent), text(exponent))).collect()
}

/// Ticks at whole steps.
pub(crate) fn steps(low: f64, step: f64, count: u32, decimals: usize) -> Vec<(f64, String)> {
    (0..count).map(|i| low + step * f64::from(i)).map(|value| (value, format!("{value:.decimals$}"))).collect()
}

/// Round values from one end to the other, five to ten of them.
pub(crate) fn even_ticks(low: f64, high: f64) -> Vec<f64> {
    let span = (high - low).max(f64::MIN_POSITIVE);
    let decade = 10.0_f64.powf((span / 10.0).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|times| times * decade).into_iter().find(|step| span / step <= 10.0);
    let step = step.unwrap_or(span);
    let first = (low / step).ceil();
    (0..=10).map(|i| (first + f64::from(i)) * step).take_while(|value| *value <= high).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_lie_where_the_scale_puts_them_and_never_outside() {
        let axis = |scale| Axis { label: "", scale, low: 1e-6, high: 1.0, ticks: vec![] };
        assert!((axis(Scale::Log).share(1e-3) - 0.5).abs() < 1e-12);
        assert!((axis(Scale::Linear).share(0.5) - 0.5).abs() < 1e-6);
        assert_eq!(axis(Scale::Log).share(0.0), 0.0);
        assert_eq!(axis(Scale::Log).share(9.0), 1.0);
    }

    #[test]
    fn decades_are_written_with_the_decimals_that_they_need() {
        let texts: Vec<String> = percent_decades(-4, 0).into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["0.01 %", "0.1 %", "1 %", "10 %", "100 %"]);
    }

    #[test]
    fn even_ticks_are_round_and_lie_within_the_axis() {
        assert_eq!(even_ticks(-3.0, 104.0), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert_eq!(even_ticks(0.0, 1.0).len(), 11);
        for (low, high) in [(-60.0, 60.0), (0.013, 0.021), (5e6, 9e6), (3.0, 3.0)] {
            let ticks = even_ticks(low, high);
            assert!(ticks.len() <= 11 && ticks.iter().all(|tick| (low..=high).contains(tick)), "{ticks:?}");
        }
    }

    #[test]
    fn names_are_escaped() {
        let axis = || Axis { label: "a<b", scale: Scale::Linear, low: 0.0, high: 1.0, ticks: vec![] };
        let svg = chart("x & y", &axis(), &axis(), &[], Corner::TopLeft);
        assert!(svg.contains("x &amp; y") && svg.contains("a&lt;b"));
    }
}
