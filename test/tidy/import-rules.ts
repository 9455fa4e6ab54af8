// Who imports whom: down the table of rooms only, never in a circle, and packages only when package.json names them.

import { builtinModules } from 'node:module';
import { finding, type Rule } from './finding.ts';
import oldestNode from './oldest-node.json' with { type: 'json' };
import type { Project } from './project.ts';
import { EVERYTHING, ROOMS } from './rooms.ts';
import type { Import, SourceFile } from './source-file.ts';

export const importRules: readonly Rule[] = [
  { title: 'rooms import only what the table allows', find: findWrongImports },
  { title: 'no files of a room import each other in a circle, types included', find: findCycles },
  { title: 'commands and applications reach servers through ldap-client/ only', find: findOwnSockets },
  { title: 'every imported package is in package.json', find: findUndeclaredPackages },
  { title: 'what is imported of Node.js is there in the oldest that runs it', find: findNewerNames },
];

function findWrongImports(project: Project): string[] {
  return project.source.flatMap((file) => {
    const { room } = file;
    if (room === undefined) return [finding(file.path, 1, 'is in no room')];
    const allowed = ROOMS.get(room);
    if (allowed === undefined)
      return [finding(file.path, 1, `is in ${room}/, which is not in the table of rooms`)];
    return file.imports.flatMap((item) => {
      const what = item.path === undefined ? undefined : whatIsWrong(room, allowed, item, item.path);
      return what === undefined ? [] : [finding(file.path, item.line, what)];
    });
  });
}

function whatIsWrong(
  room: string,
  allowed: readonly string[],
  item: Import,
  path: string,
): string | undefined {
  const target = /^src\/([^/]+)\//.exec(path)?.[1];
  if (target === undefined) return room === 'bin' ? undefined : `imports ${path}, which is outside src/`;
  if (target === room || allowed.includes(target) || allowed.includes(EVERYTHING)) return undefined;
  if (!allowed.includes(`${target} (types)`)) return `${room}/ may not import ${target}/ (${item.specifier})`;
  return item.isTypeOnly ? undefined : `${room}/ may import only types from ${target}/ (${item.specifier})`;
}

function findCycles(project: Project): string[] {
  const files = new Map(project.source.map((file) => [file.path, file]));
  const finished = new Set<string>();
  const findings: string[] = [];
  const visit = (file: SourceFile, trail: readonly string[]): void => {
    if (finished.has(file.path)) return;
    const at = trail.indexOf(file.path);
    if (at >= 0) {
      findings.push(finding(file.path, 1, `imports itself: ${[...trail.slice(at), file.path].join(' → ')}`));
      return;
    }
    for (const item of file.imports) {
      const next = files.get(item.path ?? '');
      if (next !== undefined && next.room === file.room) visit(next, [...trail, file.path]);
    }
    finished.add(file.path);
  };
  for (const file of files.values()) visit(file, []);
  return findings;
}

/** What these modules have that opens nothing. */
const HARMLESS_NAMES: ReadonlySet<string> = new Set(['isIP', 'isIPv4', 'isIPv6', 'BlockList']);
const SOCKET_MODULES: ReadonlySet<string> = new Set(['node:net', 'node:tls', 'net', 'tls']);
const GUARDED_ROOMS: ReadonlySet<string | undefined> = new Set(['cli', 'client']);

/** What a server says is framed, checked and limited in one place. */
function findOwnSockets(project: Project): string[] {
  return project.source
    .filter(({ room }) => GUARDED_ROOMS.has(room))
    .flatMap((file) =>
      file.imports
        .filter(({ specifier, isTypeOnly, names }) => {
          const isHarmless = isTypeOnly || names.every((name) => HARMLESS_NAMES.has(name));
          return SOCKET_MODULES.has(specifier) && !isHarmless;
        })
        .map((item) => finding(file.path, item.line, `opens sockets of its own (${item.specifier})`)),
    );
}

/** By module, what Node.js 24.0.0 exports. A name that is not there keeps the program from starting. */
const OLDEST_NAMES = new Map(
  Object.entries(oldestNode).map(([name, exports]) => [name, new Set(exports.split(' '))]),
);

function findNewerNames(project: Project): string[] {
  return project.source.flatMap((file) =>
    file.imports.flatMap(({ specifier, isTypeOnly, names, line }) => {
      if (isTypeOnly || !specifier.startsWith('node:')) return [];
      const oldest = OLDEST_NAMES.get(specifier);
      if (oldest === undefined)
        return [finding(file.path, line, `imports ${specifier}, which oldest-node.json does not know`)];
      // Types are nothing that is there.
      const now = new Set(Object.keys(process.getBuiltinModule(specifier) ?? {}));
      return names
        .filter((name) => name !== 'default' && now.has(name) && !oldest.has(name))
        .map((name) => finding(file.path, line, `imports ${name}, which Node.js 24.0 does not have`));
    }),
  );
}

function findUndeclaredPackages(project: Project): string[] {
  const { dependencies = {}, devDependencies = {} } = project.manifest;
  return project.code.flatMap((file) => {
    // What is published must not need what is only there for development.
    const declared = file.room === undefined ? { ...dependencies, ...devDependencies } : dependencies;
    const unknown = file.imports.filter((item) => {
      const name = packageOf(item);
      return name !== undefined && !(name in declared);
    });
    return unknown.map((item) => {
      const where = file.room === undefined ? 'package.json' : 'the dependencies of package.json';
      return finding(file.path, item.line, `imports ${packageOf(item)}, which is not in ${where}`);
    });
  });
}

/** The package an import takes from; undefined for files of the project and for what Node.js brings. */
export function packageOf(item: Import): string | undefined {
  const { specifier } = item;
  if (item.path !== undefined || specifier.startsWith('node:') || builtinModules.includes(specifier))
    return undefined;
  return /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0];
}
