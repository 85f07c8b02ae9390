/**
 * Letters and digits as strokes of a pen: polylines in a box that is 1 high, y downwards, as wide as each
 * letter needs. Drawing them wants no font, so an avatar looks the same on every machine.
 */

/** x and y of each point in turn. */
type Stroke = number[];

const line = (...points: number[]): Stroke => points;

const stepDegrees = 10;

/** Part of an ellipse; 0° points right, 90° down. */
function arc(cx: number, cy: number, rx: number, ry: number, from: number, to: number): Stroke {
  const steps = Math.ceil(Math.abs(to - from) / stepDegrees);
  return Array.from({ length: steps + 1 }, (_, step) => {
    const angle = ((from + ((to - from) * step) / steps) * Math.PI) / 180;
    return [cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)];
  }).flat();
}

const bowl = [line(0, 1, 0, 0, 0.35, 0), arc(0.35, 0.28, 0.28, 0.28, -90, 90), line(0.35, 0.56, 0, 0.56)];
const ring = arc(0.48, 0.5, 0.48, 0.5, 0, 360);

const letters: Record<string, Stroke[]> = {
  a: [line(0, 1, 0.4, 0, 0.8, 1), line(0.14, 0.65, 0.66, 0.65)],
  b: [
    line(0.35, 0.5, 0, 0.5, 0, 0, 0.35, 0),
    arc(0.35, 0.25, 0.25, 0.25, -90, 90),
    line(0, 0.5, 0, 1, 0.38, 1),
    arc(0.38, 0.75, 0.27, 0.25, 90, -90),
  ],
  c: [arc(0.46, 0.5, 0.46, 0.5, 48, 312)],
  d: [line(0.3, 1, 0, 1, 0, 0, 0.3, 0), arc(0.3, 0.5, 0.44, 0.5, -90, 90)],
  e: [line(0.6, 0, 0, 0, 0, 1, 0.6, 1), line(0, 0.5, 0.5, 0.5)],
  f: [line(0.6, 0, 0, 0, 0, 1), line(0, 0.5, 0.5, 0.5)],
  g: [arc(0.46, 0.5, 0.46, 0.5, 0, 312), line(0.92, 0.5, 0.54, 0.5)],
  h: [line(0, 0, 0, 1), line(0.7, 0, 0.7, 1), line(0, 0.5, 0.7, 0.5)],
  i: [line(0, 0, 0, 1)],
  j: [line(0.5, 0, 0.5, 0.72), arc(0.22, 0.72, 0.28, 0.28, 0, 150)],
  k: [line(0, 0, 0, 1), line(0.62, 0, 0, 0.62), line(0.23, 0.4, 0.66, 1)],
  l: [line(0, 0, 0, 1, 0.55, 1)],
  m: [line(0, 1, 0, 0, 0.45, 0.68, 0.9, 0, 0.9, 1)],
  n: [line(0, 1, 0, 0, 0.72, 1, 0.72, 0)],
  o: [ring],
  p: bowl,
  q: [ring, line(0.62, 0.72, 0.94, 1.04)],
  r: [...bowl, line(0.3, 0.56, 0.64, 1)],
  s: [arc(0.32, 0.26, 0.3, 0.26, -25, -270), arc(0.32, 0.76, 0.32, 0.24, -90, 155)],
  t: [line(0, 0, 0.72, 0), line(0.36, 0, 0.36, 1)],
  u: [line(0, 0, 0, 0.65), arc(0.35, 0.65, 0.35, 0.35, 180, 0), line(0.7, 0.65, 0.7, 0)],
  v: [line(0, 0, 0.4, 1, 0.8, 0)],
  w: [line(0, 0, 0.28, 1, 0.55, 0.2, 0.82, 1, 1.1, 0)],
  x: [line(0, 0, 0.7, 1), line(0.7, 0, 0, 1)],
  y: [line(0, 0, 0.37, 0.5, 0.74, 0), line(0.37, 0.5, 0.37, 1)],
  z: [line(0, 0, 0.65, 0, 0, 1, 0.65, 1)],
  0: [arc(0.34, 0.5, 0.34, 0.5, 0, 360)],
  1: [line(0, 0.2, 0.25, 0, 0.25, 1)],
  2: [arc(0.31, 0.31, 0.31, 0.31, -165, 40), line(0.547, 0.509, 0, 1, 0.64, 1)],
  3: [arc(0.3, 0.26, 0.28, 0.26, -150, 90), arc(0.3, 0.76, 0.31, 0.24, -90, 150)],
  4: [line(0.5, 1, 0.5, 0, 0, 0.7, 0.68, 0.7)],
  5: [line(0.58, 0, 0.1, 0, 0.055, 0.45), arc(0.29, 0.67, 0.31, 0.33, -139, 150)],
  6: [arc(0.32, 0.68, 0.32, 0.32, 0, 360), line(0.04, 0.54, 0.38, 0)],
  7: [line(0, 0, 0.62, 0, 0.2, 1)],
  8: [arc(0.31, 0.25, 0.26, 0.25, 0, 360), arc(0.31, 0.75, 0.31, 0.25, 0, 360)],
  9: [arc(0.32, 0.32, 0.32, 0.32, 0, 360), line(0.6, 0.46, 0.26, 1)],
};

/** The first letter or digit of a name, in lower case; `o`, a ring, if it has none. */
export function initialOf(name: string): string {
  return /[a-z0-9]/.exec(name.toLowerCase())?.[0] ?? 'o';
}

/** The strokes of a name's initial. */
export function strokesOf(name: string): Stroke[] {
  return letters[initialOf(name)] ?? [ring];
}
