/** Users in brief, as every reply that names one shows them. */

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
 * @param profilePicUrl its path, which changes with the picture, so that URLs may be cached for ever
 */
export function avatarUrl(cdn: string, userId: string, profilePicUrl: string | null): string {
  return `${cdn}${profilePicUrl ?? `/avatars/${userId}/320.jpg?v=0`}`;
}

/** The card of a row, which may hold more than a card shows. */
export function cardOf(cdn: string, row: CardRow): UserCard {
  return {
    user_id: row.user_id,
    username: row.username,
    profile_pic_url: avatarUrl(cdn, row.user_id, row.profile_pic_url),
    is_verified: row.is_verified,
  };
}
