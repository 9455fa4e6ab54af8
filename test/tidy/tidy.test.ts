// Keeps the house tidy: every rule on the project as it is.

import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Project } from './project.ts';
import { rules } from './rules.ts';

describe('tidy', () => {
  const project = Project.read(fileURLToPath(new URL('../..', import.meta.url)));

  it('sees the project', () => {
    expect(project.source.length).toBeGreaterThan(10);
    expect(project.files.has('package-lock.json')).toBe(true);
  });

  for (const rule of rules) {
    it(rule.title, () => {
      const findings = rule.find(project);
      if (findings.length > 0) expect.fail(`\n${findings.join('\n')}`);
    });
  }
});
