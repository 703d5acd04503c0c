import { CLOSE_CODES } from '@viaduct/protocol';

/** What a client does after a connection has ended. */
export type NextStep =
  /** Come back soon, at a moment of its own: the end was planned, and other gateways are there. */
  | 'spread'
  /** Come back, each time waiting longer. */
  | 'back_off'
  /** Come back with another token, if there may be one; it makes no sense with the same. */
  | 'new_token'
  /** Do not come back. */
  | 'stay_away';

/** Codes of closed sessions that a repetition would end again in the same way; see PROTOCOL.md, "Close codes". */
const NEXT_STEPS: ReadonlyMap<number, NextStep> = new Map([
  [CLOSE_CODES.going_away.code, 'spread'],
  [CLOSE_CODES.disconnected_by_operator.code, 'stay_away'],
  [CLOSE_CODES.too_big.code, 'stay_away'],
  [CLOSE_CODES.token_expired.code, 'new_token'],
  [CLOSE_CODES.invalid_token.code, 'new_token'],
]);

/** What to do after the gateway closed with that code; any other than the listed ones may be tried again. */
export function nextStep(closeCode: number): NextStep {
  return NEXT_STEPS.get(closeCode) ?? 'back_off';
}
