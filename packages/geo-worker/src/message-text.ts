import { withSingleMembers } from './single-members.js';
import {
  EDIT_SIZE,
  Edit,
  FEATURE_SIZE,
  planCoordinates,
  planText,
  STALE_MEMBERS,
  type TextPlan,
} from './text-plan.js';

/** A text and the edits planned for it. */
export interface PlannedText {
  readonly text: string;
  readonly plan: TextPlan;
}

/** The plan of a text in which nothing changes. */
const NOTHING: TextPlan = { edits: [], features: [] };

/** Plans a text; if it has repeated members, plans it without them. */
function planAll(text: string, value: unknown): PlannedText {
  const plan = planText(text, value);
  if (plan !== null) return { text, plan };
  const single = withSingleMembers(text);
  const planned = planText(single, value);
  return planned === null ? { text: 'null', plan: NOTHING } : { text: single, plan: planned };
}

/** The text of a message with its plans, each of them made on first use. */
export class MessageText {
  readonly #text: string;
  readonly #value: unknown;
  #whole: PlannedText | null = null;
  #quick: PlannedText | null = null;

  /** @param value the parsed text */
  constructor(text: string, value: unknown) {
    this.#text = text;
    this.#value = value;
  }

  /** All edits, and the span of each feature. */
  whole(): PlannedText {
    this.#whole ??= planAll(this.#text, this.#value);
    return this.#whole;
  }

  /**
   * The span of each feature, for a text from which features are removed: members that describe all of them are left out.
   *
   * @param members which of STALE_MEMBERS
   */
  without(members: readonly string[]): PlannedText {
    const { text, plan } = this.whole();
    const first = plan.features[0] ?? 0;
    const last = plan.features.at(1 - FEATURE_SIZE) ?? 0;
    const edits: number[] = [];
    for (let at = 0; at < plan.edits.length; at += EDIT_SIZE) {
      const start = plan.edits[at + 1] ?? 0;
      const name = STALE_MEMBERS[plan.edits[at + 3] ?? 0] ?? '';
      const isDropped = plan.edits[at] === Edit.drop && members.includes(name);
      if (!isDropped || (start >= first && start < last)) continue;
      edits.push(...plan.edits.slice(at, at + EDIT_SIZE));
    }
    // Few edits remain, so the search for those of a feature may begin with the first.
    const features = plan.features.map((offset, i) => (i % FEATURE_SIZE === 2 ? 0 : offset));
    return { text, plan: { edits, features } };
  }

  /** The edits for a message in which no item has failed and positions hold numbers only. */
  quick(geometries: number): PlannedText {
    if (this.#quick === null) {
      const plan = planCoordinates(this.#text, geometries);
      this.#quick = plan === null ? this.whole() : { text: this.#text, plan };
    }
    return this.#quick;
  }
}
