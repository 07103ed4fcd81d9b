import type { AccountView, BankSimulator } from '../lib/bank.ts';

type Manage = (method: string, path: string, body: unknown) => Promise<unknown>;
type Members = Readonly<Record<string, unknown>>;

/** Movements, and transfers, of an account that the page shows. */
const SHOWN_MOVEMENTS = 5;

/** Makes the management calls over all banks; a wrong one throws with the reason. */
export function createManagement(seed: number, simulators: readonly BankSimulator[]): Manage {
  const owners = createOwners(simulators);

  const fromEach = async (method: string, path: string, body?: unknown): Promise<Members> => {
    const answers = simulators.map(async (simulator) => [
      simulator.name,
      await simulator.manage(method, path, body),
    ]);
    return Object.fromEntries(await Promise.all(answers));
  };
  const named = (name: unknown): BankSimulator => {
    const found = simulators.find((simulator) => simulator.name === name);
    if (!found) throw new Error(`no bank simulator "${String(name)}"`);
    return found;
  };
  const allAccounts = (): AccountView[] => simulators.flatMap((simulator) => simulator.accounts());

  async function generate(body: unknown): Promise<unknown> {
    const { simulator, ...order } = membersOf(body);
    if (simulator !== undefined) return named(simulator).manage('POST', 'generate', order);
    if (typeof order['account'] === 'string') {
      return owners.ofAccount(order['account']).manage('POST', 'generate', order);
    }
    return generateEverywhere(order);
  }

  /** Deals a number of movements out to the banks, so that together they make the wanted rate. */
  async function generateEverywhere(order: Members): Promise<Members> {
    const count = Number(order['count']);
    const rate = order['perSecond'];
    const parts = simulators.map((simulator, index) => {
      const part = Math.floor((count + index) / simulators.length);
      const share = typeof rate === 'number' ? Math.max(1, Math.round((rate * part) / count)) : 0;
      const perSecond = share > 0 ? { perSecond: share } : {};
      return { simulator, part, order: { ...order, count: part, ...perSecond } };
    });
    if (!parts.some(({ part }) => part > 0)) throw new Error('count must be a whole number from 1');
    const answers = parts
      .filter(({ part }) => part > 0)
      .map(async ({ simulator, order: dealt }) => [
        simulator.name,
        await simulator.manage('POST', 'generate', dealt),
      ]);
    return Object.fromEntries(await Promise.all(answers));
  }

  async function faults(method: string, body: unknown): Promise<unknown> {
    const { simulator, ...fault } = membersOf(body);
    if (method === 'GET' || (method === 'DELETE' && simulator === undefined)) {
      return fromEach(method, 'faults', method === 'GET' ? undefined : fault);
    }
    if (method === 'DELETE' && typeof fault['name'] === 'string') {
      return named(simulator).manage(
        'DELETE',
        `faults/${encodeURIComponent(fault['name'])}`,
        fault,
      );
    }
    return named(simulator).manage(method, 'faults', fault);
  }

  async function pageData(): Promise<unknown> {
    const known = await fromEach('GET', 'faults');
    return {
      seed,
      accounts: simulators.flatMap((simulator) =>
        simulator.accounts().map((account) => ({
          ...account,
          simulator: simulator.name,
          movements: account.movements.slice(-SHOWN_MOVEMENTS).toReversed(),
          movementCount: account.movements.length,
          transfers: simulator.transfersOf?.(account.account, SHOWN_MOVEMENTS) ?? [],
        })),
      ),
      faults: Object.entries(known).map(([simulator, answer]) => ({
        simulator,
        ...membersOf(answer),
      })),
    };
  }

  return async (method, target, body) => {
    const [path = '', ...searches] = target.split('?');
    const search = searches.length > 0 ? `?${searches.join('?')}` : '';
    const [head = '', ...rest] = path.replace(/^\/+|\/+$/g, '').split('/');
    const tail = rest.join('/');
    const simulator = simulators.find(({ name }) => name === head);
    if (simulator) return simulator.manage(method, `${tail}${search}`, body);
    if (head === 'movements' && method === 'POST') {
      const owner =
        rest.length > 0
          ? owners.ofReference(rest[0] ?? '')
          : owners.ofAccount(String(membersOf(body)['account']));
      return owner.manage('POST', path, body);
    }
    if (head === 'faults' && tail === '') return faults(method, body);
    switch (`${method} ${path}`) {
      case 'GET state':
        // Who reads on from where he was finds the balances with each bank, without the movements.
        return {
          seed,
          ...(search === '' ? { accounts: allAccounts() } : {}),
          simulators: await fromEach('GET', `state${search}`),
        };
      case 'GET page':
        return pageData();
      case 'POST generate':
        return generate(body);
      case 'POST clock':
        return fromEach('POST', 'clock', body);
      default:
        return undefined;
    }
  };
}

/** Finds the bank that keeps an account or a movement. */
function createOwners(simulators: readonly BankSimulator[]) {
  const byAccount = new Map<string, BankSimulator>();
  const readAccounts = (): void => {
    for (const simulator of simulators) {
      for (const { account } of simulator.accounts()) byAccount.set(account, simulator);
    }
  };
  return {
    ofAccount(account: string): BankSimulator {
      if (!byAccount.has(account)) readAccounts();
      const owner = byAccount.get(account);
      if (owner) return owner;
      throw new Error(`no account "${account}"; there are ${[...byAccount.keys()].join(', ')}`);
    },
    ofReference(reference: string): BankSimulator {
      const owner = simulators.find((simulator) =>
        simulator
          .accounts()
          .some(({ movements }) => movements.some((movement) => movement.reference === reference)),
      );
      if (owner) return owner;
      throw new Error(`no movement ${reference} at any bank`);
    },
  };
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
