#!/usr/bin/env node
import * as module from 'node:module';
import { fileURLToPath } from 'node:url';

// Node 22.8 and later keep compiled code between runs; Node 20 has no such function.
module.enableCompileCache?.();
// The SDK's notice about future releases concerns whoever upgrades it, not whoever runs this; the version is pinned.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

const { execute } = await import('@oclif/core');
const { finishWith, guardTheWayOut, hasBegun } = await import('../dist/cli/exit-codes.js');
guardTheWayOut();
// Not awaited: a closed stdout would otherwise end in "unsettled top-level await".
// No plugin is loaded: code that lies in a user's data folder must not come to run with the credentials of a drill.
const loadOptions = { root: fileURLToPath(import.meta.url), userPlugins: false, devPlugins: false };
void execute({ loadOptions }).then(() => {
  // A help page or the version is the whole answer.
  if (!hasBegun()) finishWith(0);
});
