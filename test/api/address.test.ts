import { expect } from 'chai';
import { addressOf } from '../../api/door/address.ts';

describe('the address that limits count by', () => {
  const cases: [ip: string | undefined, counted: string][] = [
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff::1', '2001:db8:1:2::/64'],
    ['2001:DB8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    [undefined, 'unknown'],
  ];
  for (const [ip, counted] of cases) {
    it(`of ${ip} is ${counted}`, () => expect(addressOf({ ip })).to.equal(counted));
  }
});
