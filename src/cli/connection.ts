import { Option } from 'commander';
import type { Command } from 'commander';
import { toConnectionWire } from '#api/routes/connections.ts';
import { explainRung } from '#api/explain.ts';
import {
  addCheckedConnection,
  changeCheckedConnection,
  testConnection,
} from '#api/operations/connections.ts';
import { connectorOf } from '#api/operations/services.ts';
import { getConnection, listConnections } from '#store/connections-admin.ts';
import type { CommandContext } from './context.ts';
import { CheckFailed, CLI_ACTOR, collect, example, findOrg } from './context.ts';
import { print, toTable } from './output.ts';
import { describeRung } from './rungs.ts';
import { ORG_OPTION } from './token.ts';
import { readValues } from './values.ts';

interface ValueFlags {
  readonly org?: string;
  readonly set: readonly string[];
  readonly file: readonly string[];
  readonly values?: string;
  readonly repair?: boolean;
}

interface AddFlags extends ValueFlags {
  readonly name?: string;
  readonly environment: 'sandbox' | 'production';
  readonly baseUrl?: string;
  readonly allow: readonly string[];
}

interface TestFlags {
  readonly org?: string;
  readonly account?: string;
  readonly currency: string;
}

function withValueOptions(command: Command): Command {
  return command
    .option(...ORG_OPTION)
    .option('--set <name=value>', 'a field that is no secret (repeatable)', collect, [])
    .option('--file <name=path>', 'a field from a file, such as a key (repeatable)', collect, [])
    .option('--values <file>', 'all fields as YAML or JSON; - is standard input')
    .option('--repair', 'take stray spaces, line breaks and quotation marks away');
}

/** `cashbell connection …` */
export function addConnectionCommands(program: Command, context: CommandContext): void {
  const connection = program.command('connection').description('Connections to banks.');
  addAdd(connection, context);
  addTest(connection, context);
  addList(connection, context);
  addRotate(connection, context);
}

function addAdd(connection: Command, { terminal, shared, withServices }: CommandContext): void {
  withValueOptions(connection.command('add'))
    .argument('<connector>', 'bank, as the catalogue names it, such as bca')
    .option('--name <text>', 'what people call it')
    .addOption(
      new Option('--environment <name>', 'which keys these are')
        .choices(['sandbox', 'production'])
        .default('sandbox'),
    )
    .option('--base-url <url>', "the bank's address (default: the connector's)")
    .option('--allow <address>', 'address from which the bank calls (repeatable)', collect, [])
    .description('Add a connection. Missing fields are asked for; secrets are not shown.')
    .addHelpText(
      'after',
      example('cashbell connection add bca --set clientId=… --file privateKey=key.pem'),
    )
    .action((connectorId: string, flags: AddFlags, command: Command) =>
      withServices(async ({ services, settings }) => {
        const orgId = await findOrg(services, flags.org);
        const connector = connectorOf(services, connectorId);
        const values = await readValues(terminal, connector.fields, flags, (one) => one.isRequired);
        const record = await addCheckedConnection(
          services,
          {
            orgId,
            connector: connectorId,
            name: flags.name ?? `${connector.displayName} ${flags.environment}`,
            environment: flags.environment,
            baseUrl: flags.baseUrl,
            values,
            allowedAddresses: flags.allow,
            repair: flags.repair === true,
          },
          CLI_ACTOR,
        );
        const wire = toConnectionWire(record, settings.publicUrl);
        print(terminal, shared(command), wire, () =>
          [
            `${record.connectionId}  ${record.name}`,
            ...record.secrets.map(
              (secret) => `  ${secret.field}: fingerprint ${secret.fingerprint}`,
            ),
            `Next: cashbell account add ${record.connectionId} <number> --name … --currency …`,
            `then: cashbell connection test ${record.connectionId}`,
          ].join('\n'),
        );
      }),
    );
}

function addTest(connection: Command, { terminal, shared, withServices }: CommandContext): void {
  connection
    .command('test')
    .argument('<id>', 'id of the connection (con_…)')
    .option(...ORG_OPTION)
    .option('--account <number>', 'account to ask about (default: the first one added)')
    .option('--currency <code>', 'its currency', 'IDR')
    .description('Climb the ladder from key hygiene to the bank; a green one arms the connection.')
    .addHelpText('after', example('cashbell connection test con_01…'))
    .action((connectionId: string, flags: TestFlags, command: Command) =>
      withServices(async ({ services }) => {
        const orgId = await findOrg(services, flags.org);
        const { json, language } = shared(command);
        const outcome = await testConnection(
          services,
          {
            orgId,
            connectionId,
            account:
              flags.account === undefined
                ? undefined
                : { number: flags.account, currency: flags.currency },
            onRung: (rung) => {
              if (!json) terminal.write(`${describeRung(explainRung(language, rung))}\n`);
            },
          },
          CLI_ACTOR,
        );
        const rungs = outcome.rungs.map((rung) => explainRung(language, rung));
        const { passed, armed } = outcome;
        print(terminal, { json }, { passed, armed, rungs }, () =>
          passed ? 'Green. The connection is armed.' : 'Not green: see the rung marked with ✗.',
        );
        if (!passed) throw new CheckFailed('the connection test is not green');
      }),
    );
}

function addList(connection: Command, { terminal, shared, withServices }: CommandContext): void {
  connection
    .command('list')
    .option(...ORG_OPTION)
    .description('List connections with their state and the fingerprints of their keys.')
    .addHelpText('after', example('cashbell connection list'))
    .action((flags: { readonly org?: string }, command: Command) =>
      withServices(async ({ services, settings }) => {
        const records = await listConnections(services, await findOrg(services, flags.org));
        const items = records.map((record) => toConnectionWire(record, settings.publicUrl));
        print(terminal, shared(command), { items }, () =>
          toTable(
            items,
            [
              { title: 'ID', read: (item) => item.connectionId },
              { title: 'BANK', read: (item) => item.connector },
              { title: 'NAME', read: (item) => item.name },
              { title: 'ENVIRONMENT', read: (item) => item.environment },
              { title: 'STATE', read: (item) => item.failingCode ?? item.state },
              { title: 'TEST', read: (item) => describeTest(item.lastTestPassed) },
              { title: 'ARMED', read: (item) => item.armedAt },
            ],
            'No connection yet. Run: cashbell connection add <bank>',
          ),
        );
      }),
    );
}

function describeTest(passed: boolean | undefined): string {
  if (passed === undefined) return 'never';
  return passed ? 'green' : 'failed';
}

function addRotate(connection: Command, { terminal, shared, withServices }: CommandContext): void {
  withValueOptions(connection.command('rotate'))
    .argument('<id>', 'id of the connection (con_…)')
    .description('Replace keys. The connection is disarmed until its test is green again.')
    .addHelpText('after', example('cashbell connection rotate con_01… --file clientSecret=new.txt'))
    .action((connectionId: string, flags: ValueFlags, command: Command) =>
      withServices(async ({ services, settings }) => {
        const orgId = await findOrg(services, flags.org);
        const before = await getConnection(services, { orgId, connectionId });
        const connector = connectorOf(services, before.connector);
        const given = [...flags.set, ...flags.file].length > 0 || flags.values !== undefined;
        const values = await readValues(
          terminal,
          connector.fields,
          flags,
          // Without any source every secret is asked for anew; else only the given ones change.
          (field) => !given && field.isSecret && field.isRequired,
        );
        const change = { orgId, connectionId, values, repair: flags.repair === true };
        const record = await changeCheckedConnection(services, change, CLI_ACTOR);
        const wire = toConnectionWire(record, settings.publicUrl);
        print(terminal, shared(command), wire, () =>
          [
            ...record.secrets.map((secret) => `${secret.field}: fingerprint ${secret.fingerprint}`),
            `Next: cashbell connection test ${connectionId}`,
          ].join('\n'),
        );
      }),
    );
}
