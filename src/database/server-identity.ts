import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';

/** How the server's programs are started, so that they do not run as root and die with this process. */
export interface ServerIdentity {
  readonly kind: 'direct' | 'namespace' | 'owner' | 'nobody';
  /** Programs that stand before the server's own on the command line; each replaces itself by the next. */
  readonly prefix: readonly string[];
  /** Whom the data has to belong to, when that is not the user of this process. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  /** Whether the kernel tells the server when this process is gone; otherwise a watcher has to. */
  readonly diesWithParent: boolean;
}

/** What of the surroundings the choice depends on; tests pass their own. */
export interface Surroundings {
  readonly platform: string;
  /** Undefined on Windows. */
  readonly uid: number | undefined;
  /** Whether the user database knows our user: initdb refuses to work for a user without a name. */
  readonly isNamed: boolean;
  readonly homeOwner: { readonly uid: number; readonly gid: number; readonly isNamed: boolean };
  /** A user other than root that has a name, normally `nobody`. */
  readonly stranger: { readonly uid: number; readonly gid: number } | undefined;
  /** Whether a command ends with 0. */
  works(command: readonly string[]): boolean;
}

const deathSignal = ['setpriv', '--pdeathsig', 'INT'];

/**
 * Chooses how to run the server. PostgreSQL refuses to run as root, so root hands it over: to the owner of the home, else
 * to itself under another name in a user namespace (the files stay root's, and folders of mode 0700 above are no obstacle), else to
 * `nobody`. An ordinary user runs it directly; one without a name (containers) borrows one in a namespace.
 */
export function chooseIdentity(around: Surroundings): ServerIdentity {
  const dies = around.platform === 'linux' && around.works([...deathSignal, 'true']);
  const dying = dies ? deathSignal : [];
  const direct = { kind: 'direct', prefix: dying, owner: undefined, diesWithParent: dies } as const;
  if (around.uid === undefined || around.platform !== 'linux') return direct;
  if (around.uid !== 0 && around.isNamed) return direct;
  const namespace = around.stranger === undefined ? [] : enterNamespace(around.stranger);
  if (around.uid === 0 && around.homeOwner.uid !== 0 && dies) {
    const drop = dropTo(around.homeOwner);
    const prefix = around.homeOwner.isNamed ? drop : [...drop, ...namespace, ...dying];
    return { ...direct, kind: 'owner', prefix, owner: around.homeOwner };
  }
  if (namespace.length > 0 && around.works([...namespace, ...dying, 'true'])) {
    return { ...direct, kind: 'namespace', prefix: [...namespace, ...dying] };
  }
  if (around.uid === 0 && around.stranger !== undefined && dies) {
    return { ...direct, kind: 'nobody', prefix: dropTo(around.stranger), owner: around.stranger };
  }
  return direct;
}

/** Looks at this machine, for a home that exists. */
export function surroundingsOf(home: string): Surroundings {
  const { uid, gid } = statSync(home);
  const passwd = readPasswd();
  return {
    platform: process.platform,
    uid: process.geteuid?.(),
    isNamed: hasName(),
    homeOwner: {
      uid,
      gid,
      isNamed: passwd.split('\n').some((line) => line.split(':')[2] === String(uid)),
    },
    stranger: findStranger(passwd),
    works: ([program = '', ...args]) => spawnSync(program, args, { stdio: 'ignore' }).status === 0,
  };
}

/** Finds `nobody`, else any user that is not root, in the text of a passwd file. */
export function findStranger(passwd: string): { uid: number; gid: number } | undefined {
  const users = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 7)
    .map(([name, , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid }) => Number.isInteger(uid) && uid > 0);
  const chosen = users.find(({ name }) => name === 'nobody') ?? users[0];
  return chosen && { uid: chosen.uid, gid: chosen.gid };
}

function enterNamespace({ uid, gid }: { uid: number; gid: number }): string[] {
  return ['unshare', '--user', `--map-user=${uid}`, `--map-group=${gid}`];
}

function dropTo({ uid, gid }: { uid: number; gid: number }): string[] {
  return [...deathSignal, `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
}

function hasName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
}

function readPasswd(): string {
  try {
    return readFileSync('/etc/passwd', 'utf8');
  } catch {
    return '';
  }
}
