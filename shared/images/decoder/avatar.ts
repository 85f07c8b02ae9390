/** Pictures of users as files: drawn, or cut from a photo; made in the decoding processes because only there is sharp at home. */
import { join } from 'node:path';
import sharp, { type JpegOptions } from 'sharp';
import { type AvatarSide, avatarSides, drawAvatar } from '../avatar.ts';
import { decode, fromPicture, readHeader } from './open-image.ts';

export type AvatarFile = { side: AvatarSide; path: string };

/** The letter's edges and the gradient are what there is to see, so colour keeps its full resolution. */
const drawnJpeg = { quality: 85, chromaSubsampling: '4:4:4', progressive: true } satisfies JpegOptions;
/** A face is shown small and looked at closely: a little finer than the renditions of posts, at 60 kB for the largest. */
const photoJpeg = { quality: 85, chromaSubsampling: '4:2:0', progressive: true } satisfies JpegOptions;

const largest = Math.max(...avatarSides);

/** Draws the picture of a user who has chosen none: one JPEG a size, into a folder that exists. */
export async function avatar(outDirectory: string, userId: string, username: string): Promise<AvatarFile[]> {
  const raw = { width: largest, height: largest, channels: 3 as const };
  const pixels = drawAvatar(userId, username, largest);
  return Promise.all(
    avatarSides.map(async (side) => {
      const path = join(outDirectory, `${side}.jpg`);
      await sharp(pixels, { raw }).resize(side, side).jpeg(drawnJpeg).toFile(path);
      return { side, path };
    }),
  );
}

/**
 * Cuts the square in the middle out of a photo that `inspect` accepted: one JPEG a size, upright, in sRGB, without
 * metadata, enlarged if the photo is smaller, into a folder that exists.
 *
 * @throws {DecodeError} of any kind but `crashed` and `timeout`.
 */
export async function cutAvatar(path: string, outDirectory: string): Promise<AvatarFile[]> {
  const { aspectRatio } = await readHeader(path);
  // Wide enough for the shorter side to fill the largest square.
  const width = Math.ceil(largest * Math.max(1, aspectRatio));
  const picture = await decode(path, { width }, 'none');
  const files: AvatarFile[] = [];
  for (const side of avatarSides) {
    const target = join(outDirectory, `${side}.jpg`);
    await fromPicture(picture).resize(side, side, { fit: 'cover' }).jpeg(photoJpeg).toFile(target);
    files.push({ side, path: target });
  }
  return files;
}
