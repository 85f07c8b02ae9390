/** The picture of a user who has not chosen one: their initial over a gradient, the same for the same user. */
import { createHash } from 'node:crypto';
import { strokesOf } from './avatar-letters.ts';

/** Pixels a side of the pictures that are served. */
export const avatarSides = [150, 320, 640] as const;
export type AvatarSide = (typeof avatarSides)[number];
/** The one whose URL cards and profiles name. */
export const cardSide: AvatarSide = 320;

type Rgb = [red: number, green: number, blue: number];

/** Shares of the picture's side: height of a letter, and half the width of the pen. */
const letterHeight = 0.4;
const penRadius = 0.037;

/** Light enough to be cheerful, dark enough for a white letter. */
const [lightFrom, lightTo, chroma] = [0.7, 0.55, 0.14];

/** Pixels of three bytes, red, green, blue, `side` × `side` of them. */
export function drawAvatar(userId: string, username: string, side: number): Buffer {
  const [hue = 0, spread = 0, tilt = 0] = createHash('sha256').update(userId).digest();
  const from = (hue / 256) * 360;
  const colours = gradient(from, from + 35 + (spread / 256) * 50, 2 * side);
  const angle = ((tilt / 256) * 60 + 15) * (Math.PI / 180);
  const [right, down] = [Math.cos(angle), Math.sin(angle)];
  const pixels = Buffer.alloc(side * side * 3);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const share = (x * right + y * down) / (side * (right + down));
      pixels.set(colours[Math.floor(share * colours.length)] as Rgb, (y * side + x) * 3);
    }
  }
  writeLetter(pixels, side, username);
  return pixels;
}

function gradient(fromHue: number, toHue: number, steps: number): Rgb[] {
  return Array.from({ length: steps }, (_, step) => {
    const share = step / (steps - 1);
    const mix = (from: number, to: number) => from + (to - from) * share;
    return fromOklch(mix(lightFrom, lightTo), chroma, mix(fromHue, toHue));
  });
}

/** OKLCH to sRGB, with the matrices of https://bottosson.github.io/posts/oklab/; what lies outside is clipped. */
function fromOklch(lightness: number, chroma: number, hue: number): Rgb {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const channel = (linear: number) => {
    const bounded = Math.min(1, Math.max(0, linear));
    return Math.round(255 * (bounded <= 0.0031308 ? 12.92 * bounded : 1.055 * bounded ** (1 / 2.4) - 0.055));
  };
  return [
    channel(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    channel(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    channel(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

type Segment = { x: number; y: number; dx: number; dy: number; lengthSquared: number };

/** Blends white over every pixel the pen covers, in proportion to how much of it is covered. */
function writeLetter(pixels: Buffer, side: number, username: string): void {
  const { segments, width, height } = placed(strokesOf(username), side);
  const radius = penRadius * side;
  const [left, top] = [(side - width) / 2 - radius - 1, (side - height) / 2 - radius - 1];
  for (let y = Math.floor(top); y <= side - top; y++) {
    for (let x = Math.floor(left); x <= side - left; x++) {
      const distance = Math.sqrt(nearest(segments, x + 0.5, y + 0.5));
      const cover = Math.min(1, Math.max(0, radius - distance + 0.5));
      if (cover === 0) continue;
      const at = (y * side + x) * 3;
      for (let channel = at; channel < at + 3; channel++) {
        const below = pixels[channel] as number;
        pixels[channel] = Math.round(below + (255 - below) * cover);
      }
    }
  }
}

/** The strokes as segments in pixels, in the middle of the picture. */
function placed(strokes: number[][], side: number): { segments: Segment[]; width: number; height: number } {
  const scale = letterHeight * side;
  const xs = strokes.flatMap((stroke) => stroke.filter((_, index) => index % 2 === 0));
  const ys = strokes.flatMap((stroke) => stroke.filter((_, index) => index % 2 === 1));
  const [width, height] = [scale * Math.max(...xs), scale * Math.max(...ys)];
  const [offsetX, offsetY] = [(side - width) / 2, (side - height) / 2];
  const segments = strokes.flatMap((stroke) =>
    Array.from({ length: stroke.length / 2 - 1 }, (_, index) => {
      const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = stroke.slice(2 * index, 2 * index + 4);
      const [dx, dy] = [(x2 - x1) * scale, (y2 - y1) * scale];
      return {
        x: x1 * scale + offsetX,
        y: y1 * scale + offsetY,
        dx,
        dy,
        lengthSquared: dx * dx + dy * dy,
      };
    }),
  );
  return { segments, width, height };
}

/** The square of the distance from a point to the nearest segment. */
function nearest(segments: Segment[], x: number, y: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (const segment of segments) {
    const [toX, toY] = [x - segment.x, y - segment.y];
    const along = (toX * segment.dx + toY * segment.dy) / segment.lengthSquared;
    const bounded = Math.min(1, Math.max(0, along));
    const [offX, offY] = [toX - bounded * segment.dx, toY - bounded * segment.dy];
    least = Math.min(least, offX * offX + offY * offY);
  }
  return least;
}
