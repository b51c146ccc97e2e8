#!/usr/bin/env node
import * as module from 'node:module';

// Node 22.8 and later keep compiled code between runs; Node 20 has no such function.
module.enableCompileCache?.();
// `gameday ... | head -1` closes our stdout: that is the reader's right, not an error of ours.
process.stdout.on('error', (error) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
  throw error;
});
// The SDK's notice about future releases concerns whoever upgrades it, not whoever runs this; the version is pinned.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

const { execute } = await import('@oclif/core');
// Not awaited: a closed stdout would otherwise end in "unsettled top-level await".
void execute({ dir: import.meta.url });
