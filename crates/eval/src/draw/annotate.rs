//! What the checks saw, drawn on the picture, with all values beside it.

use face::{Check, Defect, Examination, ExaminedFace, Image, LANDMARKS, Measure, Point, Range, Rect};

use super::{Canvas, Colour, Font, Type};

/// Smaller pictures are enlarged to this longer side in pixels, larger ones reduced to that: lines and letters are to be
/// read on a screen.
const LONGER_SIDE_PX_MIN: f32 = 900.0;
const LONGER_SIDE_PX_MAX: f32 = 2400.0;

/// Lines and letters grow by one more pixel a dot with each so many pixels of the longer side.
const PX_PER_DOT: f32 = 1000.0;

/// Letters of a line of the panel, and space around it.
const LINE_LETTERS: u32 = 68;
const MARGIN_LETTERS: u32 = 2;

/// Length of an axis of the head by the width of the face.
const AXIS_LENGTH: f32 = 0.6;

/// The nose among the detector's landmarks.
const NOSE: usize = 2;

/// Draws what was examined: the face's box and five landmarks, the points of the mesh, the axes of the head from the tip
/// of the nose (red to the person's left, green down, blue forwards), and beside the picture every check with its value,
/// its limits and what it says. `codes` names a defect in the caller's words. The file is a PNG.
#[must_use]
pub fn annotate(image: &Image, examination: &Examination, codes: impl Fn(Defect) -> &'static str) -> Vec<u8> {
    let layout = Layout::of(image, examination.checks.len());
    let mut canvas = Canvas::new(layout.width + layout.panel_width, layout.height, Colour::WHITE);
    canvas.picture(image, 0, 0, layout.width, layout.picture_height);
    if let Some(face) = &examination.face {
        draw_face(&mut canvas, &layout, face);
    }
    // An axis may reach beyond the picture.
    let panel = Rect { x: layout.width as f32, y: 0.0, width: layout.panel_width as f32, height: layout.height as f32 };
    canvas.fill(&panel, Colour::WHITE);
    let below = Rect { x: 0.0, y: layout.picture_height as f32, width: layout.width as f32, ..panel };
    canvas.fill(&below, Colour::WHITE);
    Panel::beside(&mut canvas, &layout).write(examination, codes);
    canvas.png()
}

/// Sizes in pixels of what comes out.
struct Layout {
    /// Pixels that come out to a pixel of the image.
    scale: f32,
    width: u32,
    picture_height: u32,
    /// Of everything.
    height: u32,
    panel_width: u32,
    /// Width of a thin line, and enlargement of letters.
    dot: u32,
}

impl Layout {
    fn of(image: &Image, checks: usize) -> Self {
        let longer = image.width().max(image.height()).max(1) as f32;
        let wanted = longer.clamp(LONGER_SIDE_PX_MIN, LONGER_SIDE_PX_MAX);
        let scale = wanted / longer;
        let side = |length: u32| ((length as f32 * scale).round() as u32).max(1);
        let dot = ((wanted / PX_PER_DOT).round() as u32).max(1);
        let letters = Type { font: Font::Large, scale: dot };
        // Two lines above the table and its header; half a line above and below.
        let panel_height = (checks as u32 + 5) * letters.line_px();
        Self {
            scale,
            width: side(image.width()),
            picture_height: side(image.height()),
            height: side(image.height()).max(panel_height),
            panel_width: (LINE_LETTERS + 2 * MARGIN_LETTERS) * letters.width_px(),
            dot,
        }
    }

    /// Where a point of the image comes out.
    fn place(&self, at: Point) -> Point {
        Point { x: at.x * self.scale, y: at.y * self.scale }
    }
}

fn draw_face(canvas: &mut Canvas, layout: &Layout, examined: &ExaminedFace) {
    let ExaminedFace { face, mesh, pose, .. } = examined;
    let bounds = face.bounds;
    let corner = layout.place(Point { x: bounds.x, y: bounds.y });
    let scaled =
        Rect { x: corner.x, y: corner.y, width: bounds.width * layout.scale, height: bounds.height * layout.scale };
    canvas.frame(&scaled, 2 * layout.dot, Colour::YELLOW);
    // On a small face the dots would hide it.
    let mesh_dot = if scaled.width > 120.0 * layout.dot as f32 { 2 * layout.dot } else { layout.dot };
    for point in mesh {
        canvas.dot(layout.place(*point), mesh_dot, Colour::CYAN);
    }
    let landmarks: [Point; LANDMARKS] = face.landmarks.map(|point| layout.place(point));
    for point in landmarks {
        canvas.dot(point, 7 * layout.dot, Colour::INK);
        canvas.dot(point, 5 * layout.dot, Colour::YELLOW);
    }
    let nose = landmarks[NOSE];
    let length = AXIS_LENGTH * scaled.width;
    // The third column points backwards; forwards is what a person looks for.
    for (axis, sign, colour) in [(0, 1.0, Colour::RED), (1, 1.0, Colour::GREEN), (2, -1.0, Colour::BLUE)] {
        let [x, y] = [0, 1].map(|row| sign * length * pose.rotation[row][axis] as f32);
        if x.is_finite() && y.is_finite() {
            canvas.line(nose, Point { x: nose.x + x, y: nose.y + y }, 3 * layout.dot, colour);
        }
    }
}

/// The text beside the picture.
struct Panel<'a> {
    canvas: &'a mut Canvas,
    letters: Type,
    left: u32,
    top: u32,
}

impl<'a> Panel<'a> {
    fn beside(canvas: &'a mut Canvas, layout: &Layout) -> Self {
        let letters = Type { font: Font::Large, scale: layout.dot };
        let left = layout.width + MARGIN_LETTERS * letters.width_px();
        Self { canvas, letters, left, top: letters.line_px() / 2 }
    }

    fn write(mut self, examination: &Examination, codes: impl Fn(Defect) -> &'static str) {
        let mut failed: Vec<&'static str> = examination.checks.iter().filter_map(Check::defect).map(&codes).collect();
        failed.dedup();
        match failed.as_slice() {
            [] => self.line("accepted", Colour::GREEN),
            codes => self.line(&format!("rejected: {}", codes.join(" ")), Colour::RED),
        }
        let size = format!("{} x {} pixels", examination.width, examination.height);
        self.line(&size, Colour::GREY);
        self.top += self.letters.line_px() / 2;
        self.line(&row("measure", "value", "limits", ""), Colour::GREY);
        for check in &examination.checks {
            let (verdict, colour) = match (check.defect(), check.range == Range::ANY) {
                (Some(defect), _) => (format!("FAIL {}", codes(defect)), Colour::RED),
                (None, false) => ("ok".to_owned(), Colour::INK),
                (None, true) => (String::new(), Colour::GREY),
            };
            let text = row(check.measure.name(), &value(check), &range(check.range), &verdict);
            self.line(&text, colour);
        }
    }

    fn line(&mut self, text: &str, colour: Colour) {
        let end = text.char_indices().nth(LINE_LETTERS as usize).map_or(text.len(), |(at, _)| at);
        self.canvas.text(self.left, self.top, self.letters, colour, &text[..end]);
        self.top += self.letters.line_px();
    }
}

fn row(measure: &str, value: &str, accepted: &str, verdict: &str) -> String {
    format!("{measure:<33}{value:>8}  {accepted:<12} {verdict}")
}

fn value(check: &Check) -> String {
    match check.measure == Measure::FaceCount {
        _ if check.value.is_nan() => "none".to_owned(),
        true => format!("{:.0}", check.value),
        false => crate::checks::words::number(check.value),
    }
}

fn range(range: Range) -> String {
    crate::checks::words::range(range)
}

#[cfg(test)]
mod tests {
    use face::{Face, Pose};

    use super::*;

    fn examination(side: u32) -> Examination {
        let middle = Point { x: side as f32 / 2.0, y: side as f32 / 2.0 };
        let bounds = Rect { x: side as f32 * 0.25, y: side as f32 * 0.25, width: middle.x, height: middle.y };
        let pose = Pose {
            yaw_degrees: 0.0,
            pitch_degrees: 0.0,
            roll_degrees: 0.0,
            rotation: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        };
        let checks = vec![
            Check { measure: Measure::FaceCount, value: 1.0, range: Range::between(1.0, 1.0) },
            Check { measure: Measure::Yaw, value: 31.0, range: Range::within(20.0) },
            Check { measure: Measure::EyeOpenness, value: f64::NAN, range: Range::from(9.5) },
        ];
        let face = Face { bounds, landmarks: [middle; LANDMARKS], confidence: 0.9 };
        let face = Some(ExaminedFace { face, count: 1, mesh: vec![middle; 468], pose });
        Examination { width: side, height: side, checks, face }
    }

    fn drawn(side: u32, examination: &Examination) -> image::RgbImage {
        let image = Image::from_rgb(side, side, vec![100; (side * side * 3) as usize]).expect("sizes agree");
        let png = annotate(&image, examination, |_| "F_010");
        image::load_from_memory(&png).expect("a picture").into_rgb8()
    }

    #[test]
    fn small_pictures_are_enlarged_large_ones_reduced_and_letters_fit() {
        for (side, longer) in [(100, 900), (1_200, 1_200), (3_000, 2_400)] {
            let picture = drawn(side, &examination(side));
            assert_eq!(picture.height(), longer);
            assert!(picture.width() >= longer + 700, "the panel stands beside it");
        }
    }

    #[test]
    fn the_axes_leave_the_nose_to_the_right_and_downwards() {
        let picture = drawn(900, &examination(900));
        assert_eq!(picture.get_pixel(450 + 200, 450).0, [214, 40, 40]);
        assert_eq!(picture.get_pixel(450, 450 + 200).0, [0, 140, 70]);
    }

    #[test]
    fn an_image_without_a_face_and_a_pose_that_is_no_number_are_drawn_too() {
        let mut nothing = examination(200);
        nothing.face = None;
        assert_eq!(drawn(200, &nothing).height(), 900);
        let mut wild = examination(200);
        if let Some(face) = &mut wild.face {
            face.pose.rotation = [[f64::NAN; 3]; 3];
        }
        assert_eq!(drawn(200, &wild).height(), 900);
    }
}
