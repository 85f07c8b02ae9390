import { expect } from 'chai';
import { loadEnvironment } from '../../../shared/config.ts';
import { parseS3Url, S3UrlError } from '../../../shared/images/s3/url.ts';

describe('S3_URL', () => {
  it('names the endpoint, the keys, the bucket and the region', () => {
    expect(parseS3Url('http://alice:p%40ss%2Fword@127.0.0.1:9000/photos?region=eu-west-3')).to.eql({
      host: '127.0.0.1',
      port: 9000,
      isTls: false,
      accessKey: 'alice',
      secretKey: 'p@ss/word',
      bucket: 'photos',
      region: 'eu-west-3',
    });
  });

  it('has a port and a region when it names none', () => {
    expect(parseS3Url('https://a:b@s3.example.org/photos/')).to.include({ port: 443, region: 'us-east-1' });
    expect(parseS3Url('http://a:b@[::1]/photos')).to.include({ host: '::1', port: 80, isTls: false });
  });

  it('takes the region of a host of AWS', () => {
    const aws = parseS3Url('https://a:b@s3.eu-central-1.amazonaws.com/photos');
    expect(aws).to.include({ host: 's3.amazonaws.com', region: 'eu-central-1' });
    expect(parseS3Url('https://a:b@s3.amazonaws.com/photos')).to.include({ region: 'us-east-1' });
  });

  it('is refused with what to type, and never with a secret in it', () => {
    for (const bad of [
      'minio:9000/photos',
      'ftp://a:verysecret@h/photos',
      'http://127.0.0.1:9000/photos',
      'http://a@127.0.0.1:9000/photos',
      'http://a:verysecret@127.0.0.1:9000',
      'http://a:verysecret@127.0.0.1:9000/no',
      'http://a:verysecret@127.0.0.1:9000/Photos',
      'http://a:verysecret@127.0.0.1:9000/photos/below',
      'http://a:verysecret@127.0.0.1:9000/10.0.0.1',
      'http://a:verysecret@127.0.0.1:9000/photos?regoin=x',
      'http://a:verysecret%@127.0.0.1:9000/photos',
    ]) {
      expect(() => parseS3Url(bad), bad)
        .to.throw(S3UrlError)
        .with.property('message')
        .that.contains('type')
        .and.contains('http://access-key:secret-key@')
        .and.not.contains('verysecret');
    }
    expect(() => loadEnvironment({ S3_URL: 'http://127.0.0.1:9000/photos' })).to.throw(
      'S3_URL: it lacks the access key or the secret key',
    );
  });
});
