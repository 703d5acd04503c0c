"""The smallest useful client in Python: pip install websockets, then: python3 python.py [ws://localhost:8080]"""

import asyncio
import json
import sys

import websockets

URL = sys.argv[1] if len(sys.argv) > 1 else "ws://localhost:8080"


async def main():
    # Connects again by itself, each time waiting a little longer.
    async for socket in websockets.connect(URL):
        try:
            await socket.send("BBOX 5.9 45.8 10.5 47.9")  # left bottom right top, in degrees: longitude and latitude
            await socket.send("SUB demo:trains snapshot=true")  # the current state, and then what changes
            async for frame in socket:
                envelope = json.loads(frame)
                if envelope["source"] == "websocket":  # what the gateway itself says: errors, where a snapshot begins
                    print(envelope["content"], file=sys.stderr)
                elif envelope["content"] is not None:
                    print(json.dumps(envelope["content"]), flush=True)
        except websockets.ConnectionClosed:
            continue


try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
