import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

/** A gate that a step in any container of the machine's network can ask whether it stands open. */
export interface Gate {
  /** Bash: waits until it stands open. */
  readonly command: string;
  open(): void;
  close(): Promise<void>;
}

/** Sets up a shut gate on loopback. */
export async function startGate(): Promise<Gate> {
  let answer = 'shut\n';
  const server = createServer((socket) => {
    // A container that is killed while it asks is no matter.
    socket.on('error', () => undefined).end(answer);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const asks = `answer=; exec 3<>/dev/tcp/127.0.0.1/${String(port)} && read -r answer <&3`;
  return {
    command: `until ${asks}; [ "$answer" = open ]; do sleep 0.2; done`,
    open: () => (answer = 'open\n'),
    close: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}
