//! Values that are known at some places, spread smoothly over the others: each becomes the mean of its neighbours.

/// Rounds of averaging, and how far each goes beyond the mean (successive over-relaxation).
const ROUNDS: usize = 600;
const BEYOND: f32 = 1.9;

/// Fills in what is not known of a grid, row by row; beyond its edges it goes on as it is.
pub(crate) fn spread<const N: usize>(width: usize, values: &mut [[f32; N]], known: &[bool]) {
    let height = values.len() / width;
    let unknown: Vec<usize> = (0..values.len()).filter(|at| !known[*at]).collect();
    for _ in 0..ROUNDS {
        for at in unknown.iter().copied() {
            let (x, y) = (at % width, at / width);
            let neighbours = [
                if x > 0 { at - 1 } else { at },
                if x + 1 < width { at + 1 } else { at },
                if y > 0 { at - width } else { at },
                if y + 1 < height { at + width } else { at },
            ];
            let sum = neighbours.iter().fold([0.0; N], |sum, near| std::array::from_fn(|i| sum[i] + values[*near][i]));
            for (value, sum) in values[at].iter_mut().zip(sum) {
                *value += BEYOND * (sum / 4.0 - *value);
            }
        }
    }
}
