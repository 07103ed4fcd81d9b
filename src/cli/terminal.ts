import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Terminal } from './context.ts';

/** The terminal of this process. */
export const processTerminal: Terminal = {
  environment: process.env,
  isInteractive: process.stdin.isTTY === true && process.stderr.isTTY === true,
  write: (text) => {
    process.stdout.write(text);
  },
  writeError: (text) => {
    process.stderr.write(text);
  },
  readStdin: async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks).toString('utf8');
  },
  ask: async (question, { isSecret }) => {
    // Readline writes what is typed to its output; a secret's output goes nowhere.
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
    const output = isSecret ? silent : process.stderr;
    const lines = createInterface({ input: process.stdin, output, terminal: true });
    try {
      if (isSecret) process.stderr.write(question);
      const answer = await lines.question(isSecret ? '' : question);
      if (isSecret) process.stderr.write('\n');
      return answer;
    } finally {
      lines.close();
    }
  },
};
