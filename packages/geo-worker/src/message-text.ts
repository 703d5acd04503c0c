import { planCoordinates, planText, type TextPlan } from './text-plan.js';

/** A text and what is where in it. */
export interface PlannedText {
  readonly text: string;
  readonly plan: TextPlan;
}

/** What a text is written with when nothing in it changes. */
const NOTHING: TextPlan = { edits: [], features: [] };

/** Plans a text; one that cannot be planned is written anew first. */
function planAll(text: string, value: unknown): PlannedText {
  const plan = planText(text, value);
  if (plan !== null) return { text, plan };
  try {
    const anew = JSON.stringify(value);
    return { text: anew, plan: planText(anew, value) ?? NOTHING };
  } catch {
    // Nested too deep to be written: nothing is left that could be sent in other coordinates.
    return { text: 'null', plan: NOTHING };
  }
}

/** The text of a message with its plans, each made when it is first needed. */
export class MessageText {
  readonly #text: string;
  readonly #value: unknown;
  #whole: PlannedText | null = null;
  #quick: PlannedText | null = null;

  /** @param value what JSON.parse makes of the text */
  constructor(text: string, value: unknown) {
    this.#text = text;
    this.#value = value;
  }

  /** All edits, and where each feature is. */
  whole(): PlannedText {
    this.#whole ??= planAll(this.#text, this.#value);
    return this.#whole;
  }

  /** Where each feature is, for a text in which nothing changes. */
  unchanged(): PlannedText {
    const { text, plan } = this.whole();
    return { text, plan: { edits: [], features: plan.features } };
  }

  /** The edits that are needed where no item has failed, and positions hold numbers only. */
  quick(geometries: number): PlannedText {
    if (this.#quick === null) {
      const plan = planCoordinates(this.#text, geometries);
      this.#quick = plan === null ? this.whole() : { text: this.#text, plan };
    }
    return this.#quick;
  }
}
