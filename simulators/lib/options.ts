import { parseArgs } from 'node:util';

/** What every simulator takes on its command line. */
export interface SimulatorOptions {
  /** Port of the wire interface; 0 picks a free one. */
  readonly port: number;
  /** Port of the management interface; 0 picks a free one. */
  readonly adminPort: number;
  readonly seed: number;
}

/** Reads `--port`, `--admin-port` and `--seed`; a wrong value names the option. */
export function parseSimulatorOptions(argv: readonly string[]): SimulatorOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      port: { type: 'string', default: '0' },
      'admin-port': { type: 'string', default: '0' },
      seed: { type: 'string', default: '1' },
    },
  });
  return {
    port: wholeNumber('--port', values.port, 65_535),
    adminPort: wholeNumber('--admin-port', values['admin-port'], 65_535),
    seed: wholeNumber('--seed', values.seed, 0xffff_ffff),
  };
}

function wholeNumber(name: string, text: string, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > max) {
    throw new Error(`${name} must be a whole number from 0 to ${max}, not "${text}"`);
  }
  return value;
}

/** Ends the program cleanly on Ctrl-C, on SIGTERM, and when the parent that holds stdin goes away. */
export function stopWithParent(stop: () => Promise<void>): void {
  let stopping = false;
  const end = (): void => {
    if (stopping) return;
    stopping = true;
    void stop().finally(() => process.exit(0));
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  if (process.env['SIMULATOR_STOP_WITH_STDIN'] === '1') {
    process.stdin.resume();
    process.stdin.once('end', end);
    process.stdin.once('close', end);
  }
}
