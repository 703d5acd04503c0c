import { SCENARIOS } from './scenarios/index.js';
import { FULL } from './sizes.js';
import { SERVER_NAMES } from './subjects.js';

const INTRODUCTION = `Measures Viaduct and two comparable servers on this machine, over 127.0.0.1.

Usage: npm run bench -- [flags]

  --only A,B          only these scenarios
  --servers LIST      only these servers: ${SERVER_NAMES.join(', ')}
  --quick             small sizes, about 3 minutes: a first impression
  --secs N            measured seconds of each step [3; 1 with --quick]
  --repeat N          run everything N times; tables show medians [1]
  --gateway FILE      main.js of another gateway than this workspace's
  --cores 0,1         use these cores [all]
  --no-pin            let the system choose the cores
  --out DIR           folder for the results [bench/results]
  --table             run nothing; print the latest results as Markdown
  --doc               run nothing; save the latest results in bench/figures.jsonl and write them into the documents
  --from FILES        use these results for --table and --doc, separated by commas
  --help              print this text

What happens. Each scenario starts a new process of each server, on its own core if taskset exists. One process holds the clients: raw
TCP sockets and a minimal WebSocket client. Another publishes into a private Redis, on a fixed schedule or in a closed loop.
Every message carries its number and the time at which it was due, so a late publisher hides no delay. The clients know
every box and every position: each run is checked for missing, unexpected and misordered messages, and the coordinates of
samples are compared with the correct ones.

How to read the results. A delivery is one message to one client. CPU is user and system time of the server from
/proc/PID/stat (only on Linux; elsewhere those columns are empty). "Deliveries per server CPU s" and "CPU µs per delivery"
depend least on other work of the machine: look at them first. "max" is the highest sustained rate: all messages arrived,
99 % of them within a second, and at most 5 % were in flight at the end. "limited by: load generator" means that the server
could do more. "Writes" counts reads of the clients, which are about the server's writes if the clients keep up.

Compare only results of one run: another machine, or another day, gives other results. The column "others" shows how many
cores other programs used; if it is above about 0.2, repeat. Medians of --repeat 3 are better than one run.

Scenarios:
`;

/** The text for --help. */
export function help(): string {
  const scenarios = SCENARIOS.map(({ id, title, about, subjects }) => {
    const names = subjects.map(({ name }) => name.replaceAll('`', '')).join(' | ');
    return `  ${id.padEnd(9)} ${title(FULL)}\n${wrapped(about)}\n${wrapped(`On: ${names}`)}`;
  });
  return `${INTRODUCTION}\n${scenarios.join('\n\n')}\n`;
}

const WIDTH = 108;
const INDENT = ' '.repeat(12);

function wrapped(text: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > WIDTH) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line].map((part) => INDENT + part).join('\n');
}
