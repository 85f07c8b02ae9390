/** Counts that are kept beside the rows they count. */
export const counters = [
  'post.likes',
  'post.comments',
  'post.saves',
  'comment.likes',
  'comment.replies',
  'user.posts',
  'user.followers',
  'user.following',
  'hashtag.posts',
  'location.posts',
] as const;
export type Counter = (typeof counters)[number];
