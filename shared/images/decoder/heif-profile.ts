/**
 * The colour profile of a HEIF file, which libheif's JavaScript does not hand out: phones write their pixels in
 * Display P3, and taken for sRGB they look dull. Boxes are those of ISO/IEC 14496-12 and 23008-12.
 */

type Box = { type: string; from: number; to: number };

/**
 * Finds the ICC profile of the primary image, or of the file's first image that has one: the picture of a grid may
 * leave it to its tiles.
 *
 * @returns undefined if there is none, or the boxes around it cannot be read.
 */
export function profileOf(file: Buffer): Buffer | undefined {
  try {
    const meta = find(file, { type: '', from: 0, to: file.length }, 'meta');
    if (!meta) return undefined;
    const inMeta = { ...meta, from: meta.from + 4 };
    const properties = find(file, inMeta, 'iprp');
    const container = properties && find(file, properties, 'ipco');
    if (!container) return undefined;
    const all = boxesIn(file, container);
    const associations = find(file, properties, 'ipma');
    const primary = find(file, inMeta, 'pitm');
    const own = associations && primary ? propertiesOf(file, associations, itemIdAt(file, primary)) : [];
    return [...own.flatMap((index) => all[index - 1] ?? []), ...all]
      .filter((box) => isProfile(file, box))
      .map((box) => file.subarray(box.from + 4, box.to))[0];
  } catch (error) {
    // What lies beyond the end of the file.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function find(file: Buffer, parent: Box, type: string): Box | undefined {
  return boxesIn(file, parent).find((box) => box.type === type);
}

/** The boxes directly inside another one; each begins with its size and its type. */
function boxesIn(file: Buffer, { from, to }: Box): Box[] {
  const boxes: Box[] = [];
  for (let at = from; at + 8 <= to; ) {
    const size = file.readUInt32BE(at);
    const isLarge = size === 1;
    const end = size === 0 ? to : at + (isLarge ? Number(file.readBigUInt64BE(at + 8)) : size);
    const head = isLarge ? 16 : 8;
    if (end < at + head || end > to) break;
    boxes.push({ type: file.toString('latin1', at + 4, at + 8), from: at + head, to: end });
    at = end;
  }
  return boxes;
}

/** `colr` with an ICC profile, restricted or not, instead of bare numbers. */
function isProfile(file: Buffer, { type, from, to }: Box): boolean {
  return (
    type === 'colr' && to > from + 4 && ['prof', 'rICC'].includes(file.toString('latin1', from, from + 4))
  );
}

/** The item that `pitm` names: 16 bits in version 0, 32 later. */
function itemIdAt(file: Buffer, { from }: Box): number {
  return file[from] === 0 ? file.readUInt16BE(from + 4) : file.readUInt32BE(from + 4);
}

/** The properties an item has by `ipma`, as numbers counted from 1. */
function propertiesOf(file: Buffer, { from, to }: Box, itemId: number): number[] {
  const hasLongIds = (file[from] as number) > 0;
  const hasLongIndices = ((file[from + 3] as number) & 1) === 1;
  let at = from + 8;
  while (at < to) {
    const id = hasLongIds ? file.readUInt32BE(at) : file.readUInt16BE(at);
    at += hasLongIds ? 4 : 2;
    const count = file.readUInt8(at);
    at += 1;
    const step = hasLongIndices ? 2 : 1;
    if (id === itemId) {
      // The highest bit says whether a reader has to know the property.
      return Array.from({ length: count }, (_, n) =>
        hasLongIndices ? file.readUInt16BE(at + n * step) & 0x7fff : file.readUInt8(at + n * step) & 0x7f,
      );
    }
    at += count * step;
  }
  return [];
}
