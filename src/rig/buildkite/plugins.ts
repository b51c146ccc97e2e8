type Refuse = (why: string) => never;

/**
 * A step's plugins as the agent gets them (`BUILDKITE_PLUGINS`): a list of names, or of names with their configurations. Null
 * where there are none.
 */
export function readPlugins(raw: unknown, refuse: Refuse): string | null {
  if (raw === undefined || raw === null) return null;
  const list = Array.isArray(raw)
    ? raw
    : isRecord(raw)
      ? Object.entries(raw).map(([name, value]) => ({ [name]: value }))
      : [raw];
  for (const one of list) {
    if (typeof one === 'string') {
      refuseRemote(one, refuse);
      continue;
    }
    if (!isRecord(one)) return refuse('"plugins" is a list of names, or of names with their configurations');
    const wrong = Object.entries(one).find(([, value]) => value !== null && !isRecord(value));
    if (wrong !== undefined) return refuse(`the configuration of plugin "${wrong[0]}" is no map`);
    for (const name of Object.keys(one)) refuseRemote(name, refuse);
  }
  return list.length === 0 ? null : JSON.stringify(list);
}

/** An agent clones any other plugin from where it is, and the rig contacts nothing but this machine. */
function refuseRemote(name: string, refuse: Refuse): void {
  if (!name.startsWith('./'))
    refuse(
      `the plugin "${name}" would be cloned; "plugins" is modelled for those of the checkout (./path) alone`,
    );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
