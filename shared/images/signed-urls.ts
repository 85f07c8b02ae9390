/**
 * URLs of images that are not for everybody: `?e={Unix seconds}&s={signature}`. Whoever was shown one may fetch
 * the image until `e`, at most ten minutes later, and nobody else can make one.
 */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/**
 * URLs made within one window are the same, so that clients find them in their caches; each lives to the end of
 * the next window, between five and ten minutes. A post's body is kept in memory for one minute, so no URL that is
 * handed out lives less than four.
 */
const windowS = 300;

/** 128 bits: nobody guesses one in ten minutes, and the URLs stay short. */
const signatureBytes = 16;

export type SignedUrls = {
  /**
   * What a URL needs behind its path.
   *
   * @param folder the part of the path that all sizes of the image share: `p/01hxyz_2`
   * @param nowMs Unix milliseconds
   */
  sign(folder: string, nowMs?: number): string;
  /** How many seconds the query of a request still opens the folder for; undefined if it does not. */
  secondsLeft(folder: string, query: Record<string, unknown>, nowMs?: number): number | undefined;
};

/**
 * Opens the signing and checking of image URLs.
 *
 * @param secret the same in every process; the key is derived from it for this purpose alone (RFC 5869)
 */
export function openSignedUrls(secret: string): SignedUrls {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'emulsion image urls', 32));
  const signatureOf = (folder: string, expiresS: number) =>
    createHmac('sha256', key).update(`${folder}\n${expiresS}`).digest().subarray(0, signatureBytes);

  return {
    sign(folder, nowMs = Date.now()) {
      const expiresS = (Math.floor(nowMs / 1_000 / windowS) + 2) * windowS;
      return `?e=${expiresS}&s=${signatureOf(folder, expiresS).toString('base64url')}`;
    },
    secondsLeft(folder, { e, s }, nowMs = Date.now()) {
      if (typeof e !== 'string' || typeof s !== 'string' || !/^[1-9]\d{0,11}$/.test(e)) return undefined;
      const left = Math.floor(Number(e) - nowMs / 1_000);
      if (left < 0) return undefined;
      const given = Buffer.from(s, 'base64url');
      const isRight =
        given.length === signatureBytes && timingSafeEqual(given, signatureOf(folder, Number(e)));
      return isRight ? left : undefined;
    },
  };
}
