//! A picture pulled into another shape by some of its points.

use face::Point;

use crate::picture::Picture;
use crate::spread::spread;

/// Side in pixels of a cell of the grid on which shifts are spread.
const CELL: usize = 4;

/// A point that is moved.
#[derive(Clone, Copy)]
pub(crate) struct Move {
    pub(crate) from: Point,
    pub(crate) to: Point,
}

/// The picture with these points moved and everything between them moved smoothly along; its edge stays where it is.
pub(crate) fn pull(picture: &Picture, moves: &[Move]) -> Picture {
    let (columns, rows) = (picture.width.div_ceil(CELL) + 1, picture.height.div_ceil(CELL) + 1);
    let edge = |at: usize| {
        at < columns || at >= columns * (rows - 1) || matches!(at % columns, 0) || at % columns == columns - 1
    };
    let mut known: Vec<bool> = (0..columns * rows).map(edge).collect();
    let mut shifts = vec![[0.0_f32; 2]; columns * rows];
    let mut counts = vec![0.0_f32; columns * rows];
    for Move { from, to } in moves {
        let (x, y) = ((to.x / CELL as f32).round(), (to.y / CELL as f32).round());
        let inside = (1.0..(columns - 1) as f32).contains(&x) && (1.0..(rows - 1) as f32).contains(&y);
        if !inside {
            continue;
        }
        let at = y as usize * columns + x as usize;
        known[at] = true;
        shifts[at] = [shifts[at][0] + from.x - to.x, shifts[at][1] + from.y - to.y];
        counts[at] += 1.0;
    }
    for (shift, count) in shifts.iter_mut().zip(counts) {
        *shift = shift.map(|value| value / count.max(1.0));
    }
    spread(columns, &mut shifts, &known);
    let shifts = Picture { width: columns, height: rows, pixels: shifts.iter().map(|[x, y]| [*x, *y, 0.0]).collect() };
    let shifts = shifts.blurred(2.0);
    picture.map(|at, _| {
        let [x, y, _] = shifts.at(Point { x: at.x / CELL as f32, y: at.y / CELL as f32 });
        picture.at(Point { x: at.x + x, y: at.y + y })
    })
}
