#!/usr/bin/env node
// node bin/run.mjs <script.ts> [arguments…]: runs a TypeScript file with Node 24.
import { resolve } from 'node:path';
import { runScript } from './node24.mjs';

const [script, ...args] = process.argv.slice(2);
if (script === undefined) {
  process.stderr.write('Usage: node bin/run.mjs <script.ts> [arguments…]\n');
  process.exit(2);
}
runScript(resolve(script), args);
