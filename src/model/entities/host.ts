/** The names by which one host may be called: as given, and its first label alone, in lower case. */
export function listHostNames(name: string): readonly string[] {
  const whole = name.trim().toLowerCase();
  const label = whole.split('.')[0] ?? '';
  return [...new Set([whole, label])].filter((one) => one !== '');
}

/** Whether an agent's host name is one of a task's: whole or by its first label, for nobody promises which of them an agent sees. */
export function isHostOf(hostname: string | null, names: readonly string[]): boolean {
  return hostname !== null && listHostNames(hostname).some((one) => names.includes(one));
}
