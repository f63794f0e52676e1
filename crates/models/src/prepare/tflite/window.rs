//! A window that moves over a picture: where it stands first and last.

/// How a window moves, height before width.
#[derive(Clone, Copy)]
pub(super) struct Steps {
    /// The picture is padded so that its size is divided by the stride, rounded up; else not at all.
    pub(super) same: bool,
    pub(super) strides: [usize; 2],
    pub(super) dilations: [usize; 2],
}

impl Steps {
    /// For a window of this size on a picture of this size: the size of the result, and the padding as ONNX has it
    /// (top, left, bottom, right). Nothing if the window does not fit into the picture.
    pub(super) fn over(&self, window: [usize; 2], picture: [usize; 2]) -> Option<([usize; 2], [i64; 4])> {
        let along = |axis| self.along(axis, window[axis], picture[axis]);
        let ((height, top, bottom), (width, left, right)) = (along(0)?, along(1)?);
        Some(([height, width], [top, left, bottom, right].map(|pad| pad as i64)))
    }

    /// Size, padding before and padding after along an axis. The odd pixel of padding comes after.
    fn along(&self, axis: usize, window: usize, picture: usize) -> Option<(usize, usize, usize)> {
        let stride = self.strides[axis];
        let reach = (window - 1) * self.dilations[axis] + 1;
        match self.same {
            true => {
                let size = picture.div_ceil(stride);
                let padding = ((size - 1) * stride + reach).saturating_sub(picture);
                Some((size, padding / 2, padding - padding / 2))
            }
            false => Some(((picture.checked_sub(reach)?) / stride + 1, 0, 0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(same: bool, window: usize, stride: usize, dilation: usize, picture: usize) -> Option<(usize, i64, i64)> {
        let steps = Steps { same, strides: [stride; 2], dilations: [dilation; 2] };
        let (size, pads) = steps.over([window; 2], [picture; 2])?;
        assert_eq!((size[0], pads[0], pads[2]), (size[1], pads[1], pads[3]));
        Some((size[0], pads[0], pads[2]))
    }

    #[test]
    fn pads_as_tensorflow_does() {
        assert_eq!(over(true, 3, 1, 1, 6), Some((6, 1, 1)));
        assert_eq!(over(true, 3, 2, 1, 192), Some((96, 0, 1)));
        assert_eq!(over(true, 3, 2, 1, 7), Some((4, 1, 1)));
        assert_eq!(over(true, 3, 1, 2, 6), Some((6, 2, 2)));
        assert_eq!(over(true, 1, 3, 1, 7), Some((3, 0, 0)));
        assert_eq!(over(false, 2, 2, 1, 7), Some((3, 0, 0)));
        assert_eq!(over(false, 3, 1, 2, 5), Some((1, 0, 0)));
        assert_eq!(over(false, 3, 1, 1, 2), None);
    }
}
