import { describe, expect, test } from 'vitest';
import { readDockerfile, type Dockerfile } from '../../../src/preflight/dockerfile.ts';

function read(...lines: readonly string[]): Dockerfile {
  const answer = readDockerfile(lines.join('\n'));
  if ('why' in answer) throw new Error(`${answer.at} ${answer.why}`);
  return answer;
}

/** What a build of the lines on an image of somebody's makes of it. */
function built(...lines: readonly string[]): Dockerfile {
  return read('FROM debian:12', ...lines);
}

const SHELL = ['/bin/sh', '-c'];

// The answers are those of Docker's reference, and were compared with BuildKit's own (dockerfile2llb).
describe('what starts', () => {
  test.each<[string, readonly string[], object]>([
    ['the exec form', ['ENTRYPOINT ["a", "b c"]'], { Entrypoint: ['a', 'b c'], Cmd: [] }],
    ['the shell form', ['ENTRYPOINT a "b c" $D'], { Entrypoint: [...SHELL, 'a "b c" $D'], Cmd: [] }],
    ['CMD alone', ['CMD ["a"]'], { Cmd: ['a'] }],
    ['CMD alone, in shell form', ['CMD a && b'], { Cmd: [...SHELL, 'a && b'] }],
    ['both', ['CMD ["b"]', 'ENTRYPOINT ["a"]'], { Entrypoint: ['a'], Cmd: ['b'] }],
    [
      'the last of several',
      ['CMD a', 'CMD ["b"]', 'ENTRYPOINT x', 'ENTRYPOINT ["y"]'],
      { Entrypoint: ['y'], Cmd: ['b'] },
    ],
    ['an empty entry point', ['CMD ["a"]', 'ENTRYPOINT []'], { Entrypoint: [], Cmd: ['a'] }],
    ['small letters', ['entrypoint ["a"]', 'cmd ["b"]'], { Entrypoint: ['a'], Cmd: ['b'] }],
    ['single quotes, which are no JSON', ["CMD ['a', 'b']"], { Cmd: [...SHELL, "['a', 'b']"] }],
    ['words behind a list', ['CMD ["a"] b'], { Cmd: [...SHELL, '["a"] b'] }],
    ['escapes of JSON', ['CMD ["a\\"b\\\\c\\u0041"]'], { Cmd: ['a"b\\cA'] }],
    ['another shell', ['SHELL ["/bin/bash", "-ec"]', 'CMD a'], { Cmd: ['/bin/bash', '-ec', 'a'] }],
    ['a shell that is set behind it', ['CMD a', 'SHELL ["/bin/bash", "-c"]'], { Cmd: [...SHELL, 'a'] }],
    ['a number sign inside a line', ['CMD a #b'], { Cmd: [...SHELL, 'a #b'] }],
  ])('%s', (_, lines, expected) => {
    const { Env, ...value } = built(...lines).value;
    expect(value).toEqual(expected);
    expect(Env).toEqual([]);
  });

  test.each<[string, readonly string[], object]>([
    ['continued lines', ['CMD a \\', '  b \\', 'c'], { Cmd: [...SHELL, 'a   b c'] }],
    ['blanks behind the escape', ['CMD ["a", \\  ', '"b"]'], { Cmd: ['a', 'b'] }],
    [
      'comments and empty lines between',
      ['CMD ["a", \\', '# no \\', '   # nor this', '', '"b"]'],
      { Cmd: ['a', 'b'] },
    ],
    ['carriage returns', ['CMD a \\\r', 'b\r'], { Cmd: [...SHELL, 'a b'] }],
  ])('%s', (_, lines, expected) => {
    expect(built(...lines, 'USER me').value).toMatchObject({ ...expected, User: 'me' });
  });

  test('the escape directive is another character, and the usual one is then ordinary', () => {
    const { value } = read('# escape=`', 'FROM x', 'CMD a `', ' b\\', 'USER me');
    expect(value).toMatchObject({ Cmd: [...SHELL, 'a  b\\'], User: 'me' });
    expect(read('# a comment', '# escape=`', 'FROM x', 'CMD a `', 'USER me').value).toMatchObject({
      Cmd: [...SHELL, 'a `'],
    });
  });

  test('instructions inside a here-document are none', () => {
    const { value } = built(
      'RUN <<EOF cat',
      'CMD evil',
      'EOF',
      'COPY <<A <<-"B" /x',
      'CMD 1',
      'A',
      'USER 2',
      '\tB',
      'CMD ["good"]',
    );
    expect(value).toEqual({ Cmd: ['good'], Env: [] });
  });
});

describe('stages', () => {
  test('only the last one counts', () => {
    expect(read('FROM a', 'ENTRYPOINT x', 'STOPSIGNAL SIGQUIT', 'FROM b', 'CMD ["y"]').value).toEqual({
      Cmd: ['y'],
      Env: [],
    });
  });

  test('one that is built on another one has what that sets, whatever the case of its name', () => {
    const { value, open, place } = read(
      'FROM a AS Base',
      'ENV A=1',
      'ENTRYPOINT ["x"]',
      'CMD ["y"]',
      'STOPSIGNAL SIGINT',
      'FROM c',
      'FROM BASE AS last',
      'USER me',
    );
    expect(value).toEqual({ Entrypoint: ['x'], Cmd: ['y'], StopSignal: 'SIGINT', User: 'me', Env: ['A=1'] });
    expect(open).toEqual({ entryPoint: null, stopSignal: null, variables: {} });
    expect(place(['Entrypoint'])).toBe('3:1');
  });

  test('what one changes is changed for those behind it alone', () => {
    const lines = ['FROM a AS s', 'ENV A=1 B=1', 'ARG C=c', 'FROM s AS t', 'ENV A=2 D=$B$C'];
    expect(read(...lines).value).toEqual({ Env: ['A=2', 'B=1', 'D=1c'] });
    expect(read(...lines, 'FROM s').value).toEqual({ Env: ['A=1', 'B=1'] });
  });

  test('ENTRYPOINT takes away the CMD of the stage before, not the one of its own', () => {
    expect(read('FROM a AS s', 'CMD ["y"]', 'FROM s', 'ENTRYPOINT ["x"]').value).toMatchObject({
      Entrypoint: ['x'],
      Cmd: [],
    });
    expect(read('FROM a AS s', 'CMD ["y"]', 'FROM s', 'CMD ["z"]', 'ENTRYPOINT ["x"]').value).toMatchObject({
      Cmd: ['z'],
    });
  });

  test('ONBUILD of a stage is done by the one that is built on it, and not by itself', () => {
    const lines = [
      'FROM a AS s',
      'ENTRYPOINT ["x"]',
      'ONBUILD ENTRYPOINT ["y"]',
      'ONBUILD STOPSIGNAL SIGHUP',
    ];
    expect(read(...lines).value).toEqual({ Entrypoint: ['x'], Cmd: [], Env: [] });
    expect(read(...lines, 'FROM s').value).toMatchObject({ Entrypoint: ['y'], StopSignal: 'SIGHUP' });
    expect(read(...lines, 'FROM s AS t', 'FROM t').value).toMatchObject({
      Entrypoint: ['y'],
      StopSignal: 'SIGHUP',
    });
  });

  test("Buildkite's own image is known by its name, as in a definition", () => {
    const { value, written } = read('FROM public.ecr.aws/buildkite/agent:3-ubuntu', 'USER me');
    expect(value).toMatchObject({ Entrypoint: ['buildkite-agent-entrypoint'], Cmd: ['start'] });
    expect([written?.has(['Entrypoint']), written?.has(['Cmd'])]).toEqual([false, false]);
  });
});

describe('what is not known', () => {
  test('what the base image decides', () => {
    const { open, value } = built('CMD ["a"]');
    expect(value).not.toHaveProperty('Entrypoint');
    expect(open.entryPoint).toBe(
      'the Dockerfile leaves it to its base image debian:12 (give --image-config of the built image)',
    );
    expect(open.stopSignal).toBe(open.entryPoint);
  });

  test.each<[string, readonly string[], RegExp]>([
    [
      'a build argument',
      ['ARG BASE', 'FROM $BASE'],
      /base image, of which the build argument BASE has no default/,
    ],
    ['a variable of nobody', ['FROM a:$V'], /base image, of which the file sets no V/],
  ])('a base image that is named by %s', (_, lines, said) => {
    expect(read(...lines).open.entryPoint).toMatch(said);
  });

  test('a signal that depends on a build argument without a default, or on a pattern', () => {
    const { value, open } = built('ARG SIG', 'STOPSIGNAL $SIG');
    expect(value).not.toHaveProperty('StopSignal');
    expect(open.stopSignal).toBe('the build argument SIG has no default');
    expect(built('ARG S=TERM', 'STOPSIGNAL ${S#T}').open.stopSignal).toMatch(/substitution of "S"/);
  });

  test('a value that doubles itself from line to line', () => {
    const lines = Array.from({ length: 200 }, () => 'ARG A=$A$A');
    expect(built('ARG A=1', ...lines, 'STOPSIGNAL $A').open.stopSignal).toMatch(/longer than 64 KiB/);
  });

  test('a default is taken, and told', () => {
    const { value, assumed } = read(
      'ARG BASE=debian',
      'ARG SIG=QUIT',
      'FROM ${BASE}:12',
      'ARG SIG',
      'STOPSIGNAL SIG${SIG}',
    );
    expect(value).toMatchObject({ StopSignal: 'SIGQUIT' });
    expect(assumed).toEqual([
      {
        rule: 'shell-form',
        said: 'the base image is "debian:12" by the default of BASE, which --build-arg may replace',
      },
      {
        rule: 'stop-signal',
        said: 'STOPSIGNAL is "SIGQUIT" by the default of SIG, which --build-arg may replace',
      },
    ]);
  });

  test('a stage that a default chose', () => {
    const { value, assumed } = read(
      'ARG KIND=dev',
      'FROM a AS dev',
      'CMD ["d"]',
      'FROM a AS prod',
      'FROM $KIND',
    );
    expect(value).toMatchObject({ Cmd: ['d'] });
    expect(assumed.map(({ said }) => said)).toEqual([expect.stringContaining('default of KIND')]);
  });

  test('which shell runs the shell form, where no SHELL says it', () => {
    const said = (...lines: readonly string[]): readonly string[] =>
      built(...lines).assumed.map((one) => one.said);
    expect(said('CMD a')).toEqual([
      'the shell form is run by /bin/sh -c, if the base image debian:12 sets no other SHELL',
    ]);
    expect(said('CMD ["a"]')).toEqual([]);
    expect(said('SHELL ["/bin/bash", "-c"]', 'CMD a')).toEqual([]);
    expect(said('SHELL ["x"]', "ENTRYPOINT ['a']")).toEqual([
      expect.stringMatching(/^ENTRYPOINT looks like the exec form/),
    ]);
  });

  test("a variable of the agent's, by its name", () => {
    const { value, open, assumed } = built(
      'ARG N',
      'ENV BUILDKITE_AGENT_SPAWN=$N OTHER=$N BUILDKITE_AGENT_TAGS=a',
    );
    expect(value['Env']).toEqual(['BUILDKITE_AGENT_TAGS=a']);
    expect(open.variables).toEqual({ BUILDKITE_AGENT_SPAWN: 'the build argument N has no default' });
    expect(assumed).toEqual([
      {
        rule: 'spawn-many',
        said: 'ENV BUILDKITE_AGENT_SPAWN of the image: the build argument N has no default',
      },
    ]);
    const secret = built('ARG T=a-secret', 'ENV BUILDKITE_AGENT_TOKEN=$T BUILDKITE_AGENT_SPAWN=$N');
    expect(JSON.stringify(secret.assumed)).not.toContain('a-secret');
  });
});

describe('variables', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ['several', ['ENV A=1 B="2 3" C=4\\ 5 D=\'6 $A\''], ['A=1', 'B=2 3', 'C=4 5', 'D=6 $A']],
    ['the old form', ['ENV A b  c', "ENV B 'x' y"], ['A=b  c', 'B=x y']],
    ['all of one line see those before it', ['ENV A=1', 'ENV A=2 B=$A'], ['A=2', 'B=1']],
    [
      'substitutions',
      ['ENV A=1 E=', 'ENV B=${A}x C=${E:-d} D=${E-d} F=${A:+p} G=${E:+p} H=\\$A I="$A"'],
      ['A=1', 'E=', 'B=1x', 'C=d', 'D=', 'F=p', 'G=', 'H=$A', 'I=1'],
    ],
    ['over several lines', ['ENV A=1 \\', '  # of it', '  B=2'], ['A=1', 'B=2']],
    ['no substitution where the shell does it', ['ENV A=1', 'CMD $A'], ['A=1']],
  ])('%s', (_, lines, expected) => {
    expect(built(...lines).value['Env']).toEqual(expected);
  });
});

describe('places and lines', () => {
  test('are those of the instructions', () => {
    const { place } = built('# x', '  ENTRYPOINT a', 'ENV A=1 \\', '  B=2', 'STOPSIGNAL SIGINT');
    expect(
      [['Entrypoint'], ['Entrypoint', 2], ['Env', 0], ['Env', 1], ['StopSignal'], ['User']].map(place),
    ).toEqual(['3:3', '3:3', '4:5', '5:3', '6:1', '1:1']);
  });

  test('an instruction keeps its form, as far as it can', () => {
    const { written } = built('ENTRYPOINT a', 'CMD ["b"]', 'ENV A=1');
    const line = (member: string, value: readonly string[] | string) => written?.line([member], value);
    expect(line('Entrypoint', [...SHELL, 'exec a'])).toBe('ENTRYPOINT exec a');
    expect(line('Entrypoint', ['a', 'b "c"'])).toBe('ENTRYPOINT ["a", "b \\"c\\""]');
    expect(line('Cmd', [...SHELL, 'x'])).toBe('CMD ["/bin/sh", "-c", "x"]');
    expect(line('StopSignal', 'SIGTERM')).toBe('STOPSIGNAL SIGTERM');
    expect(line('Env', 'A=b c$"')).toBe('ENV A="b c\\$\\""');
    expect(written?.name(['Env', 0])).toEqual(['ENV', 'A']);
  });
});

describe('bad input has its place', () => {
  test.each<[string, string, string, RegExp]>([
    ['nothing', '\n \n', '1:1', /it is empty/],
    ['no FROM', '# x\n\nARG A=1\n', '1:1', /no FROM/],
    ['comments alone', '# x\n', '1:1', /no FROM/],
    ['an instruction before FROM', 'ARG A\nCMD x\nFROM a', '2:1', /CMD stands before the first FROM/],
    ['an unknown instruction', 'FROM a\n  ENTRYPONT x', '2:3', /"ENTRYPONT" is no instruction/],
    ['something else', '{ "a": 1 }', '1:1', /"\{" is no instruction/],
    ['an exec form of numbers', 'FROM a\nCMD ["a", 1]', '2:1', /texts only/],
    ['SHELL without a list', 'FROM a\nSHELL /bin/bash', '2:1', /SHELL needs a JSON list/],
    ['FROM without an image', 'FROM', '1:1', /FROM needs an image/],
    ['FROM with too much', 'FROM a as b c', '1:1', /FROM needs an image/],
    ['ENV without a value', 'FROM a\nENV A', '2:1', /ENV needs NAME=value/],
    ['ENV with a bare name', 'FROM a\nENV A=1 B', '2:1', /"B" has no =/],
    ['a here-document without an end', 'FROM a\nRUN <<EOF\nCMD x', '2:1', /no end/],
    [
      'escapes that are escaped at the end of a line',
      'FROM a\nCMD x \\\\\nSTOPSIGNAL SIGQUIT',
      '2:1',
      /not certain where CMD ends/,
    ],
    ['nesting without end', `FROM a\nENV A=1\nENV B=${'${A:-'.repeat(40_000)}`, '1:1', /nested too deeply/],
  ])('%s', (_, text, at, why) => {
    const answer = readDockerfile(text);
    expect(answer).toMatchObject({ at, why: expect.stringMatching(why) as string });
  });
});
