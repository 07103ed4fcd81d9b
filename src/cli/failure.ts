import { CommanderError } from 'commander';
import { explainProblems } from '#api/explain.ts';
import { isCashbellError } from '#core/errors.ts';
import type { ErrorCode } from '#core/errors.ts';
import { errorSentence } from '#i18n/messages.ts';
import type { Shared, Terminal } from './context.ts';
import { CheckFailed, UsageError } from './context.ts';

export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

/** Codes that say: the command was called with something that cannot be. */
const USAGE_CODES: ReadonlySet<ErrorCode> = new Set([
  'api.invalid',
  'config.invalid',
  'config.insecureListen',
  'route.invalid',
  'id.invalid',
  'connector.unknown',
]);

/** Tells a failure in a sentence, never with a stack trace unless one is asked for. */
export function reportFailure(error: unknown, shared: Shared, terminal: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
  if (error instanceof CheckFailed) return EXIT_FAILED;
  const told = describe(error, shared);
  if (shared.json) terminal.writeError(`${JSON.stringify({ error: told })}\n`);
  else terminal.writeError(`${toText(told)}\n`);
  if (terminal.environment['CASHBELL_LOG_LEVEL'] === 'debug' && error instanceof Error) {
    terminal.writeError(`${error.stack ?? ''}\n`);
  }
  if (error instanceof UsageError) return EXIT_USAGE;
  return isCashbellError(error) && USAGE_CODES.has(error.code) ? EXIT_USAGE : EXIT_FAILED;
}

interface Told {
  readonly code: string;
  readonly detail: string;
  readonly docs?: string;
  readonly fix?: string;
  readonly errors?: readonly { readonly field: string; readonly problem: string }[];
}

function describe(error: unknown, { language }: Shared): Told {
  if (isCashbellError(error)) {
    const errors = explainProblems(language, error);
    const fix = error.details['fix'];
    return {
      code: error.code,
      detail: errorSentence(language, error.code, error.details),
      docs: `docs/errors.md#${error.code}`,
      ...(typeof fix === 'string' ? { fix } : {}),
      ...(errors.length === 0 ? {} : { errors }),
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UsageError) return { code: 'usage', detail: message };
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'internal';
  // Errors of the database launcher carry a sentence of their own.
  if (code.startsWith('database.'))
    return { code, detail: message, docs: `docs/errors.md#${code}` };
  return { code, detail: message };
}

function toText({ code, detail, docs, fix, errors }: Told): string {
  const lines = [detail];
  for (const { field, problem } of errors ?? []) {
    lines.push(`  ${field === '' ? '' : `${field}: `}${problem}`);
  }
  if (fix !== undefined) lines.push(`  ${fix}`);
  lines.push(`  [${code}]${docs === undefined ? '' : ` ${docs}`}`);
  return lines.join('\n');
}
