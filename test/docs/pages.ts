import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/cli.ts';

/** Every file that git knows, by its path in the project. */
export function trackedFiles(): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return listed.split('\0').filter((path) => path !== '');
}

export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** The fenced blocks of one language on a page. */
export function blocksOf(page: string, language: string): readonly string[] {
  const fenced = new RegExp('^```' + language + '\\n([\\s\\S]*?)^```$', 'gm');
  return [...textOf(page).matchAll(fenced)].map(([, text = '']) => text);
}

/** The commands of a page in their order, one a line. */
export function commandsOf(page: string): readonly string[] {
  return blocksOf(page, 'sh')
    .flatMap((block) => block.split('\n'))
    .filter((line) => line.trim() !== '');
}

/** The pages that tell somebody to type something. */
export function pagesWithCommands(): readonly string[] {
  const pages = trackedFiles().filter((path) => path.endsWith('.md') && !path.startsWith('test/'));
  return pages.filter((page) => commandsOf(page).length > 0).sort();
}
