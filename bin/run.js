#!/usr/bin/env node
import * as module from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

// Node 22.8 and later keep compiled code between runs; Node 20 has no such function.
module.enableCompileCache?.();
const { main } = await import('../dist/main.js');
main(dirname(dirname(fileURLToPath(import.meta.url))));
