// The documents say what is so: the map of rooms, the commands, the paths and the links.

import { posix } from 'node:path';
import { finding, type Rule } from './finding.ts';
import type { Project } from './project.ts';
import { ROOMS } from './rooms.ts';

const MAP = 'ARCHITECTURE.md';
/** Behind the sign of a room that has no code yet. */
const NOT_BUILT = '(not built yet)';
/** A row of the map: room, sign, what it may import. */
const MAP_ROW = /^\| `([a-z-]+)\/` *\| *(.*?) *\| *(.*?) *\|$/;
const COMMAND = /\bnpm (?:run (?:--silent )?([\w:-]+)|(start|test)\b)/g;
const PATH = /`((?:src|test|scripts|bench|docs|\.ci)\/[\w./-]*)`/g;
/** A step of a walk: a file below src/, and the functions of it that the walk passes. */
const STEP = /^\d+\. (?:\*\*[a-z]+\*\*: )?`([\w/-]+\.ts)`: ((?:`#?\w+`(?:, )?)+)\./;
/** A row of the table of words: what to write, and what not. */
const WORD_ROW = /^\| [^|`]+ \| (`[^|]+`) *\|$/;
const GLOSSARY = 'CONTRIBUTING.md';
/** Generated, or records of what was said and measured then. */
const OWN_WORDS = /^(?:CHANGELOG\.md|test\/|docs\/(?:reference\/|measurements\.md|first-mail-server\.md))/;
const LINK = /\]\(([^)#:\s]+)(?:#[^)]*)?\)/g;

export const documentRules: readonly Rule[] = [
  { title: 'the map has every room, with what it may import', find: findWrongMapRows },
  { title: 'the map has no room that is not there', find: findMissingRooms },
  { title: 'every npm command in the documents is in package.json', find: findUnknownCommands },
  { title: 'every path and link in the documents leads somewhere', find: findDeadPaths },
  { title: 'every step of a walk names functions that are in the file', find: findLostSteps },
  { title: 'documents keep to the words of CONTRIBUTING', find: findOtherWords },
];

interface MapRow {
  readonly room: string;
  readonly sign: string;
  readonly mayImport: string;
  readonly line: number;
}

function findWrongMapRows(project: Project): string[] {
  const rows = mapRows(project);
  const rooms = new Set([...ROOMS.keys(), ...project.source.flatMap((file) => file.room ?? [])]);
  return [...rooms].flatMap((room) => {
    const row = rows.find((candidate) => candidate.room === room);
    if (row === undefined) return [finding(MAP, 1, `the map lacks the room ${room}/`)];
    const allowed = ROOMS.get(room)?.join(', ') || '–';
    return row.mayImport === allowed
      ? []
      : [finding(MAP, row.line, `${room}/ may import "${allowed}", the map says "${row.mayImport}"`)];
  });
}

function findMissingRooms(project: Project): string[] {
  return mapRows(project).flatMap(({ room, sign, line }) => {
    const hasCode = project.source.some((file) => file.room === room);
    if (sign.includes(NOT_BUILT))
      return hasCode ? [finding(MAP, line, `${room}/ is built: take the mark away`)] : [];
    if (!ROOMS.has(room)) return [finding(MAP, line, `${room}/ is not in the table of rooms`)];
    const exists = hasCode || project.folders.has(`src/${room}`);
    return exists ? [] : [finding(MAP, line, `${room}/ does not exist: mark it "${NOT_BUILT}"`)];
  });
}

function mapRows(project: Project): MapRow[] {
  const lines = project.files.get(MAP)?.split('\n') ?? [];
  return lines.flatMap((text, index) => {
    const [, room, sign, mayImport] = MAP_ROW.exec(text) ?? [];
    if (room === undefined || sign === undefined || mayImport === undefined) return [];
    return [{ room, sign, mayImport, line: index + 1 }];
  });
}

function findUnknownCommands(project: Project): string[] {
  const scripts = project.manifest.scripts ?? {};
  return eachMatch(project, COMMAND, (match) => {
    const script = match[1] ?? match[2] ?? '';
    return script in scripts ? undefined : `names ${match[0]}, which package.json does not have`;
  });
}

function findDeadPaths(project: Project): string[] {
  const exists = (path: string): boolean => {
    const plain = posix.normalize(path).replace(/\/$/, '');
    return project.files.has(plain) || project.folders.has(plain) || isLeafFolder(project, plain);
  };
  return [
    ...eachMatch(project, PATH, (match) => {
      return exists(match[1] ?? '') ? undefined : `names ${match[1]}, which does not exist`;
    }),
    ...eachMatch(project, LINK, (match, path) => {
      const target = posix.join(posix.dirname(path), match[1] ?? '');
      return exists(target) ? undefined : `links to ${match[1]}, which does not exist`;
    }),
  ];
}

function findLostSteps(project: Project): string[] {
  const lines = project.files.get(MAP)?.split('\n') ?? [];
  return lines.flatMap((text, index) => {
    if (!/^\d+\. /.test(text)) return [];
    const [, path = '', names] = STEP.exec(text) ?? [];
    if (names === undefined)
      return [finding(MAP, index + 1, 'has a step that names no file and no function')];
    const code = project.files.get(`src/${path}`);
    if (code === undefined) return [finding(MAP, index + 1, `names src/${path}, which does not exist`)];
    const functions = names.split(', ').map((name) => name.replaceAll('`', ''));
    const lost = functions.filter((name) => !declares(code, name));
    return lost.map((name) => finding(MAP, index + 1, `names ${name}, which src/${path} does not declare`));
  });
}

/** Returns whether a file declares this function, or has this method. */
function declares(code: string, name: string): boolean {
  const method = `^  (?:(?:static|async|get) )*${name}[<(]`;
  return new RegExp(`^(?:export )?(?:async )?function\\*? ${name}\\b|${method}`, 'm').test(code);
}

function findOtherWords(project: Project): string[] {
  const [, section = ''] = (project.files.get(GLOSSARY) ?? '').split('\n## Words\n');
  const rows = section
    .split('\n## ', 1)
    .join('')
    .split('\n')
    .flatMap((line) => WORD_ROW.exec(line)?.[1] ?? []);
  const words = rows.flatMap((row) => [...row.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word));
  if (words.length === 0) return [];
  const pattern = new RegExp(`\\b(${words.join('|')})\\b`, 'i');
  return [...project.files]
    .filter(([path]) => path.endsWith('.md') && !OWN_WORDS.test(path))
    .flatMap(([path, text]) =>
      text.split('\n').flatMap((line, index) => {
        const word = WORD_ROW.test(line) ? undefined : pattern.exec(line)?.[1];
        return word === undefined
          ? []
          : [finding(path, index + 1, `says "${word}"; CONTRIBUTING has a better word`)];
      }),
    );
}

function isLeafFolder(project: Project, folder: string): boolean {
  return [...project.files.keys()].some((path) => path.startsWith(`${folder}/`));
}

/** Goes through every document; the changelog is history, and what it names may be gone. */
function eachMatch(
  project: Project,
  pattern: RegExp,
  judge: (match: RegExpExecArray, path: string) => string | undefined,
): string[] {
  const documents = [...project.files].filter(([path]) => path.endsWith('.md') && path !== 'CHANGELOG.md');
  return documents.flatMap(([path, text]) =>
    text.split('\n').flatMap((line, index) => {
      const findings = [...line.matchAll(pattern)].map((match) => judge(match, path));
      return findings.filter((what) => what !== undefined).map((what) => finding(path, index + 1, what));
    }),
  );
}
