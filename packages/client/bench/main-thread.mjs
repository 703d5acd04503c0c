/** Whose work keeps the main thread of a page busy, task by task, from a trace of Chromium with samples of its stack. */

/** What to trace. */
export const CATEGORIES = ['disabled-by-default-devtools.timeline', 'disabled-by-default-v8.cpu_profiler'];

/** Functions by which V8 says that no script runs. */
const NO_SCRIPT = new Set(['(root)', '(idle)', '(program)']);

/** The task in which Chromium begins to take samples says nothing about the page. */
const START = 'CpuProfiler::StartProfiling';

/**
 * The time of one task, in milliseconds. `cpu` is that of the processor, whatever else runs on the machine. `client` is the client's own, with the built-in functions that it calls; `called` also
 * has what the map does in the functions that the client calls; `map` is that of all other scripts; the rest of `all` is the
 * browser's, which draws.
 *
 * @typedef {{ all: number, cpu: number, client: number, called: number, map: number }} Task
 *
 * @typedef {{ id: number, parent?: number, callFrame: { functionName: string, url?: string } }} Node
 *
 * @typedef {object} TraceEvent
 * @property {string} name
 * @property {number} pid
 * @property {number} tid
 * @property {string} [id]
 * @property {number} ts in microseconds
 * @property {number} [dur] in microseconds
 * @property {number} [tdur] of the processor, in microseconds
 * @property {{ data?: { startTime?: number, timeDeltas?: number[], cpuProfile?: { nodes?: Node[], samples?: number[] } } }} args
 */

/**
 * @param {Buffer} trace
 * @param {string} client the end of the address of the script with the client and its adapters
 * @returns {Task[]} in the order of time; none if nothing of the client has run, because the page was drawing all the time
 */
export function tasksOf(trace, client) {
  /** @type {{ traceEvents: TraceEvent[] }} */
  const { traceEvents } = JSON.parse(trace.toString());
  for (const profile of traceEvents.filter(({ name }) => name === 'Profile')) {
    const chunks = traceEvents.filter(
      ({ name, pid, id }) => name === 'ProfileChunk' && pid === profile.pid && id === profile.id,
    );
    const stacks = new Stacks(chunks, client);
    if (!stacks.hasClient) continue;
    const ofThread = traceEvents.filter(({ pid, tid }) => pid === profile.pid && tid === profile.tid);
    const start = ofThread.find(({ name }) => name === START)?.ts ?? 0;
    const tasks = ofThread
      .filter(({ name, ts }) => name === 'RunTask' && ts > start)
      .sort((a, b) => a.ts - b.ts);
    return shares(tasks, samplesOf(profile.args.data?.startTime ?? profile.ts, chunks), stacks);
  }
  return [];
}

/**
 * The samples, each with its time and how long it stands for, in microseconds.
 *
 * @param {number} start
 * @param {TraceEvent[]} chunks
 */
function samplesOf(start, chunks) {
  const nodes = chunks.flatMap(({ args }) => args.data?.cpuProfile?.samples ?? []);
  let at = start;
  const times = chunks
    .flatMap(({ args }) => args.data?.timeDeltas ?? [])
    .map((delta) => {
      at += delta;
      return at;
    });
  return nodes.map((node, index) => {
    const time = times[index] ?? at;
    return { node, at: time, lasts: (times[index + 1] ?? time) - time };
  });
}

/**
 * @param {TraceEvent[]} events
 * @param {ReturnType<typeof samplesOf>} samples
 * @param {Stacks} stacks
 * @returns {Task[]}
 */
function shares(events, samples, stacks) {
  let next = 0;
  return events.map(({ ts, dur = 0, tdur = 0 }) => {
    const task = { all: dur / 1000, cpu: tdur / 1000, client: 0, called: 0, map: 0 };
    while ((samples[next]?.at ?? Number.POSITIVE_INFINITY) < ts) next++;
    for (let sample = samples[next]; sample !== undefined && sample.at < ts + dur; sample = samples[++next]) {
      const { own, called } = stacks.whose(sample.node);
      const ms = Math.min(sample.lasts, ts + dur - sample.at) / 1000;
      if (own !== null) task[own] += ms;
      if (called) task.called += ms;
    }
    return task;
  });
}

class Stacks {
  /** @type {Map<number, Node>} */
  #nodes = new Map();
  #client;
  /** @type {Map<number, { own: 'client' | 'map' | null, called: boolean }>} */
  #known = new Map();

  /**
   * @param {TraceEvent[]} chunks
   * @param {string} client
   */
  constructor(chunks, client) {
    this.#client = client;
    for (const { args } of chunks)
      for (const node of args.data?.cpuProfile?.nodes ?? []) this.#nodes.set(node.id, node);
  }

  get hasClient() {
    return [...this.#nodes.values()].some((node) => this.#isClient(node));
  }

  /**
   * Whose the function at the top of a stack is, and whether the client has called it. A function without an address is built in,
   * or collects garbage: it works for its caller.
   *
   * @param {number} id
   */
  whose(id) {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const node = this.#nodes.get(id);
    /** @type {{ own: 'client' | 'map' | null, called: boolean }} */
    let answer = { own: null, called: false };
    if (node !== undefined && !NO_SCRIPT.has(node.callFrame.functionName)) {
      const caller = node.parent === undefined ? answer : this.whose(node.parent);
      if (this.#isClient(node)) answer = { own: 'client', called: true };
      else answer = { own: node.callFrame.url ? 'map' : caller.own, called: caller.called };
    }
    this.#known.set(id, answer);
    return answer;
  }

  /** @param {Node} node */
  #isClient({ callFrame }) {
    return callFrame.url?.endsWith(this.#client) === true;
  }
}
