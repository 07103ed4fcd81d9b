import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Command } from 'commander';
import type { Language } from '#core/languages.ts';
import type { MatchReason } from '#core/match-reasons.ts';
import type {
  EntryLine,
  MatchResult,
  MatchSettings,
  OpenLine,
  OwnAccount,
  ProposedMatch,
} from '#core/matches.ts';
import { formatDecimal, parseCurrency } from '#core/money.ts';
import { reasonSentence } from '#i18n/match-reason.ts';
import { matchLines } from '#reconciliation/match.ts';
import { defaultMatchSettings, noKnowledge } from '#reconciliation/match-settings.ts';
import type { CommandContext } from './context.ts';
import { example, UsageError } from './context.ts';
import type { LineFile } from './match-lines.ts';
import { readLineFile, toEntryLines, toItemLines } from './match-lines.ts';
import { alignSigns } from './match-signs.ts';
import { print, toTable } from './output.ts';

interface MatchFilesFlags {
  readonly bank: string;
  readonly ledger: string;
  readonly precision: string;
  readonly currency: string;
}

/** `cashbell match files`: any two CSV files, without a database and without leaving a trace. */
export function addMatchFilesCommand(match: Command, { terminal, shared }: CommandContext): void {
  match
    .command('files')
    .requiredOption('--bank <file>', 'CSV of bank entries: id, date, amount, currency, text, …')
    .requiredOption('--ledger <file>', 'CSV of expected items or ledger lines, of the same kind')
    .option('--precision <share>', 'share of automatic matches that must be right', '0.995')
    .option('--currency <code>', 'currency of a file without such a column', 'USD')
    .description('Match two CSV files and say why; nothing is stored.')
    .addHelpText(
      'after',
      example('cashbell match files --bank bank.csv --ledger ledger.csv --json'),
    )
    .action(async (flags: MatchFilesFlags, command: Command) => {
      const settings = toSettings(flags);
      const bank = await readLines(flags.bank, flags.currency);
      const ledger = alignSigns(await readLines(flags.ledger, flags.currency), bank);
      const entries = toEntryLines(bank);
      const ownAccounts = toOwnAccounts(entries);
      const result = matchLines(
        entries,
        toItemLines(ledger),
        { ...settings, ownAccounts },
        noKnowledge,
      );
      const { json, language } = shared(command);
      const report = toReport(result, entries, language);
      print(terminal, { json }, report, () => toText(report));
    });
}

function toSettings({ precision, currency }: MatchFilesFlags): MatchSettings {
  const statedPrecision = Number(precision);
  if (!(statedPrecision > 0.5 && statedPrecision < 1)) {
    throw new UsageError('--precision is a share between 0.5 and 1, such as 0.995');
  }
  parseCurrency(currency);
  // A file has no past, so that nothing can be older or newer than it.
  return { ...defaultMatchSettings(0), statedPrecision, mayTrustCalibration: true };
}

async function readLines(path: string, currency: string): Promise<LineFile> {
  try {
    return readLineFile({ name: basename(path), bytes: await readFile(path) }, currency);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error;
    throw new UsageError(`${path} cannot be read (${String(error.code)})`);
  }
}

/** Accounts that the bank's file is about are the organisation's own. */
function toOwnAccounts(entries: readonly EntryLine[]): readonly OwnAccount[] {
  const known = new Map<string, OwnAccount>();
  for (const { accountId, amount } of entries) {
    if (accountId === '' || known.has(accountId)) continue;
    known.set(accountId, {
      accountId,
      currency: amount.currency,
      identifiers: [accountId],
      names: [],
    });
  }
  return [...known.values()];
}

type Report = ReturnType<typeof toReport>;

/** What is printed: ids of the files, amounts as decimal text signed as the bank's, reasons in words. */
function toReport(result: MatchResult, entries: readonly EntryLine[], language: Language) {
  const isDebit = new Map(entries.map(({ id, direction }) => [id, direction === 'debit']));
  const { matches, open, stats } = result;
  return {
    matches: matches.map((match) => toMatch(match, isDebit, language)),
    open: {
      bank: openOf(open, 'entry', language),
      ledger: openOf(open, 'item', language),
    },
    counts: {
      bank: stats.entries,
      ledger: stats.items,
      automatic: stats.automatic,
      suggested: stats.suggested,
      open: stats.open,
    },
  };
}

function toMatch(match: ProposedMatch, isDebit: ReadonlyMap<string, boolean>, language: Language) {
  const say = (reason: MatchReason): string => reasonSentence(language, reason);
  return {
    bank: match.entryIds,
    ledger: match.itemIds,
    allocations: match.allocations.map(({ entryId, itemId, entryAmount }) => ({
      bank: entryId,
      ledger: itemId,
      amount: `${isDebit.get(entryId) === true ? '-' : ''}${formatDecimal(entryAmount)}`,
      currency: entryAmount.currency,
    })),
    residuals: match.residuals.map(({ kind, amount }) => ({
      kind,
      amount: formatDecimal(amount),
      currency: amount.currency,
    })),
    kind: match.kind,
    basis: match.basis,
    score: Math.round(match.probability * 10_000) / 10_000,
    isUnique: match.isUnique,
    decision: match.decision,
    codes: match.reasons.map(({ code }) => code),
    reasons: match.reasons.map(say),
    whyNotAutomatic: match.whyNotAutomatic ? say(match.whyNotAutomatic) : null,
    alternatives: match.alternatives.map(({ entryIds, itemIds, probability }) => ({
      bank: entryIds,
      ledger: itemIds,
      score: Math.round(probability * 10_000) / 10_000,
    })),
  };
}

function openOf(open: readonly OpenLine[], side: OpenLine['side'], language: Language) {
  return open
    .filter((line) => line.side === side)
    .map(({ id, reason }) => ({ id, reason: reasonSentence(language, reason) }));
}

function toText({ matches, open, counts }: Report): string {
  const table = toTable(
    matches,
    [
      { title: 'Bank', read: ({ bank }) => shorten(bank) },
      { title: 'Ledger', read: ({ ledger }) => shorten(ledger) },
      { title: 'Kind', read: ({ kind }) => kind },
      { title: 'Score', align: 'right', read: ({ score }) => score.toFixed(3) },
      { title: 'Decision', read: ({ decision }) => decision },
      { title: 'Why', read: (match) => match.whyNotAutomatic ?? match.reasons[0] },
    ],
    'Nothing matches.',
  );
  const { automatic, suggested } = counts;
  const left = `${open.bank.length} of ${counts.bank} bank lines and ${open.ledger.length} of ${counts.ledger} ledger lines stay open.`;
  return `${table}\n\n${automatic} automatic, ${suggested} suggested. ${left}`;
}

const SHOWN_MAX = 3;

function shorten(ids: readonly string[]): string {
  const shown = ids.slice(0, SHOWN_MAX).join(' ');
  return ids.length > SHOWN_MAX ? `${shown} +${ids.length - SHOWN_MAX}` : shown || '–';
}
