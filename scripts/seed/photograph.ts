/**
 * Photographs that never were: landscapes drawn from a seed, so that seeding and tests need no files.
 * The same seed and size give the same picture.
 */
import sharp, { type Sharp } from 'sharp';

/** Colours: of the sky from the top down, of the hills from far to near, of the sun. */
type Light = { sky: [string, string, string]; hills: [string, string]; sun: string; stars?: boolean };

const lights: Light[] = [
  { sky: ['#1b2a5c', '#c2548a', '#ffb56b'], hills: ['#8d5a86', '#1d1733'], sun: '#ffe9b0' },
  { sky: ['#3f86d6', '#8cc4ee', '#e8f4f4'], hills: ['#8fb3bf', '#24513a'], sun: '#fffbe6' },
  { sky: ['#f4a259', '#f7c59f', '#fbe9d0'], hills: ['#d88c5a', '#6b2d1a'], sun: '#fff3d6' },
  { sky: ['#070b1f', '#14224a', '#3c4f85'], hills: ['#27345e', '#05070f'], sun: '#f3f1e4', stars: true },
  { sky: ['#6fa3a0', '#b9d3c6', '#f2efe0'], hills: ['#9fb7a5', '#2f4a3f'], sun: '#ffffff' },
  { sky: ['#5b2a86', '#d84797', '#ffcf99'], hills: ['#a4508b', '#2b0f3a'], sun: '#ffe3c2' },
  { sky: ['#9fc5e8', '#dbeaf5', '#ffffff'], hills: ['#c9d9e8', '#4b6a88'], sun: '#ffffff' },
  { sky: ['#e0b04c', '#efd28d', '#f9efd2'], hills: ['#c98f3c', '#5c2f12'], sun: '#fffbe8' },
];

const ridges = 5;
/** A larger picture is drawn at this size and enlarged: the cost grows with the pixels, and grain hides the blur. */
const maxDrawnSide = 1600;
/** The side of the square of grain that is repeated over the picture. */
const grainSide = 256;

export type PhotographOptions = {
  /** The pixels it has when shown, after orientation. */
  width: number;
  height: number;
  seed: number;
  /** The EXIF orientation 1–8: pixels are stored turned or mirrored, so that it shows upright all the same. */
  orientation?: number;
};

/** Draws a landscape and returns it as a JPEG. */
export async function photograph({ width, height, seed, orientation }: PhotographOptions): Promise<Buffer> {
  const random = randomFrom(seed);
  const scale = Math.min(1, maxDrawnSide / Math.max(width, height));
  const light = lights[(seed >>> 0) % lights.length] as Light;
  const drawing = Buffer.from(landscape(width * scale, height * scale, light, random));
  const grain = Uint8Array.from({ length: grainSide ** 2 }, () => 128 + (random() + random() - 1) * 48);
  const picture = sharp(drawing)
    .resize(width, height, { fit: 'fill' })
    .flatten({ background: '#000000' })
    .composite([
      {
        input: await sharp(grain, { raw: { width: grainSide, height: grainSide, channels: 1 } })
          .extract({
            left: 0,
            top: 0,
            width: Math.min(width, grainSide),
            height: Math.min(height, grainSide),
          })
          .png()
          .toBuffer(),
        tile: true,
        blend: 'soft-light',
      },
    ])
    .removeAlpha();
  if (orientation === undefined) return picture.jpeg({ quality: 88 }).toBuffer();
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  const upright = sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } });
  const stored = await storedAs(orientation, upright);
  return stored.withMetadata({ orientation }).jpeg({ quality: 88 }).toBuffer();
}

/** Turns and mirrors a picture so that who undoes the orientation (Exif 2.32, tag 0x0112) sees it upright. */
async function storedAs(orientation: number, upright: Sharp): Promise<Sharp> {
  if (orientation <= 1) return upright;
  if (orientation === 2) return upright.flop();
  if (orientation === 3) return upright.rotate(180);
  if (orientation === 4) return upright.flip();
  if (orientation === 6) return upright.rotate(270);
  if (orientation === 8) return upright.rotate(90);
  // The two diagonals are a quarter turn and then a mirror, in a second pass because sharp mirrors first.
  const turned = sharp(await upright.rotate(90).png({ compressionLevel: 1 }).toBuffer());
  return orientation === 5 ? turned.flop() : turned.flip();
}

/**
 * 0 ≤ number < 1, the same ones for the same seed: mulberry32
 * (https://gist.github.com/tommyettinger/46a874533244883189143505d203312c).
 */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function landscape(width: number, height: number, light: Light, random: () => number): string {
  const sunX = (0.15 + random() * 0.7) * width;
  const sunY = (0.18 + random() * 0.3) * height;
  const size = Math.min(width, height);
  const horizon = (0.5 + random() * 0.12) * height;
  const stops = light.sky.map((colour, at) => `<stop offset="${at / 2}" stop-color="${colour}"/>`).join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <defs>
      <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">${stops}</linearGradient>
      <radialGradient id="glow"><stop offset="0" stop-color="${light.sun}" stop-opacity="0.75"/>
        <stop offset="1" stop-color="${light.sun}" stop-opacity="0"/></radialGradient>
      <filter id="soft"><feGaussianBlur stdDeviation="${size * 0.006}"/></filter>
    </defs>
    <rect width="${width}" height="${horizon + height * 0.2}" fill="url(#sky)"/>
    ${light.stars ? stars(width, horizon, size, random) : ''}
    <circle cx="${sunX}" cy="${sunY}" r="${size * 0.42}" fill="url(#glow)"/>
    <circle cx="${sunX}" cy="${sunY}" r="${size * (0.04 + random() * 0.04)}" fill="${light.sun}"/>
    <g filter="url(#soft)">${clouds(width, height, random)}</g>
    ${hills(width, height, horizon, light.hills, random)}
  </svg>`;
}

function stars(width: number, horizon: number, size: number, random: () => number): string {
  return Array.from({ length: 140 }, () => {
    const [x, y] = [random() * width, random() * horizon];
    return `<circle cx="${x}" cy="${y}" r="${size * (0.0006 + random() * 0.0018)}" fill="#fff" opacity="${0.3 + random() * 0.7}"/>`;
  }).join('');
}

/** Each cloud is a row of faint ellipses that overlap. */
function clouds(width: number, height: number, random: () => number): string {
  return Array.from({ length: 2 + Math.floor(random() * 4) }, () => {
    const [x, y, length] = [
      random() * width,
      (0.06 + random() * 0.34) * height,
      (0.15 + random() * 0.3) * width,
    ];
    return Array.from({ length: 9 }, (_, at) => {
      const [offset, thickness] = [(at / 8 - 0.5) * length, height * (0.008 + random() * 0.022)];
      return `<ellipse cx="${x + offset}" cy="${y + (random() - 0.5) * thickness}" rx="${length * (0.08 + random() * 0.1)}" ry="${thickness}" fill="#fff" opacity="0.16"/>`;
    }).join('');
  }).join('');
}

/** Ridges one before the other, lower and darker the nearer they are, each a sum of three waves. */
function hills(
  width: number,
  height: number,
  horizon: number,
  [far, near]: [string, string],
  random: () => number,
) {
  return Array.from({ length: ridges }, (_, at) => {
    const nearness = at / (ridges - 1);
    const base = horizon + (height - horizon) * nearness * 0.8;
    const tall = height * (0.09 - nearness * 0.04);
    const waves = [1.3, 3.7, 11].map((frequency, octave) => ({
      turn: frequency * (0.7 + random() * 0.6) * Math.PI * 2,
      phase: random() * Math.PI * 2,
      share: [0.62, 0.28, 0.1][octave] as number,
    }));
    const points = Array.from({ length: 121 }, (_, step) => {
      const across = step / 120;
      const rise = waves.reduce(
        (sum, { turn, phase, share }) => sum + Math.sin(across * turn + phase) * share,
        0,
      );
      return `${(across * width).toFixed(1)},${(base - rise * tall).toFixed(1)}`;
    });
    return `<polygon points="0,${height} ${points.join(' ')} ${width},${height}" fill="${mix(far, near, nearness)}"/>`;
  }).join('');
}

/** A colour between two of the form `#rrggbb`. */
function mix(from: string, to: string, share: number): string {
  const channel = (colour: string, at: number) => Number.parseInt(colour.slice(at, at + 2), 16);
  const between = (at: number) =>
    Math.round(channel(from, at) + (channel(to, at) - channel(from, at)) * share);
  return `#${[1, 3, 5].map((at) => between(at).toString(16).padStart(2, '0')).join('')}`;
}
