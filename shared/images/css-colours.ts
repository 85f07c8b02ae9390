/**
 * The CSS filter functions over sRGB channels of 0–255, as matrices and straight lines, with the coefficients
 * of Filter Effects Module Level 1, "Shorthands defined in terms of the filter element"
 * (https://www.w3.org/TR/filter-effects-1/#ShorthandEquivalents).
 */

type Row = [number, number, number];
type Axis = 0 | 1 | 2;

/** Each row gives one channel of the result as a sum of the red, green and blue before. */
export type Matrix3 = [Row, Row, Row];

/** `channel × gain + offset`, for each channel alike. */
export type Line = { gain: number; offset: number };

/** How bright each channel looks, by the specification. */
const luma: Row = [0.2126, 0.7152, 0.0722];
const identity: Matrix3 = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

function matrix(entry: (row: Axis, column: Axis) => number): Matrix3 {
  const row = (at: Axis): Row => [entry(at, 0), entry(at, 1), entry(at, 2)];
  return [row(0), row(1), row(2)];
}

/** The matrix that does what the given ones do one after the other. */
export function inTurn(matrices: Matrix3[]): Matrix3 {
  return matrices.reduce(
    (before, next) =>
      matrix(
        (row, column) =>
          next[row][0] * before[0][column] +
          next[row][1] * before[1][column] +
          next[row][2] * before[2][column],
      ),
    identity,
  );
}

/** 0 is grey, 1 changes nothing, more is more colourful. */
export function saturate(amount: number): Matrix3 {
  return matrix((row, column) => luma[column] * (1 - amount) + identity[row][column] * amount);
}

/** 0 changes nothing, 1 is grey. */
export function grayscale(amount: number): Matrix3 {
  return saturate(1 - amount);
}

/** 0 changes nothing, 1 is all sepia. */
export function sepia(amount: number): Matrix3 {
  const full: Matrix3 = [
    [0.393, 0.769, 0.189],
    [0.349, 0.686, 0.168],
    [0.272, 0.534, 0.131],
  ];
  return matrix((row, column) => identity[row][column] * (1 - amount) + full[row][column] * amount);
}

/** `hue-rotate()` of CSS filters (Filter Effects Module Level 1). */
export function hueRotate(degrees: number): Matrix3 {
  const cos = Math.cos((degrees * Math.PI) / 180);
  const sin = Math.sin((degrees * Math.PI) / 180);
  const bySine: Matrix3 = [
    [-0.213, -0.715, 0.928],
    [0.143, 0.14, -0.283],
    [-0.787, 0.715, 0.072],
  ];
  return matrix(
    (row, column) => luma[column] + cos * (identity[row][column] - luma[column]) + sin * bySine[row][column],
  );
}

/** 1 changes nothing; each channel moves away from the middle, or towards it below 1. */
export function contrast(amount: number): Line {
  return { gain: amount, offset: 127.5 * (1 - amount) };
}

/** 1 changes nothing; each channel is multiplied. */
export function brightness(amount: number): Line {
  return { gain: amount, offset: 0 };
}

/** The line that does what the given ones do one after the other. */
export function linesInTurn(lines: Line[]): Line {
  return lines.reduce((before, next) => ({
    gain: before.gain * next.gain,
    offset: before.offset * next.gain + next.offset,
  }));
}
