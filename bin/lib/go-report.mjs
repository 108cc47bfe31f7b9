// go-report.mjs REPORT: what a person wants of `go test -json`: each package's verdict, and the output of what failed or was left out.
import { readFileSync } from 'node:fs';

const output = new Map();
const name = (event) => `${event.Package ?? event.ImportPath} ${event.Test ?? ''}`;

for (const line of readFileSync(process.argv[2], 'utf8').split('\n')) {
  if (!line.startsWith('{')) {
    if (line) console.log(line);
    continue;
  }
  const event = JSON.parse(line);
  const key = name(event);
  if (event.Action === 'output') output.set(key, (output.get(key) ?? '') + event.Output);
  if (event.Action === 'build-output') process.stdout.write(event.Output);
  if (event.Action === 'fail' || (event.Action === 'skip' && event.Test)) process.stdout.write(output.get(key) ?? '');
  if (event.Action === 'pass' && !event.Test) console.log(`ok ${event.Package} ${event.Elapsed} s`);
}
