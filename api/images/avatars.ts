/** Avatars: the picture of a user who has chosen none is drawn when it is first asked for, and kept. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AvatarSide } from '../../shared/images/avatar.ts';
import type { Tools } from '../../shared/tools.ts';

/** Where the picture of a user is kept. */
export function avatarKey(userId: string, side: AvatarSide): string {
  return `avatars/${userId}/${side}.jpg`;
}

export type Avatars = {
  /** Draws and keeps a user's picture in every size; those who ask at the same time share one drawing. */
  draw(userId: string, username: string): Promise<void>;
};

/** Opens the pictures of users: drawn when first asked for, from the store afterwards. */
export function openAvatars({ images, decoder }: Tools): Avatars {
  const drawing = new Map<string, Promise<void>>();

  async function drawAndKeep(userId: string, username: string): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'emulsion-avatar-'));
    try {
      const files = await decoder.avatar(directory, userId, username);
      await Promise.all(
        files.map(({ side, path }) => images.put(avatarKey(userId, side), path, 'image/jpeg')),
      );
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  return {
    draw(userId, username) {
      const known = drawing.get(userId);
      if (known) return known;
      const drawn = drawAndKeep(userId, username).finally(() => drawing.delete(userId));
      drawing.set(userId, drawn);
      return drawn;
    },
  };
}
