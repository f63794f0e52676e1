//! How the head is held (`F_008` roll, `F_009` pitch, `F_010` yaw).

use crate::mesh::FaceMesh;

type Matrix = [[f64; 3]; 3];

/// Points that move little when the face does: corners of the eyes, bridge, tip and wings of the nose, between the brows.
pub const RIGID: [usize; 18] = [33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 1, 9, 8, 2, 98, 327, 129, 358];

/// Where those points are when a person looks straight ahead: the mean over the neutral portraits of the Face Research Lab
/// London Set (DeBruine & Jones 2017, CC BY 4.0), each side averaged with the other. Their
/// scale does not matter. An aggregate: no single person's shape can be read from it. `auther eval portraits` makes it.
pub const STRAIGHT: [[f64; 3]; RIGID.len()] = [
    [-1.462_88, -0.504_02, 0.752_40],
    [-0.570_96, -0.466_72, 0.577_91],
    [0.570_96, -0.466_72, 0.577_91],
    [1.462_88, -0.504_02, 0.752_40],
    [0.0, -0.680_43, 0.035_22],
    [0.0, -0.456_37, -0.117_29],
    [0.0, -0.236_59, -0.287_53],
    [0.0, -0.027_89, -0.474_54],
    [0.0, 0.196_14, -0.668_84],
    [0.0, 0.475_82, -0.757_06],
    [0.0, 0.698_63, -0.696_97],
    [0.0, -1.175_06, -0.011_00],
    [0.0, -0.895_62, 0.024_14],
    [0.0, 0.936_43, -0.205_63],
    [-0.518_95, 0.885_81, 0.059_46],
    [0.518_95, 0.885_81, 0.059_46],
    [-0.644_34, 0.667_39, 0.189_98],
    [0.644_34, 0.667_39, 0.189_98],
];

/// Between straight ahead by the mean of portraits and 0 degrees of pitch by annotated data sets (AFLW2000-3D): the mean
/// error of pitch that `auther eval checks` prints is what is left of it.
const PITCH_ZERO_DEGREES: f64 = 3.5;

/// How the head is held.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pose {
    /// By how much it is turned, in degrees.
    pub yaw_degrees: f64,
    /// By how much it is raised, in degrees.
    pub pitch_degrees: f64,
    /// By how much it is tilted, in degrees.
    pub roll_degrees: f64,
    /// Brings directions of a head that looks straight ahead to those of this one in the image; the columns are the head's
    /// own axes: to its left, down, and backwards.
    pub rotation: [[f64; 3]; 3],
}

/// The rotation that brings the straight head closest to this one (orthogonal Procrustes, Schonemann 1966), turned into
/// the image and taken apart as `Rx(pitch) Ry(yaw) Rz(roll)`.
pub(crate) fn measure(mesh: &FaceMesh) -> Pose {
    let (sin, cos) = f64::from(mesh.angle()).sin_cos();
    let place = |point: usize| {
        let [x, y, z] = [mesh.points[point].x, mesh.points[point].y, mesh.points[point].z].map(f64::from);
        [cos * x - sin * y, sin * x + cos * y, z]
    };
    pose(&RIGID.map(place))
}

fn pose(points: &[[f64; 3]; RIGID.len()]) -> Pose {
    let rotation = nearest_rotation(&covariance(points, &STRAIGHT));
    Pose {
        yaw_degrees: rotation[0][2].clamp(-1.0, 1.0).asin().to_degrees(),
        pitch_degrees: rotation[1][2].atan2(rotation[2][2]).to_degrees() + PITCH_ZERO_DEGREES,
        roll_degrees: (-rotation[0][1]).atan2(rotation[0][0]).to_degrees(),
        rotation,
    }
}

/// Where the rigid points of heads that look straight ahead are, on the mean: what a pose is measured against.
///
/// Generalised Procrustes analysis (Gower 1975): each head is brought to the mean by shift, scale and rotation, and the mean
/// is taken anew, until it stays. Then it is turned to the mean of the heads' rotations, so that straight ahead is how these
/// people looked, and averaged with its mirror image. Scaled so that the points' root mean square distance from their
/// middle is 1.
#[must_use]
pub fn mean_shape(heads: &[[[f64; 3]; RIGID.len()]]) -> [[f64; 3]; RIGID.len()] {
    /// It stays after three.
    const STEPS: usize = 10;
    let heads: Vec<Shape> = heads.iter().map(centred).collect();
    let mut mean = heads.first().copied().unwrap_or(STRAIGHT);
    let mut turn = [[0.0; 3]; 3];
    for _ in 0..STEPS {
        let mut sum = [[0.0; 3]; RIGID.len()];
        turn = [[0.0; 3]; 3];
        for head in &heads {
            let rotation = nearest_rotation(&covariance(&mean, head));
            for (sum, point) in sum.iter_mut().zip(head) {
                *sum = plus(*sum, rotated(&rotation, *point));
            }
            // From the mean to the head: the transpose.
            turn = [0, 1, 2].map(|i| [0, 1, 2].map(|j| turn[i][j] + rotation[j][i]));
        }
        mean = centred(&sum);
    }
    let turn = nearest_rotation(&turn);
    symmetric(&mean.map(|point| rotated(&turn, point)))
}

type Shape = [[f64; 3]; RIGID.len()];

/// Which point of [`RIGID`] lies where this one does on the other side of the face.
const OTHER_SIDE: [usize; RIGID.len()] = [3, 2, 1, 0, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 14, 17, 16];

fn symmetric(shape: &Shape) -> Shape {
    std::array::from_fn(|at| {
        let [x, y, z] = shape[OTHER_SIDE[at]];
        plus(shape[at], [-x, y, z]).map(|value| value / 2.0)
    })
}

fn centred(shape: &Shape) -> Shape {
    let count = RIGID.len() as f64;
    let mean = shape.iter().copied().fold([0.0; 3], plus).map(|value| value / count);
    let moved = shape.map(|point| plus(point, mean.map(|value| -value)));
    let size = (moved.iter().flatten().map(|value| value * value).sum::<f64>() / count).sqrt();
    moved.map(|point| point.map(|value| value / size))
}

fn plus(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [0, 1, 2].map(|axis| a[axis] + b[axis])
}

fn rotated(rotation: &Matrix, point: [f64; 3]) -> [f64; 3] {
    [0, 1, 2].map(|row| (0..3).map(|column| rotation[row][column] * point[column]).sum())
}

/// `sum (p - mean p) (q - mean q)^T`.
fn covariance<const N: usize>(p: &[[f64; 3]; N], q: &[[f64; 3]; N]) -> Matrix {
    let mean = |points: &[[f64; 3]; N]| [0, 1, 2].map(|axis| points.iter().map(|p| p[axis]).sum::<f64>() / N as f64);
    let (p_mean, q_mean) = (mean(p), mean(q));
    let mut sum = [[0.0; 3]; 3];
    for (p, q) in p.iter().zip(q) {
        for (row, values) in sum.iter_mut().enumerate() {
            for (column, value) in values.iter_mut().enumerate() {
                *value += (p[row] - p_mean[row]) * (q[column] - q_mean[column]);
            }
        }
    }
    sum
}

/// The orthogonal factor of a matrix's polar decomposition, which is the nearest rotation when its determinant is above 0,
/// by Newton's iteration (Higham 1986): `X <- (X + X^-T) / 2`. Not numbers when it is not: a face inside out.
fn nearest_rotation(matrix: &Matrix) -> Matrix {
    /// It converges quadratically: from any head's points six steps are enough, from the worst conditioned ones thirty.
    const STEPS: usize = 40;
    const UNKNOWN: Matrix = [[f64::NAN; 3]; 3];
    let mut x = *matrix;
    for _ in 0..STEPS {
        let cofactors = cofactors(&x);
        let determinant: f64 = (0..3).map(|i| x[0][i] * cofactors[0][i]).sum();
        if determinant.is_nan() || determinant <= 0.0 {
            return UNKNOWN;
        }
        x = [0, 1, 2]
            .map(|row| [0, 1, 2].map(|column| f64::midpoint(x[row][column], cofactors[row][column] / determinant)));
    }
    x
}

fn cofactors(m: &Matrix) -> Matrix {
    let at = |row: usize, column: usize| m[row % 3][column % 3];
    [0, 1, 2].map(|i| [0, 1, 2].map(|j| at(i + 1, j + 1) * at(i + 2, j + 2) - at(i + 1, j + 2) * at(i + 2, j + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(a: &Matrix, b: &Matrix) -> Matrix {
        [0, 1, 2].map(|i| [0, 1, 2].map(|j| (0..3).map(|k| a[i][k] * b[k][j]).sum()))
    }

    /// The straight head, held like this, somewhere else and larger.
    fn held(pitch: f64, yaw: f64, roll: f64) -> [[f64; 3]; RIGID.len()] {
        let [(sp, cp), (sy, cy), (sr, cr)] =
            [pitch - PITCH_ZERO_DEGREES, yaw, roll].map(|degrees| degrees.to_radians().sin_cos());
        let about_x = [[1.0, 0.0, 0.0], [0.0, cp, sp], [0.0, -sp, cp]];
        let about_y = [[cy, 0.0, sy], [0.0, 1.0, 0.0], [-sy, 0.0, cy]];
        let about_z = [[cr, -sr, 0.0], [sr, cr, 0.0], [0.0, 0.0, 1.0]];
        let rotation = product(&product(&about_x, &about_y), &about_z);
        STRAIGHT.map(|p| [0, 1, 2].map(|i| 80.0 + 37.0 * (0..3).map(|k| rotation[i][k] * p[k]).sum::<f64>()))
    }

    #[test]
    fn angles_come_back_as_they_were_made() {
        for angles in [[3.5, 0.0, 0.0], [20.0, -35.0, 10.0], [-40.0, 50.0, -75.0], [0.0, 0.0, 170.0]] {
            let [pitch, yaw, roll] = angles;
            let found = pose(&held(pitch, yaw, roll));
            let found = [found.pitch_degrees, found.yaw_degrees, found.roll_degrees];
            assert!(found.iter().zip(angles).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?} is not {angles:?}");
        }
    }

    #[test]
    fn the_mean_of_heads_held_evenly_about_straight_is_straight() {
        let about = |pitch: f64, yaw: f64, roll: f64| held(pitch + PITCH_ZERO_DEGREES, yaw, roll);
        let heads = [about(9.0, 0.0, 0.0), about(-9.0, 0.0, 0.0), about(0.0, 7.0, 0.0), about(0.0, -7.0, 0.0)];
        let (mean, straight) = (mean_shape(&heads), centred(&STRAIGHT));
        let apart = mean.iter().flatten().zip(straight.iter().flatten()).map(|(a, b)| (a - b).abs());
        assert!(apart.fold(0.0, f64::max) < 2e-3, "{mean:?}");
    }

    #[test]
    fn a_face_inside_out_or_flat_or_wild_has_no_pose() {
        let inside_out = held(0.0, 0.0, 0.0).map(|[x, y, z]| [-x, y, z]);
        let wild = [[f64::NAN; 3]; RIGID.len()];
        let all_in_one = [[1.0; 3]; RIGID.len()];
        for points in [inside_out, wild, all_in_one] {
            assert!(pose(&points).yaw_degrees.is_nan());
        }
    }
}
