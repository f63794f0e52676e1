//! An image whose pixels are decoded only as far as they are looked at.
//!
//! A photograph of a telephone has twelve million pixels; a face is found in a hundred thousand, and recognised by twelve
//! thousand. A JPEG can be decoded at an eighth, a quarter or half of its size, and a part of it alone, for a fraction of
//! what all its pixels cost. [`Picture`] gives each stage a [`View`] that is fine enough for it.

use ::image::metadata::Orientation;

use super::jpeg::Coded;
use super::view::{Reduction, Turn, View};
use super::{Format, Image, ImageError, ImageLimits, whole};
use crate::{Frame, Rect};

/// How much larger than asked for a part is decoded, as a share of its sides: the next stage looks nearly there.
const MARGIN_SHARE: f32 = 0.25;

/// An upright image of untrusted bytes, decoded as far as it is looked at.
pub struct Picture<'a> {
    frame: Frame,
    /// What can be decoded in parts; everything else is decoded whole at once.
    coded: Option<(Coded<'a>, Turn)>,
    /// Those of all of it, and what it must keep to.
    bytes: &'a [u8],
    limits: ImageLimits,
    /// All of the image.
    overview: Option<View<'a>>,
    /// The part that was looked at last, finer than the overview.
    closeup: Option<View<'a>>,
}

impl<'a> Picture<'a> {
    /// Takes a JPEG, PNG or WebP, told apart by their first bytes.
    ///
    /// # Errors
    /// When the bytes are of another format, damaged, cut off, or outside the limits. Damage in the pixels of a JPEG may be
    /// told only when they are looked at.
    pub fn open(bytes: &'a [u8], limits: &ImageLimits) -> Result<Self, ImageError> {
        let format = Format::accepted(bytes, limits)?;
        if format == Format::Jpeg
            && let Some(coded) = Coded::open(bytes)
        {
            limits.check_size(coded.width(), coded.height())?;
            let turn =
                Turn::of(coded.orientation().unwrap_or(Orientation::NoTransforms), coded.width(), coded.height());
            let (frame, coded, limits) = (turn.upright(), Some((coded, turn)), *limits);
            return Ok(Self { frame, coded, bytes, limits, overview: None, closeup: None });
        }
        Ok(Self::whole(View::whole(whole(format, bytes, limits)?)))
    }

    /// An image that is decoded already.
    #[must_use]
    pub fn of(image: &'a Image) -> Self {
        Self::whole(View::borrowed(image))
    }

    fn whole(view: View<'a>) -> Self {
        let (frame, limits) = (view.image().frame(), ImageLimits::default());
        Self { frame, coded: None, bytes: &[], limits, overview: Some(view), closeup: None }
    }

    /// Size of the upright image.
    #[must_use]
    pub fn frame(&self) -> Frame {
        self.frame
    }

    /// What all of the image looks like, in as few pixels as it can be decoded to that leave its longer side so many.
    ///
    /// # Errors
    /// When the pixels are damaged.
    pub fn reduced(&mut self, longer_side_px_min: u32) -> Result<&Image, ImageError> {
        self.overview(longer_side_px_min).map(View::image)
    }

    /// What a part of the image looks like, and something around it, in pixels that are at most so many of the image's wide.
    ///
    /// # Errors
    /// When the pixels are damaged.
    pub fn part(&mut self, part: &Rect, image_pixels: f32) -> Result<&Image, ImageError> {
        self.view(part, image_pixels).map(View::image)
    }

    /// All of the image, as far reduced as leaves its longer side so many pixels.
    pub(crate) fn overview(&mut self, longer_side_px_min: u32) -> Result<&View<'a>, ImageError> {
        let longer = self.frame.longer_side();
        let reduction = Reduction::coarsest(|reduction| longer.div_ceil(reduction.factor()) >= longer_side_px_min);
        let there = self.overview.take().filter(|view| view.reduction() <= reduction);
        let view = match there.or_else(|| self.decode(&self.frame.rect(), reduction)) {
            Some(view) => view,
            None => self.library()?,
        };
        Ok(self.overview.insert(view))
    }

    /// The part of the image that a rectangle covers, in views of which a pixel is `image_pixels` wide or less: as long as
    /// that is one or more, since no view is finer than the image.
    pub(crate) fn view(&mut self, part: &Rect, image_pixels: f32) -> Result<&View<'a>, ImageError> {
        let reduction = Reduction::coarsest(|reduction| reduction.factor() as f32 <= image_pixels);
        if self.overview.as_ref().is_some_and(|view| view.reduction() <= reduction) {
            return self.overview.as_ref().ok_or_else(ImageError::nothing);
        }
        let frame = self.frame;
        let there = self.closeup.take().filter(|view| view.reduction() <= reduction && view.covers(part, frame));
        match there.or_else(|| self.decode(&part.grown(MARGIN_SHARE), reduction)) {
            Some(view) => Ok(self.closeup.insert(view)),
            None => {
                let view = self.library()?;
                Ok(self.overview.insert(view))
            }
        }
    }

    /// The whole image with all its pixels: by the library, which makes these sooner than our decoder does.
    pub(super) fn into_image(mut self) -> Result<Image, ImageError> {
        let view = match self.coded {
            Some(_) => self.library()?,
            None => self.overview.take().ok_or_else(ImageError::nothing)?,
        };
        view.into_image(self.frame).ok_or_else(ImageError::nothing)
    }

    /// `None`: something is not as it should be.
    fn decode(&mut self, part: &Rect, reduction: Reduction) -> Option<View<'a>> {
        let (coded, turn) = self.coded.as_mut()?;
        View::of_part(coded.part(&turn.stored(part), reduction)?, reduction, turn)
    }

    /// All of it at once, by the library, which also says what is wrong with it.
    fn library(&mut self) -> Result<View<'a>, ImageError> {
        self.coded = None;
        let image = whole(Format::Jpeg, self.bytes, &self.limits)?;
        match image.frame() == self.frame {
            true => Ok(View::whole(image)),
            false => Err(ImageError::nothing()),
        }
    }
}

impl std::fmt::Debug for Picture<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({}x{})", self.frame.width, self.frame.height)
    }
}
