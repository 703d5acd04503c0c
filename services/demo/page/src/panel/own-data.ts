import { byId, setText } from './dom.js';

/** The state of a channel that the user asked for. */
export type ChannelState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'shown'; readonly inView: number }
  | { readonly kind: 'refused'; readonly reason: string };

/** Lets the user name a channel of their own, and shows its state. */
export class OwnData {
  readonly #input = byId('own-channel', HTMLInputElement);
  readonly #text = byId('own-state', HTMLElement);
  readonly #onChoice: (channel: string) => void;
  #channel = '';

  /** @param onChoice called with a channel; empty for none */
  constructor(onChoice: (channel: string) => void) {
    this.#onChoice = onChoice;
    byId('own', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      this.choose(this.#input.value.trim());
    });
  }

  /** Empty for none. */
  get channel(): string {
    return this.#channel;
  }

  /** Chooses a channel as the user does with the form; empty for none. */
  choose(channel: string): void {
    this.#channel = channel;
    this.#input.value = channel;
    setText(this.#text, '');
    this.#onChoice(channel);
  }

  show(state: ChannelState): void {
    setText(this.#text, this.#sentence(state));
  }

  #sentence(state: ChannelState): string {
    if (state.kind === 'waiting') return `Waiting for ${this.#channel}`;
    if (state.kind === 'refused') return state.reason;
    if (state.inView === 0)
      return `Nothing of ${this.#channel} is in view. Zoom out; if nothing appears, viaduct check says why.`;
    return `${state.inView} of ${this.#channel} in view`;
  }
}
