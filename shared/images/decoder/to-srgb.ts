/** Pixels whose colour profile came beside them, in the colours everything here is in. */
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';

/**
 * Takes the pixels from the colours of a profile to sRGB. sharp converts what a file's own profile says, so the
 * pixels become a PNG that carries it; a profile that cannot be used is passed over, as it is in other formats.
 */
export async function toSrgb(
  picture: { data: Buffer; width: number; height: number },
  profile: Buffer,
): Promise<{ data: Buffer; width: number; height: number }> {
  const { width, height } = picture;
  const plain = await sharp(picture.data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 0 })
    .toBuffer();
  // Behind the signature and the header, 8 and 25 bytes (PNG, 5.6); a name, a zero, the method 0.
  const chunk = pngChunk('iCCP', Buffer.concat([Buffer.from('icc\0\0', 'latin1'), deflateSync(profile)]));
  const data = await sharp(Buffer.concat([plain.subarray(0, 33), chunk, plain.subarray(33)]))
    .toColourspace('srgb')
    .removeAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer();
  return { data, width, height };
}

function pngChunk(type: string, data: Buffer): Buffer {
  const chunk = Buffer.alloc(data.length + 12);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  data.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, data.length + 8)), data.length + 8);
  return chunk;
}
