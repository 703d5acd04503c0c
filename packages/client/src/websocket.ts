/** The WebSocket of browsers. */
export const WebSocket = globalThis.WebSocket;
