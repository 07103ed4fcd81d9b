#!/usr/bin/env node
// The command `cashbell`: src/cli.ts on Node 24. `npx cashbell` works on a bare clone as well.
import { join } from 'node:path';
import { root, runScript } from './node24.mjs';
import { prepare } from './prepare.mjs';

prepare({ development: false });
runScript(join(root, 'src', 'cli.ts'), process.argv.slice(2));
