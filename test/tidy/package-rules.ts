// package.json and package-lock.json: nothing superfluous, and a lock file that installs everywhere.

import { finding, type Rule } from './finding.ts';
import { packageOf } from './import-rules.ts';
import type { Project } from './project.ts';
import { nameOf, walk } from './source-file.ts';

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export const packageRules: readonly Rule[] = [
  { title: 'every dependency is used', find: findUnusedPackages },
  { title: 'the lock file names no registry and pins every package', find: findLockedAddresses },
  { title: 'the lock file is complete', find: findMissingLocked },
];

function findUnusedPackages(project: Project): string[] {
  const { dependencies, devDependencies, scripts } = project.manifest;
  const used = usedNames(project);
  const commands = new Set(Object.values(scripts ?? {}).flatMap((script) => script.split(/[\s&|;]+/)));
  const isUsed = (name: string): boolean => {
    if (used.has(name) || name === '@types/node') return true;
    if (name.startsWith('@types/')) return used.has(name.slice('@types/'.length));
    return (project.programs.get(name) ?? []).some((program) => commands.has(program));
  };
  return Object.keys({ ...dependencies, ...devDependencies })
    .filter((name) => !isUsed(name))
    .map((name) =>
      finding('package.json', lineOf(project, 'package.json', `"${name}"`), `${name} is used nowhere`),
    );
}

/** Imported packages, and names in plain text: pino, for one, loads what prints its lines by name. */
function usedNames(project: Project): Set<string> {
  const names = new Set<string>();
  for (const file of project.code) {
    for (const item of file.imports) names.add(packageOf(item) ?? '');
    walk(file.program, (node) => {
      if (node.type === 'Literal') names.add(nameOf(node));
    });
  }
  return names;
}

function findLockedAddresses(project: Project): string[] {
  return lockedPackages(project).flatMap(([path, locked]) => {
    if (path === '') return [];
    const line = lineOf(project, 'package-lock.json', `"${path}"`);
    return [
      ...(locked.resolved === undefined
        ? []
        : [finding('package-lock.json', line, `${path} names the address it came from`)]),
      ...(locked.integrity === undefined
        ? [finding('package-lock.json', line, `${path} has no checksum`)]
        : []),
    ];
  });
}

/** `npm ci` refuses a lock file that leaves out a package, even one for another system. */
function findMissingLocked(project: Project): string[] {
  const packages = new Map(lockedPackages(project));
  return [...packages].flatMap(([path, locked]) => {
    const wanted = Object.keys({ ...locked.dependencies, ...locked.optionalDependencies });
    return wanted
      .filter((name) => !foldersAbove(path).some((folder) => packages.has(`${folder}node_modules/${name}`)))
      .map((name) => {
        const line = lineOf(project, 'package-lock.json', `"${path}"`);
        return finding('package-lock.json', line, `lacks ${name}, which ${path || 'the project'} needs`);
      });
  });
}

/** Where Node.js looks for what a package imports: its own folder, and those of the packages it lies in. */
function foldersAbove(path: string): string[] {
  const folders = [''];
  if (path === '') return folders;
  const parts = path.split('/node_modules/');
  for (let count = 1; count <= parts.length; count += 1) {
    folders.push(`${parts.slice(0, count).join('/node_modules/')}/`);
  }
  return folders;
}

function lockedPackages(project: Project): [string, Locked][] {
  const lock: { packages?: Record<string, Locked> } = JSON.parse(
    project.files.get('package-lock.json') ?? '{}',
  );
  return Object.entries(lock.packages ?? {});
}

function lineOf(project: Project, path: string, text: string): number {
  const lines = project.files.get(path)?.split('\n') ?? [];
  return lines.findIndex((line) => line.includes(text)) + 1;
}
