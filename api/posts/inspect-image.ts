/** Looks at an uploaded image before it is accepted. */
import { fail } from '../../shared/errors.ts';
import { DecodeError, type Inspection } from '../../shared/images/decoder.ts';
import type { FilterName } from '../../shared/images/filter-names.ts';
import type { Tools } from '../../shared/tools.ts';

/**
 * Decodes the file whole, in a child process.
 *
 * @throws {Failure} INVALID_FORMAT, IMAGE_TOO_LARGE (pixels), INVALID_INPUT (its shape), or SERVICE_UNAVAILABLE
 *   if the decoder died of it or took too long.
 */
export async function inspectImage(
  { decoder, log }: Tools,
  path: string,
  filter: FilterName,
): Promise<Inspection> {
  try {
    return await decoder.inspect(path, filter);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const details = { field: 'image', reason: error.message };
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
