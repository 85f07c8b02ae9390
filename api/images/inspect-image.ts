/** Looks at an uploaded image before it is accepted. */
import { fail } from '../../shared/errors.ts';
import { DecodeError, type Inspection } from '../../shared/images/decoder.ts';
import type { FilterName } from '../../shared/images/filter-names.ts';
import type { Tools } from '../../shared/tools.ts';

/** Which image of how many one is. */
type Place = { position: number; of: number };

/**
 * Decodes the file whole, in a child process.
 *
 * @param place of several images the refusal names it
 * @throws {Failure} INVALID_FORMAT, IMAGE_TOO_LARGE (pixels), INVALID_INPUT (its shape), or SERVICE_UNAVAILABLE
 *   if the decoder died of it or took too long.
 */
export async function inspectImage(
  tools: Tools,
  path: string,
  filter: FilterName,
  place?: Place,
): Promise<Inspection> {
  return orRefuseImage(tools, tools.decoder.inspect(path, filter), place);
}

/**
 * Awaits work of the decoder on an uploaded image.
 *
 * @throws {Failure} as `inspectImage`.
 */
export async function orRefuseImage<Result>(
  { log }: Tools,
  work: Promise<Result>,
  { position, of }: Place = { position: 1, of: 1 },
): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const details =
      of === 1
        ? { field: 'image', reason: error.message }
        : { field: 'image', reason: `Image ${position} of ${of}: ${error.message}`, position };
    switch (error.kind) {
      case 'format':
      case 'broken':
        return fail('INVALID_FORMAT', details);
      case 'pixels':
        return fail('IMAGE_TOO_LARGE', details);
      case 'aspect':
        return fail('INVALID_INPUT', details);
      case 'crashed':
      case 'timeout':
        log.warn({ kind: error.kind }, 'an image could not be inspected');
        return fail('SERVICE_UNAVAILABLE', details, { retryAfterS: 2, cause: error });
    }
  }
}
