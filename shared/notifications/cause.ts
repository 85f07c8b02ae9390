/** What a notice comes of. */
import type { NotificationType } from '../db/schema.ts';

/** Whom to tell of what, by internal ids. A notice about a comment names its post, too. */
export type Cause = { userId: number; type: NotificationType; postId?: number; commentId?: number };
