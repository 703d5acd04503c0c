import { SCENARIOS } from './scenarios/index.js';
import { FULL } from './sizes.js';
import { SERVER_NAMES } from './subjects.js';

const INTRODUCTION = `Measures Viaduct beside servers written the usual way, on this machine, over 127.0.0.1.

Usage: npm run bench -- [flags]

  --only A,B          these scenarios only
  --servers LIST      these servers only: ${SERVER_NAMES.join(', ')}
  --quick             small sizes, about 3 minutes: to see that all works, and roughly how things stand
  --secs N            measured seconds of each step [3; 1 with --quick]
  --repeat N          everything N times; tables show medians [1]
  --gateway FILE      another gateway than this workspace's: its main.js
  --cores 0,1         use these cores [all]
  --no-pin            leave the choice of cores to the system
  --out DIR           where results go [bench/results]
  --table             run nothing; print the latest results as Markdown
  --doc               run nothing; keep the latest results in bench/figures.jsonl, and write them into the documents
  --from FILES        results for --table and --doc instead of the latest, divided by commas
  --help              this text

What happens. For each scenario the server is started afresh, on a core of its own where taskset is there. One process
holds the clients: raw TCP sockets and a minimal WebSocket client. Another publishes into a private Redis, by a fixed
schedule or in a closed loop. Every message carries its number and the time at which it was due, so a late publisher
hides no delay. The clients know every box and every position: each run is checked for messages that are missing, not
expected or out of order, and samples are parsed and their coordinates compared.

How to read it. A delivery is one message to one client. CPU is user and system time of the server from
/proc/PID/stat (Linux only; elsewhere those columns are empty). "Deliveries per server CPU s" and "CPU µs per delivery"
depend least on what else the machine does: look at them first. "max" is the highest rate that was sustained: all
delivered, 99 % within a second, at most 5 % under way at the end. "limited by: load generator" means that the server
could do more. Writes are reads of the clients, which are about the server's writes as long as the clients keep up.

Compare figures of one run only: another machine, or the same one on another day, gives other figures. The column
"others" tells how many cores other programs used meanwhile; with more than about 0.2, repeat. --repeat 3 and medians
are better than one run.

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
