import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { z } from 'zod';
import type { CommandContext } from './context.ts';
import { example, UsageError } from './context.ts';

const folder = new URL('../../tools/bench/', import.meta.url);

/** What a file of `tools/bench` exports. */
const Benchmark = z.object({
  run: z.custom<(options: { json: boolean; args: readonly string[] }) => Promise<void>>(
    (value) => typeof value === 'function',
  ),
});

function names(): string[] {
  const path = fileURLToPath(folder);
  if (!existsSync(path)) return [];
  return (
    readdirSync(path)
      .filter((file) => /^[a-z0-9-]+\.ts$/.test(file))
      // The folder also holds what measurements share; importing it to find out would run it.
      .filter((file) =>
        /^export async function run\(/m.test(readFileSync(join(path, file), 'utf8')),
      )
      .map((file) => file.slice(0, -'.ts'.length))
      .toSorted()
  );
}

/** `cashbell bench <name>` */
export function addBenchCommand(program: Command, { shared }: CommandContext): void {
  program
    .command('bench')
    .argument('[name]', 'which measurement')
    .argument('[arguments...]', 'passed on to it')
    .allowUnknownOption()
    .description('Measure Cashbell on this machine. The last line is one JSON object.')
    .addHelpText('after', example('npm run bench -- ring --json'))
    .action(
      async (
        name: string | undefined,
        args: readonly string[],
        _flags: object,
        command: Command,
      ) => {
        const known = names();
        if (name === undefined || !known.includes(name)) {
          throw new UsageError(`Name one of: ${known.join(', ') || 'none is there yet'}`);
        }
        const module: unknown = await import(new URL(`${name}.ts`, folder).href);
        const read = Benchmark.safeParse(module);
        if (!read.success) throw new UsageError(`${name} is a part of other measurements`);
        await read.data.run({ json: shared(command).json, args });
      },
    );
}
