/**
 * Whether a JPEG file holds its picture to the end.
 *
 * libjpeg fills the rows it never received with grey, and a shrinking decoder may not ask for the last rows
 * at all, so a baseline file cut in its last per cent decodes without a complaint. The marker that
 * ends the picture is what a cut file cannot have.
 */
import { readFile } from 'node:fs/promises';

const endOfImage = 0xd9;
const startOfScan = 0xda;

/** Walks the markers (ITU-T T.81, annex B) of the first picture in the file; true if they reach its end. */
export async function hasJpegEnd(path: string): Promise<boolean> {
  const file = await readFile(path);
  let at = 2;
  while (at < file.length) {
    at = file.indexOf(0xff, at);
    if (at === -1) return false;
    while (file[at] === 0xff) at++;
    const marker = file[at++];
    if (marker === undefined) return false;
    if (marker === endOfImage) return true;
    if (!hasLength(marker)) continue;
    if (at + 2 > file.length) return false;
    at += file.readUInt16BE(at);
    if (marker === startOfScan) at = endOfScan(file, at);
  }
  return false;
}

/** Padding, stuffed zeros, TEM, the restart markers and SOI stand alone. */
function hasLength(marker: number): boolean {
  return marker !== 0x00 && marker !== 0x01 && !(marker >= 0xd0 && marker <= 0xd8);
}

/** Where the compressed data that starts at `from` meets a marker that is no restart. */
function endOfScan(file: Buffer, from: number): number {
  let at = file.indexOf(0xff, from);
  while (at !== -1) {
    const next = file[at + 1];
    if (next === undefined) return file.length;
    if (next !== 0xff && hasLength(next)) return at;
    at = file.indexOf(0xff, next === 0xff ? at + 1 : at + 2);
  }
  return file.length;
}
