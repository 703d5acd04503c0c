import { Api, Refusal } from './api.js';
import { confirmed, element, watchWidths } from './elements.js';
import { number } from './format.js';
import { showChannels, showDetails, showGateways, showSessions } from './panels.js';
import { Repeat } from './repeat.js';

/** Where the token is kept while the tab is open. */
const KEY = 'viaduct-admin-token';

const status = element('status', HTMLElement);
const signIn = element('sign-in', HTMLFormElement);
const token = element('token', HTMLInputElement);
const problem = element('sign-in-problem', HTMLElement);
const panels = element('panels', HTMLElement);
const signOut = element('sign-out', HTMLButtonElement);
const details = element('details', HTMLElement);
const channel = element('channel', HTMLInputElement);

let api: Api | null = null;
/** The session whose details are shown. */
let chosen: string | null = null;
/** The channel whose sessions are shown; empty for all. */
let filter = '';

const repeat = new Repeat(async () => {
  const used = api;
  if (used === null) return true;
  try {
    await showGateways(used);
    // Only now, because the token was accepted.
    showPanels(true);
    await showChannels(used);
    await showSessions(used, filter, choose);
    await refreshDetails(used);
    status.textContent = `As of ${new Date().toLocaleTimeString('en-GB')}`;
    return true;
  } catch (error) {
    if (api === used) failed(error);
    return false;
  }
});

function failed(error: unknown): void {
  if (error instanceof Refusal && error.status === 401) {
    end();
    problem.textContent = 'The gateway does not accept this token.';
    token.focus();
  } else if (panels.hidden) {
    end();
    problem.textContent = `Signing in failed: ${textOf(error)}`;
  } else status.textContent = `Out of date: ${textOf(error)}`;
}

function textOf(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  return 'the gateway cannot be reached.';
}

function showPanels(on: boolean): void {
  signIn.hidden = on;
  panels.hidden = !on;
  signOut.hidden = !on;
}

function begin(text: string): void {
  api = new Api(text);
  problem.textContent = '';
  repeat.start();
}

function end(): void {
  repeat.stop();
  sessionStorage.removeItem(KEY);
  api = null;
  closeDetails();
  status.textContent = '';
  showPanels(false);
}

function choose(id: string): void {
  chosen = id;
  details.hidden = false;
  void run(async (used) => {
    await refreshDetails(used);
    if (chosen === id) details.focus();
  });
}

/** A session that has ended is no longer shown. */
async function refreshDetails(used: Api): Promise<void> {
  const id = chosen;
  if (id === null) return;
  try {
    await showDetails(used, id);
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== 404) throw error;
    if (chosen === id) closeDetails();
  }
}

function closeDetails(): void {
  chosen = null;
  details.hidden = true;
}

/** Does what the operator asked for, and says why if it fails. */
async function run(action: (used: Api) => Promise<void>): Promise<void> {
  if (api === null) return;
  try {
    await action(api);
  } catch (error) {
    failed(error);
  }
}

async function disconnect(): Promise<void> {
  const id = chosen;
  if (
    id === null ||
    !(await confirmed(`Disconnect session ${id}? Its client may connect again.`, 'Disconnect'))
  )
    return;
  await run(async (used) => {
    await used.disconnect(id);
    closeDetails();
    repeat.now();
    status.textContent = `Session ${id} was disconnected.`;
  });
}

async function sendNotice(): Promise<void> {
  const message = element('message', HTMLTextAreaElement);
  const text = message.value.trim();
  if (text === '' || !(await confirmed(`Send all sessions this notice? ${text}`, 'Send'))) return;
  await run(async (used) => {
    const sessions = await used.notice(text);
    message.value = '';
    status.textContent = `The notice went to ${number(sessions)} sessions.`;
  });
}

function onSubmit(form: HTMLFormElement, action: () => void): void {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    action();
  });
}

onSubmit(signIn, () => {
  const text = token.value.trim();
  token.value = '';
  sessionStorage.setItem(KEY, text);
  begin(text);
});
onSubmit(element('filter', HTMLFormElement), () => {
  filter = channel.value.trim();
  repeat.now();
});
onSubmit(element('notice', HTMLFormElement), () => void sendNotice());
element('by', HTMLSelectElement).addEventListener('change', () => repeat.now());
element('disconnect', HTMLButtonElement).addEventListener('click', () => void disconnect());
element('close-details', HTMLButtonElement).addEventListener('click', closeDetails);
signOut.addEventListener('click', end);

watchWidths();
const kept = sessionStorage.getItem(KEY);
if (kept === null) token.focus();
else begin(kept);
