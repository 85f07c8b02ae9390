/** The API's table of contents. */
import type { Route } from '../route.ts';
import { addPasskey } from './auth/add-passkey.ts';
import { beginPasskey } from './auth/begin-passkey.ts';
import { beginPasskeyLogin } from './auth/begin-passkey-login.ts';
import { changePassword } from './auth/change-password.ts';
import { confirmPasswordReset } from './auth/confirm-password-reset.ts';
import { confirmTotp } from './auth/confirm-totp.ts';
import { endTotp } from './auth/end-totp.ts';
import { getTotp } from './auth/get-totp.ts';
import { listPasskeys } from './auth/list-passkeys.ts';
import { listSessions } from './auth/list-sessions.ts';
import { login } from './auth/login.ts';
import { loginWithPasskey } from './auth/login-with-passkey.ts';
import { logout } from './auth/logout.ts';
import { refresh } from './auth/refresh.ts';
import { register } from './auth/register.ts';
import { removePasskey } from './auth/remove-passkey.ts';
import { requestPasswordReset } from './auth/request-password-reset.ts';
import { revokeSession } from './auth/revoke-session.ts';
import { setUpTotp } from './auth/set-up-totp.ts';
import { createComment } from './comments/create-comment.ts';
import { deleteComment } from './comments/delete-comment.ts';
import { getComments } from './comments/get-comments.ts';
import { getReplies } from './comments/get-replies.ts';
import { likeComment } from './comments/like-comment.ts';
import { unlikeComment } from './comments/unlike-comment.ts';
import { explore } from './discovery/explore.ts';
import { getHashtag } from './discovery/get-hashtag.ts';
import { getHashtagPosts } from './discovery/get-hashtag-posts.ts';
import { getLocation } from './discovery/get-location.ts';
import { getLocationPosts } from './discovery/get-location-posts.ts';
import { getNearbyPosts } from './discovery/get-nearby-posts.ts';
import { explainFeed } from './feed/explain-feed.ts';
import { getFeed } from './feed/get-feed.ts';
import { getCapabilities } from './meta/get-capabilities.ts';
import { getOpenapi } from './meta/get-openapi.ts';
import { changeUser } from './moderation/change-user.ts';
import { createReport } from './moderation/create-report.ts';
import { listAudit } from './moderation/list-audit.ts';
import { listReports } from './moderation/list-reports.ts';
import { reinstateUser } from './moderation/reinstate-user.ts';
import { resolveReport } from './moderation/resolve-report.ts';
import { suspendUser } from './moderation/suspend-user.ts';
import { takeDownComment } from './moderation/take-down-comment.ts';
import { takeDownPost } from './moderation/take-down-post.ts';
import { takeDownStory } from './moderation/take-down-story.ts';
import { createLiveTicket } from './notices/create-live-ticket.ts';
import { getNotifications } from './notices/get-notifications.ts';
import { readNotifications } from './notices/read-notifications.ts';
import { createPost } from './posts/create-post.ts';
import { deletePost } from './posts/delete-post.ts';
import { getPost } from './posts/get-post.ts';
import { getPostStatus } from './posts/get-post-status.ts';
import { likePost } from './posts/like-post.ts';
import { listArchived } from './posts/list-archived.ts';
import { listLiked } from './posts/list-liked.ts';
import { listLikes } from './posts/list-likes.ts';
import { listSaved } from './posts/list-saved.ts';
import { savePost } from './posts/save-post.ts';
import { unlikePost } from './posts/unlike-post.ts';
import { unsavePost } from './posts/unsave-post.ts';
import { updatePost } from './posts/update-post.ts';
import { search } from './search/search.ts';
import { createHighlight } from './stories/create-highlight.ts';
import { createStory } from './stories/create-story.ts';
import { deleteHighlight } from './stories/delete-highlight.ts';
import { deleteStory } from './stories/delete-story.ts';
import { getStories } from './stories/get-stories.ts';
import { getStoryArchive } from './stories/get-story-archive.ts';
import { getStoryViewers } from './stories/get-story-viewers.ts';
import { getUserStories } from './stories/get-user-stories.ts';
import { listHighlights } from './stories/list-highlights.ts';
import { viewStory } from './stories/view-story.ts';
import { acceptFollowRequest } from './users/accept-follow-request.ts';
import { blockUser } from './users/block-user.ts';
import { declineFollowRequest } from './users/decline-follow-request.ts';
import { deleteMe } from './users/delete-me.ts';
import { followUser } from './users/follow-user.ts';
import { getExport } from './users/get-export.ts';
import { getMe } from './users/get-me.ts';
import { getUser } from './users/get-user.ts';
import { getUserPosts } from './users/get-user-posts.ts';
import { listBlocked } from './users/list-blocked.ts';
import { listFollowRequests } from './users/list-follow-requests.ts';
import { listFollowers } from './users/list-followers.ts';
import { listFollowing } from './users/list-following.ts';
import { listMuted } from './users/list-muted.ts';
import { muteUser } from './users/mute-user.ts';
import { removeAvatar } from './users/remove-avatar.ts';
import { requestExport } from './users/request-export.ts';
import { setAvatar } from './users/set-avatar.ts';
import { unblockUser } from './users/unblock-user.ts';
import { unfollowUser } from './users/unfollow-user.ts';
import { unmuteUser } from './users/unmute-user.ts';
import { updateMe } from './users/update-me.ts';

export const routes: readonly Route[] = [
  register,
  login,
  refresh,
  logout,
  listSessions,
  revokeSession,
  changePassword,
  requestPasswordReset,
  confirmPasswordReset,
  getTotp,
  setUpTotp,
  confirmTotp,
  endTotp,
  beginPasskey,
  addPasskey,
  listPasskeys,
  removePasskey,
  beginPasskeyLogin,
  loginWithPasskey,

  getFeed,
  explainFeed,
  createPost,
  getPost,
  updatePost,
  deletePost,
  getPostStatus,
  likePost,
  unlikePost,
  listLikes,
  savePost,
  unsavePost,
  listSaved,
  listLiked,
  listArchived,

  createComment,
  getComments,
  getReplies,
  deleteComment,
  likeComment,
  unlikeComment,

  getUser,
  getMe,
  getUserPosts,
  updateMe,
  setAvatar,
  removeAvatar,
  requestExport,
  getExport,
  deleteMe,
  followUser,
  unfollowUser,
  listFollowers,
  listFollowing,
  listFollowRequests,
  acceptFollowRequest,
  declineFollowRequest,
  blockUser,
  unblockUser,
  listBlocked,
  muteUser,
  unmuteUser,
  listMuted,

  explore,
  getHashtag,
  getHashtagPosts,
  getLocation,
  getLocationPosts,
  getNearbyPosts,

  getStories,
  createStory,
  viewStory,
  getStoryViewers,
  deleteStory,
  getUserStories,
  getStoryArchive,
  createHighlight,
  listHighlights,
  deleteHighlight,

  search,
  getNotifications,
  readNotifications,
  createLiveTicket,

  createReport,
  listReports,
  resolveReport,
  takeDownPost,
  takeDownComment,
  takeDownStory,
  suspendUser,
  reinstateUser,
  changeUser,
  listAudit,

  getCapabilities,
  getOpenapi,
];
