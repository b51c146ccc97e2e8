/** One block of HCL: `type "label" { ... }`. */
export interface Block {
  readonly type: string;
  readonly labels: readonly string[];
  readonly attributes: Readonly<Record<string, string | readonly string[]>>;
  readonly blocks: readonly Block[];
}

type Token = { readonly is: 'word' | 'text' | 'sign'; readonly value: string };

/** Tokens of the part of HCL that a policy needs; anything else, an interpolation among them, is an error. */
function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let rest = text;
  while (rest !== '') {
    const [skipped] = /^(?:[ \t\n]+|#[^\n]*\n)/.exec(rest) ?? [];
    const [quoted] = /^"(?:[^"\\\n$%]|\\["\\nrt]|[$%](?!\{))*"/.exec(rest) ?? [];
    const [word] = /^[A-Za-z_][A-Za-z0-9_-]*/.exec(rest) ?? [];
    const [sign] = /^[{}[\]=,]/.exec(rest) ?? [];
    const taken = skipped ?? quoted ?? word ?? sign;
    if (taken === undefined) throw new Error(`no HCL of ours: ${rest.slice(0, 40)}`);
    if (quoted !== undefined) tokens.push({ is: 'text', value: JSON.parse(quoted) as string });
    else if (word !== undefined) tokens.push({ is: 'word', value: word });
    else if (sign !== undefined) tokens.push({ is: 'sign', value: sign });
    rest = rest.slice(taken.length);
  }
  return tokens;
}

/** Reads blocks, attributes, texts and lists of texts, strictly. */
export function readHcl(text: string): readonly Block[] {
  const tokens = [...tokensOf(text)];
  const body = bodyOf(tokens, false);
  if (Object.keys(body.attributes).length > 0) throw new Error('an attribute outside of a block');
  return body.blocks;
}

function bodyOf(tokens: Token[], inside: boolean): Pick<Block, 'attributes' | 'blocks'> {
  const attributes: Record<string, string | readonly string[]> = {};
  const blocks: Block[] = [];
  for (let token = tokens.shift(); token !== undefined; token = tokens.shift()) {
    if (inside && token.is === 'sign' && token.value === '}') return { attributes, blocks };
    if (token.is !== 'word') throw new Error(`a name was expected, not ${token.value}`);
    if (isSign(tokens[0], '=')) {
      tokens.shift();
      if (token.value in attributes) throw new Error(`${token.value} stands twice`);
      attributes[token.value] = valueOf(tokens);
      continue;
    }
    const labels: string[] = [];
    while (tokens[0]?.is === 'text') labels.push(tokens.shift()?.value ?? '');
    take(tokens, '{');
    blocks.push({ type: token.value, labels, ...bodyOf(tokens, true) });
  }
  if (inside) throw new Error('a block has no end');
  return { attributes, blocks };
}

function valueOf(tokens: Token[]): string | readonly string[] {
  const token = tokens.shift();
  if (token?.is === 'text') return token.value;
  if (!isSign(token, '[')) throw new Error('a text or a list was expected');
  const values: string[] = [];
  while (!isSign(tokens[0], ']')) {
    const value = tokens.shift();
    if (value?.is !== 'text') throw new Error('a text was expected in the list');
    values.push(value.value);
    if (!isSign(tokens[0], ']')) take(tokens, ',');
  }
  take(tokens, ']');
  return values;
}

function isSign(token: Token | undefined, value: string): boolean {
  return token?.is === 'sign' && token.value === value;
}

function take(tokens: Token[], value: string): void {
  if (!isSign(tokens.shift(), value)) throw new Error(`${value} was expected`);
}
