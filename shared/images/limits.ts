/** What an image may be, in one place: the upload, the decoder and `/v1/capabilities` all read it here. */

/** The largest file, in bytes: 10 MB. */
export const maxImageBytes = 10 * 1024 * 1024;

/** The most pixels, width × height: 100 megapixels, what the largest phone cameras take. */
export const maxPixels = 100_000_000;

/** Width / height after orientation, both ends included. */
export const aspectRatios = { min: 0.1, max: 10 } as const;
