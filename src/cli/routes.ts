import type { Command } from 'commander';
import { stringify } from 'yaml';
import type { RoutesTestResult } from '#api/operations/routes.ts';
import { getRoutes, putRoutes, testRoutes } from '#api/operations/routes.ts';
import type { RouteWarning } from '#routing/inspect.ts';
import type { CommandContext } from './context.ts';
import { CLI_ACTOR, example, findOrg, readDocument } from './context.ts';
import { print, toTable } from './output.ts';
import { ORG_OPTION, parseWhole } from './token.ts';
import { readText } from './values.ts';

interface TestFlags {
  readonly org?: string;
  readonly days: number;
  readonly max: number;
}

/** `cashbell routes …` */
export function addRoutesCommands(program: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  const routes = program.command('routes').description('Who is told of what.');
  routes
    .command('show')
    .option(...ORG_OPTION)
    .description('Show the routing tree as YAML.')
    .addHelpText('after', example('cashbell routes show > routes.yaml'))
    .action((flags: { readonly org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const stored = await getRoutes(services, await findOrg(services, flags.org));
        print(terminal, shared(command), stored, () =>
          stored.tree === undefined
            ? '# No routes yet: nobody is told of anything.'
            : stringify(stored.tree).trimEnd(),
        );
        if (!shared(command).json)
          writeWarnings(stored.warnings, (text) => terminal.writeError(text));
      }),
    );
  routes
    .command('set')
    .argument('<file>', 'the tree as YAML or JSON; - is standard input')
    .option(...ORG_OPTION)
    .description('Replace the whole routing tree, or nothing when something in it is wrong.')
    .addHelpText('after', example('cashbell routes test new.yaml && cashbell routes set new.yaml'))
    .action((file: string, flags: { readonly org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const tree = await readDocument(terminal, file, readText);
        const stored = await putRoutes(services, { orgId, tree }, CLI_ACTOR);
        print(terminal, shared(command), stored, () => 'The routes are in force.');
        if (!shared(command).json)
          writeWarnings(stored.warnings, (text) => terminal.writeError(text));
      }),
    );
  routes
    .command('test')
    .argument(
      '[file]',
      'a tree to try, as YAML or JSON; - is standard input; default: the stored one',
    )
    .option(...ORG_OPTION)
    .option('--days <number>', 'how far back', parseWhole, 30)
    .option('--max <number>', 'at most so many facts', parseWhole, 1000)
    .description('Show who would have been told of what happened lately, and what would change.')
    .addHelpText('after', example('cashbell routes test new.yaml --days 7'))
    .action((file: string | undefined, flags: TestFlags, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const tree =
          file === undefined ? {} : { tree: await readDocument(terminal, file, readText) };
        const input = { orgId, ...tree, days: flags.days, factsMax: flags.max };
        const result = await testRoutes(services, input);
        print(terminal, shared(command), result, () => describeTest(result));
        if (!shared(command).json)
          writeWarnings(result.warnings, (text) => terminal.writeError(text));
      }),
    );
}

function writeWarnings(warnings: readonly RouteWarning[], write: (text: string) => void): void {
  for (const { path, problem, code } of warnings) {
    write(`Warning: ${path === '' ? 'the root' : path}: ${problem} [${code}]\n`);
  }
}

function describeTest(result: RoutesTestResult): string {
  const table = toTable(
    result.rows,
    [
      { title: 'SEEN', read: (row) => row.at.slice(0, 19) },
      { title: 'WHAT', read: (row) => row.subject },
      {
        title: 'AMOUNT',
        align: 'right',
        read: (row) => row.amount && `${row.currency ?? ''} ${row.amount}`,
      },
      {
        title: 'TOLD',
        read: (row) =>
          row.told.map((one) => `${one.destination}${one.muted ? ' (later)' : ''}`).join(', ') ||
          'nobody',
      },
    ],
    'Nothing happened in that time.',
  );
  const parts = [table];
  if (result.isCut) parts.push(`Only the latest ${result.facts} facts were tried; see --max.`);
  if (result.changes) parts.push(describeChanges(result.changes));
  return parts.join('\n\n');
}

function describeChanges({
  facts,
  destinations,
}: NonNullable<RoutesTestResult['changes']>): string {
  if (facts.length === 0) return 'Against the stored routes nothing changes.';
  const lines = facts.flatMap((fact) => [
    fact.subject,
    ...fact.added.map((name) => `  + ${name}`),
    ...fact.removed.map((name) => `  - ${name}`),
    ...fact.changed.map(({ destination, fields }) => `  ~ ${destination}: ${fields.join(', ')}`),
  ]);
  const load = toTable(
    destinations,
    [
      { title: 'DESTINATION', read: (row) => row.destination },
      {
        title: 'NOTICES',
        align: 'right',
        read: (row) => `${row.noticesBefore} → ${row.noticesAfter}`,
      },
      {
        title: 'MESSAGES A MONTH',
        align: 'right',
        read: (row) => `${row.messagesPerMonthBefore} → ${row.messagesPerMonthAfter}`,
      },
    ],
    '',
  );
  return [`Changes against the stored routes (${facts.length} facts):`, ...lines, '', load].join(
    '\n',
  );
}
