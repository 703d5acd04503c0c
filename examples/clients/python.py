"""The smallest useful client in Python: pip install websockets, then: python3 python.py [ws://localhost:8080]"""

import asyncio
import json
import random
import sys

import websockets

URL = sys.argv[1] if len(sys.argv) > 1 else "ws://localhost:8080"


async def follow():
    # An envelope is as long as what was published, so it may be longer than the library expects.
    async with websockets.connect(URL, max_size=None) as socket:
        await socket.send("BBOX 5.9 45.8 10.5 47.9")  # left bottom right top, in degrees: longitude and latitude
        await socket.send("SUB demo:trains snapshot=true")  # the current state, and then what changes
        async for frame in socket:
            envelope = json.loads(frame)
            if envelope["source"] == "websocket":  # what the gateway itself says: errors, where a snapshot begins
                print(envelope["content"], file=sys.stderr)
            elif envelope["content"] is not None:
                print(json.dumps(envelope["content"]), flush=True)


async def main():
    while True:
        wait = 1
        try:
            await follow()
        except websockets.InvalidHandshake as refusal:  # such as 503 and 429, whose Retry-After is 5 seconds
            print(refusal, file=sys.stderr)
            wait = 5
        except (OSError, asyncio.TimeoutError, websockets.WebSocketException) as error:
            print(error, file=sys.stderr)
        await asyncio.sleep(wait + 2 * random.random())  # so that thousands of clients do not return at once


try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
