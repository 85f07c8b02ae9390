/** Where an S3 store is, and who we are to it, in one URL. */

export type S3Location = {
  host: string;
  port: number;
  isTls: boolean;
  accessKey: string;
  secretKey: string;
  bucket: string;
  region: string;
};

const example = 'http://access-key:secret-key@127.0.0.1:9000/emulsion?region=us-east-1';
const defaultRegion = 'us-east-1';

/** What S3 itself allows, without the names that look like an IP address. */
const bucketName = /^(?!.*\.\.)(?!(\d+\.){3}\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** The endpoints of one region of AWS: `s3.eu-central-1.amazonaws.com`. */
const amazonHost = /^s3[.-]([a-z0-9-]+)\.amazonaws\.com$/;

/** The URL cannot be used; the message says what to type, and holds no secret. */
export class S3UrlError extends Error {
  override name = 'S3UrlError';
}

/**
 * Reads `http(s)://access-key:secret-key@host[:port]/bucket[?region=…]`, its parts percent-encoded.
 * The region is `us-east-1`, or that of the host at AWS, when it is not named.
 *
 * @throws {S3UrlError}
 */
export function parseS3Url(text: string): S3Location {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw new S3UrlError(`type a URL such as ${example}`);
  const url = new URL(text);
  const isTls = url.protocol === 'https:';
  const accessKey = decoded(url.username);
  const secretKey = decoded(url.password);
  if (!accessKey || !secretKey) {
    throw new S3UrlError(`it lacks the access key or the secret key (percent-encoded): type ${example}`);
  }
  const bucket = url.pathname.replace(/^\/|\/$/g, '');
  if (!bucketName.test(bucket)) {
    throw new S3UrlError(
      `its path has to be a bucket, 3 to 63 of the characters a-z 0-9 . -, and nothing else: type ${example}`,
    );
  }
  const unknown = [...url.searchParams.keys()].find((name) => name !== 'region');
  if (unknown !== undefined || url.hash) {
    throw new S3UrlError(`only ?region=… may follow the bucket: type ${example}`);
  }
  const regionOfHost = amazonHost.exec(url.hostname)?.[1];
  return {
    // The client makes the host of a region and of a bucket itself, if it is told that it talks to AWS.
    host: regionOfHost ? 's3.amazonaws.com' : url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (isTls ? 443 : 80),
    isTls,
    accessKey,
    secretKey,
    bucket,
    region: url.searchParams.get('region') || regionOfHost || defaultRegion,
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new S3UrlError(`a % in a key is typed as %25: type ${example}`);
  }
}
