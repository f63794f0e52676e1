// What the API answers, field by field as it stands on the wire.

/** An enrolled person. */
export interface Person {
  /** The id that you chose. */
  readonly personId: string;
  /** When the person was enrolled: UTC, RFC 3339, with milliseconds. */
  readonly created: string;
  /** When the image was last replaced; at first the same as `created`. */
  readonly updated: string;
}

/** How similar two faces are. */
export interface FacesMatched {
  /** The similarity in percent with at most two decimals, or 0 if it is below the threshold. */
  readonly facesMatched: number;
}

/** What was measured on an image. */
export interface CheckedImage {
  /** Whether an enrolment would accept the image. Whether the face is enrolled already is not asked. */
  readonly accepted: boolean;
  /** Size of the upright image. */
  readonly image: Size;
  /** Where the largest face is; null if there is none. */
  readonly face: FacePlace | null;
  /** Every measure, in a fixed order; without a face only `face_count`. */
  readonly checks: readonly Check[];
}

/** One measure, its limits and its verdict. */
export interface Check {
  /** The measure: a name of the image requirements. */
  readonly check: string;
  /** Whether the value is within the limits. */
  readonly passed: boolean;
  /** The unit of `value`, `min` and `max`. */
  readonly unit: string;
  /** What it came to; absent if it could not be measured. */
  readonly value?: number;
  /** The least accepted value; absent if there is none. */
  readonly min?: number;
  /** The greatest accepted value; absent if there is none. */
  readonly max?: number;
  /** Where it failed: the code that an enrolment would be refused with. */
  readonly code?: string;
  /** Where it failed: the case of the code. */
  readonly type?: string;
  /** Where it failed: what the person in front of the camera should do. */
  readonly advice?: string;
}

/** One check that failed, in the `details` of an error. */
export interface Detail {
  /** The code of this check. */
  readonly code: string;
  /** What was checked: a field of the request, a measure of the image requirements, or a limit. */
  readonly check: string;
  /** What it came to, with at most two decimals; absent if it has no number. */
  readonly value?: number;
  /** The least accepted value; absent if there is none. */
  readonly min?: number;
  /** The greatest accepted value; absent if there is none. */
  readonly max?: number;
  /** With `CP_005`: when the count starts again at zero. */
  readonly resets?: string;
}

/** Where a face is, in pixels of the upright image. */
export interface FacePlace {
  /** The smallest upright box around the face. */
  readonly box: Box;
  /** Five points of the face; right and left are the person's. */
  readonly landmarks: Landmarks;
}

/** A box in pixels; it may reach beyond the frame. */
export interface Box {
  /** Left edge. */
  readonly x: number;
  /** Upper edge. */
  readonly y: number;
  /** Width. */
  readonly width: number;
  /** Height. */
  readonly height: number;
}

/** Points of a face; right and left are the person's. */
export interface Landmarks {
  /** Middle of the right eye. */
  readonly rightEye: Point;
  /** Middle of the left eye. */
  readonly leftEye: Point;
  /** Tip of the nose. */
  readonly noseTip: Point;
  /** Right corner of the mouth. */
  readonly rightMouthCorner: Point;
  /** Left corner of the mouth. */
  readonly leftMouthCorner: Point;
}

/** A point in pixels from the upper left corner. */
export interface Point {
  /** To the right. */
  readonly x: number;
  /** Downwards. */
  readonly y: number;
}

/** A size in pixels. */
export interface Size {
  /** Width. */
  readonly width: number;
  /** Height. */
  readonly height: number;
}
