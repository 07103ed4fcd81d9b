import { Option } from 'commander';
import type { Command } from 'commander';
import type { z } from 'zod';
import type { ItemChangeWire, ItemWire } from '#api/contract/items.ts';
import { readsAll, stateItems, toItemChangeWire, toItemWire } from '#api/operations/items.ts';
import { getItem, listItemChanges, listItems } from '#api/queries/items.ts';
import { cancelItem } from '#flows/expected-items/cancel-items.ts';
import { decideChange } from '#flows/expected-items/decide-change.ts';
import type { TokenFlag } from './acting.ts';
import { actingMaker, TOKEN_OPTION } from './acting.ts';
import type { CommandContext } from './context.ts';
import { example, findOrg } from './context.ts';
import { itemsGroup } from './items-group.ts';
import { print, toTable } from './output.ts';
import { ORG_OPTION } from './token.ts';

type Item = z.infer<typeof ItemWire>;
type Change = z.infer<typeof ItemChangeWire>;

const LIST_MAX = 200;

/** `cashbell items`: what should appear at the bank. */
export function addItemCommands(program: Command, context: CommandContext): void {
  const items = itemsGroup(program);
  addAddCommand(items, context);
  addReadCommands(items, context);
  addCancelCommand(items, context);
  addChangeCommands(items, context);
}

interface AddFlags extends TokenFlag {
  readonly direction: 'receivable' | 'payable';
  readonly kind?: 'invoice' | 'bill' | 'creditNote' | 'ledgerLine' | 'other';
  readonly number?: string;
  readonly party?: string;
  readonly partyKey?: string;
  readonly partyAccount?: string;
  readonly amount: string;
  readonly min?: string;
  readonly open?: string;
  readonly currency: string;
  readonly due?: string;
  readonly issued?: string;
  readonly reference?: string;
  readonly virtualAccount?: string;
  readonly endToEndId?: string;
  readonly text?: string;
  readonly account?: string;
  readonly key?: string;
  readonly applyChanges?: boolean;
}

function addAddCommand(items: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  items
    .command('add')
    .addOption(
      new Option('--direction <way>', 'receivable: customers owe it; payable: you owe it')
        .choices(['receivable', 'payable'])
        .makeOptionMandatory(),
    )
    .requiredOption('--amount <decimal>', 'of the whole document; of bounds, the upper one')
    .requiredOption('--currency <code>', 'such as IDR')
    .addOption(
      new Option('--kind <kind>', 'default: an invoice, or a bill').choices([
        'invoice',
        'bill',
        'creditNote',
        'ledgerLine',
        'other',
      ]),
    )
    .option('--number <text>', 'number of the document')
    .option('--party <name>', 'customer or supplier')
    .option('--party-key <text>', 'number of the customer or supplier in your books')
    .option('--party-account <text>', 'account of the customer or supplier')
    .option('--min <decimal>', 'lowest amount, where it is not known exactly')
    .option('--open <decimal>', 'what is still open, where part was paid before')
    .option('--due <day>', 'such as 2026-12-31')
    .option('--issued <day>', 'day of the document')
    .option('--reference <text>', 'creditor reference (RF…) or payment code')
    .option('--virtual-account <text>', 'virtual account that the customer pays to')
    .option('--end-to-end-id <text>', 'of the payment that is awaited')
    .option('--text <text>', 'description')
    .option('--account <id>', 'only an entry of this account can settle it (acc_…)')
    .option('--key <text>', 'key of your own: the same key is the same item')
    .option('--apply-changes', 'change what is known already, as long as nothing is matched to it')
    .option(...TOKEN_OPTION)
    .description('Expect an invoice, a bill or a credit note.')
    .addHelpText(
      'after',
      example(
        'cashbell items add --direction receivable --number INV-4711 --party "PT Maju Jaya" --amount 12500000.00 --currency IDR --due 2026-12-02',
      ),
    )
    .action((flags: AddFlags, command: Command) =>
      withServices(async ({ services }) => {
        const { orgId, actor } = await actingMaker(services, terminal, flags);
        const { language } = shared(command);
        const changes = flags.applyChanges === true ? 'apply' : 'propose';
        const by = { orgId, actor, language };
        const [added] = await stateItems(services, [toInput(flags)], changes, by);
        const wire = added ?? { outcome: 'known' as const };
        print(terminal, shared(command), wire, () =>
          [`${wire.itemId ?? '–'}  ${wire.outcome}`, wire.explanation ?? '']
            .filter((line) => line !== '')
            .join('\n'),
        );
      }),
    );
}

function toInput(flags: AddFlags) {
  return {
    direction: flags.direction,
    kind: flags.kind,
    externalId: flags.key,
    number: flags.number,
    counterpartyName: flags.party,
    counterpartyKey: flags.partyKey,
    counterpartyAccount: flags.partyAccount,
    amount: flags.amount,
    amountMin: flags.min,
    open: flags.open,
    currency: flags.currency,
    issuedOn: flags.issued,
    dueOn: flags.due,
    creditorReference: flags.reference,
    virtualAccount: flags.virtualAccount,
    endToEndId: flags.endToEndId,
    description: flags.text,
    accountId: flags.account,
  };
}

export function itemTable(items: readonly Item[], whenEmpty: string): string {
  return toTable(
    items,
    [
      { title: 'ID', read: (item) => item.itemId },
      { title: 'NUMBER', read: (item) => item.number },
      { title: 'PARTY', read: (item) => item.counterpartyName },
      { title: 'IN/OUT', read: (item) => (item.creditDebitIndicator === 'credit' ? 'in' : 'out') },
      {
        title: 'OPEN',
        align: 'right',
        read: (item) => item.open && `${item.open.currency} ${item.open.amount}`,
      },
      { title: 'DUE', read: (item) => item.dueOn },
      { title: 'STATE', read: (item) => item.state },
    ],
    whenEmpty,
  );
}

interface ListFlags {
  readonly org?: string;
  readonly state?: 'open' | 'closed' | 'cancelled';
  readonly direction?: 'receivable' | 'payable';
  readonly dueUntil?: string;
  readonly text?: string;
  readonly import?: string;
}

function addReadCommands(items: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  items
    .command('list')
    .option(...ORG_OPTION)
    .addOption(new Option('--state <state>', 'only these').choices(['open', 'closed', 'cancelled']))
    .addOption(new Option('--direction <way>', 'only these').choices(['receivable', 'payable']))
    .option('--due-until <day>', 'due on or before this day')
    .option('--text <text>', 'part of number, name, reference or description')
    .option('--import <id>', 'of one file (imp_…)')
    .description('List expected items, newest first.')
    .addHelpText('after', example('cashbell items list --state open --due-until 2026-12-31'))
    .action((flags: ListFlags, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const page = await listItems(services.pool, orgId, {
          state: flags.state,
          direction: flags.direction,
          dueUntil: flags.dueUntil,
          text: flags.text,
          importId: flags.import,
          limit: LIST_MAX,
        });
        const found = page.items.map((item) => toItemWire(item, readsAll));
        print(terminal, shared(command), { ...page, items: found }, () =>
          itemTable(found, 'Nothing is expected. Run: cashbell import <file>'),
        );
      }),
    );
  items
    .command('show')
    .argument('<item>', 'id (itm_…)')
    .option(...ORG_OPTION)
    .description('Show an expected item.')
    .addHelpText('after', example('cashbell items show itm_01…'))
    .action((itemId: string, flags: { org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const wire = toItemWire(await getItem(services.pool, orgId, itemId), readsAll);
        print(terminal, shared(command), wire, () => describe(wire));
      }),
    );
}

function describe(item: Item): string {
  const { amount, settled, open } = item;
  const money = `${amount?.currency ?? ''} ${amount?.amount ?? ''}, settled ${settled?.amount ?? ''}, open ${open?.amount ?? ''}`;
  const words = [
    item.number,
    item.counterpartyName,
    item.dueOn && `due ${item.dueOn}`,
    item.creditorReference,
    item.virtualAccount,
    item.description,
  ];
  const told = words.filter((word) => word !== undefined && word !== '').join(' · ');
  return `${item.itemId}  ${item.kind}  ${item.state}\n${money}\n${told}`;
}

function addCancelCommand(items: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  items
    .command('cancel')
    .argument('<item>', 'id (itm_…)')
    .option('--reason <text>', 'why')
    .option(...TOKEN_OPTION)
    .description('Expect nothing more of an item. What is matched to it stays.')
    .addHelpText('after', example('cashbell items cancel itm_01… --reason "written off"'))
    .action((itemId: string, flags: TokenFlag & { reason?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const { orgId, actor } = await actingMaker(services, terminal, flags);
        await cancelItem(services, { orgId, itemId, actor }, flags.reason);
        const wire = toItemWire(await getItem(services.pool, orgId, itemId), readsAll);
        print(terminal, shared(command), wire, () => describe(wire));
      }),
    );
}

export function changeTable(changes: readonly Change[], whenEmpty: string): string {
  return toTable(
    changes,
    [
      { title: 'ID', read: (one) => one.changeId },
      { title: 'ITEM', read: (one) => one.itemId },
      {
        title: 'CHANGE',
        read: (one) =>
          Object.entries(one.after)
            .map(([field, text]) => `${field}: ${one.before[field] ?? ''} → ${text}`)
            .join('; '),
      },
      { title: 'RULE', read: (one) => one.explanation },
    ],
    whenEmpty,
  );
}

function addChangeCommands(items: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  items
    .command('changes')
    .option(...ORG_OPTION)
    .description('List what sources say differently than before, and nobody has decided on.')
    .addHelpText('after', example('cashbell items changes'))
    .action((flags: { org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const { language } = shared(command);
        const query = { state: 'proposed' as const, limit: LIST_MAX };
        const page = await listItemChanges(services.pool, orgId, query);
        const found = page.items.map((one) => toItemChangeWire(one, language));
        print(terminal, shared(command), { ...page, items: found }, () =>
          changeTable(found, 'No change waits for a decision.'),
        );
      }),
    );
  for (const [name, isApplied, description] of [
    ['apply-change', true, 'Make an item what its source says now.'],
    ['refuse-change', false, 'Leave an item as it is, whatever its source says.'],
  ] as const) {
    items
      .command(name)
      .argument('<change>', 'id (chg_…)')
      .option(...TOKEN_OPTION)
      .description(description)
      .addHelpText('after', example(`cashbell items ${name} chg_01…`))
      .action((changeId: string, flags: TokenFlag, command: Command) =>
        withServices(async ({ services }) => {
          const { orgId, actor } = await actingMaker(services, terminal, flags);
          const change = await decideChange(services, { orgId, changeId, actor, isApplied });
          const wire = toItemChangeWire(change, shared(command).language);
          print(terminal, shared(command), wire, () => `${wire.changeId}  ${wire.state}`);
        }),
      );
  }
}
