import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readOutcome } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import type { BookFiles } from './write-books.ts';

/** An outcome, and what it cost from the start of the command to its end. */
export interface MatchFilesRun {
  readonly outcome: Outcome;
  readonly seconds: number;
  /** The most memory that the command ever held; undefined where the system does not tell. */
  readonly peakMb: number | undefined;
}

const cli = fileURLToPath(new URL('../../../src/cli.ts', import.meta.url));
const LOOK_EVERY_MS = 20;

/** Runs `cashbell match files` on the two files, as anybody would. */
export async function runMatchFiles(
  files: Pick<BookFiles, 'bank' | 'ledger'>,
  limitSeconds: number,
): Promise<MatchFilesRun> {
  const began = performance.now();
  const child = spawn(
    process.execPath,
    [cli, 'match', 'files', '--bank', files.bank, '--ledger', files.ledger, '--json'],
    { stdio: ['ignore', 'pipe', 'pipe'], timeout: limitSeconds * 1000, killSignal: 'SIGKILL' },
  );
  let peakMb: number | undefined;
  const look = setInterval(() => {
    peakMb = readPeakMb(child.pid) ?? peakMb;
  }, LOOK_EVERY_MS);
  const [text, complaints, end] = await Promise.all([
    readAll(child.stdout),
    readAll(child.stderr),
    new Promise<string>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(signal ?? String(code)));
    }),
  ]);
  clearInterval(look);
  const seconds = (performance.now() - began) / 1000;
  if (end !== '0') {
    throw new Error(`match files ended with ${end}: ${(complaints || text).slice(-2_000)}`);
  }
  return { outcome: readOutcome(text), seconds, peakMb };
}

async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  stream.setEncoding('utf8');
  const parts: string[] = [];
  for await (const part of stream) parts.push(String(part));
  return parts.join('');
}

/** Linux keeps the highest mark of a living process, so that only its very last moment can escape. */
function readPeakMb(pid: number | undefined): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
  } catch {
    return undefined;
  }
}
