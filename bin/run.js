#!/usr/bin/env node
import { existsSync } from 'node:fs';
import * as module from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

// Node 22.8 and later keep compiled code between runs; Node 20 has no such function.
module.enableCompileCache?.();
if (!existsSync(new URL('../dist/main.js', import.meta.url))) {
  console.error('gameday is not built yet. Run `npm run build` first.');
  process.exit(1);
}
const { main } = await import('../dist/main.js');
main(dirname(dirname(fileURLToPath(import.meta.url))));
