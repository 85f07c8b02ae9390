/** Why an image was not decoded, in words its owner can act on. */

/**
 * - `format`: not a kind of image this server decodes
 * - `pixels`: more pixels, or more memory to decode, than one image may take
 * - `aspect`: too wide or too tall
 * - `broken`: damaged or incomplete
 * - `crashed`: the decoding process died of it, or died meanwhile
 * - `timeout`: decoding took too long
 */
export type DecodeErrorKind = 'format' | 'pixels' | 'aspect' | 'broken' | 'crashed' | 'timeout';

/** Thrown by the decoder; `message` may be shown to the client, `detail` is for the log only. */
export class DecodeError extends Error {
  override name = 'DecodeError';
  readonly kind: DecodeErrorKind;
  readonly detail: string | undefined;

  constructor(kind: DecodeErrorKind, message: string, detail?: string) {
    // A logger that shows causes shows it.
    super(message, detail === undefined ? {} : { cause: detail });
    this.kind = kind;
    this.detail = detail;
  }
}
