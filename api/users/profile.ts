/** A profile as one viewer sees it. */
import type { z } from 'zod';
import type { Standing } from '../../shared/users/audience.ts';
import type { Profile } from '../../shared/users/profiles.ts';
import type { profileSchema } from '../../shared/users/schema.ts';

/** The profile, with where the viewer stands with the user; of one's own, without. */
export function presentProfile(
  profile: Profile,
  standing?: Omit<Standing, 'isPrivate' | 'maySee'>,
): z.output<typeof profileSchema> {
  return {
    ...profile,
    is_following: standing?.follows ?? false,
    is_requested: standing?.hasRequested ?? false,
    is_followed_by: standing?.isFollowedBy ?? false,
    is_blocked: standing?.blocks ?? false,
    is_muted: standing?.mutes ?? false,
  };
}
