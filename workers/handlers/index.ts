/** Every job beside its handler. A job without one does not compile. */
import type { Handlers } from '../handler.ts';
import { countHashtags } from './count-hashtags.ts';
import { dropFromFeeds } from './drop-from-feeds.ts';
import { fanOutPost } from './fan-out-post.ts';
import { indexHashtag } from './index-hashtag.ts';
import { indexPost } from './index-post.ts';
import { indexUser } from './index-user.ts';
import { makeRenditions } from './make-renditions.ts';
import { notifyFollowed } from './notify-followed.ts';
import { notifyTagged } from './notify-tagged.ts';
import { pushToFeeds } from './push-to-feeds.ts';
import { refreshFeed } from './refresh-feed.ts';
import { refreshPost } from './refresh-post.ts';
import { removeImages } from './remove-images.ts';
import { rollUpCount } from './roll-up-count.ts';

export const handlers: Handlers = {
  'make-renditions': makeRenditions,
  'fan-out-post': fanOutPost,
  'push-to-feeds': pushToFeeds,
  'drop-from-feeds': dropFromFeeds,
  'refresh-feed': refreshFeed,
  'refresh-post': refreshPost,
  'count-hashtags': countHashtags,
  'roll-up-count': rollUpCount,
  'index-post': indexPost,
  'index-user': indexUser,
  'index-hashtag': indexHashtag,
  'notify-tagged': notifyTagged,
  'notify-followed': notifyFollowed,
  'remove-images': removeImages,
};
