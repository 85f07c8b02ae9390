/** Photographs for tests, in any format and with whatever metadata, made as they are needed. */
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { photograph } from '../../scripts/seed/photograph.ts';

export type PhotoOptions = {
  width?: number;
  height?: number;
  format?: 'jpeg' | 'progressive' | 'png' | 'interlaced' | 'webp' | 'gif' | 'avif' | 'tiff';
  /** EXIF orientation 1–8; width and height are those of the upright picture. */
  orientation?: number;
  seed?: number;
  /** True adds GPS coordinates, a camera, a comment, XMP and a colour profile. */
  metadata?: boolean;
};

/** Texts that `metadata: true` hides in the file, to look for in what is made of it. */
export const hiddenTexts = ['SecretCam', 'my home address', 'xmp-secret'] as const;

/** A generated photograph; the same options give the same picture. */
export async function photo({
  width = 320,
  height = 240,
  format = 'jpeg',
  orientation,
  seed = 1,
  metadata = false,
}: PhotoOptions = {}): Promise<Buffer> {
  const jpeg = await photograph({ width, height, seed, ...(orientation && { orientation }) });
  if (format === 'jpeg' && !metadata) return jpeg;
  let pipeline = sharp(jpeg);
  if (orientation) pipeline = pipeline.withMetadata({ orientation });
  if (metadata) {
    pipeline = pipeline
      .withIccProfile('p3')
      .withExifMerge({
        IFD0: { Make: 'SecretCam', ImageDescription: 'my home address' },
        IFD3: {
          GPSLatitudeRef: 'N',
          GPSLatitude: '52/1 31/1 12/1',
          GPSLongitudeRef: 'E',
          GPSLongitude: '13/1 24/1 36/1',
        },
      })
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">xmp-secret</x:xmpmeta>');
  }
  switch (format) {
    case 'jpeg':
      return await pipeline.jpeg().toBuffer();
    case 'progressive':
      return await pipeline.jpeg({ progressive: true }).toBuffer();
    case 'png':
      return await pipeline.png().toBuffer();
    case 'interlaced':
      return await pipeline.png({ progressive: true }).toBuffer();
    case 'webp':
      return await pipeline.webp().toBuffer();
    case 'gif':
      return await pipeline.gif().toBuffer();
    case 'avif':
      return await pipeline.avif({ effort: 0 }).toBuffer();
    case 'tiff':
      return await pipeline.tiff().toBuffer();
  }
}

/** A PNG whose header claims a size its data does not bear out: a few bytes to send, gigabytes to decode. */
export async function pngClaiming(width: number, height: number): Promise<Buffer> {
  const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#ffffff' } })
    .png()
    .toBuffer();
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(height, 20);
  // The checksum of the header covers its type and data.
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}
