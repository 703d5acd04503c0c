/** Version of the protocol that this package describes; see "Version" in PROTOCOL.md. */
export const PROTOCOL_VERSION = 1;

/** The WebSocket subprotocol with which a raw client requests this version. */
export const SUBPROTOCOL = `viaduct.v${PROTOCOL_VERSION}`;
