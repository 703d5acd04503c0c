import { CLOSE_NUMBERS } from '@viaduct/protocol';

/** What a client does after a connection has ended. */
export type NextStep =
  /** Reconnect soon, after a random delay: the end was planned, and there are other gateways. */
  | 'spread'
  /** Reconnect, each time after a longer wait. */
  | 'back_off'
  /** Reconnect with another token, if there is one; the same one would be refused again. */
  | 'new_token'
  /** Do not reconnect. */
  | 'stay_away';

/**
 * What follows the close codes after which the client does not just back off; see PROTOCOL.md, "Close codes". The codes for
 * broken frames are not among them: a proxy or a slow network can cause them, too.
 */
const NEXT_STEPS: ReadonlyMap<number, NextStep> = new Map([
  [CLOSE_NUMBERS.going_away, 'spread'],
  [CLOSE_NUMBERS.disconnected_by_operator, 'stay_away'],
  [CLOSE_NUMBERS.too_big, 'stay_away'],
  [CLOSE_NUMBERS.token_expired, 'new_token'],
  [CLOSE_NUMBERS.invalid_token, 'new_token'],
]);

/** What to do after the gateway closed with that code. After codes that are not listed, try again. */
export function nextStep(closeCode: number): NextStep {
  return NEXT_STEPS.get(closeCode) ?? 'back_off';
}
