import { afterAll, onTestFinished, TestRunner } from 'vitest';

type End = () => unknown;

const ends: End[] = [];

afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

/** Has `end` run after the present test, or, called outside of a test, after the last one of the file. */
export function atEnd(end: End): void {
  if (TestRunner.getCurrentTest() === undefined) ends.push(end);
  else onTestFinished(async () => void (await end()));
}
