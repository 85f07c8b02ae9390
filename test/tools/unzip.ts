/** Reads a zip by its central directory (PKWARE's APPNOTE.TXT, 4.3), as any unzip does, and checks what it says. */
import { crc32, inflateRawSync } from 'node:zlib';

const [endSignature, directorySignature, localSignature] = [0x06054b50, 0x02014b50, 0x04034b50];
const [stored, deflated] = [0, 8];

/**
 * The files of an archive by name, in their order.
 *
 * @throws if it is no archive, is damaged, or names a file twice.
 */
export function unzip(archive: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end === -1 || archive.readUInt32LE(end) !== endSignature) throw new Error('there is no end of a zip');
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  for (let entry = 0; entry < count; entry += 1) {
    if (archive.readUInt32LE(at) !== directorySignature) throw new Error(`entry ${entry} is none`);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) =>
      archive.readUInt16LE(at + offset),
    ) as [number, number, number];
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    if (files.has(name)) throw new Error(`${name} is there twice`);
    files.set(name, contentOf(archive, name, at));
    at += 46 + nameLength + extraLength + commentLength;
  }
  return files;
}

function contentOf(archive: Buffer, name: string, at: number): Buffer {
  const method = archive.readUInt16LE(at + 10);
  const [checksum, packedSize, size] = [16, 20, 24].map((offset) => archive.readUInt32LE(at + offset));
  const local = archive.readUInt32LE(at + 42);
  if (archive.readUInt32LE(local) !== localSignature) throw new Error(`${name} has no header`);
  const begin = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const packed = archive.subarray(begin, begin + (packedSize as number));
  if (method !== stored && method !== deflated) throw new Error(`${name} is packed by method ${method}`);
  const content = method === deflated ? inflateRawSync(packed) : packed;
  if (content.length !== size || crc32(content) !== checksum) throw new Error(`${name} is damaged`);
  return content;
}

/** A JSON file of an archive. */
// biome-ignore lint/suspicious/noExplicitAny: a test says by its expectations what it holds.
export function jsonIn(files: Map<string, Buffer>, name: string): any {
  const file = files.get(name);
  if (!file) throw new Error(`there is no ${name} among ${[...files.keys()].join(', ')}`);
  return JSON.parse(file.toString());
}
