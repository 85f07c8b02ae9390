/** The API's table of contents. */
import type { Route } from '../route.ts';
import { createLiveTicket } from './create-live-ticket.ts';
import { createPost } from './create-post.ts';
import { deletePost } from './delete-post.ts';
import { followUser } from './follow-user.ts';
import { getCapabilities } from './get-capabilities.ts';
import { getFeed } from './get-feed.ts';
import { getOpenapi } from './get-openapi.ts';
import { getPost } from './get-post.ts';
import { getPostStatus } from './get-post-status.ts';
import { getUser } from './get-user.ts';
import { getUserPosts } from './get-user-posts.ts';
import { likePost } from './like-post.ts';
import { login } from './login.ts';
import { logout } from './logout.ts';
import { refresh } from './refresh.ts';
import { register } from './register.ts';
import { search } from './search.ts';
import { unfollowUser } from './unfollow-user.ts';
import { unlikePost } from './unlike-post.ts';
import { updatePost } from './update-post.ts';

export const routes: readonly Route[] = [
  register,
  login,
  refresh,
  logout,

  getFeed,
  createPost,
  getPost,
  updatePost,
  deletePost,
  getPostStatus,
  likePost,
  unlikePost,

  getUser,
  getUserPosts,
  followUser,
  unfollowUser,

  search,
  createLiveTicket,
  getCapabilities,
  getOpenapi,
];
