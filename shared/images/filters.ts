/**
 * The filters as colour operations on a sharp pipeline.
 *
 * The looks follow two well-known recreations in CSS, CSSgram (https://una.im/CSSgram/) for aden, clarendon,
 * gingham, lark, moon, perpetua, reyes and slumber, and instagram.css
 * (https://github.com/picturepan2/instagram.css) for crema, juno and ludwig: a layer of colour blended
 * over the photo, and CSS filter functions. They are approximations: libvips recombines channels before it
 * composites, so saturation, sepia and hue come before the layer and contrast and brightness after it.
 */
import type { Blend, Sharp } from 'sharp';
import {
  brightness,
  contrast,
  grayscale,
  hueRotate,
  inTurn,
  type Line,
  linesInTurn,
  type Matrix3,
  saturate,
  sepia,
} from './css-colours.ts';
import type { FilterName } from './filter-names.ts';

/** 0–255 each, the last 0–1. */
type Rgba = readonly [red: number, green: number, blue: number, alpha: number];

/** A colour, or a gradient from one to another along an axis, blended over the photo. */
type Layer = { blend: Blend; from: Rgba; to?: Rgba; along?: 'x' | 'y' };

type Look = {
  /** Saturation, sepia and hue, in the order they are applied. */
  mix?: Matrix3[];
  layers?: Layer[];
  /** Contrast and brightness, in the order they are applied. */
  tone?: Line[];
};

const looks: Record<FilterName, Look> = {
  none: {},
  clarendon: {
    mix: [saturate(1.35)],
    layers: [{ blend: 'overlay', from: [127, 187, 227, 0.2] }],
    tone: [contrast(1.2)],
  },
  gingham: {
    mix: [hueRotate(-10)],
    layers: [{ blend: 'soft-light', from: [230, 230, 250, 1] }],
    tone: [brightness(1.05)],
  },
  moon: {
    mix: [grayscale(1)],
    layers: [
      { blend: 'soft-light', from: [160, 160, 160, 1] },
      { blend: 'lighten', from: [56, 56, 56, 1] },
    ],
    tone: [contrast(1.1), brightness(1.1)],
  },
  lark: {
    layers: [
      { blend: 'colour-dodge', from: [34, 37, 63, 1] },
      { blend: 'darken', from: [242, 242, 242, 0.8] },
    ],
    tone: [contrast(0.9)],
  },
  reyes: {
    mix: [sepia(0.22), saturate(0.75)],
    layers: [{ blend: 'soft-light', from: [239, 205, 173, 0.5] }],
    tone: [brightness(1.1), contrast(0.85)],
  },
  juno: {
    mix: [sepia(0.35), saturate(1.8)],
    layers: [{ blend: 'overlay', from: [127, 187, 227, 0.2] }],
    tone: [contrast(1.15), brightness(1.15)],
  },
  slumber: {
    mix: [saturate(0.66)],
    layers: [
      { blend: 'lighten', from: [69, 41, 12, 0.4] },
      { blend: 'soft-light', from: [125, 105, 24, 0.5] },
    ],
    tone: [brightness(1.05)],
  },
  crema: {
    mix: [sepia(0.5), saturate(0.9), hueRotate(-2)],
    layers: [{ blend: 'multiply', from: [125, 105, 24, 0.2] }],
    tone: [contrast(1.25), brightness(1.15)],
  },
  ludwig: {
    mix: [sepia(0.25), saturate(2)],
    layers: [{ blend: 'overlay', from: [125, 105, 24, 0.1] }],
    tone: [contrast(1.05), brightness(1.05)],
  },
  aden: {
    mix: [hueRotate(-20), saturate(0.85)],
    layers: [{ blend: 'darken', from: [66, 10, 14, 0.2], to: [66, 10, 14, 0], along: 'x' }],
    tone: [contrast(0.9), brightness(1.2)],
  },
  perpetua: {
    layers: [{ blend: 'soft-light', from: [0, 91, 154, 0.5], to: [230, 193, 61, 0.5], along: 'y' }],
  },
};

type Size = { width: number; height: number };

/**
 * Adds a filter to a pipeline whose input is a picture of 3 channels of 8 bits in sRGB. `none` adds nothing.
 *
 * @param size the pixels of the picture; a gradient spans all of it.
 */
export function applyFilter(pipeline: Sharp, filter: FilterName, size: Size): Sharp {
  const { mix, layers, tone } = looks[filter];
  if (mix) pipeline.recomb(inTurn(mix));
  if (layers) pipeline.composite(layers.map((layer) => overlay(layer, size)));
  if (tone) {
    const { gain, offset } = linesInTurn(tone);
    pipeline.linear([gain, gain, gain], [offset, offset, offset]);
  }
  return pipeline.removeAlpha();
}

/** One row or column of the layer's pixels, to be repeated over the picture. */
function overlay({ blend, from, to = from, along = 'x' }: Layer, { width, height }: Size) {
  const length = along === 'x' ? width : height;
  const pixels = Buffer.alloc(length * 4);
  for (let at = 0; at < length; at++) {
    const share = at / Math.max(1, length - 1);
    const between = (channel: 0 | 1 | 2 | 3) => from[channel] + (to[channel] - from[channel]) * share;
    const pixel = [between(0), between(1), between(2), between(3) * 255];
    pixels.set(pixel.map(Math.round), at * 4);
  }
  const raw = { width: along === 'x' ? length : 1, height: along === 'x' ? 1 : length, channels: 4 as const };
  return { input: pixels, raw, tile: true, gravity: 'northwest', blend };
}
