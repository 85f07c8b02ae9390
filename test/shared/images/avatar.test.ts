import { expect } from 'chai';
import { drawAvatar } from '../../../shared/images/avatar.ts';

const side = 40;
const draw = (userId: string, username: string) => drawAvatar(userId, username, side);
const isWhite = (pixels: Buffer, at: number) => pixels.subarray(at, at + 3).every((channel) => channel > 250);

describe('default avatars', () => {
  it('show a letter of their own for each letter and digit, whatever its case', () => {
    const drawn = [...'abcdefghijklmnopqrstuvwxyz0123456789'].map((letter) => {
      const pixels = draw('user_1', `${letter}.name`);
      expect(pixels).to.have.length(side * side * 3);
      expect(draw('user_1', letter.toUpperCase()).equals(pixels), letter).to.equal(true);
      return pixels.toString('latin1');
    });
    expect(new Set(drawn).size).to.equal(36);
  });

  it('stay clear of the edge, and are readable: white on something that is not', () => {
    for (const letter of [...'abcdefghijklmnopqrstuvwxyz0123456789']) {
      const pixels = draw(`user_${letter}`, letter);
      const margin = Math.floor(side * 0.15);
      let white = 0;
      for (let y = 0; y < side; y++) {
        for (let x = 0; x < side; x++) {
          if (!isWhite(pixels, (y * side + x) * 3)) continue;
          white += 1;
          expect(Math.min(x, y, side - 1 - x, side - 1 - y), `${letter} at ${x},${y}`).to.be.at.least(margin);
        }
      }
      expect(white, letter).to.be.within(side * 0.6, side * side * 0.25);
    }
  });

  it('show a ring for a name without letters or digits', () => {
    expect(draw('user_1', '___').equals(draw('user_1', '_'))).to.equal(true);
    expect(draw('user_1', '_a').equals(draw('user_1', 'a'))).to.equal(true);
  });

  it('have colours that depend on the user alone', () => {
    const corner = (pixels: Buffer) => pixels.subarray(0, 3).toString('hex');
    expect(corner(draw('user_1', 'a'))).to.equal(corner(draw('user_1', 'b')));
    const corners = Array.from({ length: 50 }, (_, index) => corner(draw(`user_${index}`, 'a')));
    expect(new Set(corners).size).to.be.above(30);
  });
});
