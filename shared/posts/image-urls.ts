/** What the images of a post are called, in the store and in URLs: the one place that makes their URLs. */
import type { ImagePaths } from '../db/schema.ts';
import type { SignedUrls } from '../images/signed-urls.ts';

/** How many images a post can have. */
export const maxImagesPerPost = 10;

/** What an image is called in URLs and in the store: the first by the post's key alone, others by `{key}_{n}`. */
export function imageKey(postKey: string, position: number): string {
  return position === 1 ? postKey : `${postKey}_${position}`;
}

/** The folder in the store that holds an image's renditions; its URLs begin the same way. */
export function imageFolder(key: string): string {
  return `p/${key}`;
}

/** Public URL paths of one image, as the schema of the API names them. */
export function imagePaths(key: string): ImagePaths {
  const folder = imageFolder(key);
  return {
    thumbnail: `/${folder}/thumb.jpg`,
    medium: `/${folder}/medium.jpg`,
    large: `/${folder}/large.jpg`,
  };
}

export type PostImageUrls = {
  /** What image URLs begin with. */
  base: string;
  /** The URLs of one image. Those of a post that is not for everybody are signed and soon lapse. */
  of(key: string, openness: Openness): ImagePaths;
};

export type ImageUrls = PostImageUrls & {
  /** The same for admins, whose URLs also open what a suspended author has posted. */
  forAdmins: PostImageUrls;
};

/** Opens the making of URLs. `base`: what they begin with. */
export function openImageUrls(base: string, signedUrls: SignedUrls): ImageUrls {
  const urls = (key: string, openness: Openness, folder: string): ImagePaths => {
    const { thumbnail, medium, large } = imagePaths(key);
    const query = isForEverybody(openness) ? '' : signedUrls.sign(folder);
    return {
      thumbnail: base + thumbnail + query,
      medium: base + medium + query,
      large: base + large + query,
    };
  };
  return {
    base,
    // Whoever is not an admin gets what opens nothing while the author is suspended.
    of: (key, openness) => urls(key, openness, imageFolder(key)),
    forAdmins: { base, of: (key, openness) => urls(key, openness, signedImageFolder(key, openness)) },
  };
}

/** Whether anybody at all may fetch the images of a post: `is_archived` of the post, the others of its author. */
export type Openness = { is_archived: boolean; is_private: boolean; is_hidden: boolean };

/**
 * What a signature opens: an image of a suspended author is shown to admins only, so what somebody was handed before the
 * suspension opens nothing any more.
 */
export function signedImageFolder(key: string, { is_hidden }: Openness): string {
  return is_hidden ? `${imageFolder(key)} moderation` : imageFolder(key);
}

/** True if a post's images are for everybody. */
export function isForEverybody({ is_archived, is_private, is_hidden }: Openness): boolean {
  return !is_archived && !is_private && !is_hidden;
}
