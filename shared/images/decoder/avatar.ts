/** Default avatars as files, encoded in the decoding processes because only there is sharp at home. */
import { join } from 'node:path';
import sharp from 'sharp';
import { type AvatarSide, avatarSides, drawAvatar } from '../avatar.ts';

export type AvatarFile = { side: AvatarSide; path: string };

/** The letter's edges and the gradient are what there is to see, so colour keeps its full resolution. */
const jpeg = { quality: 85, chromaSubsampling: '4:4:4', progressive: true };

/** Writes one JPEG a size into a folder that exists. */
export async function avatar(outDirectory: string, userId: string, username: string): Promise<AvatarFile[]> {
  const largest = Math.max(...avatarSides);
  const raw = { width: largest, height: largest, channels: 3 as const };
  const pixels = drawAvatar(userId, username, largest);
  return Promise.all(
    avatarSides.map(async (side) => {
      const path = join(outDirectory, `${side}.jpg`);
      await sharp(pixels, { raw }).resize(side, side).jpeg(jpeg).toFile(path);
      return { side, path };
    }),
  );
}
