// Tries every tidy rule on small made-up projects: what it must find, and what it must leave alone.

import { describe, expect, it } from 'vitest';
import { importCases, sizeCases, wordCases } from './code-cases.ts';
import { getterCases } from './getter-cases.ts';
import { inputCases } from './input-cases.ts';
import { limitCases } from './limit-cases.ts';
import { Project } from './project.ts';
import { deadCases, documentCases, packageCases } from './project-cases.ts';
import { ROOMS } from './rooms.ts';
import { rules } from './rules.ts';
import { timeCases } from './time-cases.ts';

const cases = [
  ...importCases,
  ...inputCases,
  ...timeCases,
  ...getterCases,
  ...limitCases,
  ...sizeCases,
  ...wordCases,
  ...deadCases,
  ...documentCases,
  ...packageCases,
];

describe('the tidy rules', () => {
  for (const { rule: title, what, files, folders = [], expected } of cases) {
    it(`${title} …: ${expected.length > 0 ? 'find' : 'allow'} ${what}`, () => {
      const rule = rules.find((candidate) => candidate.title.startsWith(title));
      const programs = new Map([['@tool/check', ['checker']]]);
      const project = Project.of(files, { folders: new Set(folders), programs });
      expect(rule?.find(project)).toEqual(expected);
    });
  }

  it('have a case each that finds something', () => {
    const tried = cases.filter((item) => item.expected.length > 0).map((item) => item.rule);
    const untried = rules.filter((rule) => !tried.some((title) => rule.title.startsWith(title)));
    expect(untried.map((rule) => rule.title)).toEqual([]);
  });

  it('have a table of rooms that only leads down', () => {
    const above = new Set<string>();
    for (const [room, allowed] of ROOMS) {
      for (const name of allowed) if (room !== 'bin') expect(above).toContain(name.replace(' (types)', ''));
      above.add(room);
    }
  });
});
