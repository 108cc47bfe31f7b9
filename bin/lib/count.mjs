// count.mjs vitest|go REPORT: prints "passed failed skipped", then a line for each failure.
// A report that is missing or broken says nothing: the caller counts the run itself as failed then.
import { readFileSync } from 'node:fs';

const [kind, file] = process.argv.slice(2);

const readers = {
  vitest(text) {
    const report = JSON.parse(text);
    // A file that does not load, or a hook that fails, fails its file and no test in it.
    const broken = report.testResults.filter(
      (suite) => suite.status === 'failed' && !suite.assertionResults.some((test) => test.status === 'failed'),
    );
    const failed = report.testResults
      .flatMap((suite) => suite.assertionResults)
      .filter((test) => test.status === 'failed');
    return {
      passed: report.numPassedTests,
      skipped: report.numPendingTests + report.numTodoTests,
      failures: [
        ...broken.map((suite) => `${suite.name}: ${suite.message || 'a hook failed'}`),
        ...failed.map((test) => `${test.fullName}: ${test.failureMessages[0] ?? ''}`),
      ],
    };
  },
  go(text) {
    const events = text
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
    const ended = (action) => events.filter((event) => event.Test && event.Action === action);
    const broken = events.filter((event) => event.Action === 'fail' && !event.Test && event.FailedBuild);
    return {
      passed: ended('pass').length,
      skipped: ended('skip').length,
      failures: [...broken, ...ended('fail')].map((event) => `${event.Package} ${event.Test ?? 'does not build'}`),
    };
  },
};

const { passed, skipped, failures } = readers[kind](readFileSync(file, 'utf8'));
console.log(`${passed} ${failures.length} ${skipped}`);
for (const failure of failures) console.log(failure.split('\n', 1)[0].slice(0, 300));
