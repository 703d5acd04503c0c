/** How often a step that says nothing is reported to be still running, in milliseconds. */
const HEARTBEAT_MS = 10_000;

const COLOURS = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 };

/**
 * Colours text for a terminal; returns it as it is where the output is not one, or where NO_COLOR asks for none.
 *
 * @param {keyof typeof COLOURS} colour
 * @param {string} text
 * @returns {string}
 */
export function paint(colour, text) {
  const plain = !process.stdout.isTTY || Boolean(process.env.NO_COLOR);
  return plain ? text : `\u001b[${COLOURS[colour]}m${text}\u001b[0m`;
}

/**
 * A duration for people: `0.4 s`, `12 s`, `2 min 5 s`.
 *
 * @param {number} milliseconds
 * @returns {string}
 */
export function duration(milliseconds) {
  const seconds = milliseconds / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/**
 * Says every ten seconds that a quiet step is still running, until the returned function is called.
 *
 * @param {string} title
 * @returns {() => void}
 */
function heartbeat(title) {
  const started = Date.now();
  const timer = setInterval(
    () => console.log(paint('dim', `  … ${title}: ${duration(Date.now() - started)} so far`)),
    HEARTBEAT_MS,
  );
  return () => clearInterval(timer);
}

/**
 * Runs one step between a line that says what is happening and a line that says how it ended and how long it took.
 *
 * @template T
 * @param {string} title what is done, such as `Compiling`
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const started = Date.now();
  console.log(`${paint('cyan', '▸')} ${title}`);
  const stop = heartbeat(title);
  try {
    const result = await work();
    console.log(`${paint('green', '✓')} ${title} ${paint('dim', `(${duration(Date.now() - started)})`)}`);
    return result;
  } catch (error) {
    console.log(`${paint('red', '✗')} ${title} ${paint('dim', `(${duration(Date.now() - started)})`)}`);
    throw error;
  } finally {
    stop();
  }
}
