import { describe, expect, test } from 'vitest';
import { Admission, type ConnectionLimits, type Refusal } from '../../src/admission/admission.js';
import { createAddressReader, networkOf } from '../../src/admission/client-address.js';

describe('the address of a client', () => {
  const addressOf = createAddressReader(['loopback', 'private', '203.0.113.7', '2001:db8:1::/48']);

  test.each<[string, string | undefined, Record<string, string>, string | null]>([
    ['without headers is that of the connection', '198.51.100.1', {}, '198.51.100.1'],
    ['is known only while there is a connection', undefined, { 'x-real-ip': '198.51.100.1' }, null],
    ['is not what a stranger says', '198.51.100.1', { 'x-forwarded-for': '192.0.2.1' }, '198.51.100.1'],
    ['is not what a stranger says is real', '198.51.100.1', { 'x-real-ip': '192.0.2.1' }, '198.51.100.1'],
    ['is what a trusted proxy says', '10.1.2.3', { 'x-forwarded-for': '192.0.2.1' }, '192.0.2.1'],
    ['is what a proxy over IPv6 sockets says', '::ffff:10.1.2.3', { 'x-real-ip': '192.0.2.1' }, '192.0.2.1'],
    [
      'is the last that no trusted proxy has',
      '127.0.0.1',
      { 'x-forwarded-for': '6.6.6.6, 192.0.2.1 ,10.0.0.1' },
      '192.0.2.1',
    ],
    ['is the first where all are trusted', '::1', { 'x-forwarded-for': '10.0.0.2, 10.0.0.1' }, '10.0.0.2'],
    [
      'is read through a single trusted address',
      '203.0.113.7',
      { 'x-forwarded-for': '192.0.2.1' },
      '192.0.2.1',
    ],
    [
      'is read through a trusted IPv6 network',
      '2001:db8:1:2::3',
      { 'x-forwarded-for': '2001:db8:2::1' },
      '2001:db8:2::1',
    ],
    ['may stand with its port', '10.0.0.1', { 'x-forwarded-for': '192.0.2.1:4711' }, '192.0.2.1'],
    [
      'may be in brackets with its port',
      '10.0.0.1',
      { 'x-forwarded-for': '[2001:db8:2::1]:4711' },
      '2001:db8:2::1',
    ],
    ['is known without its zone', 'fe80::1%br-lan.7', {}, 'fe80::1'],
    ['is claimed without its zone', '10.0.0.1', { 'x-forwarded-for': 'fe80::1%a-b' }, 'fe80::1'],
    ['is not a word', '10.0.0.1', { 'x-forwarded-for': '192.0.2.1, unknown' }, '10.0.0.1'],
    ['is not a number that could be one', '10.0.0.1', { 'x-forwarded-for': '3221225985' }, '10.0.0.1'],
    [
      'is not in X-Real-IP if there is a chain',
      '10.0.0.1',
      { 'x-forwarded-for': '192.0.2.1', 'x-real-ip': '192.0.2.2' },
      '192.0.2.1',
    ],
  ])('%s', (_what, remote, headers, expected) => {
    expect(addressOf(remote, headers)).toBe(expected);
  });

  test('is that of the connection if no proxy is trusted', () => {
    const trustsNobody = createAddressReader([]);
    expect(trustsNobody('127.0.0.1', { 'x-forwarded-for': '192.0.2.1', 'x-real-ip': '192.0.2.1' })).toBe(
      '127.0.0.1',
    );
  });

  test('counts with others of its IPv6 network, and alone in IPv4', () => {
    expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe(networkOf('2001:db8:1:2::1'));
    expect(networkOf('2001:db8:1:2::1')).not.toBe(networkOf('2001:db8:1:3::1'));
    expect(networkOf('192.0.2.1')).toBe('192.0.2.1');
    expect(networkOf('::ffff:192.0.2.1')).toBe('192.0.2.1');
  });
});

/** An admission on a clock that the test sets. */
function makeAdmission(limits: Partial<ConnectionLimits>, general: () => Refusal | null = () => null) {
  const clock = { now: 0 };
  const all = { perAddress: 0, perSecond: 0, perSecondPerAddress: 0, ...limits };
  return { clock, admission: new Admission(createAddressReader([]), general, all, () => clock.now) };
}

const HERE = '192.0.2.1';
const THERE = '192.0.2.2';

describe('admission', () => {
  test('admits everyone and remembers no address if there are no limits', () => {
    const { admission } = makeAdmission({});
    for (let i = 0; i < 1000; i++) {
      expect(admission.refuse(HERE)).toBeNull();
      expect(admission.enter(HERE)).toBeNull();
    }
    expect(admission.size).toBe(0);
  });

  test('gives the reasons that apply to everyone first', () => {
    const { admission } = makeAdmission({ perSecondPerAddress: 1 }, () => 'draining');
    expect([admission.refuse(HERE), admission.size]).toEqual(['draining', 0]);
  });

  test('limits the open connections of one address, and forgets those that have closed', () => {
    const { admission } = makeAdmission({ perAddress: 2 });
    const leave = [admission.enter(HERE), admission.enter(HERE)];
    expect([admission.refuse(HERE), admission.refuse(THERE)]).toEqual(['too_many_from_address', null]);
    leave[0]?.();
    expect(admission.refuse(HERE)).toBeNull();
    leave[1]?.();
    expect(admission.size).toBe(0);
  });

  test('limits the connections per second of one address, whether they stay open or not', () => {
    const { admission, clock } = makeAdmission({ perSecondPerAddress: 2 });
    expect(admission.refuse(HERE)).toBeNull();
    admission.enter(HERE)?.();
    expect(admission.refuse(HERE)).toBeNull();
    const leave = admission.enter(HERE);
    expect([admission.refuse(HERE), admission.refuse(THERE)]).toEqual(['too_fast_from_address', null]);
    clock.now += 500;
    expect(admission.refuse(HERE)).toBeNull();
    expect(admission.refuse(HERE)).toBe('too_fast_from_address');
    leave?.();
    expect(admission.refuse(HERE)).toBe('too_fast_from_address');
  });

  test('limits the connections per second of all; an address beyond its own rate uses none of them', () => {
    const { admission, clock } = makeAdmission({ perSecond: 3, perSecondPerAddress: 2 });
    const refusals = [HERE, HERE, HERE, HERE, THERE, THERE].map((address) => admission.refuse(address));
    expect(refusals).toEqual([
      null,
      null,
      'too_fast_from_address',
      'too_fast_from_address',
      null,
      'too_fast',
    ]);
    clock.now += 1000;
    expect(admission.refuse(THERE)).toBeNull();
  });

  test('does not limit an address that it has forgotten', () => {
    const { admission } = makeAdmission({ perAddress: 1, perSecond: 2, perSecondPerAddress: 1 });
    expect([
      admission.refuse(null),
      admission.enter(null),
      admission.refuse(null),
      admission.refuse(null),
    ]).toEqual([null, null, null, 'too_fast']);
  });

  test('remembers a limited number of addresses, for a short time', () => {
    const { admission, clock } = makeAdmission({ perSecondPerAddress: 1 });
    for (let i = 0; i < 20_000; i++) admission.refuse(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
    expect(admission.size).toBe(10_000);
    clock.now += 1000;
    admission.refuse(HERE);
    expect(admission.size).toBe(1);
  });
});
