import type { Command } from 'commander';
import type { AuditVerdict } from '#store/audit.ts';
import { verifyAudit } from '#store/audit.ts';
import { listOrgs } from '#store/orgs.ts';
import type { CommandContext } from './context.ts';
import { CheckFailed, example, findOrg } from './context.ts';
import { print } from './output.ts';

/** `cashbell audit verify` */
export function addAuditCommands(program: Command, context: CommandContext): void {
  const { terminal, shared, withServices } = context;
  program
    .command('audit')
    .description('The append-only record of who did what.')
    .command('verify')
    .option('--org <id>', 'only this organisation (default: all)')
    .description(
      'Recompute every hash of the chain. Exit code 1 names the first line that is broken.',
    )
    .addHelpText('after', example('cashbell audit verify --json'))
    .action((flags: { readonly org?: string }, command: Command) =>
      withServices(async ({ services }) => {
        const orgIds =
          flags.org === undefined
            ? (await listOrgs(services)).map((org) => org.orgId)
            : [await findOrg(services, flags.org)];
        const verdicts: AuditVerdict[] = [];
        for (const orgId of orgIds) verdicts.push(await verifyAudit(services.pool, orgId));
        const intact = verdicts.every((verdict) => verdict.broken === undefined);
        print(terminal, shared(command), { intact, organisations: verdicts }, () =>
          verdicts.map(describe).join('\n'),
        );
        if (!intact) throw new CheckFailed('an audit chain is broken');
      }),
    );
}

function describe({ orgId, lines, lastHash, broken }: AuditVerdict): string {
  if (broken)
    return `✗ ${orgId}: line ${broken.number} is broken (${broken.problem}) [audit.chainBroken]`;
  return `✓ ${orgId}: ${lines} lines, last hash ${lastHash.slice(0, 16)}…`;
}
