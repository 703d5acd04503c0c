import { formatBytes, formatMilliseconds, formatNumber, formatSeconds } from './format.js';

/** @typedef {import('./map-session.js').MapSession} MapSession */

/** What is drawn instead of a figure that is not known. */
const UNKNOWN = '–';

/** @param {string} id */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no element with the id ${id}.`);
  return element;
}

/** The figures and facts beside the map. */
export class Panel {
  #status = byId('status');
  #statusText = byId('status-text');
  #retry = byId('retry');
  #notice = byId('notice');
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #noticeTimer;

  /**
   * @param {'connecting' | 'open' | 'waiting'} state
   * @param {number} retryMs until the next attempt
   */
  setState(state, retryMs) {
    this.#status.dataset.state = state;
    document.body.dataset.connection = state;
    this.#retry.hidden = state !== 'waiting';
    const texts = {
      connecting: 'Connecting…',
      open: 'Connected',
      waiting: `Connection lost, next try in ${formatSeconds(retryMs)}`,
    };
    this.#statusText.textContent = texts[state];
  }

  /**
   * Shows for a while that the gateway refused something.
   *
   * @param {string} message
   */
  notice(message) {
    this.#notice.textContent = message;
    this.#notice.hidden = false;
    clearTimeout(this.#noticeTimer);
    this.#noticeTimer = setTimeout(() => {
      this.#notice.hidden = true;
    }, 6000);
  }

  /**
   * @param {MapSession} session
   * @param {number} inBox vehicles in the box
   */
  update(session, inBox) {
    const { report, roundTrip } = session;
    const sent = session.messages.perSecond;
    text('in-box', formatNumber(inBox));
    text('in-all', report ? `of ${formatNumber(report.trains + report.planes)}` : '');
    text('bytes', formatBytes(session.bytes.perSecond));
    text('round-trip', roundTrip === null ? UNKNOWN : formatMilliseconds(roundTrip));
    text('published', report ? formatNumber(report.published) : UNKNOWN);
    text('sent', formatNumber(sent));
    text('feed', report ? describeFeed(report) : UNKNOWN);
    const published = Math.max(report?.published ?? 0, sent, 1);
    byId('sent-bar').style.width = `${(100 * sent) / published}%`;
    text('filtered', session.messages.isKnown ? `${Math.round(100 * (1 - sent / published))} %` : UNKNOWN);
  }

  /** Asks the gateway where its data comes from. */
  async showSource() {
    const response = await fetch('/readyz').catch(() => null);
    if (!response) return;
    const { source } = await response.json();
    text('source', source === 'redis' ? 'Redis' : 'memory of the gateway (no Redis found)');
  }
}

/** @param {{ trains: number, planes: number, speedup: number }} report */
function describeFeed({ trains, planes, speedup }) {
  const pace = speedup === 1 ? '' : `, time runs ${formatNumber(speedup)} times as fast`;
  return `${formatNumber(trains)} trains and ${formatNumber(planes)} planes${pace}`;
}

/**
 * @param {string} id
 * @param {string} content
 */
function text(id, content) {
  const element = byId(id);
  if (element.textContent !== content) element.textContent = content;
}
