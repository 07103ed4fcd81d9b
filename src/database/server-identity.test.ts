import { expect, test } from 'vitest';
import { type Surroundings, chooseIdentity, findStranger } from './server-identity.ts';

const rootOnLinux: Surroundings = {
  platform: 'linux',
  uid: 0,
  isNamed: true,
  homeOwner: { uid: 0, gid: 0, isNamed: true },
  stranger: { uid: 65534, gid: 65533 },
  works: () => true,
};

const namespace = ['unshare', '--user', '--map-user=65534', '--map-group=65533'];
const dying = ['setpriv', '--pdeathsig', 'INT'];
const without = (missing: string) => (command: readonly string[]) => !command.includes(missing);

test.each<[string, Partial<Surroundings>, string, readonly string[], boolean]>([
  ['root becomes another in a namespace', {}, 'namespace', [...namespace, ...dying], true],
  [
    'root hands over to the owner of the home',
    { homeOwner: { uid: 1000, gid: 1001, isNamed: true } },
    'owner',
    [...dying, '--reuid=1000', '--regid=1001', '--clear-groups'],
    true,
  ],
  [
    'an owner without a name borrows one',
    { homeOwner: { uid: 1000, gid: 1001, isNamed: false } },
    'owner',
    [...dying, '--reuid=1000', '--regid=1001', '--clear-groups', ...namespace, ...dying],
    true,
  ],
  [
    'root without user namespaces becomes nobody',
    { works: without('unshare') },
    'nobody',
    [...dying, '--reuid=65534', '--regid=65533', '--clear-groups'],
    true,
  ],
  ['an ordinary user stays', { uid: 1000 }, 'direct', dying, true],
  [
    'without setpriv nobody tells the server',
    { uid: 1000, works: () => false },
    'direct',
    [],
    false,
  ],
  [
    'a user without a name borrows one',
    { uid: 12345, isNamed: false },
    'namespace',
    [...namespace, ...dying],
    true,
  ],
  ['macOS has neither tool', { platform: 'darwin', uid: 501 }, 'direct', [], false],
  ['Windows has no user ids', { platform: 'win32', uid: undefined }, 'direct', [], false],
])('server identity: %s', (_title, around, kind, prefix, diesWithParent) => {
  const identity = chooseIdentity({ ...rootOnLinux, ...around });
  expect(identity).toMatchObject({ kind, prefix, diesWithParent });
});

test('server identity: data belongs to the user that the server becomes', () => {
  const identity = chooseIdentity({ ...rootOnLinux, works: without('unshare') });
  expect(identity.owner).toEqual({ uid: 65534, gid: 65533 });
  expect(chooseIdentity(rootOnLinux).owner).toBeUndefined();
});

test('server identity: the stranger is nobody, else the first who is not root', () => {
  const root = 'root:x:0:0::/root:/bin/sh';
  const daemon = 'daemon:x:1:2::/:/bin/false';
  const nobody = 'nobody:x:65534:65533::/:/bin/false';
  expect(findStranger([root, daemon, nobody].join('\n'))).toEqual({ uid: 65534, gid: 65533 });
  expect(findStranger([root, daemon].join('\n'))).toEqual({ uid: 1, gid: 2 });
  expect(findStranger(root)).toBeUndefined();
  expect(findStranger('')).toBeUndefined();
});
