import { parsePlainDate } from '#core/dates.ts';
import type { GrantAction } from '#core/grants.ts';
import { parseMoney } from '#core/money.ts';
import { bootstrapGrants } from '#store/bootstrap.ts';
import type { NewItem } from '#store/expected-items.ts';
import { confirmGrant, proposeGrant } from '#store/grants-admin.ts';
import { addPerson } from '#store/persons.ts';
import type { PersonActor } from '#store/persons.ts';
import { inTransaction } from '#store/transaction.ts';
import type { TestDatabase } from '#tests/database.ts';
import type { FlowWorld } from '#tests/flow-world.ts';
import { createFlowWorld } from '#tests/flow-world.ts';
import { bringIn } from '#tests/ring-world.ts';
import type { StoryLine } from '#tests/story-bank.ts';
import { addItems } from './add-items.ts';
import type { WantedAllocation } from './decide-match.ts';
import type { RunDeps } from './run-matching.ts';

/** A company that expects money, with somebody who may decide and somebody who may not. */
export interface MatchWorld extends Omit<FlowWorld, 'ask'> {
  readonly deps: RunDeps;
  readonly decider: PersonActor;
  readonly stranger: PersonActor;
  readonly officers: readonly [PersonActor, PersonActor];
  entitle(person: PersonActor, ...actions: readonly GrantAction[]): Promise<void>;
  newPerson(name: string): Promise<PersonActor>;
  expectItems(...items: readonly NewItem[]): Promise<void>;
  bringIn(...lines: readonly StoryLine[]): Promise<void>;
  items(): Promise<{ item_id: string; number: string; state: string; settled: string }[]>;
  matches(state: string): Promise<{ match_id: string; kind: string; run_id: string | null }[]>;
  entryIds(): Promise<string[]>;
  entryStates(): Promise<(string | null)[]>;
  /** All that matching may change: lines, keys, uses of rules. */
  books(): Promise<unknown>;
  /** What the audit says was done, in order. */
  actions(): Promise<string[]>;
  allocation(entryId: string, itemId: string, amount: string): WantedAllocation;
  ask<Row extends object>(text: string): Promise<Row[]>;
}

export function invoice(number: string, amount: string, more: Partial<NewItem> = {}): NewItem {
  return {
    kind: 'invoice',
    creditDebitIndicator: 'credit',
    source: 'test',
    sourceKey: number,
    number,
    counterpartyName: 'PT Maju Jaya',
    amount: parseMoney(amount, 'IDR'),
    dueOn: parsePlainDate('2026-11-25'),
    ...more,
  };
}

export function line(amount: string, text: string, more: Partial<StoryLine> = {}): StoryLine {
  return { amount, text, ...more };
}

let messages = 0;

export async function createMatchWorld(database: TestDatabase): Promise<MatchWorld> {
  const world = await createFlowWorld(database);
  const { services, orgId } = world;
  const newPerson = async (name: string): Promise<PersonActor> => {
    const { personId } = await addPerson(services, { orgId, name }, 'test');
    return { orgId, personId };
  };
  const officers = [await newPerson('Officer One'), await newPerson('Officer Two')] as const;
  for (const officer of officers) await bootstrapGrants(services, officer, async () => {});
  const entitle: MatchWorld['entitle'] = async ({ personId }, ...actions) => {
    for (const action of actions) {
      const proposed = await proposeGrant(services, officers[0], { personId, action });
      await confirmGrant(services, officers[1], proposed.grantId);
    }
  };
  const decider = await newPerson('Dewi');
  await entitle(decider, 'match.decide', 'match.undo');
  const ask = <Row extends object>(text: string): Promise<Row[]> => world.ask<Row>(text, [orgId]);
  return {
    ...world,
    deps: { pool: database.pool, directory: world.directory },
    decider,
    stranger: await newPerson('Stranger'),
    officers,
    entitle,
    newPerson,
    ask,
    expectItems: async (...items) => {
      const scope = { orgId, createdBy: 'test', now: new Date() };
      await inTransaction(database.pool, (client) => addItems(client, scope, items));
    },
    bringIn: async (...lines) => {
      messages += 1;
      await bringIn(world, { id: `m${messages}`, movements: lines });
    },
    items: () =>
      ask(`SELECT item_id, number, state, settled_minor_units::text AS settled FROM expected_item
           WHERE org_id = $1 ORDER BY number, item_id`),
    matches: async (state) => {
      const rows = await world.ask<{ match_id: string; kind: string; run_id: string | null }>(
        `SELECT match_id, kind, run_id FROM match WHERE org_id = $1 AND state = $2
         ORDER BY match_id`,
        [orgId, state],
      );
      return rows;
    },
    entryIds: async () => {
      const rows = await ask<{ entry_id: string }>(
        'SELECT entry_id FROM entry WHERE org_id = $1 ORDER BY position',
      );
      return rows.map((row) => row.entry_id);
    },
    entryStates: async () => {
      const rows = await ask<{ match_state: string | null }>(
        'SELECT match_state FROM entry WHERE org_id = $1 ORDER BY position',
      );
      return rows.map((row) => row.match_state);
    },
    books: async () => [
      await ask(`SELECT item_id, state, settled_minor_units, closed_at FROM expected_item
                 WHERE org_id = $1 ORDER BY item_id`),
      // Whether an entry was looked at in vain or not at all makes no difference to anybody.
      await ask(`SELECT entry_id, matched_minor_units, coalesce(match_state, 'unknown') AS state
                 FROM entry WHERE org_id = $1 ORDER BY entry_id`),
      await ask('SELECT key, item_id FROM item_key WHERE org_id = $1 ORDER BY 1, 2'),
      await ask(`SELECT rule_id, day, used_minor_units FROM tolerance_use
                 WHERE org_id = $1 AND used_minor_units > 0 ORDER BY 1, 2`),
    ],
    actions: async () => {
      const rows = await ask<{ action: string }>(
        'SELECT action FROM audit WHERE org_id = $1 ORDER BY number',
      );
      return rows.map(({ action }) => action);
    },
    allocation: (entryId, itemId, amount) => ({
      entryId,
      itemId,
      entryAmount: parseMoney(amount, 'IDR'),
    }),
  };
}
