/** What the three renditions of a photo of 12 megapixels cost, beside sharp making one of them, and all of them one by one. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { openDecoder } from '../../shared/images/decoder.ts';
import { photograph } from '../seed/photograph.ts';
import { compare, type Spread, shown } from './compare.ts';
import type { Figure } from './figure.ts';

const photosPerRound = 8;

/** What the decoder writes: the same quality, sampling and order of scans (shared/images/decoder/render.ts). */
const jpeg = { quality: 80, chromaSubsampling: '4:2:0' };
const progressive = { ...jpeg, progressive: true };

/** `41 ms (40–43)`, from photos a second. */
function shownMs(perSecond: Spread): string {
  const ms = (rate: number) => shown(1_000 / rate);
  return `${ms(perSecond.median)} ms (${ms(perSecond.most)}–${ms(perSecond.least)})`;
}

export const renditions: Figure = async ({ engines, rounds, note, onStop }) => {
  const folder = join((await engines()).folder, 'renditions');
  await mkdir(folder);
  note('a photo of 4000 × 3000 pixels is made');
  const path = join(folder, 'photo.jpg');
  const photo = await photograph({ width: 4_000, height: 3_000, seed: 12 });
  await writeFile(path, photo);

  const decoder = openDecoder({ processes: 1, warm: true });
  onStop(decoder.close);
  // As in a decoding process: how many cores decode is the number of processes and nothing else.
  sharp.concurrency(1);
  sharp.cache(false);

  const at = (name: string) => join(folder, `${name}.jpg`);
  const open = () => sharp(path).autoOrient();
  const large = () => open().resize({ width: 1_080 }).jpeg(progressive).toFile(at('one-large'));
  const three = async () => {
    await open().resize(150, 150).jpeg(jpeg).toFile(at('one-thumb'));
    await open().resize({ width: 640 }).jpeg(progressive).toFile(at('one-medium'));
    await large();
  };
  const perSecond = (make: () => Promise<unknown>) => async () => {
    const startedAt = performance.now();
    for (let photoNumber = 0; photoNumber < photosPerRound; photoNumber += 1) await make();
    return photosPerRound / ((performance.now() - startedAt) / 1_000);
  };
  const ours = perSecond(() => decoder.render(path, folder));
  note(`${rounds + 1} rounds of ${photosPerRound} photos, two comparisons`);
  const toOne = await compare(rounds, ours, perSecond(large));
  const toThree = await compare(rounds, ours, perSecond(three));
  await decoder.close();
  return [
    `a JPEG of 12 megapixels, ${(photo.length / 1e6).toFixed(1)} MB, on one thread`,
    `three renditions, one decode        ${shownMs(toThree.ours)}`,
    `sharp, 1080 alone                   ${shownMs(toOne.theirs)}`,
    `sharp, three independent pipelines  ${shownMs(toThree.theirs)}`,
    `time of 1080 alone / ours           ${shown(toOne.ratio.median)} (${shown(toOne.ratio.least)}–${shown(toOne.ratio.most)})`,
    `time of three pipelines / ours      ${shown(toThree.ratio.median)} (${shown(toThree.ratio.least)}–${shown(toThree.ratio.most)})`,
  ];
};
