//! Stacks as a picture: a box a function, as wide as its share of the samples, above the one that called it.

use std::collections::BTreeMap;

use crate::plot::{BLUE, GREEN, GREY, VERMILION};
use crate::svg::{Anchor, Svg};

/// Size of the picture and of what it is made of, in pixels.
const WIDTH: f64 = 1_200.0;
const MARGIN: f64 = 12.0;
const TITLE: f64 = 46.0;
const ROW: f64 = 19.0;
const FONT: f64 = 11.5;

/// Width of a letter: names are cut to what fits.
const LETTER: f64 = 6.3;

/// What is narrower is left out: nothing could be seen of it.
const NARROWEST: f64 = 1.2;

/// A function and those that it called.
#[derive(Default)]
struct Frame {
    samples: usize,
    called: BTreeMap<String, Frame>,
}

impl Frame {
    fn add(&mut self, stack: &[String]) {
        self.samples += 1;
        if let Some((function, rest)) = stack.split_first() {
            self.called.entry(function.clone()).or_default().add(rest);
        }
    }

    /// Rows that are wide enough to be seen.
    fn depth(&self, width: f64) -> usize {
        let visible = self.called.values().map(|frame| (frame, width * frame.share_of(self)));
        let visible = visible.filter(|(_, width)| *width >= NARROWEST);
        visible.map(|(frame, width)| 1 + frame.depth(width)).max().unwrap_or(0)
    }

    fn share_of(&self, caller: &Self) -> f64 {
        self.samples as f64 / caller.samples as f64
    }
}

pub(super) fn svg(stacks: &[Vec<String>]) -> String {
    let mut all = Frame::default();
    stacks.iter().for_each(|stack| all.add(stack));
    let width = WIDTH - 2.0 * MARGIN;
    let height = TITLE + (all.depth(width) + 1) as f64 * ROW + MARGIN;
    let mut picture = Picture { svg: Svg::new(WIDTH, height), bottom: height - MARGIN, all: all.samples };
    let title = format!("verify requests, {} samples; from the bottom up, who called whom", all.samples);
    picture.svg.text(MARGIN, 20.0, 14.0, Anchor::Start, &title);
    let mut x = MARGIN;
    for (colour, words) in [(BLUE, "inference"), (GREEN, "decoding"), (VERMILION, "ours, the rest"), (GREY, "other")] {
        picture.svg.dot((x + 5.0, 34.0), 5.0, colour);
        picture.svg.text(x + 14.0, 38.0, FONT, Anchor::Start, words);
        x += 120.0;
    }
    picture.frame("a verify request", &all, MARGIN, width, 0);
    picture.svg.finish()
}

struct Picture {
    svg: Svg,
    bottom: f64,
    all: usize,
}

impl Picture {
    fn frame(&mut self, name: &str, frame: &Frame, x: f64, width: f64, row: usize) {
        let y = self.bottom - (row + 1) as f64 * ROW;
        let percent = 100.0 * frame.samples as f64 / self.all as f64;
        self.svg.titled_box((x, y), (width, ROW - 1.0), colour(name), &format!("{name}: {percent:.1} %"));
        let label: String = format!("{name} {percent:.0} %");
        let fits = ((width - 6.0) / LETTER) as usize;
        if fits >= 4 {
            let cut = match label.chars().count() > fits {
                true => label.chars().take(fits - 2).chain("..".chars()).collect(),
                false => label,
            };
            self.svg.text(x + 3.0, y + ROW - 6.0, FONT, Anchor::Start, &cut);
        }
        let mut left = x;
        for (function, called) in &frame.called {
            let width = width * called.share_of(frame);
            if width >= NARROWEST {
                self.frame(function, called, left, width, row + 1);
            }
            left += width;
        }
    }
}

fn colour(name: &str) -> &'static str {
    let is = |part: &str| name.contains(part);
    if is("ONNX Runtime") || name == "ort" {
        BLUE
    } else if is("face::image") || is("zune_jpeg") {
        GREEN
    } else if is("face::") || is("eval::") || is("biometric::") {
        VERMILION
    } else {
        GREY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_as_wide_as_their_share_and_stand_on_their_caller() {
        let stack = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let stacks = [
            stack(&["face::detect", "ONNX Runtime"]),
            stack(&["face::detect"]),
            stack(&["face::image::a<b"]),
            stack(&[]),
        ];
        let svg = svg(&stacks);
        let boxes: Vec<&str> = svg.lines().filter(|line| line.contains("<title>")).collect();
        assert_eq!(boxes.len(), 4, "{svg}");
        let has = |name: &str, words: &[&str]| {
            let found = boxes.iter().find(|line| line.contains(name)).expect("drawn");
            assert!(words.iter().all(|word| found.contains(word)), "{found}");
        };
        has("a verify request: 100.0 %", &[r#"width="1176.0""#]);
        has("face::detect: 50.0 %", &[r#"width="588.0""#, VERMILION]);
        has("ONNX Runtime: 25.0 %", &[r#"width="294.0""#, BLUE]);
        has("face::image::a&lt;b: 25.0 %", &[GREEN]);
    }

    #[test]
    fn what_cannot_be_seen_takes_no_room() {
        let mut stacks = vec![vec!["wide".to_owned()]; 5_000];
        stacks.push(vec!["narrow".into(), "deep".into(), "deeper".into()]);
        assert!(!svg(&stacks).contains("deeper"));
    }
}
