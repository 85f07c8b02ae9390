/** The API's table of contents. */
import type { Route } from '../route.ts';
import { login } from './auth/login.ts';
import { logout } from './auth/logout.ts';
import { refresh } from './auth/refresh.ts';
import { register } from './auth/register.ts';
import { getFeed } from './feed/get-feed.ts';
import { getCapabilities } from './meta/get-capabilities.ts';
import { getOpenapi } from './meta/get-openapi.ts';
import { createLiveTicket } from './notices/create-live-ticket.ts';
import { createPost } from './posts/create-post.ts';
import { deletePost } from './posts/delete-post.ts';
import { getPost } from './posts/get-post.ts';
import { getPostStatus } from './posts/get-post-status.ts';
import { likePost } from './posts/like-post.ts';
import { unlikePost } from './posts/unlike-post.ts';
import { updatePost } from './posts/update-post.ts';
import { search } from './search/search.ts';
import { followUser } from './users/follow-user.ts';
import { getUser } from './users/get-user.ts';
import { getUserPosts } from './users/get-user-posts.ts';
import { unfollowUser } from './users/unfollow-user.ts';

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
