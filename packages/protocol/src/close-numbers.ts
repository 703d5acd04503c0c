/**
 * The numbers of the close codes, which {@link CLOSE_CODES} explains. They are a module of their own, so that a page that needs
 * only a number does not load the explanations.
 */
export const CLOSE_NUMBERS = {
  normal: 1000,
  invalid_frame: 1002,
  invalid_utf8: 1007,
  unfinished_message: 1008,
  too_big: 1009,
  going_away: 1012,
  slow_consumer: 4001,
  heartbeat_timeout: 4002,
  disconnected_by_operator: 4003,
  token_expired: 4004,
  invalid_token: 4005,
  rate_limited: 4006,
  idle_timeout: 4007,
  account_full: 4008,
} as const;
