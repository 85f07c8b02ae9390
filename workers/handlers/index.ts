/** Every job beside its handler. A job without one does not compile. */
import type { Handlers } from '../handler.ts';
import { acceptRequests } from './accept-requests.ts';
import { buildExport } from './build-export.ts';
import { countHashtags } from './count-hashtags.ts';
import { countLocation } from './count-location.ts';
import { dropFromFeeds } from './drop-from-feeds.ts';
import { expireStory } from './expire-story.ts';
import { fanOutPost } from './fan-out-post.ts';
import { fanOutStory } from './fan-out-story.ts';
import { forgetFeeds } from './forget-feeds.ts';
import { indexHashtag } from './index-hashtag.ts';
import { indexLocation } from './index-location.ts';
import { indexPost } from './index-post.ts';
import { indexPostsOf } from './index-posts-of.ts';
import { indexUser } from './index-user.ts';
import { mailPasswordReset } from './mail-password-reset.ts';
import { makeRenditions } from './make-renditions.ts';
import { makeStoryRenditions } from './make-story-renditions.ts';
import { mergeAuthor } from './merge-author.ts';
import { notifyAccepted } from './notify-accepted.ts';
import { notifyCommented } from './notify-commented.ts';
import { notifyFollowed } from './notify-followed.ts';
import { notifyRequested } from './notify-requested.ts';
import { notifyTagged } from './notify-tagged.ts';
import { pushToFeeds } from './push-to-feeds.ts';
import { pushToTrays } from './push-to-trays.ts';
import { refreshFeed } from './refresh-feed.ts';
import { refreshFollowers } from './refresh-followers.ts';
import { refreshPost } from './refresh-post.ts';
import { refreshUser } from './refresh-user.ts';
import { removeAccount } from './remove-account.ts';
import { removeAvatar } from './remove-avatar.ts';
import { removeImages } from './remove-images.ts';
import { removeStory } from './remove-story.ts';
import { rollUpCount } from './roll-up-count.ts';
import { separateUsers } from './separate-users.ts';
import { tellRead } from './tell-read.ts';

export const handlers: Handlers = {
  'make-renditions': makeRenditions,
  'fan-out-post': fanOutPost,
  'push-to-feeds': pushToFeeds,
  'drop-from-feeds': dropFromFeeds,
  'merge-author': mergeAuthor,
  'refresh-followers': refreshFollowers,
  'forget-feeds': forgetFeeds,
  'refresh-feed': refreshFeed,
  'refresh-user': refreshUser,
  'accept-requests': acceptRequests,
  'separate-users': separateUsers,
  'refresh-post': refreshPost,
  'count-hashtags': countHashtags,
  'count-location': countLocation,
  'roll-up-count': rollUpCount,
  'index-post': indexPost,
  'index-user': indexUser,
  'index-hashtag': indexHashtag,
  'index-location': indexLocation,
  'notify-tagged': notifyTagged,
  'notify-commented': notifyCommented,
  'notify-followed': notifyFollowed,
  'tell-read': tellRead,
  'index-posts-of': indexPostsOf,
  'notify-requested': notifyRequested,
  'notify-accepted': notifyAccepted,
  'remove-images': removeImages,
  'mail-password-reset': mailPasswordReset,
  'make-story-renditions': makeStoryRenditions,
  'fan-out-story': fanOutStory,
  'push-to-trays': pushToTrays,
  'expire-story': expireStory,
  'remove-story': removeStory,
  'remove-avatar': removeAvatar,
  'remove-account': removeAccount,
  'build-export': buildExport,
};
