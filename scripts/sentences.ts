// Prints every sentence that the program can say to a person, file by file, to be read as a whole:
//
//     npm run sentences

import { Project } from '../test/tidy/project.ts';
import { sentencesOf } from '../test/tidy/sentence-rules.ts';

for (const file of Project.read('.').source) {
  const sentences = sentencesOf(file);
  if (sentences.length === 0) continue;
  process.stdout.write(`${file.path}\n`);
  for (const { line, text } of sentences)
    process.stdout.write(`  ${line}: ${text.replaceAll('\n', ' ⏎ ')}\n`);
}
