/** Users in brief, as every reply that names one shows them. */
import { avatarPath, drawnVersion } from './avatars.ts';

/** The columns of `users` a card is made of. */
export type CardRow = {
  user_id: string;
  username: string;
  profile_pic_url: string | null;
  is_verified: boolean;
};

export type UserCard = CardRow & { profile_pic_url: string };

/**
 * Where a user's picture is served.
 *
 * @param cdn what image URLs begin with
 * @param row.profile_pic_url the path of the picture they chose, if they did
 */
export function avatarUrl(cdn: string, row: Omit<CardRow, 'is_verified'>): string {
  return cdn + (row.profile_pic_url ?? avatarPath(row.user_id, drawnVersion(row.username)));
}

/** The card of a row, which may hold more than a card shows. */
export function cardOf(cdn: string, row: CardRow): UserCard {
  return {
    user_id: row.user_id,
    username: row.username,
    profile_pic_url: avatarUrl(cdn, row),
    is_verified: row.is_verified,
  };
}
