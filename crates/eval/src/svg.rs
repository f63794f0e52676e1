//! The few shapes that a chart is made of, as SVG text.

use std::fmt::Write as _;

/// Which point of a text its position names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// A picture in the making.
pub(crate) struct Svg {
    text: String,
}

impl Svg {
    pub(crate) fn new(width: f64, height: f64) -> Self {
        let mut svg = Self { text: String::new() };
        svg.add(&format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="Helvetica, Arial, DejaVu Sans, sans-serif">"#
        ));
        svg.add(&format!(r#"<rect width="{width}" height="{height}" fill="white"/>"#));
        svg
    }

    pub(crate) fn text(&mut self, x: f64, y: f64, size: f64, anchor: Anchor, text: &str) {
        let (anchor, text) = (anchor.name(), escaped(text));
        self.add(&format!(
            r##"<text x="{x:.1}" y="{y:.1}" font-size="{size}" text-anchor="{anchor}" fill="#222222">{text}</text>"##
        ));
    }

    /// Text that reads from the bottom to the top, centred on its position.
    pub(crate) fn upright_text(&mut self, x: f64, y: f64, size: f64, text: &str) {
        let text = escaped(text);
        self.add(&format!(
            r##"<text transform="translate({x:.1} {y:.1}) rotate(-90)" font-size="{size}" text-anchor="middle" fill="#222222">{text}</text>"##
        ));
    }

    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: &str, width: f64) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.add(&format!(
            r#"<line x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}" stroke="{colour}" stroke-width="{width}"/>"#
        ));
    }

    /// The border of the plotting area.
    pub(crate) fn frame(&mut self, x: f64, y: f64, width: f64, height: f64) {
        self.add(&format!(
            r##"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" fill="none" stroke="#444444"/>"##
        ));
    }

    /// The background of a legend.
    pub(crate) fn panel(&mut self, x: f64, y: f64, width: f64, height: f64) {
        self.add(&format!(
            r##"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" fill="white" fill-opacity="0.9" stroke="#cccccc"/>"##
        ));
    }

    /// A filled box that says what it is when it is pointed at.
    pub(crate) fn titled_box(&mut self, at: (f64, f64), size: (f64, f64), colour: &str, title: &str) {
        let ((x, y), (width, height), title) = (at, size, escaped(title));
        self.add(&format!(
            r##"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" fill="{colour}" fill-opacity="0.45" stroke="white"><title>{title}</title></rect>"##
        ));
    }

    pub(crate) fn path(&mut self, points: &[(f64, f64)], colour: &str, width: f64, dashes: &str) {
        let dashes = if dashes.is_empty() { String::new() } else { format!(r#" stroke-dasharray="{dashes}""#) };
        let points = listed(points);
        self.add(&format!(
            r#"<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round"{dashes}/>"#
        ));
    }

    /// The area between a curve and a base line.
    pub(crate) fn area(&mut self, points: &[(f64, f64)], base: f64, colour: &str) {
        let (Some(first), Some(last)) = (points.first(), points.last()) else { return };
        let outline = [&[(first.0, base)], points, &[(last.0, base)]].concat();
        let outline = listed(&outline);
        self.add(&format!(
            r#"<polygon points="{outline}" fill="{colour}" fill-opacity="0.45" stroke="{colour}" stroke-width="1.2"/>"#
        ));
    }

    pub(crate) fn dot(&mut self, at: (f64, f64), radius: f64, colour: &str) {
        let (x, y) = at;
        self.add(&format!(r#"<circle cx="{x:.1}" cy="{y:.1}" r="{radius}" fill="{colour}"/>"#));
    }

    pub(crate) fn finish(mut self) -> String {
        self.add("</svg>");
        self.text
    }

    fn add(&mut self, element: &str) {
        self.text.push_str(element);
        self.text.push('\n');
    }
}

fn listed(points: &[(f64, f64)]) -> String {
    let mut text = String::new();
    for (x, y) in points {
        let _ = write!(text, "{x:.1},{y:.1} ");
    }
    text.truncate(text.trim_end().len());
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
