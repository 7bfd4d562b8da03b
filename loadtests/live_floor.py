"""W, the floor: a bare ASGI application that sends every text it hears to all its sockets."""

from typing import Any

sends: set[Any] = set()


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": "{}"})
    sends.add(send)
    while (message := await receive())["type"] == "websocket.receive":
        told = {"type": "websocket.send", "text": message["text"]}
        for other in list(sends):
            await other(told)
    sends.discard(send)
