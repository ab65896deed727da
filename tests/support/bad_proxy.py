"""A proxy before a Prefect server, as a reverse proxy is, that does something to the requests that match a pattern.

python bad_proxy.py PORT UPSTREAM ACTION PATTERN

ACTION is `lose` (carry out, then answer 502), `hold` (neither carry out nor answer) or `die`, with a number behind it
for the request of that place, as `hold 2`; others pass. PATTERN is looked for in "METHOD path body".
"""

import asyncio
import itertools
import os
import re
import sys

import httpx
import uvicorn
import websockets
from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import Response

OWN = ("host", "content-length", "accept-encoding")

port, upstream, action, pattern = int(sys.argv[1]), *sys.argv[2:]
action, place = action.split()[0], int((action.split()[1:] or [1])[0])
app, client, places = FastAPI(), httpx.AsyncClient(base_url=upstream, timeout=120), itertools.count(1)


@app.websocket("/{path:path}")
async def connect(near: WebSocket, path: str):
    protocol = near.headers.get("sec-websocket-protocol")
    await near.accept(subprotocol=protocol)
    address = f"{upstream.replace('http', 'ws')}/{path}"
    async with websockets.connect(address, subprotocols=[protocol] if protocol else None) as far:

        async def there():
            while (message := await near.receive())["type"] != "websocket.disconnect":
                await far.send(message.get("text") or message.get("bytes"))

        async def back():
            async for message in far:
                await (near.send_text(message) if isinstance(message, str) else near.send_bytes(message))

        await asyncio.wait(map(asyncio.create_task, (there(), back())), return_when=asyncio.FIRST_COMPLETED)


@app.api_route("/{path:path}", methods=["GET", "POST", "PATCH", "PUT", "DELETE"])
async def pass_on(request: Request, path: str):
    body = await request.body()
    matches = re.search(pattern, f"{request.method} {path} {body.decode(errors='replace')}")
    chosen = matches and next(places) == place
    if chosen:
        print("found", path, flush=True)
        if action == "die":
            os._exit(0)
        if action == "hold":
            await asyncio.sleep(3600)
    headers = {key: value for key, value in request.headers.items() if key not in OWN}
    answer = await client.request(
        request.method, f"/{path}", params=request.query_params, content=body, headers=headers
    )
    if chosen:
        return Response("bad gateway", 502)
    return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))


uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
